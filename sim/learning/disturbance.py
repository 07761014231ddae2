"""Push the expert off its way while it is recorded, so that it shows how to come back.

Without this the gyroscope alone foretells the expert's next command, and a
clone learns to go on turning instead of looking (noise injection, after
arXiv:1703.09327).
"""

from __future__ import annotations

from numpy.random import Generator

from liquid_control.contract import NANOSECONDS, Command, CommandCard

PAUSE_S = (0.3, 2.0)
PUSH_S = (0.2, 1.0)


class Disturbance:
    """Adds a random constant to the command now and then; the label stays the expert's.

    Args:
        card: fields and limits of the command; a field without motion is never pushed.
        rng: of one flight.
    """

    def __init__(self, card: CommandCard, rng: Generator) -> None:
        self._card, self._rng = card, rng
        self._scales = tuple(field.scale for field in card.fields)
        self._offset = (0.0,) * len(self._scales)
        self._until_ns = 0
        self._pushing = True

    def __call__(self, command: Command, now_ns: int) -> Command:
        """Return what is flown instead of ``command``, within the limits."""
        if now_ns >= self._until_ns:
            self._change(now_ns)
        return self._card.clip(v + o for v, o in zip(command.values, self._offset, strict=True))

    def _change(self, now_ns: int) -> None:
        """Begin the next push or pause."""
        self._pushing = not self._pushing
        lasts_s = self._rng.uniform(*(PUSH_S if self._pushing else PAUSE_S))
        self._until_ns = now_ns + int(lasts_s * NANOSECONDS)
        if self._pushing:
            shares = self._rng.uniform(-1, 1, len(self._scales)).tolist()
            self._offset = tuple(s * top for s, top in zip(shares, self._scales, strict=True))
        else:
            self._offset = (0.0,) * len(self._scales)
