"""Closed-loop evaluation: of a policy file, of baselines, and of anybody's own function."""

import json

import msgspec
import pytest
from liquid_control_sim.evaluation import EVALUATION_SEED, evaluate, load_summary
from liquid_control_sim.evaluation.baselines import BASELINES
from liquid_control_sim.evaluation.pilots import PolicyCodeError, fit, know
from liquid_control_sim.learning.seeds import CHOICES, TRAINING, VALIDATION
from liquid_control_sim.settings import to_data, world_card, world_of
from liquid_control_sim.tasks import Outcome

from liquid_control.contract import goal_input
from liquid_control.errors import BundleError, ConfigError
from liquid_control.share import share_file

MODEL = share_file("models/fly_to_target_cfc.onnx")
SEED = 950_000
SHORT_WORLD = world_of(changes={"task": {"time_limit_s": 0.5}})


@pytest.fixture
def own(tmp_path):
    """Write a module with a function ``make`` and return what evaluate calls it."""

    def write(body):
        path = tmp_path / "mine.py"
        path.write_text(body)
        return f"{path}:make"

    return write


@pytest.mark.parametrize("condition", ["none", "blackout"])
def test_the_shipped_policy_reaches_its_target(condition):
    summary = evaluate(MODEL, 6, seed=SEED + 500, conditions=[condition], workers=2)
    assert (summary.successes, summary.collisions, summary.timeouts) == (6, 0, 0)
    assert summary.task == "fly_to_target"
    assert summary.conditions == (condition,)
    assert summary.step_latency_ms["p50"] > 0
    assert len(summary.model_sha256) == 64


def test_the_same_seeds_end_alike_whatever_the_number_of_processes():
    one, two = (evaluate("expert", 4, seed=SEED, workers=workers) for workers in (1, 2))
    assert one.flights == two.flights
    assert [flight.seed for flight in one.flights] == list(range(SEED, SEED + 4))


def test_every_flight_is_told_as_it_ends():
    told = []
    summary = evaluate(
        "hover", 3, seed=SEED, world=SHORT_WORLD, runner="inline", on_flight=told.append
    )
    assert sorted(told, key=lambda flight: flight.seed) == list(summary.flights)


def test_the_expert_succeeds_where_hovering_does_not():
    assert evaluate("expert", 1, seed=SEED, runner="inline").successes == 1
    assert evaluate("hover", 1, seed=SEED, runner="inline").timeouts == 1


def test_a_summary_holds_the_world_from_which_the_same_flights_come(tmp_path):
    conditions = ["wind", {"name": "rate", "rate_hz": 10.0}]
    first = evaluate(
        "servo", 1, seed=SEED, world=SHORT_WORLD, conditions=conditions, runner="inline"
    )
    path = tmp_path / "summary.json"
    path.write_text(json.dumps(first.to_dict()))
    again = evaluate("servo", 1, seed=SEED, world=load_summary(path).world, runner="inline")
    assert again.flights == first.flights
    assert first.conditions == ("wind", "rate (rate_hz 10.0)")


def test_what_was_touched_is_told(own):
    down = own("def make(card):\n    return lambda observation: (0.0, 0.0, -1.0, 0.0)\n")
    (flight,) = evaluate(down, 1, seed=SEED, runner="inline").flights
    assert (flight.outcome, flight.touched) == (Outcome.COLLISION, "ground")


def test_ones_own_policy_is_reset_before_every_flight(own):
    """It flies down until it is reset, so only a second flight without a reset would end."""
    model = own(
        """
class Mine:
    def __init__(self, card):
        self.card, self.steps = card, 0
    def reset(self):
        self.steps = 0
    def step(self, observation):
        self.steps += 1
        assert self.steps <= 11
        return self.card.command.rest
make = Mine
"""
    )
    summary = evaluate(model, 2, seed=SEED, world=SHORT_WORLD, runner="inline")
    assert summary.timeouts == 2
    assert len(summary.model_sha256) == 64


def test_an_error_in_ones_own_policy_is_told_and_not_flown(own):
    model = own("def make(card):\n    return lambda observation: 1 / 0\n")
    with pytest.raises(PolicyCodeError, match="ZeroDivisionError"):
        evaluate(model, 1, seed=SEED, runner="inline")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def fly(card): ...", "no function make"),
        ("def make(card):\n    return 7", "found int"),
        ("import no_such_thing", "no_such_thing"),
    ],
)
def test_what_is_no_policy_is_refused_in_one_line(own, body, words):
    with pytest.raises(ConfigError, match=words) as refused:
        evaluate(own(body), 1, seed=SEED, runner="inline")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_policy_starts_nothing():
    with pytest.raises(BundleError, match="truncated or was not exported"):
        evaluate(__file__, 1)


def test_a_world_without_the_policys_camera_is_refused():
    with pytest.raises(ConfigError, match="'image'"):
        evaluate(MODEL, 1, world=world_of(changes={"sensors": {"image": None}}))


def test_orders_that_the_policy_does_not_know_are_refused():
    world = world_of("rover_to_target")
    card = world_card(world)
    assert fit(world, card).task == world.task
    deaf = goal_input(("barrel",), ("ultraviolet",))
    card = msgspec.structs.replace(card, inputs={**card.inputs, "goal": deaf})
    with pytest.raises(ConfigError, match=r"colours .* knows ultraviolet"):
        fit(world, card)


def test_the_world_gives_images_of_the_size_in_the_card():
    world = world_of(changes={"sensors": {"image": {"width": 48, "height": 32}}})
    fitted = fit(world, know(str(MODEL)).card)
    assert (fitted.sensors["image"].width, fitted.sensors["image"].height) == (96, 64)


def test_every_baseline_is_known_by_its_file():
    assert BASELINES.names() == ["expert", "hover", "servo"]


def test_worlds_are_given_as_data_or_as_settings():
    one, other = (
        evaluate("hover", 1, seed=SEED, world=world, runner="inline").flights
        for world in (SHORT_WORLD, to_data(SHORT_WORLD))
    )
    assert one == other


def test_results_are_of_seeds_that_nothing_was_learnt_from_or_chosen_by():
    for taken in (TRAINING, CHOICES, VALIDATION):
        assert taken.stop <= EVALUATION_SEED
