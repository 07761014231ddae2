"""The weights of a policy that flew, as Keras lays them out: plain records of arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

IMAGE_HEIGHT, IMAGE_WIDTH = 144, 256
STRIDES = (2, 2, 2, 1, 2)
"""Of the trunk's convolutions; a weight file does not say them."""


@dataclass(frozen=True)
class Layer:
    """``x @ kernel + bias``.

    Attributes:
        kernel: (inputs, outputs), or (height, width, inputs, outputs) of a convolution.
        bias: (outputs,).
    """

    kernel: Array
    bias: Array


@dataclass(frozen=True)
class TrunkWeights:
    """Normalisation, five convolutions and one dense layer.

    Attributes:
        mean: (3,) of the channels of an image in [0, 1].
        variance: (3,).
        convolutions: in the order of the signal.
        features: from (height, width, channel), flattened in this order, to the features.
    """

    mean: Array
    variance: Array
    convolutions: tuple[Layer, ...]
    features: Layer


@dataclass(frozen=True)
class CfcWeights:
    """One CfC; the kernels of the last four take the backbone's output or ``[x, h]``."""

    backbone: tuple[Layer, ...]
    ff1: Layer
    ff2: Layer
    time_a: Layer
    time_b: Layer


@dataclass(frozen=True)
class LstmWeights:
    """An LSTM whose four gates lie side by side.

    Attributes:
        kernel: (inputs, 4 * units).
        recurrent: (units, 4 * units).
        bias: (4 * units,).
    """

    kernel: Array
    recurrent: Array
    bias: Array


@dataclass(frozen=True)
class MixedCfcWeights:
    """An LSTM whose output is the input of a CfC of the same size."""

    memory: LstmWeights
    liquid: CfcWeights


@dataclass(frozen=True)
class WiredCfcWeights:
    """The CfC layers of inter, command and motor neurons, in this order."""

    layers: tuple[CfcWeights, ...]


@dataclass(frozen=True)
class LtcWeights:
    """An LTC; matrices are (source, target), and there is a synapse where erev is not 0.

    Attributes:
        neurons: gleak, vleak, cm, each (units,).
        synapses: sigma, mu, w, erev, each (units, units).
        sensory_synapses: the same, each (inputs, units).
        input_w: (inputs,), as input_b.
        input_b: (inputs,).
        output_w: (motor,), as output_b; the first neurons are the motor neurons.
        output_b: (motor,).
    """

    neurons: dict[str, Array]
    synapses: dict[str, Array]
    sensory_synapses: dict[str, Array]
    input_w: Array
    input_b: Array
    output_w: Array
    output_b: Array


CellWeights = CfcWeights | MixedCfcWeights | WiredCfcWeights | LtcWeights | LstmWeights


@dataclass(frozen=True)
class FlownWeights:
    """A whole policy.

    Attributes:
        kind: cfc, mixedcfc, wiredcfccell, ltc, ncp or lstm.
        trunk: from the image to the features.
        cell: what remembers.
        head: from the cell's output to the command; None where motor neurons are the command.
    """

    kind: str
    trunk: TrunkWeights
    cell: CellWeights
    head: Layer | None
