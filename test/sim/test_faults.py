"""Every fault that can be brought about in a flight is found by its word, and nothing is hit."""

import pytest
from liquid_control_sim.faults import INJECTIONS, inject
from liquid_control_sim.settings import fitted, world_of
from liquid_control_sim.world import World
from typer.testing import CliRunner

from liquid_control.cli.main import make_app
from liquid_control.policy import load_policy
from liquid_control.safety.faults import Fault
from liquid_control.share import share_file

LATEST_S = {
    Fault.CAMERA_STALE: 0.55,  # camera_timeout_s and a tick of the watchdog
    Fault.CAMERA_LATE: 0.55,
    Fault.CAMERA_FROZEN: 1.65,  # frozen_after_s, likewise
    Fault.IMU_FROZEN: 1.65,
}
"""Others are found within 0.4 s: a camera's frame and the wait for its IMU samples."""


@pytest.fixture(scope="module")
def policy():
    return load_policy(share_file("models/pilot_cfc.onnx"))


@pytest.fixture(scope="module")
def flying(policy):
    made = World(fitted(world_of("find", {"task": {"time_limit_s": 6.0}}), policy.card))
    yield made
    made.close()


@pytest.mark.parametrize("name", INJECTIONS)
def test_a_fault_is_found_by_its_word_in_time_and_nothing_is_hit(name, flying, policy):
    fault = INJECTIONS[name].fault
    one = inject(flying, policy, name, 700_001, at_s=1.5)
    assert fault in one.found and not one.touched
    assert one.after_s <= LATEST_S.get(fault, 0.4)
    assert one.said.startswith(fault.value) and "\n" not in one.said


def test_a_flight_without_a_fault_finds_none(flying, policy):
    one = inject(flying, policy, "camera_off", 700_001, at_s=60.0)
    assert one.found == () and one.said == ""


def run(*arguments):
    result = CliRunner().invoke(make_app(), ["faults", *arguments], standalone_mode=False)
    return result.return_value, result.output, result.exception


def test_the_table_names_every_fault():
    code, output, _ = run()
    assert code == 0 and all(fault.value in output for fault in Fault)


def test_a_run_of_a_fault_says_how_long_until_the_pilot_braked():
    code, output, _ = run("--run", "camera_unstamped", "--flights", "1", "--at", "1.5")
    assert code == 0 and "1 of 1" in output and "nothing" in output


def test_a_fault_that_nobody_knows_is_refused_with_the_names():
    _, _, error = run("--run", "gremlin")
    assert "camera_off" in str(error) and "found gremlin" in str(error)
