"""Faults over real topics: what the world's node spoils, the policy node finds and brakes."""

import pytest
from rclpy.publisher import Publisher
from typer.testing import CliRunner

from liquid_control.cli.main import make_app

SHORT = "task: {time_limit_s: 3.5}\n"


@pytest.fixture
def run(tmp_path):
    """``run(*arguments)``: short flights with faults; return exit code and output."""
    world = tmp_path / "short.yaml"
    world.write_text(SHORT)

    def go(*arguments):
        common = ["--world", str(world), "--flights", "1", "--seed", "700001"]
        asked = ["faults", *arguments, *common]
        result = CliRunner().invoke(make_app(), asked, standalone_mode=False)
        return result.return_value, " ".join(result.output.split())

    return go


def test_a_fault_of_a_sensor_is_found_over_topics_and_nothing_is_hit(run):
    code, output = run("--run", "camera_tiny", "--topics", "--at", "1.5")
    assert code == 0 and "1 of 1" in output and "nothing" in output
    assert "raise the resolution" in output


@pytest.mark.parametrize("end", ["process_killed", "process_stopped", "process_terminated"])
def test_a_vehicle_whose_pilot_is_ended_in_flight_comes_to_rest(end, run):
    code, output = run("--run", end, "--at", "2.0")
    assert code == 0 and "1 of 1" in output and "nothing" in output


@pytest.mark.parametrize("name", ["command_nan", "person_lost", "model_corrupt"])
def test_what_cannot_come_over_topics_is_refused(name, run):
    code, output = run("--run", name, "--topics")
    assert code is None and output == ""


def test_a_last_command_is_waited_for_until_it_has_arrived(robot, monkeypatch):
    r, waited = robot(), []

    def wait(publisher, timeout):
        waited.append(publisher.topic_name)
        return True

    monkeypatch.setattr(Publisher, "wait_for_all_acked", wait)
    r.start()
    r.fly(3)
    assert waited == []
    r.policy.trigger_deactivate()
    assert "/command_velocity" in waited
