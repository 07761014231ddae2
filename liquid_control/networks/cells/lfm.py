"""The hybrid of the liquid foundation models: gated short convolutions and some attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ._attention import WindowAttention
from ._stack import Stack, segments
from .base import Cell


class LFM(Stack):
    """LFM2 blocks (arXiv:2511.23404): convolutions first, attention over a window above.

    Elapsed time is ignored. The output is (batch, units).

    Args:
        input_size: number of input features.
        units: width of the stream, a multiple of ``heads``.
        convolutions: number of gated convolution blocks.
        attentions: number of grouped-query attention blocks.
        heads: number of query heads.
        kv_heads: number of key and value heads.
        window: steps that an attention block can attend to.
    """

    def __init__(
        self,
        input_size: int,
        units: int = 64,
        *,
        convolutions: int = 2,
        attentions: int = 1,
        heads: int = 4,
        kv_heads: int = 2,
        window: int = 32,
    ) -> None:
        blocks: list[Cell] = [_GatedConvolution(units) for _ in range(convolutions)]
        blocks += [
            WindowAttention(units, heads=heads, kv_heads=kv_heads, window=window)
            for _ in range(attentions)
        ]
        super().__init__(input_size, units, blocks)


class _GatedConvolution(Cell):
    """A short convolution between two gates that the input sets.

    ::

        b, c, v = in_proj(u);  y = out_proj(c * causal_conv(b * v))

    The state is the last ``taps - 1`` of ``b * v``, oldest first, (batch, (taps - 1) * units).

    Args:
        units: width of input and output.
        taps: length of the convolution.
    """

    def __init__(self, units: int, taps: int = 3) -> None:
        super().__init__(units, state_size=(taps - 1) * units, output_size=units)
        self.taps = taps
        self.in_proj = nn.Linear(units, 3 * units, bias=False)
        self.kernel = nn.Parameter(torch.randn(taps, units) * taps**-0.5)
        self.out_proj = nn.Linear(units, units, bias=False)

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, units), (batch, state_size), (batch, 1)."""
        before, after, value = self.in_proj(x).chunk(3, dim=1)
        window = torch.cat([state, before * value], dim=1)
        mixed = (window.unflatten(1, (self.taps, self.input_size)) * self.kernel).sum(1)
        return self.out_proj(after * mixed), window[:, self.input_size :]

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over (batch, time, units), one product a tap."""
        time, past = xs.shape[1], self.taps - 1
        before, after, value = self.in_proj(xs).chunk(3, dim=2)
        history = torch.cat([state.unflatten(1, (past, -1)), before * value], dim=1)
        segment = segments(reset, xs)
        owner = torch.cat([torch.zeros_like(segment[:, :1]).expand(-1, past), segment], dim=1)
        mixed = torch.zeros_like(value)
        for tap in range(self.taps):
            same = owner[:, tap : tap + time] == segment
            mixed = mixed + history[:, tap : tap + time] * self.kernel[tap] * same[:, :, None]
        kept = history[:, time:] * (owner[:, time:] == segment[:, -1:])[:, :, None]
        return self.out_proj(after * mixed), kept.flatten(1)
