"""Whatever comes in, what is published is finite, inside the limits and slew-legal."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from liquid_control.contract import NANOSECONDS, STOP, Command, CommandLimits
from liquid_control.faults import REACTIONS, Fault, Reaction
from liquid_control.safety import (
    Gate,
    Mode,
    SafetySettings,
    advance,
    check,
    restart,
    slew,
    standby,
)

LIMITS = CommandLimits()
SETTINGS = SafetySettings()
STEP_NS = NANOSECONDS // 20
REST = Gate()
BRAKING_FAULTS = [fault for fault in Fault if REACTIONS[fault] is Reaction.BRAKE]

any_float = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-3, 3)
any_command = st.builds(Command, any_float, any_float, any_float, any_float)
any_fault = st.sampled_from(list(Fault))
braking_fault = st.sampled_from(BRAKING_FAULTS)
positive = st.floats(1e-2, 100.0)
any_limits = st.builds(CommandLimits, positive, positive, positive, positive, positive, positive)
any_settings = st.builds(
    SafetySettings, failsafe_after_s=st.floats(0.1, 60.0), max_slew_dt_s=st.floats(0.0, 1.0)
)
any_delta_ns = st.integers(-10 * NANOSECONDS, 10 * NANOSECONDS) | st.integers(0, 200_000_000)
any_event = st.tuples(any_command | any_fault, any_delta_ns)
events_without_failure = st.tuples(any_command | braking_fault, st.integers(0, 100_000_000))


@st.composite
def legal_command(draw, limits: CommandLimits = LIMITS) -> Command:
    return Command(*(draw(st.floats(-limit, limit)) for limit in limits.as_tuple()))


def rates(limits: CommandLimits) -> tuple[float, ...]:
    return (limits.acceleration_m_s2,) * 3 + (limits.yaw_acceleration_rad_s2,)


def run(events, gate: Gate = REST, limits=LIMITS, settings=SETTINGS, now_ns: int = 0) -> Gate:
    for wanted, delta_ns in events:
        now_ns += delta_ns
        gate = advance(gate, wanted, now_ns, limits, settings)
    return gate


def flying(command: Command) -> Gate:
    """Return a gate that has flown ``command`` until it was reached, at its ``stepped_ns``."""
    gate = run([(command, STEP_NS)] * 40)
    assert gate.command == command
    return gate


@given(events=st.lists(any_event, max_size=30), limits=any_limits, settings=any_settings)
@hypothesis_settings(max_examples=300)
def test_every_command_is_finite_and_inside_the_limits(events, limits, settings):
    gate, now_ns = Gate(), 0
    for wanted, delta_ns in events:
        now_ns += delta_ns
        gate = advance(gate, wanted, now_ns, limits, settings)
        assert gate.command.is_finite()
        for value, limit in zip(gate.command.as_tuple(), limits.as_tuple(), strict=True):
            assert abs(value) <= limit


@given(events=st.lists(any_event, max_size=30), limits=any_limits, settings=any_settings)
@hypothesis_settings(max_examples=300)
def test_every_change_of_the_command_keeps_the_slew_rates(events, limits, settings):
    gate, now_ns, last_ns = Gate(), 0, None
    for wanted, delta_ns in events:
        now_ns += delta_ns
        before = gate.command
        gate = advance(gate, wanted, now_ns, limits, settings)
        elapsed_s = settings.max_slew_dt_s
        if last_ns is not None and gate.stepped_ns is not None:
            elapsed_s = min(elapsed_s, max(0.0, (now_ns - last_ns) / NANOSECONDS))
        last_ns = gate.stepped_ns
        for old, new, rate in zip(
            before.as_tuple(), gate.command.as_tuple(), rates(limits), strict=True
        ):
            assert abs(new - old) <= rate * elapsed_s + 1e-12 * (abs(old) + abs(new))


@given(back_ns=st.integers(0, 10 * NANOSECONDS), command=legal_command(), wanted=legal_command())
def test_the_command_stands_still_while_the_clock_does_not_go_forward(back_ns, command, wanted):
    gate = flying(command)
    after = advance(gate, wanted, gate.stepped_ns - back_ns, LIMITS, SETTINGS)
    assert after.command == command


@given(
    command=legal_command(),
    field=st.integers(0, 3),
    bad=st.sampled_from([math.nan, math.inf, -math.inf]),
    before=legal_command(),
)
def test_one_field_that_is_not_finite_rejects_the_whole_command(command, field, bad, before):
    fields = list(command.as_tuple())
    fields[field] = bad
    gate = flying(before)
    now_ns = gate.stepped_ns + STEP_NS
    rejected = advance(gate, Command(*fields), now_ns, LIMITS, SETTINGS)
    assert rejected == advance(gate, Fault.COMMAND_NOT_FINITE, now_ns, LIMITS, SETTINGS)
    assert rejected.mode is Mode.DEGRADED


@given(
    command=legal_command(),
    field=st.integers(0, 3),
    excess=st.floats(1.001, 1e30),
    sign=st.sampled_from([-1, 1]),
    before=legal_command(),
)
def test_one_field_out_of_its_limit_rejects_the_whole_command(
    command, field, excess, sign, before
):
    fields = list(command.as_tuple())
    fields[field] = sign * excess * LIMITS.as_tuple()[field]
    gate = flying(before)
    now_ns = gate.stepped_ns + STEP_NS
    rejected = advance(gate, Command(*fields), now_ns, LIMITS, SETTINGS)
    assert rejected == advance(gate, Fault.COMMAND_OUT_OF_LIMITS, now_ns, LIMITS, SETTINGS)


@given(command=legal_command())
def test_a_command_inside_the_limits_is_no_fault(command):
    assert check(command, LIMITS) is None


@given(share=st.floats(1.0, 1.000009), sign=st.sampled_from([-1, 1]))
def test_a_limit_overshot_by_float32_rounding_is_flown_at_the_limit(share, sign):
    wanted = Command(*(sign * share * limit for limit in LIMITS.as_tuple()))
    gate = run([(wanted, STEP_NS)] * 40)
    assert gate.mode is Mode.ACTIVE
    assert gate.command == Command(*(sign * limit for limit in LIMITS.as_tuple()))


@given(before=legal_command(), wanted=legal_command())
def test_a_steady_command_is_reached_exactly(before, wanted):
    gate = flying(before)
    assert run([(wanted, STEP_NS)] * 40, gate, now_ns=gate.stepped_ns).command == wanted


@given(before=legal_command(), wanted=legal_command(), elapsed_s=st.floats(0.0, 1.0))
def test_a_shortened_change_keeps_its_direction(before, wanted, elapsed_s):
    after = slew(before, wanted, elapsed_s, LIMITS)
    whole = [w - b for b, w in zip(before.as_tuple(), wanted.as_tuple(), strict=True)]
    taken = [a - b for b, a in zip(before.as_tuple(), after.as_tuple(), strict=True)]
    longest = max(whole, key=abs)
    assume(abs(longest) > 1e-6)
    share = taken[whole.index(longest)] / longest
    assert -1e-9 <= share <= 1 + 1e-9
    for part, full in zip(taken, whole, strict=True):
        assert part == pytest.approx(share * full, abs=1e-9)


@given(before=legal_command(), fault=braking_fault)
def test_a_fault_brakes_every_field_monotonically_to_zero(before, fault):
    gate = flying(before)
    now_ns = gate.stepped_ns
    for _ in range(40):
        now_ns += STEP_NS
        last, gate = gate.command, advance(gate, fault, now_ns, LIMITS, SETTINGS)
        assert gate.mode is Mode.DEGRADED and gate.fault is fault and gate.may_publish
        for old, new in zip(last.as_tuple(), gate.command.as_tuple(), strict=True):
            assert abs(new) <= abs(old) and new * old >= 0.0
    assert gate.command == STOP


@given(before=legal_command(), fault=braking_fault, steps=st.integers(1, 90))
def test_flight_goes_on_when_the_fault_clears_before_the_failsafe(before, fault, steps):
    gate = flying(before)
    gate = run([(fault, STEP_NS)] * steps, gate, now_ns=gate.stepped_ns)
    gate = run([(before, STEP_NS)] * 40, gate, now_ns=gate.stepped_ns)
    assert gate.mode is Mode.ACTIVE and gate.fault is None
    assert gate.command == before


@given(
    faults=st.lists(braking_fault, min_size=3, max_size=60),
    after_s=st.floats(0.5, 2.0),
)
def test_uninterrupted_faults_of_any_kind_end_in_the_failsafe_on_time(faults, after_s):
    settings = replace(SETTINGS, failsafe_after_s=after_s)
    gate = advance(Gate(), STOP, 0, LIMITS, settings)
    for i, fault in enumerate(faults):
        gate = advance(gate, fault, i * STEP_NS, LIMITS, settings)
        late = i * STEP_NS / NANOSECONDS >= after_s
        assert gate.mode is (Mode.FAILSAFE if late else Mode.DEGRADED)


@given(command=legal_command())
def test_a_cleared_fault_starts_the_failsafes_clock_anew(command):
    gate = run([(command, STEP_NS)] + [(Fault.CAMERA_STALE, STEP_NS)] * 90)
    gate = run([(command, STEP_NS)], gate, now_ns=gate.stepped_ns)
    gate = run([(Fault.CAMERA_STALE, STEP_NS)] * 90, gate, now_ns=gate.stepped_ns)
    assert gate.mode is Mode.DEGRADED


@given(before=st.lists(events_without_failure, max_size=10))
def test_a_failed_policy_is_a_failsafe_at_once(before):
    gate = run(before)
    gate = advance(gate, Fault.POLICY_FAILED, 10**12, LIMITS, SETTINGS)
    assert gate.mode is Mode.FAILSAFE and gate.fault is Fault.POLICY_FAILED
    assert not gate.may_publish


@given(events=st.lists(any_event, max_size=30), limits=any_limits)
def test_the_failsafe_is_latched(events, limits):
    failsafe = run([(Fault.POLICY_FAILED, STEP_NS)])
    assert run(events, failsafe, limits) == failsafe


def test_a_pilot_at_rest_is_in_standby_and_silent():
    assert standby().mode is Mode.STANDBY and standby().command == STOP
    assert not standby().may_publish


@given(faults=st.lists(braking_fault, min_size=1, max_size=200))
def test_faults_before_the_first_sound_command_are_named_and_publish_nothing(faults):
    gate = run([(fault, STEP_NS) for fault in faults])
    assert gate.mode is Mode.STANDBY and gate.fault is faults[-1]
    assert not gate.may_publish


@given(before=legal_command())
def test_a_restart_slews_from_rest_and_keeps_the_mode(before):
    gate = flying(before)
    assert restart(gate) == replace(gate, command=STOP, stepped_ns=None)


@given(events=st.lists(any_event, min_size=1, max_size=30), settings=any_settings)
def test_only_a_gate_that_is_active_or_degraded_may_publish(events, settings):
    gate = run(events, settings=settings)
    assert gate.may_publish == (gate.mode in (Mode.ACTIVE, Mode.DEGRADED))
    assert (gate.fault is None) == (gate.mode is Mode.ACTIVE)


@pytest.mark.parametrize("mode", [Mode.STANDBY, Mode.FAILSAFE])
def test_nothing_may_be_published_while_not_flying(mode):
    assert not Gate(mode=mode).may_publish


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_has_one_reaction(fault):
    assert REACTIONS[fault] in Reaction
