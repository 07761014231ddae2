"""Liquid structural state space: a diagonal linear system whose inputs bend its own dynamics."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from .base import Cell


class LiquidS4(Cell):
    """Liquid-S4 (arXiv:2209.12951) with a diagonal A, computed as the recurrence that it is.

    Each of ``units`` channels has ``modes`` complex numbers x that an input u drives twice,
    directly and through the liquid term::

        dx/dt = (a + b u) x + b u;    y = 2 Re(c . x) + d u

    Over a step of duration ``delta * dt`` the bilinear transform of both terms, with
    ``z = delta * dt / 2 * (a + b u)``, gives::

        x' = (1 + z) / (1 - z) * x + delta * dt * b * u / (1 - z)

    As ``|u| < 1`` and ``b < -Re a``, Re z stays negative and the memory fades for every dt.
    The output is ``gelu(mix(y))``, (batch, units); the state is (batch, 2 * units * modes),
    real parts then imaginary parts.

    Args:
        input_size: number of input features.
        units: number of channels.
        modes: complex modes in a channel.
    """

    def __init__(self, input_size: int, units: int = 64, *, modes: int = 8) -> None:
        super().__init__(input_size, state_size=2 * units * modes, output_size=units)
        self.shape = (units, modes)
        self.in_proj = nn.Linear(input_size, units)
        self.log_delta = nn.Parameter(torch.empty(units, 1).uniform_(math.log(0.01), 0.0))
        self.log_decay = nn.Parameter(torch.full((units, modes), math.log(0.5)))
        self.frequency = nn.Parameter(math.pi * torch.arange(modes).float().repeat(units, 1))
        self.coupling = nn.Parameter(torch.ones(units, modes))
        self.read_real = nn.Parameter(torch.randn(units, modes) * modes**-0.5)
        self.read_imag = nn.Parameter(torch.randn(units, modes) * modes**-0.5)
        self.skip = nn.Parameter(torch.ones(units))
        self.mix = nn.Linear(units, units)

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, input_size), (batch, state_size), (batch, 1)."""
        u = torch.tanh(self.in_proj(x))
        gain_real, gain_imag, push_real, push_imag = self._discretise(u, dt)
        real, imag = state.unflatten(1, (2, *self.shape)).unbind(1)
        next_real = gain_real * real - gain_imag * imag + push_real
        next_imag = gain_real * imag + gain_imag * real + push_imag
        y = self._read(next_real, next_imag, u)
        return y, torch.cat([next_real.flatten(1), next_imag.flatten(1)], dim=1)

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over (batch, time, input_size), sqrt(time) steps beside each other."""
        us = torch.tanh(self.in_proj(xs))
        gain_real, gain_imag, push_real, push_imag = self._discretise(us, dts)
        gain, push = torch.complex(gain_real, gain_imag), torch.complex(push_real, push_imag)
        if reset is not None:
            gain = gain.masked_fill(reset[:, :, None, None], 0.0)
        real, imag = state.unflatten(1, (2, *self.shape)).unbind(1)
        states = linear_scan(gain, push, torch.complex(real, imag))
        last = states[:, -1]
        ys = self._read(states.real, states.imag, us)
        return ys, torch.cat([last.real.flatten(1), last.imag.flatten(1)], dim=1)

    def _discretise(self, u: Tensor, dt: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return (1 + z) / (1 - z) and delta dt b u / (1 - z), real and imaginary parts each.

        Inputs are (…, units) and (…, 1), results (…, units, modes). A product would overflow
        for a huge dt, so everything is divided by the duration there: ``hold = 1 / (1 + dt)``.
        """
        half = 0.5 * self.log_delta.exp() * dt[..., None]
        hold = 1 / (1 + half)
        move = half * hold
        decay = self.log_decay.exp()
        drive = decay * torch.tanh(self.coupling) * u[..., None]
        z_real, z_imag = move * (drive - decay), move * self.frequency
        below_real = hold - z_real
        size = below_real**2 + z_imag**2
        above_real = hold + z_real
        gain_real = (above_real * below_real - z_imag**2) / size
        gain_imag = z_imag * (above_real + below_real) / size
        push = 2 * move * drive / size
        return gain_real, gain_imag, push * below_real, push * z_imag

    def _read(self, real: Tensor, imag: Tensor, u: Tensor) -> Tensor:
        """Return the output (…, units) of modes (…, units, modes) and inputs (…, units)."""
        y = 2 * (self.read_real * real - self.read_imag * imag).sum(-1) + self.skip * u
        return F.gelu(self.mix(y))


def linear_scan(gain: Tensor, push: Tensor, start: Tensor) -> Tensor:
    """Return every x of ``x_t = gain_t * x_{t-1} + push_t``.

    Gains and pushes are (batch, time, …), start is (batch, …), the result (batch, time, …).
    """
    states: Tensor = _LinearScan.apply(gain, push, start)
    return states


class _LinearScan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gain: Tensor, push: Tensor, start: Tensor) -> Tensor:
        states = _scan_in_chunks(gain, push, start)
        ctx.save_for_backward(gain, start, states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        gain, start, states = ctx.saved_tensors
        # Gradients obey the same recurrence, backwards in time.
        back = F.pad(gain[:, 1:].conj(), (0,) * (2 * (gain.dim() - 2)) + (0, 1)).flip(1)
        grads = _scan_in_chunks(back, grad_outputs[0].flip(1), torch.zeros_like(start)).flip(1)
        befores = torch.cat([start[:, None], states[:, :-1]], dim=1)
        return grads * befores.conj(), grads, grads[:, 0] * gain[:, 0].conj()


def _scan_in_chunks(gain: Tensor, push: Tensor, start: Tensor) -> Tensor:
    """Scan sqrt(time) chunks beside each other, each from zero, then hand their ends on."""
    time = push.shape[1]
    length = math.isqrt(time - 1) + 1
    chunks = -(-time // length)
    rest = (0,) * (2 * (push.dim() - 2)) + (0, chunks * length - time)
    gains = F.pad(gain, rest).unflatten(1, (chunks, length)).contiguous()
    states = F.pad(push, rest).unflatten(1, (chunks, length)).contiguous()
    for i in range(1, length):
        states[:, :, i].addcmul_(gains[:, :, i], states[:, :, i - 1])
        gains[:, :, i].mul_(gains[:, :, i - 1])
    for k in range(chunks):
        states[:, k].addcmul_(gains[:, k], start[:, None])
        start = states[:, k, -1]
    return states.flatten(1, 2)[:, :time]
