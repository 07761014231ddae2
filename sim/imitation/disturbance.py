"""Push the expert off its way while it is recorded, so that it shows how to come back.

Without this the gyroscope alone foretells the expert's next command, and a
clone learns to go on turning instead of looking (noise injection, after
arXiv:1703.09327).
"""

from __future__ import annotations

from numpy.random import Generator

from liquid_control.contract import NANOSECONDS, Command, CommandLimits

PAUSE_S = (0.3, 2.0)
PUSH_S = (0.2, 1.0)


class Disturbance:
    """Adds a random constant to the command now and then; the label stays the expert's."""

    def __init__(self, limits: CommandLimits, rng: Generator) -> None:
        self._limits, self._rng = limits.as_tuple(), rng
        self._offset: tuple[float, ...] = (0.0,) * 4
        self._until_ns = 0
        self._pushing = True

    def __call__(self, command: Command, now_ns: int) -> Command:
        """Return what is flown instead of ``command``, within the limits."""
        if now_ns >= self._until_ns:
            self._pushing = not self._pushing
            lasts_s = self._rng.uniform(*(PUSH_S if self._pushing else PAUSE_S))
            self._until_ns = now_ns + int(lasts_s * NANOSECONDS)
            share = self._rng.uniform(-1, 1, 4) if self._pushing else (0.0,) * 4
            self._offset = tuple(
                float(s * top) for s, top in zip(share, self._limits, strict=True)
            )
        pairs = zip(command.as_tuple(), self._offset, self._limits, strict=True)
        return Command(*(max(-top, min(top, value + push)) for value, push, top in pairs))
