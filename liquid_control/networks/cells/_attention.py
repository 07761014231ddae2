"""Grouped-query attention over the last steps, with a bounded cache as its state."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import ConfigError
from ._stack import segments
from .base import Cell


class WindowAttention(Cell):
    """Causal grouped-query attention over a window (arXiv:1706.03762, arXiv:2305.13245).

    A step attends to itself and the ``window - 1`` steps before it; a learned number for each
    head and distance says where in the window a value stands. The state is the keys, then the
    values, (window, kv_heads, width) each, oldest first, then how many of them are filled.

    Args:
        units: width of input and output.
        heads: number of query heads.
        kv_heads: number of key and value heads, each shared by heads / kv_heads queries.
        window: steps that can be attended to.
    """

    def __init__(self, units: int, *, heads: int = 4, kv_heads: int = 2, window: int = 32) -> None:
        if units % heads or heads % kv_heads:
            raise ConfigError(
                f"{units} units, {heads} heads and {kv_heads} kv_heads do not divide; "
                "make units a multiple of heads, and heads of kv_heads"
            )
        self.width = units // heads
        self.cache = (window, kv_heads, self.width)
        super().__init__(
            units, state_size=2 * window * kv_heads * self.width + 1, output_size=units
        )
        self.heads, self.kv_heads, self.window = heads, kv_heads, window
        self.to_query = nn.Linear(units, units, bias=False)
        self.to_key_value = nn.Linear(units, 2 * kv_heads * self.width, bias=False)
        self.to_output = nn.Linear(units, units, bias=False)
        self.distance_bias = nn.Parameter(torch.zeros(heads, window))

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, units), (batch, state_size), (batch, 1)."""
        keys, values, filled = self._unpack(state)
        key, value = self.to_key_value(x).unflatten(1, (2, 1, self.kv_heads, self.width)).unbind(1)
        keys = torch.cat([keys[:, 1:], key], dim=1)
        values = torch.cat([values[:, 1:], value], dim=1)
        filled = (filled + 1).clamp(max=self.window)
        slots = torch.arange(self.window, device=x.device)
        empty = slots < self.window - filled
        bias = self.distance_bias[:, None].masked_fill(empty[:, None, None], -torch.inf)
        y = self._attend(x[:, None], keys, values, bias)[:, 0]
        return y, torch.cat([keys.flatten(1), values.flatten(1), filled], dim=1)

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over (batch, time, units) with one masked attention."""
        time = xs.shape[1]
        keys, values, filled = self._unpack(state)
        key, value = self.to_key_value(xs).unflatten(2, (2, self.kv_heads, self.width)).unbind(2)
        keys, values = torch.cat([keys, key], dim=1), torch.cat([values, value], dim=1)
        segment = segments(reset, xs)
        slots = torch.arange(self.window, device=xs.device)
        old = torch.where(slots >= self.window - filled, 0, -1)
        owner = torch.cat([old, segment], dim=1)

        # Query t stands at place window + t and sees slots 0 .. window - 1 that end there.
        slot = torch.arange(self.window + time, device=xs.device)
        slot = slot - torch.arange(1, time + 1, device=xs.device)[:, None]
        inside = (slot >= 0) & (slot < self.window)
        visible = inside & (owner[:, None] == segment[:, :, None])
        bias = self.distance_bias[:, slot.clamp(0, self.window - 1)]
        bias = torch.where(visible[:, None], bias, -torch.inf)
        ys = self._attend(xs, keys, values, bias)

        latest = (owner == segment[:, -1:])[:, -self.window :]
        kept = latest[:, :, None, None].to(xs.dtype)
        keys, values = keys[:, -self.window :] * kept, values[:, -self.window :] * kept
        filled = latest.sum(1, keepdim=True).to(xs.dtype)
        return ys, torch.cat([keys.flatten(1), values.flatten(1), filled], dim=1)

    def _unpack(self, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Split the state into keys and values (batch, window, kv_heads, width) and the count."""
        keys, values = state[:, :-1].chunk(2, dim=1)
        return keys.unflatten(1, self.cache), values.unflatten(1, self.cache), state[:, -1:]

    def _attend(self, xs: Tensor, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
        """Attend from (batch, time, units) with a bias (batch, heads, time, places)."""
        shared = self.heads // self.kv_heads
        query = self.to_query(xs).unflatten(2, (self.heads, self.width)).transpose(1, 2)
        keys = keys.transpose(1, 2).repeat_interleave(shared, dim=1)
        values = values.transpose(1, 2).repeat_interleave(shared, dim=1)
        scores = query @ keys.transpose(2, 3) * self.width**-0.5 + bias
        mixed = F.softmax(scores, dim=-1) @ values
        output: Tensor = self.to_output(mixed.transpose(1, 2).flatten(2))
        return output
