"""What the flying expert says that it remembers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.layout import Place
from liquid_control_sim.tasks import RecallingExpert
from liquid_control_sim.tasks._navigator import Navigator
from liquid_control_sim.tasks._recall import RECALLED
from liquid_control_sim.tasks._search import TURN_RAD
from truths import at, layout_of

from liquid_control.contract import VELOCITY, Goal

GOAL = Goal("chair", "red")
CHAIR = Place(4.0, 0.0, kind="chair", colour="red")
HIDES = Place(4.0, 0.0, kind="chair", colour="red", hidden_s=((0.5, 99.0),))


def recalled(layout, *truths):
    """Return by name what an expert remembers at the last of some states."""
    one = Navigator(VELOCITY)
    assert isinstance(one, RecallingExpert)
    one.reset(layout)
    for truth in truths:
        one.command(truth, GOAL)
    said = one.recall(truths[-1])
    assert len(said) == len(RECALLED)
    return dict(zip(RECALLED, said, strict=True))


@given(yaw=st.floats(-3.1, 3.1))
def test_it_knows_where_the_target_is_that_has_left_the_view(yaw):
    said = recalled(layout_of(it=HIDES), at(), at(yaw_rad=yaw, time_s=1.0))
    assert said["target"] == 1.0
    assert said["target_ahead"] == pytest.approx(math.cos(yaw))
    assert said["target_left"] == pytest.approx(-math.sin(yaw))
    assert said["target_near"] == pytest.approx(1 / 4)


def test_what_was_never_seen_or_too_long_ago_is_not_known():
    behind = recalled(layout_of(it=CHAIR), at(yaw_rad=3.0))
    forgotten = recalled(layout_of(it=HIDES), at(), at(time_s=9.0))
    for said in (behind, forgotten):
        assert [said[name] for name in RECALLED if name.startswith("target")] == [0.0] * 4


def test_it_counts_how_far_a_search_has_turned_and_for_how_long_it_has_gone_ahead():
    turn = [at(yaw_rad=-TURN_RAD + 0.1 * i, time_s=0.1 * i) for i in range(54)]
    tent = layout_of(tent=Place(9.0, 0.0, kind="tent"))
    half = recalled(tent, *turn[:27])
    assert half["turned"] == pytest.approx(2.6 / TURN_RAD)
    assert (half["goes_ahead"], half["leg"]) == (0.0, 0.0)
    ahead = recalled(tent, *turn, at(yaw_rad=0.1, time_s=7.3))
    assert (ahead["goes_ahead"], ahead["leg"]) == (1.0, pytest.approx(0.5, abs=0.03))


@pytest.mark.parametrize(
    ("place", "sector"), [((2.0, 0.0), "ahead"), ((0.0, 2.0), "left"), ((0.0, -2.0), "right")]
)
def test_an_obstacle_beside_it_is_known_from_when_it_was_in_view(place, sector):
    trunk = layout_of(trunk=Place(*place, kind="trunk"))
    towards = math.atan2(place[1], place[0])
    said = recalled(trunk, at(yaw_rad=towards), at(time_s=1.0))
    near = {name: said[f"obstacle_{name}"] for name in ("left", "ahead", "right")}
    assert near.pop(sector) == pytest.approx(0.5, rel=0.15)
    assert set(near.values()) == {0.0}
    later = recalled(trunk, at(yaw_rad=towards), at(yaw_rad=towards + math.pi / 2, time_s=5.0))
    assert {later[f"obstacle_{name}"] for name in ("left", "ahead", "right")} == {0.0}


@given(yaw=st.floats(-3.1, 3.1), speed=st.floats(0.0, 2.0))
def test_it_knows_its_velocity_as_its_body_feels_it(yaw, speed):
    velocity = (speed * math.cos(yaw), speed * math.sin(yaw), 0.3)
    said = recalled(layout_of(), at(yaw_rad=yaw, velocity_m_s=velocity, z_m=9.0))
    assert said["speed_forward_m_s"] == pytest.approx(speed)
    assert said["speed_left_m_s"] == pytest.approx(0.0, abs=1e-9)
    assert (said["climb_m_s"], said["height_m"]) == (0.3, 4.0)
