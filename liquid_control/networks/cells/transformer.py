"""A small causal transformer that streams, the baseline of attention."""

from __future__ import annotations

from ._attention import WindowAttention
from ._stack import Stack


class Transformer(Stack):
    """Causal transformer (arXiv:1706.03762) whose KV cache is bounded and is its state.

    Elapsed time is ignored. The output is (batch, units).

    Args:
        input_size: number of input features.
        units: width of the stream, a multiple of ``heads``.
        layers: number of attention blocks.
        heads: number of attention heads.
        window: steps that a block can attend to.
    """

    def __init__(
        self,
        input_size: int,
        units: int = 64,
        *,
        layers: int = 2,
        heads: int = 4,
        window: int = 32,
    ) -> None:
        super().__init__(
            input_size,
            units,
            [
                WindowAttention(units, heads=heads, kv_heads=heads, window=window)
                for _ in range(layers)
            ],
        )
