"""The target is out of sight most of the time: only memory brings it back."""

from __future__ import annotations

from dataclasses import replace

from numpy.random import Generator

from liquid_control.contract import Positive, Range

from ..layout import Layout
from .find import Find


class HideAndSeek(Find, frozen=True):
    """A target that hides again and again.

    Attributes:
        seen_s: for how long it shows itself.
        hidden_s: for how long it then hides.
    """

    others: tuple[int, int] = (0, 2)
    obstacles: tuple[int, int] = (0, 2)
    seen_s: Range = (1.0, 1.8)
    hidden_s: Range = (2.0, 3.5)
    facing_rad: Positive = 0.35
    time_limit_s: Positive = 40.0

    def draw(self, rng: Generator) -> Layout:
        """Draw as for a search, and when the target hides."""
        layout = super().draw(rng)
        target = layout.places[layout.target]
        hidden, time_s = [], float(rng.uniform(*self.seen_s))
        while time_s < self.time_limit_s:
            gone_s = float(rng.uniform(*self.hidden_s))
            hidden.append((time_s, time_s + gone_s))
            time_s += gone_s + float(rng.uniform(*self.seen_s))
        places = {**layout.places, layout.target: replace(target, hidden_s=tuple(hidden))}
        return replace(layout, places=places)
