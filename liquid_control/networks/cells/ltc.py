"""The liquid time-constant cell: neurons as leaky capacitors, synapses as voltage gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import ConfigError
from ..wiring import Wiring, fully_connected, resolve_wiring
from ._ltc_scan import ltc_scan, synapse_sums
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

    takes_mixed_memory: ClassVar = True
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
            raise ConfigError(f"positivity is {positivity!r}; choose one of {', '.join(POSITIVE)}")
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
        # Numbers are (batch, pull and leak, sources, targets) throughout, which takes the fewest
        # operations; what depends on parameters alone is a constant once exported.
        hold, move = self._durations(dt.reshape(-1, 1, 1, 1))
        cm, (sigma, shift, weights) = self._cm(), self._synapses("sensory_")
        sigma, shift = self.input_w[:, None] * sigma, shift - self.input_b[:, None] * sigma
        flows = _flows(x.reshape(-1, 1, self.input_size, 1), sigma, shift, weights)
        still = torch.stack([torch.zeros_like(cm), cm + TINY])[:, None]
        drive = move * (flows + torch.stack(self._leakage())[:, None]) + hold * still
        sigma, shift, weights = self._synapses("")
        weights, inertia = move * weights, hold * cm
        units = self.state_size
        v = state.reshape(-1, 1, 1, units)
        for _ in range(self.unfolds):
            flows = _flows(v.reshape(-1, 1, units, 1), sigma, shift, weights)
            pull, leak = (flows + drive).chunk(2, dim=1)
            v = (inertia * v + pull) / leak
        v = v.reshape(-1, units)
        return self._read(v), v

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over (batch, time, input_size); all sensory synapses act before the loop."""
        hold, move = self._durations(dts.transpose(0, 1))
        inertia = hold * self._cm()
        xs = xs.transpose(0, 1) * self.input_w + self.input_b
        sums = synapse_sums(xs.flatten(0, 1), *self._targets_first("sensory_"))
        pull, leak = sums.unflatten(1, xs.shape[:2]).unbind()
        still_pull, still_leak = self._leakage()
        pull, leak = move * (pull + still_pull), move * (leak + still_leak) + inertia + TINY
        vs = ltc_scan(
            state,
            torch.stack([pull, leak], dim=1),
            inertia,
            move,
            self._targets_first(""),
            keep=None if reset is None else (~reset.T).unsqueeze(2).to(xs.dtype),
            unfolds=self.unfolds,
        )
        return self._read(vs).transpose(0, 1), vs[-1]

    def _durations(self, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``1 / (1 + d)`` and ``d / (1 + d)``, shaped like dt."""
        duration = (dt + self.time_offset) / self.unfolds
        hold = 1 / (1 + duration)
        return hold, duration * hold

    def _cm(self) -> Tensor:
        return POSITIVE[self.positivity](self.cm)

    def _leakage(self) -> tuple[Tensor, Tensor]:
        """Return what leaks towards vleak and in all, without any synapse, (units,)."""
        gleak = POSITIVE[self.positivity](self.gleak)
        return gleak * self.vleak, gleak + EPSILON

    def _synapses(self, prefix: str) -> tuple[Tensor, Tensor, Tensor]:
        """Return sigma, sigma * mu (sources, targets) and w * erev, w (2, sources, targets)."""
        sigma = self.get_parameter(f"{prefix}sigma")
        w = POSITIVE[self.positivity](self.get_parameter(f"{prefix}w"))
        w = w * self.get_buffer(f"{prefix}mask")
        weights = torch.stack([w * self.get_parameter(f"{prefix}erev"), w])
        return sigma, sigma * self.get_parameter(f"{prefix}mu"), weights

    def _targets_first(self, prefix: str) -> tuple[Tensor, Tensor, Tensor]:
        """Return sigma, shift and weights as `synapse_sums` takes them."""
        sigma, shift, weights = self._synapses(prefix)
        return sigma.T.contiguous(), shift.T.contiguous(), weights.permute(2, 1, 0).contiguous()

    def _read(self, v: Tensor) -> Tensor:
        return v[..., : self.output_size] * self.output_w + self.output_b


TINY = 1e-30
"""Keeps 0 / 0 away where a capacity is zero and no time has passed."""


def _flows(v: Tensor, sigma: Tensor, shift: Tensor, weights: Tensor) -> Tensor:
    """Return what flows to each neuron, (batch, 2, 1, targets), from v (batch, 1, sources, 1)."""
    return (torch.sigmoid(v * sigma - shift) * weights).sum(2, keepdim=True)


def _uniform(low: float, high: float, *shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(*shape).uniform_(low, high))
