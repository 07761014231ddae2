"""The wirings of flown policies, recovered from their trained weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import PolicyImportError
from ...networks.wiring import Wiring, WiringError, ncp
from .weights import LtcWeights, WiredCfcWeights

SEEDS = range(22200, 22250)
"""Where the seed of a wired CfC is looked for; the published ones lie between 22222 and 22227."""


def wiring_of_ltc(cell: LtcWeights) -> Wiring:
    """Return the graph of an LTC: a synapse, with its sign, where erev is not zero."""
    synapses, sensory = (
        np.sign(group["erev"]).astype(np.int8) for group in (cell.synapses, cell.sensory_synapses)
    )
    motor, units = cell.output_w.size, len(synapses)
    # Inter neurons come last and are those that hear the inputs.
    first_inter = int((sensory != 0).any(axis=0).argmax())
    command = max(first_inter - motor, 0)
    return Wiring(len(sensory), units - motor - command, command, motor, sensory, synapses)


def wiring_of_wired_cfc(path: Path, cell: WiredCfcWeights, seed: int | None = None) -> Wiring:
    """Return the graph of a wired CfC from what training did to its weights.

    The file holds no mask, and weights without a synapse keep their initial value, which is
    uniform within a bound that the layer's shape gives (Glorot). So every weight beyond that
    bound has a synapse, and among the seeds only the one that the policy was made with
    has synapses at all of them.

    Args:
        path: for the message.
        cell: the weights.
        seed: of the wiring, where it is known; None looks for it.

    Raises:
        PolicyImportError: no seed, or more than one, explains the weights.
    """
    inter, command, motor = (layer.ff1.bias.size for layer in cell.layers)
    sensory = cell.layers[0].ff1.kernel.shape[0] - inter
    moved = [_moved(layer.ff1.kernel) | _moved(layer.ff2.kernel) for layer in cell.layers]
    candidates = SEEDS if seed is None else [seed]
    try:
        wirings = [_flown_ncp(sensory, inter, command, motor, s) for s in candidates]
    except WiringError as error:
        raise PolicyImportError(
            f"{path}: expected the sizes of a neural circuit policy, found {inter} inter, "
            f"{command} command and {motor} motor neurons ({error}); "
            "the file is damaged or no policy that flew"
        ) from None
    explaining = [wiring for wiring in wirings if _explains(wiring, moved)]
    if len(explaining) != 1:
        tried = f"seeds {SEEDS[0]} to {SEEDS[-1]}" if seed is None else f"seed {seed}"
        raise PolicyImportError(
            f"{path}: expected one wiring that explains which weights training moved, "
            f"found {len(explaining)} among {tried}; give the wiring seed of the training run"
        )
    return explaining[0]


def _moved(kernel: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which weights from the inputs lie beyond their initial bound."""
    rows, units = kernel.shape
    bound = np.sqrt(6.0 / (rows + units))
    return np.abs(kernel[: rows - units]) > bound * (1 + 1e-5)


def _explains(wiring: Wiring, moved: list[NDArray[np.bool_]]) -> bool:
    """Return whether every moved weight, (sources, targets) of each layer, has a synapse."""
    inter, command, motor = wiring.layers
    synapses = (
        wiring.sensory_synapses[:, inter],
        wiring.synapses[np.ix_(inter, command)],
        wiring.synapses[np.ix_(command, motor)],
    )
    return not any((m & (s == 0)).any() for m, s in zip(moved, synapses, strict=True))


def _flown_ncp(sensory: int, inter: int, command: int, motor: int, seed: int) -> Wiring:
    """Build the wiring that all flown sparse policies share, but for its seed."""
    return ncp(
        sensory,
        inter=inter,
        command=command,
        motor=motor,
        sensory_fanout=6,
        inter_fanout=4,
        recurrent_command_synapses=4,
        motor_fanin=6,
        seed=seed,
    )
