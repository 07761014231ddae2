"""A Keras checkpoint of the drone that flew on liquid networks, turned into a policy to fly."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

from ...contract import PolicyCard, Timing, image_input, velocity_card
from ...errors import ConfigError
from ...networks.cells import Cell
from ...networks.cells.ltc import LTC
from ...networks.cells.wired_cfc import WiredCfC
from ...networks.export import export
from .hdf5 import read_flown
from .network import FLOWN_FORGET_BIAS, FlownNetwork, make_flown_cell
from .weights import IMAGE_HEIGHT, IMAGE_WIDTH, FlownWeights, MixedCfcWeights

NOMINAL_DT_S = 1 / 30
"""The originals count frames and not seconds: every frame is t = 1. The camera of the DJI M300
that they flew on streams at 30 Hz."""

COMMAND = velocity_card(forward_m_s=3.0, left_m_s=2.0, up_m_s=2.0, yaw_rate_rad_s=1.7)
"""The outputs are not bounded by the network. Its pilots flew up to 2.5 m/s forward and 1.7 m/s
sideways; an M300 turns at most 1.75 rad/s (100 degrees/s). Beyond this a command is a mistake."""


def import_flown(
    path: str | Path,
    out: str | Path,
    *,
    nominal_dt_s: float = NOMINAL_DT_S,
    forget_bias: float | None = None,
    wiring_seed: int | None = None,
) -> PolicyCard:
    """Write a flown policy as a verified bundle and return its card.

    Kind (cfc, mixedcfc, wiredcfccell, ltc, ncp or lstm; doi:10.1126/scirobotics.adc8892), sizes
    and wiring are read from the file.

    Args:
        path: the Keras HDF5 weight file.
        out: the .onnx file to write.
        nominal_dt_s: seconds between frames for which the network takes its step t = 1; your
            camera's own interval flies it exactly as it was flown.
        forget_bias: of mixedcfc, which its file does not hold; None is that of the published ones.
        wiring_seed: of wiredcfccell; None finds it from the weights.

    Raises:
        PolicyImportError: the file is damaged, foreign or not understood; one line says why.
        ConfigError: the nominal step is not a positive number.
        BundleError: ONNX Runtime does not agree with torch; nothing was written.
    """
    path = Path(path)
    if not (math.isfinite(nominal_dt_s) and nominal_dt_s > 0):
        raise ConfigError(
            f"expected a nominal step of more than 0 s, found {nominal_dt_s}; "
            "give the time between two camera frames"
        )
    weights = read_flown(path)
    cell = make_flown_cell(path, weights, forget_bias, wiring_seed)
    network = FlownNetwork(weights, cell, nominal_dt_s)
    return export(network, _card(path, weights, cell, nominal_dt_s, forget_bias), out)


def _card(
    path: Path, weights: FlownWeights, cell: Cell, nominal_dt_s: float, forget_bias: float | None
) -> PolicyCard:
    settings: dict[str, Any] = {
        "cell": weights.kind,
        "features": cell.input_size,
        "units": cell.state_size,
        "outputs": cell.output_size,
    }
    if weights.kind in ("lstm", "mixedcfc"):
        settings["units"] = cell.state_size // 2
    if isinstance(weights.cell, MixedCfcWeights):
        settings["forget_bias"] = FLOWN_FORGET_BIAS if forget_bias is None else forget_bias
    wiring = cell.wiring if isinstance(cell, (LTC, WiredCfC)) else None
    neurons = cell.neuron_names if isinstance(cell, (LTC, WiredCfC)) else []
    return PolicyCard(
        name=f"flown_{weights.kind}",
        inputs={"image": image_input(IMAGE_HEIGHT, IMAGE_WIDTH)},
        command=COMMAND,
        hidden_size=cell.state_size,
        task="fly_to_target",
        timing=Timing.around(nominal_dt_s),
        network=settings,
        wiring=None if wiring is None else wiring.to_dict(),
        neurons=tuple(neurons),
        training={"weights": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
        licence="MIT",
        source="https://github.com/makramchahine/rosetta_drone, Copyright (c) 2021 Joseph Feld",
    )
