"""Who moves whom: the wiring of a cell with the weights that it has in flight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from torch import Tensor

from liquid_control.networks.cells.cfc import CfC
from liquid_control.networks.cells.ltc import EPSILON, LTC, POSITIVE
from liquid_control.networks.policy import PolicyNetwork
from liquid_control.networks.wiring import Wiring

from .mind import Moments, feature_names
from .timescales import Given, given_to, synapses_of

LAYERS = ("inter", "command", "motor")


@dataclass(frozen=True)
class Circuit:
    """By how much a usual change of one number moves a neuron, signed, mean over moments.

    A usual change is one standard deviation in the flights.

    Attributes:
        features: names of what the cell is given.
        neurons: names of the neurons.
        strength: (features + neurons, neurons), from row to column.
        columns: the neurons of each layer of a wired cell, by layer; empty for a dense one.
        off_graph: share of the strength between different numbers where the wiring has no
            synapse; None without a wiring.
    """

    features: tuple[str, ...]
    neurons: tuple[str, ...]
    strength: NDArray[np.float64]
    columns: dict[str, tuple[int, ...]]
    off_graph: float | None

    @property
    def recurrent(self) -> NDArray[np.float64]:
        """(from, to) among neurons."""
        return self.strength[len(self.features) :]


def circuit(network: PolicyNetwork, moments: Moments) -> Circuit:
    """Return who moves whom in a network, layer by layer where it has layers."""
    cell = network.cell
    parts = [part for part in cell.modules() if isinstance(part, (CfC, LTC))]
    given = given_to(cell, parts, moments)
    if not parts:

        def whole(x: Tensor, state: Tensor, dt: Tensor) -> Tensor:
            return cell.step(x, state, dt)[1]

        blocks = [_effects(whole, (moments.x, moments.state, moments.dt))]
    else:
        blocks = [
            _of_ltc(part, one) if isinstance(part, LTC) else _effects(_next(part), one)
            for part, one in zip(parts, given, strict=True)
        ]
    features = feature_names(network)
    strength = _joined(blocks, len(features))
    names = network.card.state_names[: strength.shape[1]]
    wiring = network.card.wiring
    graph = None if wiring is None else _graph(Wiring.from_dict(wiring), names)
    columns = {
        layer: tuple(i for i, name in enumerate(names) if name.startswith(layer + "_"))
        for layer in LAYERS
    }
    return Circuit(
        tuple(features),
        names,
        strength,
        columns if all(columns.values()) else {},
        None if graph is None else _off(strength, graph, len(features)),
    )


def clusters(states: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the neurons of (steps, state) in an order in which those that move alike are near."""
    if states.shape[1] < 3:
        return np.arange(states.shape[1])
    varied = states + 1e-6 * np.random.default_rng(0).normal(size=states.shape)
    alike = np.abs(np.corrcoef(varied.T))[np.triu_indices(states.shape[1], 1)]
    return leaves_list(linkage(1.0 - alike, "average", optimal_ordering=True)).astype(np.intp)


def _next(part: CfC) -> Callable[..., Tensor]:
    return lambda x, state, dt: part.step(x, state, dt)[1]


def _effects(
    step: Callable[..., Tensor], given: Given
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what x and the state do to the next state, each (sources, neurons)."""
    x, state, dt = (v.detach() for v in given)
    x, state = x.clone().requires_grad_(), state.clone().requires_grad_()
    after = step(x, state, dt)
    from_x, from_state = [], []
    for one in after.T:
        grads = torch.autograd.grad(
            one.sum(), (x, state), retain_graph=True, allow_unused=True, materialize_grads=True
        )
        from_x.append(grads[0].mean(0))
        from_state.append(grads[1].mean(0))
    found = [
        torch.stack(rows, 1) * source.detach().std(0)[:, None]
        for rows, source in ((from_x, x), (from_state, state))
    ]
    return found[0].numpy().astype(float), found[1].numpy().astype(float)


@torch.no_grad()
def _of_ltc(part: LTC, given: Given) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far each synapse moves where a neuron would rest, each (sources, neurons)."""
    x, state = given[0] * part.input_w + part.input_b, given[1]
    ways = (("sensory_", x), ("", state))
    all_of = {prefix: synapses_of(part, prefix, v) for prefix, v in ways}
    conductance = POSITIVE[part.positivity](part.gleak) + EPSILON
    conductance = conductance + sum(one.sum(1) for one in all_of.values())
    found = []
    for prefix, v in ways:
        sigma, mu, erev = (getattr(part, prefix + name) for name in ("sigma", "mu", "erev"))
        slope = all_of[prefix] * sigma * (1.0 - torch.sigmoid(sigma * (v[:, :, None] - mu)))
        pull = slope * (erev - state[:, None, :]) / conductance[:, None, :]
        found.append((pull.mean(0) * v.std(0)[:, None]).numpy().astype(float))
    return found[0], found[1]


def _joined(
    blocks: list[tuple[NDArray[np.float64], NDArray[np.float64]]], features: int
) -> NDArray[np.float64]:
    """Return (features + neurons, neurons) of layers, each of which is given the one before."""
    sizes = [own.shape[1] for _, own in blocks]
    table = np.zeros((features + sum(sizes), sum(sizes)))
    start, source = 0, 0
    for (given, own), size in zip(blocks, sizes, strict=True):
        here = slice(start, start + size)
        table[source : source + len(given), here] = given
        table[features + start : features + start + len(own), here] = own
        source, start = features + start, start + size
    return table


def _graph(wiring: Wiring, names: tuple[str, ...]) -> NDArray[np.bool_] | None:
    """Return (features + neurons, neurons) where the wiring has a synapse, by these names."""
    known = wiring.neuron_names
    if sorted(known) != sorted(names):
        return None
    order = [known.index(name) for name in names]
    rows = [wiring.sensory_synapses[:, order], wiring.synapses[np.ix_(order, order)]]
    return np.concatenate(rows) != 0


def _off(strength: NDArray[np.float64], graph: NDArray[np.bool_], features: int) -> float:
    size = np.abs(strength)
    neurons = np.arange(strength.shape[1])
    size[features + neurons, neurons] = 0.0  # its own memory is no synapse
    return float(size[~graph].sum() / max(size.sum(), 1e-12))
