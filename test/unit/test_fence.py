"""A fence brakes where the odometry says that a vehicle is outside, or says nothing."""

import math

import pytest
from pilots import MS, Says, frame, imu, tick

from liquid_control.contract import PERSON, PLACE, STOP, Event, Reading
from liquid_control.errors import ConfigError
from liquid_control.pipeline import Pilot
from liquid_control.safety.faults import Fault, Problem
from liquid_control.safety.fence import Fence
from liquid_control.safety.gate import Mode

FENCE = Fence(radius_m=10.0, floor_m=1.0, ceiling_m=5.0, lean_deg=45.0)


def fault_of(problem: Problem | None) -> Fault | None:
    return None if problem is None else problem.fault


@pytest.mark.parametrize(
    ("place", "fault", "words"),
    [
        ((0.0, 0.0, 2.0, 0.0), None, ""),
        ((6.0, -8.0, 1.0, math.radians(44.9)), None, ""),
        ((6.1, -8.0, 2.0, 0.0), Fault.FENCE_LEFT, "10.1 m from the origin"),
        ((0.0, 0.0, 0.9, 0.0), Fault.TOO_LOW, "at 0.9 m"),
        ((0.0, 0.0, 5.1, 0.0), Fault.TOO_HIGH, "at 5.1 m"),
        ((0.0, 0.0, 2.0, math.radians(46)), Fault.TOO_TILTED, "46 degrees"),
    ],
)
def test_a_place_outside_is_called_by_the_limit_that_it_has_left(place, fault, words):
    found = FENCE.check(*place)
    assert fault_of(found) is fault and words in str(found)


@pytest.mark.parametrize("limit", ["radius_m", "floor_m", "ceiling_m", "lean_deg"])
def test_each_limit_stands_alone_and_0_leaves_it_out(limit):
    assert Fence(**{limit: 2.0}).stands and not Fence().stands
    far = (1e5, 0.0, 1e5 if limit == "floor_m" else -1e5, math.pi)
    high = (*far[:2], -far[2], far[3])
    found = [fault_of(Fence(**{limit: 2.0}).check(*place)) for place in (far, high)]
    assert any(found) and len(set(found) - {None}) == 1
    assert Fence().check(*far) is None


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"radius_m": -1.0}, "fence.radius_m: expected 0 to 1e\\+06, found -1"),
        ({"ceiling_m": math.nan}, "fence.ceiling_m"),
        ({"lean_deg": 200.0}, "fence.lean_deg: expected 0 to 180"),
        ({"floor_m": 5.0, "ceiling_m": 4.0}, "fence.floor_m: expected less than"),
    ],
)
def test_limits_that_cannot_be_kept_are_refused_in_one_line(limits, words):
    with pytest.raises(ConfigError, match=words):
        Fence(**limits)


def place(ms: int, east_m: float = 0.0, up_m: float = 2.0) -> Event:
    return Event(ms * MS, PLACE, Reading(ms * MS, (east_m, 0.0, up_m, 0.0)))


def flown(pilot: Pilot, times_ms, where=place) -> list:
    """Return what was decided at each frame; ``where`` is what the odometry says, or None."""
    steps = []
    for ms in times_ms:
        event = where(ms)
        if event is not None:
            pilot.take(event)
        pilot.take(imu(ms, gyro=(1e-4 * (ms % 97), 0.0, 0.0)))
        steps.append(pilot.take(frame(ms)))
    return steps


def test_a_pilot_without_a_fence_does_not_care_where_it_is():
    steps = flown(Pilot(Says()), range(0, 1000, 50), lambda ms: place(ms, east_m=1e6))
    assert all(step.fault is None for step in steps)


def test_a_pilot_with_a_fence_does_not_begin_before_it_knows_where_it_is():
    steps = flown(Pilot(Says(), fence=FENCE), range(0, 1000, 50), lambda ms: None)
    assert {step.fault for step in steps} == {Fault.PLACE_LOST}
    assert all(step.command is None and step.mode is Mode.STANDBY for step in steps)


def test_a_vehicle_that_leaves_its_fence_brakes_and_flies_on_when_it_is_back():
    def where(ms):
        return place(ms, east_m=11.0 if 500 <= ms < 1500 else 0.0)

    steps = flown(Pilot(Says(), fence=FENCE), range(0, 2000, 50), where)
    assert [step.fault for step in steps] == [None] * 10 + [Fault.FENCE_LEFT] * 20 + [None] * 10
    assert steps[29].command == STOP and steps[-1].mode is Mode.ACTIVE


def test_a_person_flies_a_vehicle_back_into_its_fence():
    pilot = Pilot(Says(), fence=FENCE)
    flown(pilot, range(0, 500, 50))
    held = Reading(500 * MS, (1.0, -0.5, 0.0, 0.0, 0.0))
    steps = []
    for ms in range(500, 900, 50):
        pilot.take(Event(ms * MS, PERSON, held))
        steps += flown(pilot, [ms], lambda ms: place(ms, east_m=11.0))
    assert all(step.fault is None and step.flown_by == "person" for step in steps)
    assert steps[-1].command.values[0] == -0.5


def test_odometry_that_falls_silent_brakes_after_its_timeout():
    def where(ms):
        return place(ms) if ms <= 500 else None

    steps = flown(Pilot(Says(), fence=FENCE), range(0, 1500, 50), where)
    assert [step.fault for step in steps] == [None] * 21 + [Fault.PLACE_LOST] * 9


@pytest.mark.parametrize("values", [(math.nan, 0.0, 2.0, 0.0), (0.0, 0.0, 2.0), ()])
def test_odometry_that_is_no_place_brakes(values):
    def where(ms):
        return place(ms) if ms < 500 else Event(ms * MS, PLACE, Reading(ms * MS, values))

    steps = flown(Pilot(Says(), fence=FENCE), range(0, 1000, 50), where)
    assert [step.fault for step in steps] == [None] * 10 + [Fault.PLACE_INVALID] * 10


def test_a_message_that_could_not_be_read_is_what_is_said_of_the_place():
    unreadable = Problem(Fault.PLACE_INVALID, "no such frame")
    pilot = Pilot(Says(), fence=FENCE)
    flown(pilot, range(0, 500, 50))
    (step,) = flown(pilot, [500], lambda ms: Event(ms * MS, PLACE, unreadable))
    assert step.problem == unreadable


@pytest.mark.parametrize("again", ["reset", "clock back"])
def test_a_place_from_before_the_flight_does_not_count(again):
    pilot = Pilot(Says(), fence=FENCE)
    flown(pilot, range(5000, 5500, 50))
    if again == "reset":
        pilot.reset()
    pilot.take(tick(3000))
    steps = flown(pilot, range(3000, 3300, 50), lambda ms: None)
    assert {step.fault for step in steps} == {Fault.PLACE_LOST}
    assert all(step.command is None for step in steps)
