"""Streaming blocks one above the other, the frame of the transformer and the LFM hybrid."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from .base import Cell

NORM_EPSILON = 1e-6
Run = Callable[[Cell, Tensor, Tensor], tuple[Tensor, Tensor]]


class Stack(Cell):
    """Pre-norm residual blocks, each a `Cell`, each followed by a gated feed-forward layer.

    ::

        u = in_proj(x);  for each block:  u = u + block(norm(u));  u = u + feed_forward(norm(u))

    The state is the blocks' states one after the other; the output is ``norm(u)``,
    (batch, units).

    Args:
        input_size: number of input features.
        units: width of the stream; every block takes and gives it.
        blocks: the cells, from bottom to top.
    """

    def __init__(self, input_size: int, units: int, blocks: list[Cell]) -> None:
        self.sizes = [block.state_size for block in blocks]
        super().__init__(input_size, state_size=sum(self.sizes), output_size=units)
        self.in_proj = nn.Linear(input_size, units)
        self.norms = nn.ModuleList(nn.RMSNorm(units, eps=NORM_EPSILON) for _ in blocks)
        self.blocks: Iterable[Cell] = nn.ModuleList(blocks)  # type: ignore[assignment]
        self.feed_forwards = nn.ModuleList(FeedForward(units) for _ in blocks)
        self.out_norm = nn.RMSNorm(units, eps=NORM_EPSILON)

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, input_size), (batch, state_size), (batch, 1)."""
        return self._through(x, state, lambda block, u, part: block.step(u, part, dt))

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over (batch, time, input_size); a block finishes before the next begins."""
        return self._through(xs, state, lambda block, u, part: block.scan(u, part, dts, reset))

    def _through(self, x: Tensor, state: Tensor, run: Run) -> tuple[Tensor, Tensor]:
        u = self.in_proj(x)
        states = []
        parts = state.split(self.sizes, dim=1)
        layers = zip(self.norms, self.blocks, self.feed_forwards, parts, strict=True)
        for norm, block, feed_forward, part in layers:
            mixed, part = run(block, norm(u), part)  # noqa: PLW2901
            u = u + mixed
            u = u + feed_forward(u)
            states.append(part)
        return self.out_norm(u), torch.cat(states, dim=1)


class FeedForward(nn.Module):
    """SwiGLU (arXiv:2002.05202): ``down(silu(gate(z)) * up(z))`` with ``z = norm(u)``."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(units, eps=NORM_EPSILON)
        self.gate_and_up = nn.Linear(units, 4 * units, bias=False)
        self.down = nn.Linear(2 * units, units, bias=False)

    def forward(self, u: Tensor) -> Tensor:
        """Return the change of the stream, shaped like u (…, units)."""
        gate, up = self.gate_and_up(self.norm(u)).chunk(2, dim=-1)
        down: Tensor = self.down(nn.functional.silu(gate) * up)
        return down


def segments(reset: Tensor | None, like: Tensor) -> Tensor:
    """Return the number of each stretch between resets, (batch, time) int; 0 is the first."""
    if reset is None:
        return torch.zeros(like.shape[:2], dtype=torch.long, device=like.device)
    return reset.long().cumsum(1)
