"""The network of a policy file, run again over traced flights: features, states, commands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from liquid_control.networks.policy import NetworkConfig, PolicyNetwork
from liquid_control.networks.restore import load_weights
from liquid_control.policy import load_policy

from .trace import Trace


@dataclass(frozen=True)
class Lived:
    """What went through a network in one flight; one row a step.

    Attributes:
        features: (steps, features) float32, of all encoders.
        states: (steps + 1, state) float32; row i is before step i.
        outputs: (steps, outputs) float32, what the head reads.
        commands: (steps, fields) float32.
    """

    features: NDArray[np.float32]
    states: NDArray[np.float32]
    outputs: NDArray[np.float32]
    commands: NDArray[np.float32]


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
    dts = relative(network, trace)
    hidden = network.cell.initial_state(1)
    states, outputs = [hidden[0]], []
    for x, dt in zip(features, dts, strict=True):
        y, hidden = network.cell.step(x[None], hidden, dt.view(1, 1))
        states.append(hidden[0])
        outputs.append(y[0])
    ys = torch.stack(outputs)
    commands = command_of(network, ys)
    return Lived(features.numpy(), torch.stack(states).numpy(), ys.numpy(), commands.numpy())


def relative(network: PolicyNetwork, trace: Trace) -> Tensor:
    """Return (steps,) time steps as a cell takes them, in nominal ones."""
    return torch.from_numpy(trace.dt_s) / network.card.timing.nominal_dt_s


def command_of(network: PolicyNetwork, outputs: Tensor) -> Tensor:
    """Return the commands of (..., outputs) of the cell."""
    return torch.tanh(network.head(outputs)) * network.command_scale + network.command_rest


def neuron_names(network: PolicyNetwork) -> tuple[str, ...]:
    """Return a name for each number of the state."""
    names = network.card.neurons
    size = network.cell.state_size
    return names if len(names) == size else tuple(f"n{i}" for i in range(size))
