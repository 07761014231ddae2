"""What stands beside every command, as text: in the node's status and in a recording alike."""

from __future__ import annotations

from dataclasses import dataclass

from ..contract import Command
from ..pipeline import PilotStep
from ..safety.faults import Fault
from ..safety.gate import Mode

OK, WARN, ERROR = 0, 1, 2
"""Levels of diagnostic_msgs/DiagnosticStatus."""
LEVELS = {Mode.STANDBY: OK, Mode.ACTIVE: OK, Mode.DEGRADED: WARN, Mode.FAILSAFE: ERROR}


@dataclass(frozen=True)
class RecordedStep:
    """A decision of a pilot, as it was recorded; its fields are those of ``PilotStep``."""

    command: Command | None
    mode: Mode
    fault: Fault | None
    detail: str
    stamp_ns: int | None
    dt_s: float
    policy_ms: float
    dropped: int
    flown_by: str


def level(step: PilotStep) -> int:
    """Return the level of a decision: fault and warning are never OK, not even in standby."""
    return max(LEVELS[step.mode], WARN if step.problem or step.warning else OK)


def to_text(step: PilotStep) -> dict[str, str]:
    """Return the fields of a decision; every number reads back as it was."""
    return {
        "mode": step.mode.value,
        "fault": step.fault.value if step.fault else "",
        "detail": step.problem.detail if step.problem else "",
        "stamp_ns": "" if step.stamp_ns is None else str(step.stamp_ns),
        "published": str(step.command is not None).lower(),
        "policy_ms": repr(step.policy_ms),
        "dt_s": repr(step.dt_s),
        "dropped": str(step.dropped),
        "flown_by": step.flown_by,
        "warning": str(step.warning or ""),
        **{f"{name}_age_s": repr(age_s) for name, age_s in step.ages_s.items()},
    }


def from_text(text: dict[str, str], command: Command | None) -> RecordedStep:
    """Return the decision that ``to_text`` wrote, with the command that stood beside it.

    Raises:
        KeyError: a field is missing.
        ValueError: a field is none of its words or no number.
    """
    return RecordedStep(
        command if text["published"] == "true" else None,
        Mode(text["mode"]),
        Fault(text["fault"]) if text["fault"] else None,
        text["detail"],
        int(text["stamp_ns"]) if text["stamp_ns"] else None,
        float(text["dt_s"]),
        float(text["policy_ms"]),
        int(text["dropped"]),
        text.get("flown_by", "policy"),  # 0.2.0 knew no other
    )
