"""A wired CfC whose graph tells the truth: what is not connected cannot have an influence."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .wired_cfc import WiredCfC


class StrictCfC(WiredCfC):
    """A wired CfC masked in every path: all four heads, inputs and recurrence.

    A neuron sees the neurons of the layer before it and of its own layer from which the wiring
    has a synapse, and its own last state, which is its memory and no synapse. In one step a
    neuron or an input moves another neuron only along a path of the graph.

    Arguments, state and output are those of `WiredCfC`.
    """

    def layer_mask(self, layer: int, heads: int) -> Tensor:
        """Return which weights of a layer exist, (heads * neurons, inputs + neurons) float."""
        here = self.wiring.layers[layer]
        recurrent = self.wiring.synapses[np.ix_(here, here)].T != 0
        memory = torch.from_numpy(recurrent | np.eye(len(here), dtype=bool)).float()
        return torch.cat([self.synapses_into(layer), memory], dim=1).repeat(heads, 1)
