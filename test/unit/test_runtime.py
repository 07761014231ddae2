"""A verified policy steps with a clamped dt, a state that is its own, and a named provider."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_control.contract import Observation
from liquid_control.errors import BundleError, ConfigError
from liquid_control.policy import load_policy, verify
from liquid_control.policy.providers import GOLDEN_TOLERANCE, PROVIDERS, make_session
from liquid_control.policy.runtime import run_golden

NOMINAL, LOW, HIGH, RESET_AFTER = 0.05, 0.025, 0.3, 1.0


@pytest.fixture(autouse=True)
def no_engines_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def policy(tiny_policy_path):
    loaded = load_policy(tiny_policy_path)
    timing = loaded.card.timing
    assert (
        timing.nominal_dt_s,
        timing.min_dt_s,
        timing.max_dt_s,
        timing.reset_after_s,
    ) == (NOMINAL, LOW, HIGH, RESET_AFTER)
    return loaded


@pytest.fixture(scope="module")
def see(make_frame):
    """``see(number, dt_s)``: an observation whose number decides its pixels and IMU."""

    def observe(number: int, dt_s: float = NOMINAL) -> Observation:
        frame = make_frame(number)
        imu = np.random.default_rng(number).normal(0, 2, 6).astype(np.float32)
        return Observation(frame.stamp_ns, dt_s, {"image": frame.image, "imu": imu})

    return observe


def answers(policy, observations) -> list[tuple[float, ...]]:
    """Return the commands and, last, the state after flying the observations from a reset."""
    policy.reset()
    commands = [policy.step(o).values for o in observations]
    return [*commands, tuple(policy.hidden[0].tolist())]


def test_the_tiny_policy_depends_on_image_imu_dt_and_state(policy, see):
    start = [see(1), see(2), see(3)]
    base = answers(policy, [*start, see(4)])
    blind = Observation(0, NOMINAL, {**see(4).values, "image": see(5).values["image"]})
    numb = Observation(0, NOMINAL, {**see(4).values, "imu": see(5).values["imu"]})
    for other in (
        [*start, blind],
        [*start, numb],
        [*start, see(4, 0.1)],
        [see(1), see(2), see(4)],
    ):
        assert answers(policy, other)[-2] != base[-2]


@given(dt_s=st.floats(0.0, LOW))
def test_a_dt_below_the_trained_range_is_raised_to_it(policy, see, dt_s):
    assert answers(policy, [see(1), see(2, dt_s)]) == answers(policy, [see(1), see(2, LOW)])


@given(dt_s=st.floats(HIGH, RESET_AFTER))
def test_a_dt_above_the_trained_range_is_lowered_to_it_and_keeps_the_state(policy, see, dt_s):
    flown = answers(policy, [see(1), see(2, dt_s)])
    assert flown == answers(policy, [see(1), see(2, HIGH)])
    assert flown[-1] != answers(policy, [see(2, HIGH)])[-1]


@given(dt_s=st.floats(RESET_AFTER, 1e9, exclude_min=True))
def test_a_longer_gap_starts_from_a_zero_state_with_the_nominal_dt(policy, see, dt_s):
    assert answers(policy, [see(1), see(2), see(3, dt_s)])[-2:] == answers(policy, [see(3)])


def test_two_different_trained_dts_give_different_commands(policy, see):
    assert answers(policy, [see(1), see(2, LOW)]) != answers(policy, [see(1), see(2, HIGH)])


@given(numbers=st.lists(st.integers(0, 50), min_size=1, max_size=8))
def test_reset_repeats_the_same_flight_bit_for_bit(policy, see, numbers):
    observations = [see(n, 0.03 + 0.005 * i) for i, n in enumerate(numbers)]
    assert answers(policy, observations) == answers(policy, observations)


def test_two_policies_of_one_file_do_not_share_their_state(tiny_policy_path, policy, see):
    alone = answers(policy, [see(1), see(2)])
    other = load_policy(tiny_policy_path)
    policy.reset()
    policy.step(see(1))
    for number in range(3, 9):
        other.step(see(number))
    assert policy.step(see(2)).values == alone[1]


@given(numbers=st.lists(st.integers(0, 1000), min_size=1, max_size=8))
def test_commands_keep_the_cards_limits(policy, see, numbers):
    *commands, _ = answers(policy, [see(n) for n in numbers])
    highest = np.array([field.high for field in policy.card.command.fields])
    assert (np.abs(commands) <= highest * (1 + 1e-6)).all()


def test_verify_passes_a_sound_policy_with_a_small_golden_error(tiny_policy_path):
    verification = verify(tiny_policy_path)
    assert 0.0 <= verification.golden_error <= GOLDEN_TOLERANCE["cpu"] == 1e-5
    assert verification.step_ms > 0.0


def test_a_verified_policy_is_ready_to_fly_with_a_zero_state(tiny_policy_path):
    policy = verify(tiny_policy_path).policy
    assert policy.hidden.shape == (1, policy.card.hidden_size)
    assert not policy.hidden.any()


def test_the_golden_rollout_gives_the_cards_commands(tiny_policy_path):
    policy = load_policy(tiny_policy_path)
    commands, times_s = run_golden(policy)
    assert commands == pytest.approx(np.array(policy.card.golden.commands), abs=1e-5)
    assert len(times_s) == len(policy.card.golden.dt_s) == len(commands)


def test_a_policy_steps_a_batch_in_one_run_as_its_graph_promises(tiny_policy_path, see):
    session = onnxruntime.InferenceSession(
        tiny_policy_path.read_bytes(), providers=["CPUExecutionProvider"]
    )
    policy = load_policy(tiny_policy_path)
    seen = [see(n) for n in range(5)]
    batch, _ = session.run(
        ("command", "next_hidden"),
        {
            "image": np.stack([o.values["image"] for o in seen]),
            "imu": np.stack([o.values["imu"] for o in seen]),
            "dt": np.full((5, 1), NOMINAL, np.float32),
            "hidden": np.zeros((5, policy.card.hidden_size), np.float32),
        },
    )
    single = [answers(policy, [o])[0] for o in seen]
    assert batch == pytest.approx(np.array(single), abs=1e-5)


# --- providers


@pytest.mark.parametrize("name", ["gpu", "", "CPU", "CPUExecutionProvider"])
def test_an_unknown_provider_is_a_config_error_that_names_the_known_ones(tiny_policy_path, name):
    with pytest.raises(ConfigError) as caught:
        load_policy(tiny_policy_path, provider=name)
    message = str(caught.value)
    assert f"'{name}'" in message and all(known in message for known in ("auto", *PROVIDERS))
    assert "\n" not in message


def test_a_provider_that_is_not_installed_is_a_config_error_that_names_what_is(
    tiny_policy_path,
):
    installed = onnxruntime.get_available_providers()
    missing = [name for name, provider in PROVIDERS.items() if provider not in installed]
    if not missing:
        pytest.skip("every provider is installed here")
    for name in missing:
        with pytest.raises(ConfigError, match=f"'{name}' is not installed.*cpu"):
            load_policy(tiny_policy_path, provider=name)


def test_auto_is_the_fastest_provider_that_starts(tiny_policy_path, monkeypatch):
    """One that is compiled in but does not start, for want of its libraries, is passed over."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    asked = []
    real = onnxruntime.InferenceSession

    def session(model, options, providers, provider_options):
        asked.append(providers[0])
        starting = [p for p in providers if p == "CPUExecutionProvider"]
        return real(model, options, providers=starting)

    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    assert load_policy(tiny_policy_path, provider="auto").provider == "cpu"
    assert asked == list(PROVIDERS.values())


def test_a_provider_that_does_not_start_is_refused_when_it_was_asked_for(
    tiny_policy_path, monkeypatch
):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    real = onnxruntime.InferenceSession
    monkeypatch.setattr(
        onnxruntime,
        "InferenceSession",
        lambda model, options, providers, provider_options: real(
            model, options, providers=providers[-1:]
        ),
    )
    with pytest.raises(ConfigError, match=r"provider 'cuda' did not start, CPU.* would run"):
        load_policy(tiny_policy_path, provider="cuda")


def test_a_session_runs_on_the_provider_that_was_asked_for(tiny_policy_path):
    session, name = make_session(tiny_policy_path.read_bytes(), "cpu")
    assert session.get_providers() == ["CPUExecutionProvider"]
    assert name == "cpu"


def test_a_policy_names_the_provider_that_runs_it(tiny_policy_path):
    assert load_policy(tiny_policy_path, provider="cpu").provider == "cpu"


def test_the_golden_tolerance_is_stated_for_every_provider():
    assert set(GOLDEN_TOLERANCE) == set(PROVIDERS)


def test_auto_passes_over_a_provider_that_raises_as_it_starts(tiny_policy_path, monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    real = onnxruntime.InferenceSession

    def session(model, options, providers, provider_options):
        if providers[0] != "CPUExecutionProvider":
            raise RuntimeError("libcudart.so.12: cannot open shared object file")
        return real(model, options, providers=providers)

    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    assert load_policy(tiny_policy_path, provider="auto").provider == "cpu"


def test_auto_takes_the_fastest_where_all_start(tiny_policy_path, monkeypatch):
    started, given = [], []

    class Session:
        def __init__(self, model, options, providers, provider_options):
            started.append(providers)
            given.append(dict(zip(providers, provider_options, strict=True)))

        def get_providers(self):
            return started[-1]

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    assert make_session(b"", "auto")[1] == "tensorrt"
    assert started == [list(PROVIDERS.values())], "what it cannot run, the next one does"
    assert given[0].pop(PROVIDERS["tensorrt"])["trt_engine_cache_enable"] == "True"
    assert not any(given[0].values()), "only TensorRT keeps what it builds"


def test_a_model_that_cannot_be_loaded_is_refused_by_auto_as_well(reseal):
    def spoil(model) -> None:
        model.graph.node[0].op_type = "Nonsense"

    with pytest.raises(BundleError, match="ONNX Runtime can load"):
        load_policy(reseal(spoil), provider="auto")


@pytest.mark.parametrize("threads", [0, -1, 65, 5000])
def test_a_number_of_threads_that_no_step_needs_is_refused(tiny_policy_path, threads):
    with pytest.raises(ConfigError, match=f"threads: expected 1 to 64, found {threads}"):
        load_policy(tiny_policy_path, threads=threads)
