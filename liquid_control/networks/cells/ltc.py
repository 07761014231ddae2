"""The liquid time-constant cell: neurons as leaky capacitors, synapses as voltage gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..wiring import Wiring, fully_connected, resolve_wiring
from .base import Cell

EPSILON = 1e-8
POSITIVE: dict[str, Callable[[Tensor], Tensor]] = {"softplus": F.softplus, "relu": F.relu}


class LTC(Cell):
    """Liquid time-constant cell (arXiv:2006.04439) on a wiring.

    A synapse from neuron i passes ``s_i = w * sigmoid(sigma * (v_i - mu))`` towards the
    reversal potential ``erev``; inputs act through synapses of the same kind. A step of
    duration t is ``unfolds`` fused semi-implicit Euler steps, each of duration
    ``d = (t + time_offset) / unfolds``::

        v <- (cm / d * v + gleak * vleak + sum s * erev) / (cm / d + gleak + sum s + eps)

    computed with both sides multiplied by ``d / (1 + d)``, which is exact at t = 0.

    The state is v, (batch, units): motor, then command, then inter neurons. The output is
    ``v[motor] * output_w + output_b``, (batch, motor).

    Args:
        input_size: number of input features.
        units: number of neurons, when no wiring is given; all of them are motor neurons.
        wiring: a `Wiring`, or the settings of `make_wiring` with its ``kind``.
        unfolds: Euler steps in one step.
        time_offset: added to the elapsed time; the flown fully connected policies have 1e-3.
        positivity: "softplus" or "relu", what keeps w, cm and gleak positive.
    """

    masked_parameters: ClassVar = {
        prefix + name: prefix + "mask"
        for prefix in ("", "sensory_")
        for name in ("w", "sigma", "mu", "erev")
    }
    w: Tensor
    sigma: Tensor
    mu: Tensor
    erev: Tensor
    mask: Tensor
    sensory_w: Tensor
    sensory_sigma: Tensor
    sensory_mu: Tensor
    sensory_erev: Tensor
    sensory_mask: Tensor

    def __init__(
        self,
        input_size: int,
        units: int = 32,
        *,
        wiring: Wiring | Mapping[str, Any] | None = None,
        unfolds: int = 6,
        time_offset: float = 0.0,
        positivity: str = "softplus",
    ) -> None:
        if wiring is None:
            wiring = fully_connected(input_size, units=units)
        wiring = resolve_wiring(wiring, input_size)
        super().__init__(input_size, wiring.units, wiring.motor)
        if positivity not in POSITIVE:
            raise ValueError(f"positivity is {positivity!r}; choose one of {', '.join(POSITIVE)}")
        self.wiring = wiring
        self.unfolds = unfolds
        self.time_offset = time_offset
        self.positivity = positivity
        self.gleak = _uniform(0.001, 1.0, wiring.units)
        self.vleak = _uniform(-0.2, 0.2, wiring.units)
        self.cm = _uniform(0.4, 0.6, wiring.units)
        for prefix, synapses in (("", wiring.synapses), ("sensory_", wiring.sensory_synapses)):
            polarity = torch.from_numpy(synapses.copy()).float()
            setattr(self, prefix + "w", _uniform(0.001, 1.0, *polarity.shape))
            setattr(self, prefix + "sigma", _uniform(3.0, 8.0, *polarity.shape))
            setattr(self, prefix + "mu", _uniform(0.3, 0.8, *polarity.shape))
            setattr(self, prefix + "erev", nn.Parameter(polarity))
            self.register_buffer(prefix + "mask", polarity.abs())
        self.input_w = nn.Parameter(torch.ones(input_size))
        self.input_b = nn.Parameter(torch.zeros(input_size))
        self.output_w = nn.Parameter(torch.ones(wiring.motor))
        self.output_b = nn.Parameter(torch.zeros(wiring.motor))

    @property
    def neuron_names(self) -> list[str]:
        """Name of each number in the state."""
        return self.wiring.neuron_names

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, input_size), (batch, units), (batch, 1)."""
        positive = POSITIVE[self.positivity]
        duration = (dt + self.time_offset) / self.unfolds
        hold = 1 / (1 + duration)
        move = duration * hold
        inertia = hold * positive(self.cm)
        gleak = positive(self.gleak)
        gates = torch.sigmoid(self.sensory_sigma * (self._map(x)[:, :, None] - self.sensory_mu))
        w = positive(self.sensory_w) * self.sensory_mask
        pull = move * (gleak * self.vleak + (gates * (w * self.sensory_erev)).sum(1))
        leak = inertia + move * (gleak + EPSILON + (gates * w).sum(1)) + TINY
        w = positive(self.w) * self.mask
        w_erev = w * self.erev
        v = state
        for _ in range(self.unfolds):
            gates = torch.sigmoid(self.sigma * (v[:, :, None] - self.mu))
            pulled = inertia * v + pull + move * (gates * w_erev).sum(1)
            v = pulled / (leak + move * (gates * w).sum(1))
        return v[:, : self.output_size] * self.output_w + self.output_b, v

    def _map(self, x: Tensor) -> Tensor:
        return x * self.input_w + self.input_b


TINY = 1e-30
"""Keeps 0 / 0 away where a capacity is zero and no time has passed."""


def _uniform(low: float, high: float, *shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(*shape).uniform_(low, high))
