"""A camera that is off, slow, frozen, on another clock, of another shape, or two."""

from __future__ import annotations

from dataclasses import replace

from liquid_control.contract import NANOSECONDS, Event, Frame, Intrinsics
from liquid_control.safety.faults import Fault

from .injection import Injection, Spoil, changed, frozen, late, shifted, without

LATE_S = 0.7
OFF_S = 10.0
SLOW_S = 1.2


def _slow() -> Spoil:
    """Let only one frame through in a while."""
    through: list[int] = []

    def spoil(event: Event) -> Event | None:
        if not isinstance(event.value, Frame):
            return event
        if through and event.now_ns - through[-1] < SLOW_S * NANOSECONDS:
            return None
        through.append(event.now_ns)
        return event

    return spoil


def _two() -> Spoil:
    """Let every other frame come from another camera."""
    count = [0]

    def other(frame: Frame) -> Frame:
        count[0] += 1
        return replace(frame, frame_id="other") if count[0] % 2 else frame

    return changed(Frame, other)()


def _image(fault: Fault, change: slice) -> Injection:
    return Injection(
        fault,
        changed(Frame, lambda frame: replace(frame, image=frame.image[change, change])),
        needs="image",
    )


CAMERA = {
    "camera_off": Injection(Fault.CAMERA_STALE, without(Frame), needs="image"),
    "camera_slow": Injection(Fault.CAMERA_STALE, _slow, needs="image"),
    "camera_late": Injection(Fault.CAMERA_LATE, late(Frame, LATE_S), needs="image"),
    "camera_frozen": Injection(Fault.CAMERA_FROZEN, frozen(Frame), needs="image"),
    "camera_future": Injection(Fault.CAMERA_FUTURE, shifted(Frame, OFF_S), needs="image"),
    "camera_unstamped": Injection(
        Fault.CAMERA_UNSTAMPED,
        changed(Frame, lambda frame: replace(frame, stamp_ns=0)),
        needs="image",
        topics=False,  # there its clock does not begin at 0
    ),
    "camera_tiny": _image(Fault.CAMERA_TINY, slice(None, None, 16)),
    "camera_mixed": Injection(Fault.CAMERA_MIXED, _two, needs="image"),
    "camera_resized": _image(Fault.CAMERA_MIXED, slice(None, -8)),
    "camera_geometry": Injection(
        Fault.CAMERA_GEOMETRY,
        changed(Frame, lambda frame: replace(frame, intrinsics=Intrinsics(1.0, 1.0, -9.0, 0.0))),
        needs="image",
    ),
}
