"""Parameters: ranges, types and times at which they may change; refusals are one line."""

import math
import subprocess
import sys

import pytest
from robot import SUCCESS

from liquid_control.errors import ConfigError
from liquid_control.nodes import settings as names
from liquid_control.nodes.policy_node import PolicyNode

NODE = [sys.executable, "-m", "liquid_control.nodes.policy_node", "--ros-args"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threads", 5000),
        ("threads", 0),
        ("threads", 1.5),
        ("camera_timeout_s", math.nan),
        ("camera_timeout_s", -1.0),
        ("camera_timeout_s", "soon"),
        ("camera_timeout_s", True),
        ("failsafe_after_s", 1e9),
        ("wait_s", 0.6),
        ("lockstep", 1),
        ("model", 3),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_in_one_line_and_changes_nothing(
    robot, name, value
):
    r = robot()
    before = r.policy.get_parameter(name).value
    (result,) = r.set(**{name: value})
    assert not result.successful
    assert result.reason
    assert "\n" not in result.reason
    assert r.policy.get_parameter(name).value == before


def test_a_whole_number_is_taken_where_a_number_is_expected(robot):
    r = robot(camera_timeout_s=2)
    assert r.results[1].successful
    r.start()
    assert r.policy._pilot.settings.camera_timeout_s == 2.0


def test_no_parameter_changes_while_the_policy_is_active(robot):
    r = robot()
    r.start()
    for name in ("camera_timeout_s", "limits__forward_m_s", "rates__up_m_s"):
        (result,) = r.set(**{name: 0.3})
        assert not result.successful
        assert "deactivate" in result.reason
    (result,) = r.set(model="other.onnx")
    assert not result.successful


def test_what_is_read_at_configure_does_not_change_after_it(robot):
    r = robot()
    assert r.policy.trigger_configure() == SUCCESS
    for name, value in (("model", "other.onnx"), ("threads", 2), ("stamped", False)):
        (result,) = r.set(**{name: value})
        assert not result.successful
        assert "clean it up" in result.reason


def test_a_timeout_set_while_inactive_holds_in_the_next_flight(robot):
    r = robot()
    assert r.policy.trigger_configure() == SUCCESS
    assert r.set(camera_timeout_s=0.3, limits__up_m_s=0)[1].successful
    assert r.policy.trigger_activate() == SUCCESS
    pilot = r.policy._pilot
    assert pilot.settings.camera_timeout_s == 0.3
    assert pilot.limits.highs[2] == 0.0


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, "fast"])
def test_a_limit_that_is_no_sound_number_is_refused(robot, value):
    r = robot()
    assert r.policy.trigger_configure() == SUCCESS
    assert not r.set(limits__forward_m_s=value)[0].successful


def test_every_parameter_has_a_description_and_every_number_a_range(robot):
    r = robot()
    assert r.policy.trigger_configure() == SUCCESS
    described = r.policy.describe_parameters(
        [s.name for s in [*names.NODE, *r.policy._limits, *r.policy._rates]]
    )
    for setting, descriptor in zip(
        [*names.NODE, *r.policy._limits, *r.policy._rates], described, strict=True
    ):
        assert len(descriptor.description) > 10
        if isinstance(setting.default, float):
            assert descriptor.floating_point_range
        elif type(setting.default) is int:
            assert descriptor.integer_range


def run(*parameters, code=1):
    arguments = [a for p in parameters for a in ("-p", p)]
    done = subprocess.run(
        [*NODE, *arguments], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == code, done.stdout + done.stderr
    return (done.stdout + done.stderr).strip()


@pytest.mark.parametrize(
    "given",
    ["threads:=5000", "threads:=many", "camera_timeout_s:=.nan", "lockstep:=3", "wait_s:=0.9"],
)
def test_a_wrong_value_on_the_command_line_ends_the_node_in_one_line(given):
    said = run(given)
    assert said.startswith("error: parameter ")
    assert given.partition(":=")[0] in said
    assert "\n" not in said


def test_a_limit_of_a_field_that_the_policy_has_not_is_refused(tiny_policy_path):
    said = run(f"model:={tiny_policy_path}", "autostart:=true", "limits.speed:=1.0")
    assert "limits.speed" in said
    assert "limits.forward_m_s" in said
    assert len(said.splitlines()) == 1


def test_a_node_without_a_model_says_so():
    assert "parameter model is empty" in run("autostart:=true")


def test_contradicting_timeouts_given_at_the_start_are_refused(ros):
    with pytest.raises(ConfigError, match="wait_s"):
        PolicyNode(parameter_overrides=overrides(camera_timeout_s=0.2, wait_s=0.3))
    node = PolicyNode(parameter_overrides=overrides(camera_timeout_s=3, wait_s=0.6))
    assert node.get_parameter("camera_timeout_s").value == 3
    node.destroy_node()


def overrides(**values):
    from rclpy.parameter import Parameter

    return [Parameter(name, value=value) for name, value in values.items()]
