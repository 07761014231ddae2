"""Every fault that can be brought about in a flight is found by its word, and nothing is hit."""

import numpy as np
import pytest
from liquid_control_sim.faults import INJECTIONS, Injection, Spoiled, inject, refused, shortened
from liquid_control_sim.flight import fly
from liquid_control_sim.settings import fitted, world_of
from liquid_control_sim.world import World
from typer.testing import CliRunner

from liquid_control.cli.main import make_app
from liquid_control.pipeline import Pilot
from liquid_control.policy import load_policy
from liquid_control.safety.faults import Fault
from liquid_control.safety.fence import Fence
from liquid_control.safety.gate import Mode
from liquid_control.share import share_file

LATEST_S = {
    Fault.CAMERA_STALE: 0.56,  # camera_timeout_s and a tick of the watchdog
    Fault.CAMERA_LATE: 0.66,
    Fault.CAMERA_FROZEN: 1.65,  # frozen_after_s, likewise
    Fault.IMU_FROZEN: 1.65,
    Fault.PLACE_LOST: 0.56,
    Fault.COMMAND_STUCK: 2.1,  # stuck_after_s and a frame
    Fault.IMU_AXES: 0.85,  # the average over LEVEL_S
    Fault.IMU_SCALE: 0.9,
}
"""Others are found within 0.4 s: a camera's frame and the wait for its IMU samples."""
AT_S = 1.5
BRAKED_S = 0.5
"""From the full speed of the shipped pilot to rest, at the operator's rates."""
FLOWN = [name for name, one in INJECTIONS.items() if one.model is None and one.signal is None]
BRAKED = [name for name in FLOWN if INJECTIONS[name].fault not in (None, Fault.CLOCK_BACK)]
PASSING = "camera_slow"
"""A fault between whose signs the pilot flies."""
PILOT = share_file("models/pilot_cfc.onnx")


@pytest.fixture(scope="module")
def policy():
    return load_policy(PILOT)


@pytest.fixture(scope="module")
def flying(policy):
    made = World(fitted(world_of("find", {"task": {"time_limit_s": AT_S + 3.0}}), policy.card))
    yield made
    made.close()


@pytest.mark.parametrize("name", FLOWN)
def test_a_fault_is_found_by_its_word_in_time_and_nothing_is_hit(name, flying, policy):
    injection = INJECTIONS[name]
    one = inject(flying, policy, injection, 700_001, AT_S)
    assert one.as_wanted(injection) and not one.touched and not one.ended
    if injection.fault is None:
        return
    assert one.after_s <= LATEST_S.get(injection.fault, 0.4)
    assert one.said.startswith(injection.fault.value) and "\n" not in one.said
    if name in BRAKED and name != PASSING:
        assert one.rest_s <= one.after_s + BRAKED_S and one.mode is not Mode.ACTIVE


def test_a_flight_without_a_fault_finds_none_and_flies(flying, policy):
    one = inject(flying, policy, INJECTIONS["camera_off"], 700_001, at_s=60.0)
    assert one.found == () and one.said == "" and one.ended and one.mode is Mode.ACTIVE


def test_a_clock_that_goes_back_begins_the_flight_anew(flying, policy):
    one = inject(flying, policy, INJECTIONS["clock_back"], 700_001, AT_S)
    assert one.found[0] is Fault.CLOCK_BACK and one.mode is Mode.ACTIVE


def test_a_fault_that_is_not_found_is_not_called_found(flying, policy):
    nothing = Injection(Fault.CAMERA_STALE)
    assert not inject(flying, policy, nothing, 700_001, AT_S).as_wanted(nothing)


def farthest_m(world, policy, fence):
    """Return how far from the origin a flight has been, and which faults it showed."""
    spoiled = Spoiled(Injection(Fault.FENCE_LEFT, fence=fence), world, 0.0)
    pilot = Pilot(policy, fence=fence)
    flight = fly(world, pilot, 700_001, on_step=spoiled.watch, arrive=spoiled.arrive)
    away_m = np.hypot(*flight.positions_m[:, :2].T)
    return away_m, spoiled.result(flight).found


def test_a_fence_keeps_a_vehicle_in_and_one_that_is_wide_does_not_matter(flying, policy):
    free_m, found = farthest_m(flying, policy, Fence(radius_m=1000.0))
    assert found == ()
    radius_m = (free_m[0] + free_m.max()) / 2
    kept_m, found = farthest_m(flying, policy, Fence(radius_m=float(radius_m)))
    assert found == (Fault.FENCE_LEFT,)
    assert free_m.max() > radius_m + 1.0 > kept_m.max() > radius_m


def test_a_flight_ends_a_while_after_its_fault():
    assert shortened(world_of("find"), 3.0).task.time_limit_s == 11.0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model_corrupt", "changed after its export"),
        ("model_truncated", "truncated"),
        ("model_swapped", "golden commands"),
    ],
)
def test_a_policy_file_that_was_spoilt_is_refused_by_its_cause(name, words):
    said = refused(PILOT, INJECTIONS[name])
    assert words in said and "\n" not in said and said.startswith("pilot_cfc.onnx")


def test_a_policy_file_that_is_sound_is_not_refused():
    sound = Injection(None, model=lambda model: model)
    assert refused(PILOT, sound) == ""


def test_every_fault_of_a_sensor_names_the_input_that_it_needs():
    for name, injection in INJECTIONS.items():
        kind = name.partition("_")[0].replace("camera", "image")
        if kind in ("image", "imu", "goal"):
            assert injection.needs == kind, name


def run(*arguments):
    result = CliRunner().invoke(make_app(), ["faults", *arguments], standalone_mode=False)
    return result.return_value, result.output, result.exception


def test_the_table_names_every_fault():
    code, output, _ = run()
    assert code == 0 and all(fault.value in output for fault in Fault)


def test_the_list_names_every_fault_that_can_be_flown_with():
    code, output, _ = run("--list")
    assert code == 0 and all(name in output for name in INJECTIONS)


def test_a_run_of_a_fault_says_how_long_until_the_pilot_braked_and_what_is_read():
    code, output, _ = run("--run", "camera_unstamped", "--flights", "1", "--at", "1.5")
    assert code == 0 and "1 of 1" in output and "nothing" in output
    assert "let the driver stamp them when taken" in output


def test_a_run_with_a_spoilt_file_says_why_it_is_refused():
    code, output, _ = run("--run", "model_corrupt")
    assert code == 0 and "changed after its export" in " ".join(output.split())


def test_a_fault_that_nobody_knows_is_refused_with_the_names():
    _, _, error = run("--run", "gremlin")
    assert "camera_off" in str(error) and "found gremlin" in str(error)


def test_a_fault_of_an_input_that_the_policy_has_not_is_refused():
    model = share_file("models/fly_to_target_cfc.onnx")
    _, _, error = run("--run", "goal_unknown", "--model", str(model))
    assert "goal_unknown needs an input of kind goal" in str(error)
