"""Whatever comes in, what is published is finite, inside the limits and slew-legal."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from liquid_control.contract import (
    NANOSECONDS,
    STOP,
    VELOCITY,
    Command,
    CommandCard,
    CommandField,
    velocity_card,
)
from liquid_control.safety.faults import FAULTS, Fault, Problem, Reaction
from liquid_control.safety.gate import Gate, Mode, advance, check, slew, standby
from liquid_control.safety.limits import Limits
from liquid_control.safety.settings import SafetySettings

LIMITS = Limits.of(VELOCITY)
SETTINGS = SafetySettings()
STEP_NS = NANOSECONDS // 20
REST = Gate()
BRAKING = [fault for fault in Fault if FAULTS[fault].reaction is not Reaction.FAILSAFE]
STALE = Problem(Fault.CAMERA_STALE)
FAILED = Problem(Fault.POLICY_FAILED)

any_float = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-3, 3)
any_command = st.builds(Command, st.tuples(*[any_float] * 4))
any_problem = st.builds(Problem, st.sampled_from(list(Fault)))
braking_problem = st.builds(Problem, st.sampled_from(BRAKING))
any_delta_ns = st.integers(-10 * NANOSECONDS, 10 * NANOSECONDS) | st.integers(0, 200_000_000)
any_event = st.tuples(any_command | any_problem, any_delta_ns)
events_without_failure = st.tuples(any_command | braking_problem, st.integers(0, 100_000_000))
any_settings = st.builds(
    SafetySettings, failsafe_after_s=st.floats(0.1, 60.0), max_slew_dt_s=st.floats(1e-3, 1.0)
)


@st.composite
def any_limits(draw) -> Limits:
    """Limits of fields that need be neither symmetric nor at rest at zero."""
    fields = []
    for name in ("a", "b", "c", "d"):
        low, rest, high = sorted(draw(st.tuples(*[st.floats(-100, 100)] * 3)))
        fields.append(CommandField(name, low, high, draw(st.floats(1e-2, 100)), rest))
    tops = draw(st.dictionaries(st.sampled_from("abcd"), st.floats(0, 100)))
    return Limits.of(CommandCard("velocity", tuple(fields)), tops)


@st.composite
def legal_command(draw, limits: Limits = LIMITS) -> Command:
    ranges = zip(limits.lows, limits.highs, strict=True)
    return Command(tuple(draw(st.floats(low, high)) for low, high in ranges))


def run(events, gate: Gate = REST, limits=LIMITS, settings=SETTINGS, now_ns: int = 0) -> Gate:
    for wanted, delta_ns in events:
        now_ns += delta_ns
        gate = advance(gate, wanted, now_ns, limits, settings)
    return gate


def flying(command: Command, limits: Limits = LIMITS) -> Gate:
    """Return a gate that has flown ``command`` until it was reached, at its ``stepped_ns``."""
    gate = run([(command, STEP_NS)] * 40, limits=limits)
    assert gate.command == command
    return gate


# --- always


@given(events=st.lists(any_event, max_size=30), limits=any_limits(), settings=any_settings)
@hypothesis_settings(max_examples=300)
def test_every_command_is_finite_and_inside_the_limits(events, limits, settings):
    gate, now_ns = Gate(), 0
    for wanted, delta_ns in events:
        now_ns += delta_ns
        gate = advance(gate, wanted, now_ns, limits, settings)
        if gate.command is not None:
            assert gate.command.is_finite()
            for value, low, high in zip(
                gate.command.values, limits.lows, limits.highs, strict=True
            ):
                assert low <= value <= high


@given(events=st.lists(any_event, max_size=30), limits=any_limits(), settings=any_settings)
@hypothesis_settings(max_examples=300)
def test_every_change_of_the_command_keeps_the_slew_rates(events, limits, settings):
    gate, now_ns, last_ns = Gate(), 0, None
    for wanted, delta_ns in events:
        now_ns += delta_ns
        before = gate.command or limits.card.rest
        gate = advance(gate, wanted, now_ns, limits, settings)
        after = gate.command or limits.card.rest
        elapsed_s = settings.max_slew_dt_s
        if last_ns is not None and gate.stepped_ns is not None:
            elapsed_s = min(elapsed_s, max(0.0, (now_ns - last_ns) / NANOSECONDS))
        last_ns = gate.stepped_ns
        for old, new, rate in zip(before.values, after.values, limits.rates, strict=True):
            assert abs(new - old) <= rate * elapsed_s + 1e-12 * (abs(old) + abs(new))


@given(back_ns=st.integers(0, 10 * NANOSECONDS), command=legal_command(), wanted=legal_command())
def test_the_command_stands_still_while_the_clock_does_not_go_forward(back_ns, command, wanted):
    gate = flying(command)
    after = advance(gate, wanted, gate.stepped_ns - back_ns, LIMITS, SETTINGS)
    assert after.command == command


# --- what the policy may say


@given(
    command=legal_command(),
    field=st.integers(0, 3),
    bad=st.sampled_from([math.nan, math.inf, -math.inf]),
    before=legal_command(),
)
def test_one_field_that_is_not_finite_rejects_the_whole_command(command, field, bad, before):
    values = list(command.values)
    values[field] = bad
    gate = flying(before)
    rejected = advance(gate, Command(tuple(values)), gate.stepped_ns + STEP_NS, LIMITS, SETTINGS)
    assert rejected.problem.fault is Fault.COMMAND_NOT_FINITE and rejected.mode is Mode.DEGRADED
    assert rejected.command == run([(STALE, STEP_NS)], gate, now_ns=gate.stepped_ns).command


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
    values = list(command.values)
    values[field] = sign * excess * VELOCITY.fields[field].high
    gate = flying(before)
    rejected = advance(gate, Command(tuple(values)), gate.stepped_ns + STEP_NS, LIMITS, SETTINGS)
    assert rejected.problem.fault is Fault.COMMAND_OUT_OF_LIMITS
    assert rejected.command == run([(STALE, STEP_NS)], gate, now_ns=gate.stepped_ns).command


def test_a_rejected_command_is_kept_in_the_problem_for_whoever_looks():
    assert "nan" in str(check(Command((0.5, math.nan, 0.0, 0.0)), LIMITS))
    assert "50" in str(check(Command((50.0, 0.0, 0.0, 0.0)), LIMITS))


@pytest.mark.parametrize(
    "command", [Command((0.0, 0.0, 0.0)), Command((0.0,) * 5), Command((0.0,) * 4, "attitude")]
)
def test_a_command_of_another_shape_or_kind_is_rejected(command):
    assert check(command, LIMITS).fault is Fault.COMMAND_OUT_OF_LIMITS


@given(command=legal_command())
def test_a_command_inside_the_limits_is_no_fault(command):
    assert check(command, LIMITS) is None


@given(share=st.floats(1.0, 1.000009), sign=st.sampled_from([-1, 1]))
def test_a_limit_overshot_by_float32_rounding_is_flown_at_the_limit(share, sign):
    tops = [field.high for field in VELOCITY.fields]
    gate = run([(Command(tuple(sign * share * top for top in tops)), STEP_NS)] * 40)
    assert gate.mode is Mode.ACTIVE
    assert gate.command.values == pytest.approx([sign * top for top in tops], rel=1e-12)


# --- slew


@given(before=legal_command(), wanted=legal_command())
def test_a_steady_command_is_reached_exactly(before, wanted):
    gate = flying(before)
    assert run([(wanted, STEP_NS)] * 40, gate, now_ns=gate.stepped_ns).command == wanted


@given(before=legal_command(), wanted=legal_command(), elapsed_s=st.floats(0.0, 1.0))
def test_a_shortened_change_keeps_its_direction(before, wanted, elapsed_s):
    after = slew(before, wanted, elapsed_s, LIMITS)
    whole = [w - b for b, w in zip(before.values, wanted.values, strict=True)]
    taken = [a - b for b, a in zip(before.values, after.values, strict=True)]
    longest = max(whole, key=abs)
    assume(abs(longest) > 1e-6)
    share = taken[whole.index(longest)] / longest
    assert -1e-9 <= share <= 1 + 1e-9
    for part, full in zip(taken, whole, strict=True):
        assert part == pytest.approx(share * full, abs=1e-9)


# --- faults


@given(before=legal_command(), problem=braking_problem)
def test_a_fault_brakes_every_field_monotonically_to_zero(before, problem):
    gate = flying(before)
    now_ns = gate.stepped_ns
    for _ in range(40):
        now_ns += STEP_NS
        last, gate = gate.command, advance(gate, problem, now_ns, LIMITS, SETTINGS)
        assert gate.mode is Mode.DEGRADED and gate.problem is problem and gate.may_publish
        for old, new in zip(last.values, gate.command.values, strict=True):
            assert abs(new) <= abs(old) and new * old >= 0.0
    assert gate.command == STOP


def test_braking_ends_at_the_rest_of_the_card_and_not_at_zero():
    lift = CommandField("thrust_share", 0.0, 1.0, 5.0, rest=0.4)
    limits = Limits.of(CommandCard("thrust", (lift,)))
    gate = flying(Command((1.0,), "thrust"), limits)
    gate = run([(STALE, STEP_NS)] * 40, gate, limits, now_ns=gate.stepped_ns)
    assert gate.command == Command((0.4,), "thrust")


@given(before=legal_command(), problem=braking_problem, steps=st.integers(1, 90))
def test_flight_goes_on_when_the_fault_clears_before_the_failsafe(before, problem, steps):
    gate = flying(before)
    gate = run([(problem, STEP_NS)] * steps, gate, now_ns=gate.stepped_ns)
    gate = run([(before, STEP_NS)] * 40, gate, now_ns=gate.stepped_ns)
    assert gate.mode is Mode.ACTIVE and gate.problem is None
    assert gate.command == before


@given(
    problems=st.lists(braking_problem, min_size=3, max_size=60),
    after_s=st.floats(0.5, 2.0),
)
def test_uninterrupted_faults_of_any_kind_end_in_the_failsafe_on_time(problems, after_s):
    settings = replace(SETTINGS, failsafe_after_s=after_s)
    gate = advance(Gate(), STOP, 0, LIMITS, settings)
    for i, problem in enumerate(problems):
        gate = advance(gate, problem, i * STEP_NS, LIMITS, settings)
        late = i * STEP_NS / NANOSECONDS >= after_s
        assert gate.mode is (Mode.FAILSAFE if late else Mode.DEGRADED)


@given(command=legal_command())
def test_a_cleared_fault_starts_the_failsafes_clock_anew(command):
    gate = run([(command, STEP_NS)] + [(STALE, STEP_NS)] * 90)
    gate = run([(command, STEP_NS)], gate, now_ns=gate.stepped_ns)
    gate = run([(STALE, STEP_NS)] * 90, gate, now_ns=gate.stepped_ns)
    assert gate.mode is Mode.DEGRADED


@given(before=st.lists(events_without_failure, max_size=10))
def test_a_failed_policy_is_a_failsafe_at_once(before):
    gate = advance(run(before), FAILED, 10**12, LIMITS, SETTINGS)
    assert gate.mode is Mode.FAILSAFE and gate.problem is FAILED
    assert not gate.may_publish


@given(events=st.lists(any_event, max_size=30), limits=any_limits())
def test_the_failsafe_is_latched(events, limits):
    failsafe = run([(FAILED, STEP_NS)])
    assert run(events, failsafe, limits) == failsafe


# --- silence


def test_a_pilot_at_rest_is_in_standby_and_silent():
    assert standby().mode is Mode.STANDBY and standby().command is None
    assert not standby().may_publish


@given(problems=st.lists(braking_problem, min_size=1, max_size=200))
def test_faults_before_the_first_sound_command_are_named_and_publish_nothing(problems):
    gate = run([(problem, STEP_NS) for problem in problems])
    assert gate.mode is Mode.STANDBY and gate.problem is problems[-1]
    assert not gate.may_publish


@given(events=st.lists(any_event, min_size=1, max_size=30), settings=any_settings)
def test_only_a_gate_that_is_active_or_degraded_may_publish(events, settings):
    gate = run(events, settings=settings)
    assert gate.may_publish == (gate.mode in (Mode.ACTIVE, Mode.DEGRADED))
    assert (gate.problem is None) == (gate.mode is Mode.ACTIVE)


@pytest.mark.parametrize("mode", [Mode.STANDBY, Mode.FAILSAFE])
def test_nothing_may_be_published_while_not_flying(mode):
    assert not Gate(mode=mode).may_publish


# --- the table of faults


def test_every_fault_has_a_word_a_reaction_and_advice_of_its_own():
    assert set(FAULTS) == set(Fault)
    seen = [row.seen for row in FAULTS.values()]
    assert len(set(seen)) == len(seen)
    lines = [str(Problem(fault)) for fault in FAULTS]
    assert all(len(line) < 110 and "\n" not in line for line in lines)


@given(problem=any_problem, detail=st.text(max_size=20))
def test_a_problem_reads_as_word_what_was_seen_and_what_to_do(problem, detail):
    line = str(replace(problem, detail=detail))
    assert line.startswith(problem.fault.value)
    assert line.endswith(FAULTS[problem.fault].advice) and detail in line


def test_only_a_failed_policy_is_a_failsafe_at_once_by_the_table():
    assert set(Fault) - set(BRAKING) == {Fault.POLICY_FAILED}


def test_a_card_without_a_motion_lets_nothing_through_there():
    limits = Limits.of(velocity_card(left_m_s=0.0, up_m_s=0.0))
    gate = flying(Command((1.0, 0.0, 0.0, 0.5)), limits)
    assert check(Command((1.0, 0.1, 0.0, 0.5)), limits).fault is Fault.COMMAND_OUT_OF_LIMITS
    assert gate.command.values[1:3] == (0.0, 0.0)
