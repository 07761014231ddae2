"""A policy that says nonsense, is slow or gone, and files that are no policy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from signal import SIGKILL, SIGSTOP, SIGTERM

from liquid_control.contract import Command
from liquid_control.policy import bundle
from liquid_control.safety.faults import Fault

from .injection import Injection, late

SLOW_S = 0.6
BLOCK = 4096


def _fail(command: Command) -> Command:
    raise RuntimeError("the session is gone")


def _stuck(command: Command) -> Command:
    return Command((0.3, *(0.0 for _ in command.values[1:])), command.kind)


def _damaged(model: bytes) -> bytes:
    """Change one byte in the middle."""
    middle = len(model) // 2
    return model[:middle] + bytes([model[middle] ^ 1]) + model[middle + 1 :]


def _resealed(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Change a block in the middle, among the weights, and seal the file as an export would."""

    def spoil(model: bytes) -> bytes:
        middle = len(model) // 2
        block = change(model[middle : middle + BLOCK])
        blank = re.sub(
            bundle.DIGEST_KEY.encode() + rb"\x12\x40[0-9a-f]{64}",
            bundle.DIGEST_KEY.encode() + b"\x12\x40" + bundle.BLANK_DIGEST.encode(),
            model[:middle] + block + model[middle + BLOCK :],
        )
        return bundle.seal(blank)

    return spoil


PILOT = {
    "command_nan": Injection(
        Fault.COMMAND_NOT_FINITE, command=lambda c: replace(c, values=(math.nan, *c.values[1:]))
    ),
    "command_too_large": Injection(
        Fault.COMMAND_OUT_OF_LIMITS,
        command=lambda c: replace(c, values=tuple(100.0 for _ in c.values)),
    ),
    "command_stuck": Injection(Fault.COMMAND_STUCK, command=_stuck),
    "policy_failed": Injection(Fault.POLICY_FAILED, command=_fail),
    "policy_slow": Injection(Fault.CAMERA_LATE, late(object, SLOW_S), needs="image"),
    "model_corrupt": Injection(None, model=_damaged),
    "model_truncated": Injection(None, model=lambda model: model[: len(model) // 2]),
    "model_swapped": Injection(None, model=_resealed(lambda block: block[::-1])),
    "process_killed": Injection(None, signal=SIGKILL),
    "process_stopped": Injection(None, signal=SIGSTOP),
    "process_terminated": Injection(None, signal=SIGTERM),
}
