"""One flight told: when the policy did something else than its task's expert, and what made it.

The expert is asked at every step what it would do there. Where the two differ most, the eye's
numbers are replaced by what was true, a part at a time, and the cell is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from liquid_control.networks.encoders.order_map import OrderMap, Seen
from liquid_control.networks.policy import PolicyNetwork

from .mind import Lived
from .trace import Trace

GAPS, APART_S = 3, 2.0
EXPLAINS = 0.6
"""A part of the picture made the difference if the truth in its place leaves less than this."""
ALL, SINCE = "all of it", "all of it, since the start"
Table = NDArray[np.floating]


@dataclass(frozen=True)
class Gap:
    """A second in which policy and expert differed.

    Attributes:
        steps: first and last but one of the flight's.
        at_s: its middle.
        off: how far the commands were apart, as a share of their scales, mean of the fields.
        field: in which they differed most, with what the policy said of it and the expert.
        said: by the policy, mean of the second.
        wanted: by the expert, likewise.
        left: share of ``off`` that is left with the truth in place of a part of what the eye
            told; empty where the eye tells nothing that has a truth.
    """

    steps: tuple[int, int]
    at_s: float
    off: float
    field: str
    said: float
    wanted: float
    left: dict[str, float]

    @property
    def verdict(self) -> str:
        """What made the difference, in a sentence."""
        if not self.left:
            return "Its eye tells nothing that has a truth, so nothing can be replaced by it."
        parts = {name: left for name, left in self.left.items() if name not in (ALL, SINCE)}
        part = min(parts, key=parts.__getitem__)
        if parts[part] <= EXPLAINS:
            return f"What its eye told of {part} did it."
        if self.left[ALL] <= EXPLAINS:
            return "What its eye told did it, more than one part of that."
        if self.left[SINCE] <= EXPLAINS:
            return "What its eye had told earlier did it: the picture of that second does not."
        return "Not its eye: told the truth all along, the cell would have said much the same."


@torch.no_grad()
def gaps_of(network: PolicyNetwork, one: Trace, lived: Lived) -> list[Gap]:
    """Return the seconds in which policy and expert differed most, in the order of time."""
    scale = network.command_scale.numpy()
    moves = scale > 0
    gap = np.abs(lived.commands - one.wanted)[:, moves] / scale[moves]
    names = np.array([field.name for field in network.card.command.fields])[moves]
    parts = dict(_parts(network, one, lived))
    found = []
    for first, last in _apart(gap.mean(axis=1), one.seconds):
        during = slice(first, last)
        field = int(gap[during].mean(axis=0).argmax())
        said, wanted = (
            float(v[during][:, moves][:, field].mean()) for v in (lived.commands, one.wanted)
        )
        off, left = float(gap[during].mean()), {}
        for name, features in parts.items():
            start = 0 if name == SINCE else first
            again = _again(network, features[start:last], lived, start)[first - start :]
            rest = np.abs(again - one.wanted[during])[:, moves] / scale[moves]
            left[name] = float(rest.mean()) / max(off, 1e-9)
        at_s = float(one.seconds[during].mean())
        found.append(Gap((first, last), at_s, off, str(names[field]), said, wanted, left))
    return found


def _apart(gap: Table, seconds: Table) -> list[tuple[int, int]]:
    """Return the seconds with the largest mean, none near another, as ranges of steps."""
    width = max(1, min(len(gap), round(len(gap) / max(float(seconds[-1]), 1e-3))))
    mean = uniform_filter1d(gap, width, mode="nearest")
    found: list[int] = []
    for i in np.argsort(-mean, kind="stable").tolist():
        if len(found) < GAPS and all(abs(seconds[i] - seconds[j]) >= APART_S for j in found):
            found.append(i)
    starts = [min(max(i - width // 2, 0), len(gap) - width) for i in sorted(found)]
    return [(start, start + width) for start in starts]


def _parts(network: PolicyNetwork, one: Trace, lived: Lived) -> Iterator[tuple[str, Table]]:
    """Yield features (steps, features) with the truth in place of a part of them, by its name."""
    first = 0
    for encoder in network.encoders.values():
        if isinstance(encoder, OrderMap) and one.labels is not None:
            goal = next(n for n, given in network.card.inputs.items() if given.kind == "goal")
            true = encoder.report(_seen(encoder, one), torch.from_numpy(one.inputs[goal])).numpy()
            every: list[int] = []
            for part, columns in encoder.told.items():
                every += columns
                yield part, _with(lived.features, true, first, columns)
            for part in (ALL, SINCE):
                yield part, _with(lived.features, true, first, every)
        first += int(encoder.features)  # type: ignore[arg-type]


def _seen(encoder: OrderMap, one: Trace) -> Seen:
    assert one.labels is not None
    return encoder.truth({k: torch.from_numpy(one.labels[k].copy()) for k in encoder.labels})


def _with(features: Table, true: Table, first: int, columns: Sequence[int]) -> Table:
    changed = features.copy()
    changed[:, [first + i for i in columns]] = true[:, list(columns)]
    return changed


def _again(network: PolicyNetwork, features: Table, lived: Lived, start: int) -> Table:
    """Return (steps, fields) commands to features from a step on, the state before as it was."""
    hidden = torch.from_numpy(lived.states[start])[None]
    outputs = []
    for x, dt in zip(features, lived.dts[start:], strict=False):
        y, hidden = network.cell.step(
            torch.from_numpy(x)[None], hidden, torch.from_numpy(dt)[None]
        )
        outputs.append(y[0])
    commands: Table = network.command(torch.stack(outputs)).numpy()
    return commands
