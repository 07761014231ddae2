"""Stamps and status messages; what the sensors say is read by ``sources``."""

from __future__ import annotations

from collections.abc import Mapping

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from ..contract import NANOSECONDS
from ..pipeline import PilotStep
from ..record.status import level, to_text


def to_ns(stamp: Time) -> int:
    """Return a stamp in integer nanoseconds."""
    return stamp.sec * NANOSECONDS + stamp.nanosec


def to_stamp(ns: int) -> Time:
    """Return integer nanoseconds as a stamp."""
    sec, nanosec = divmod(ns, NANOSECONDS)
    return Time(sec=sec, nanosec=nanosec)


def to_status(
    step: PilotStep, now_ns: int, name: str, about: Mapping[str, str]
) -> DiagnosticArray:
    """Return what stands beside every command: what ran, how long, on what, and why not.

    Args:
        step: what was decided.
        now_ns: the present.
        name: of the node.
        about: what else is to be known, such as the model's digest.
    """
    values = {**to_text(step), **about}
    status = DiagnosticStatus(
        level=bytes([level(step)]),
        name=name,
        message=str(step.problem or step.warning or step.mode.value),
        hardware_id=about.get("provider", ""),
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )
    array = DiagnosticArray(status=[status])
    array.header.stamp = to_stamp(now_ns)
    return array


def status_values(message: DiagnosticArray) -> dict[str, str]:
    """Return the fields that ``to_status`` wrote."""
    return {v.key: v.value for v in message.status[0].values}
