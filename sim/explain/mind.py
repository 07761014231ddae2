"""The network of a policy file, run again over traced flights: features, states, commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from liquid_control.errors import ConfigError
from liquid_control.networks.policy import NetworkConfig, PolicyNetwork
from liquid_control.networks.restore import load_weights
from liquid_control.policy import load_policy
from liquid_control.reasons import Readout, read_readout

from .trace import Trace

LARGEST_STATE = 256
"""A larger state is no row of neurons, and its Jacobian takes too long."""


@dataclass(frozen=True)
class Lived:
    """What went through a network in one flight; one row a step.

    Attributes:
        features: (steps, features) float32, of all encoders.
        states: (steps + 1, state) float32; row i is before step i.
        outputs: (steps, outputs) float32, what the head reads.
        commands: (steps, fields) float32.
        dts: (steps, 1) float32, time steps as a cell takes them, in nominal ones.
    """

    features: NDArray[np.float32]
    states: NDArray[np.float32]
    outputs: NDArray[np.float32]
    commands: NDArray[np.float32]
    dts: NDArray[np.float32]


@dataclass(frozen=True)
class Moments:
    """What a cell was given at some steps of some flights; rows belong together.

    Attributes:
        x: (moments, features).
        state: (moments, state), before the step.
        dt: (moments, 1) in nominal steps.
    """

    x: Tensor
    state: Tensor
    dt: Tensor


def restored(model: Path) -> PolicyNetwork:
    """Return the network of a policy file, checked to do the same.

    Raises:
        BundleError: the file is not sound.
        ConfigError: it was not made by this project's training.
    """
    card = load_policy(model).card
    network = PolicyNetwork(msgspec.convert(card.network, NetworkConfig), card)
    load_weights(network, model)
    return network.eval()


@torch.no_grad()
def live(network: PolicyNetwork, trace: Trace) -> Lived:
    """Return what goes through a network when it sees a flight again."""
    values = {name: torch.from_numpy(v)[None] for name, v in trace.inputs.items()}
    features = network.look(values)[0]
    dts = torch.from_numpy(trace.dt_s)[:, None] / network.card.timing.nominal_dt_s
    hidden = network.cell.initial_state(1)
    states, outputs = [hidden[0]], []
    for x, dt in zip(features, dts, strict=True):
        y, hidden = network.cell.step(x[None], hidden, dt[None])
        states.append(hidden[0])
        outputs.append(y[0])
    ys = torch.stack(outputs)
    commands = network.command(ys)
    return Lived(
        features.numpy(), torch.stack(states).numpy(), ys.numpy(), commands.numpy(), dts.numpy()
    )


def moments_of(lived: Sequence[Lived], count: int, rng: Generator) -> Moments:
    """Return some steps drawn from the flights; all of them where they are no more."""
    features = np.concatenate([one.features for one in lived])
    states = np.concatenate([one.states[:-1] for one in lived])
    dts = np.concatenate([one.dts for one in lived])
    chosen = np.sort(rng.permutation(len(features))[:count])
    return Moments(*(torch.from_numpy(v[chosen]) for v in (features, states, dts)))


def readout_of(network: PolicyNetwork, model: Path) -> Readout:
    """Return how commands are read from the state, or else from what the cell gives."""
    try:
        return read_readout(model)
    except ConfigError:
        weight, bias, scale, rest = (
            p.detach().numpy().astype(float)
            for p in (*network.head.parameters(), network.command_scale, network.command_rest)
        )
        return Readout(weight, bias, scale, rest, tuple(f"y{i}" for i in range(weight.shape[1])))


def read_of(readout: Readout, lived: Lived) -> NDArray[np.floating]:
    """Return (steps, read) what the commands of a flight were read from."""
    return readout.of_state(lived.states[1:]) if readout.places else lived.outputs


def neurons_of(
    network: PolicyNetwork, readout: Readout, lived: Sequence[Lived]
) -> tuple[tuple[str, ...], list[NDArray[np.floating]]]:
    """Return names and values (steps, neurons) by flight of what a person would call neurons.

    They are the state, or what the cell gives where the state is large or keeps nothing.
    """
    if keeps(network, lived):
        return network.card.state_names, [one.states[1:] for one in lived]
    return readout.names, [one.outputs for one in lived]


def keeps(network: PolicyNetwork, lived: Sequence[Lived]) -> bool:
    """Return whether a cell keeps a state that changes, small enough to be looked into."""
    moves = any(np.ptp(one.states, axis=0).any() for one in lived)
    return moves and network.cell.state_size <= LARGEST_STATE


def feature_names(network: PolicyNetwork) -> list[str]:
    """Return a name for each feature that the cell is given."""
    return [
        f"{name} {feature}"
        for name, encoder in network.encoders.items()
        for feature in encoder.feature_names  # type: ignore[union-attr]
    ]
