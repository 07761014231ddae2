"""Where in the picture a command comes from, and whether that can be believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from skimage.metrics import structural_similarity
from torch import Tensor

from liquid_control.networks.encoders.order_map import OrderMap
from liquid_control.networks.policy import PolicyNetwork

from .maps import METHODS, Map, Reply, without
from .mind import Lived
from .trace import Trace

NOISE = 6.0
"""Grey levels, to see how stable a map is."""
LEAST_CELLS = 2
"""Of the ordered thing, for a picture to be asked about."""
HIDDEN = 0.1
"""Share of a picture that is hidden to see whether a map is right."""
EYE = "the eye's own map of the ordered thing"
SHOWN, CELL_BOUNDS = 6, (2, 6, 18, 10_000)
"""How many pictures are shown, and sizes of the thing in cells that are told apart."""

Way = Callable[[NDArray[np.uint8]], Map]
"""Maps a picture at a moment of a flight."""


@dataclass(frozen=True)
class Look:
    """One picture and where its command comes from.

    Attributes:
        image: (height, width, 3) uint8.
        map: (rows, columns) of cells, summing to 1.
        wanted: (rows, columns) bool: the ordered thing with a cell around it, and the columns of
            the nearest obstacle.
        cells: how many the ordered thing has.
    """

    image: NDArray[np.uint8]
    map: Map
    wanted: NDArray[np.bool_]
    cells: int

    @property
    def share(self) -> float:
        """Of the map, on what is wanted."""
        return float(self.map[self.wanted].sum())


@dataclass(frozen=True)
class Method:
    """What the maps of one method say over many pictures, means.

    Attributes:
        on_target: share of a map on what is wanted.
        untrained: the same share of a network of random weights (arXiv:1810.03292).
        stable: structural similarity of a picture's map to that of the picture with noise.
        top: change of the command, as a share of its scale, when the tenth of the picture that
            is named most is hidden,
        random: and when as much is hidden anywhere.
    """

    on_target: float
    untrained: float
    stable: float
    top: float
    random: float


@dataclass(frozen=True)
class Saliency:
    """What the maps of many pictures say.

    Attributes:
        looks: every picture with its map by the first method.
        methods: what came of each, by name; the first is shown.
        area: share of the picture that is wanted, which a map of no sense would have.
    """

    looks: list[Look]
    methods: dict[str, Method]
    area: float

    @property
    def first(self) -> Method:
        """Of the method that is shown."""
        return next(iter(self.methods.values()))

    def by_size(self) -> list[tuple[int, int, float, float]]:
        """Return cells from and to, mean share on what is wanted, and its mean area."""
        rows = []
        for low, high in pairwise(CELL_BOUNDS):
            some = [one for one in self.looks if low <= one.cells < high]
            if some:
                share = float(np.mean([one.share for one in some]))
                rows.append((low, high, share, float(np.mean([o.wanted.mean() for o in some]))))
        return rows


def look(
    network: PolicyNetwork,
    traces: Sequence[Trace],
    lived: Sequence[Lived],
    count: int,
    rng: Generator,
) -> Saliency | None:
    """Return the saliency of pictures that show what was ordered; None if there is none."""
    name = next((n for n, i in network.card.inputs.items() if i.kind == "image"), None)
    moments = [
        (flight, i)
        for flight, one in enumerate(traces)
        if one.target is not None
        for i in np.flatnonzero(one.target.sum(axis=(1, 2)) >= LEAST_CELLS).tolist()
    ]
    if name is None or not moments:
        return None
    chosen = [moments[i] for i in rng.permutation(len(moments))[:count].tolist()]
    random = untrained(network)
    looks: list[Look] = []
    rows: dict[str, list[tuple[float, ...]]] = {}
    for flight, i in chosen:
        one, target = traces[flight], traces[flight].target
        assert target is not None
        image, wanted = one.inputs[name][i], _wanted(one, i)
        reply = reply_of(network, name, one, lived[flight], i)
        ours = ways_of(network, name, one, lived[flight], i)
        others = ways_of(random, name, one, lived[flight], i)
        for method, way in ours.items():
            found, result = _tried(way, others[method], reply, image, wanted, rng)
            rows.setdefault(method, []).append(result)
            if method == next(iter(ours)):
                looks.append(Look(image, found, wanted, int(target[i].sum())))
    methods = {name: Method(*np.mean(row, axis=0).tolist()) for name, row in rows.items()}
    return Saliency(looks, methods, float(np.mean([one.wanted.mean() for one in looks])))


def ways_of(
    network: PolicyNetwork, name: str, trace: Trace, lived: Lived, i: int
) -> dict[str, Way]:
    """Return by name how pictures are mapped at a moment; an eye with a map of its own has it."""
    ways: dict[str, Way] = {
        method: partial(found, reply_of(network, name, trace, lived, i))
        for method, found in METHODS.items()
    }
    eye = network.encoders[name]
    if isinstance(eye, OrderMap):
        goal = next(v for n, v in trace.inputs.items() if network.card.inputs[n].kind == "goal")
        ways[EYE] = partial(_of_eye, eye, torch.from_numpy(goal[i])[None])
    return ways


@torch.no_grad()
def _of_eye(eye: OrderMap, goal: Tensor, image: NDArray[np.uint8]) -> Map:
    return eye.where(torch.from_numpy(image)[None], goal)[0].numpy().astype(float)


def reply_of(network: PolicyNetwork, name: str, trace: Trace, lived: Lived, i: int) -> Reply:
    """Return what a network would have commanded at a moment, had the picture been another."""
    scale = torch.where(network.command_scale > 0, network.command_scale, torch.ones(1))
    state, dt = (torch.from_numpy(v[i])[None] for v in (lived.states, lived.dts))

    def reply(pictures: Tensor) -> Tensor:
        n = len(pictures)
        values: dict[str, Tensor] = {
            key: torch.from_numpy(v[i])[None].expand(n, *v[i].shape)
            for key, v in trace.inputs.items()
        }
        values[name] = pictures
        features = network.look({key: v[:, None] for key, v in values.items()})[:, 0]
        y, _ = network.cell.step(features, state.expand(n, -1), dt.expand(n, 1))
        return (network.command(y) - network.command_rest) / scale

    return reply


def untrained(network: PolicyNetwork) -> PolicyNetwork:
    """Return the same network before any training."""
    torch.manual_seed(0)
    return PolicyNetwork(network.config, network.card).eval()


def _tried(  # noqa: PLR0917 - one picture and two ways to map it
    way: Way,
    other: Way,
    reply: Reply,
    image: NDArray[np.uint8],
    wanted: NDArray[np.bool_],
    rng: Generator,
) -> tuple[Map, tuple[float, ...]]:
    """Return the map of a picture, and the numbers of ``Method`` in their order."""
    found = way(image)
    noisy = np.clip(image + rng.normal(0, NOISE, image.shape), 0, 255).astype(np.uint8)
    again = way(noisy)
    top = max(found.max(), again.max(), 1e-12)
    hidden = int(HIDDEN * found.size)
    masks = np.zeros((2, found.size), bool)
    masks[0, np.argsort(-found, axis=None)[:hidden]] = True
    masks[1, rng.permutation(found.size)[:hidden]] = True
    return found, (
        float(found[wanted].sum()),
        float(other(image)[wanted].sum()),
        float(structural_similarity(found, again, data_range=top, win_size=5)),
        *(without(reply, image, mask.reshape(found.shape)) for mask in masks),
    )


def _wanted(one: Trace, i: int) -> NDArray[np.bool_]:
    assert one.target is not None and one.nearest is not None
    return np.asarray(maximum_filter(one.target[i], size=3) | one.nearest[i][None, :], bool)
