"""The weights of a policy that flew, read from its Keras HDF5 file and checked.

Layers are found by what they hold, not by their numbers: Keras counts those on
through a training session, so ``rnn/dense_1`` of one file is ``rnn_1/dense_5`` of another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import PolicyImportError
from .weights import (
    IMAGE_HEIGHT,
    IMAGE_WIDTH,
    STRIDES,
    Array,
    CellWeights,
    CfcWeights,
    FlownWeights,
    Layer,
    LstmWeights,
    LtcWeights,
    MixedCfcWeights,
    TrunkWeights,
    WiredCfcWeights,
)

CELLS = {
    "cfc_cell": "cfc",
    "mixed_cfc_cell": "mixedcfc",
    "wired_cfc_cell": "wiredcfccell",
    "ltc_cell": "ltc",
    "lstm_cell": "lstm",
}
_CELL = re.compile(rf"^([^/]+)/(?:.*?/)?(({'|'.join(CELLS)})(?:_\d+)?)/")

Shape = tuple[int | None, ...]


def read_flown(path: Path) -> FlownWeights:
    """Read a weight file; the kind of cell and all sizes come from the file.

    Raises:
        PolicyImportError: it is damaged, foreign, or its weights do not fit each other.
    """
    file = _WeightFile(path, _read_datasets(path))
    layer, cell, kind = file.find_cell()
    trunk = file.trunk(without=layer)
    inputs = trunk.features.bias.size
    weights: CellWeights
    if kind == "cfc":
        weights = file.cfc(layer, inputs)
        outputs = weights.ff1.bias.size
    elif kind == "mixedcfc":
        memory = file.lstm(cell, inputs, kernel="input_kernel")
        outputs = memory.bias.size // 4
        weights = MixedCfcWeights(memory, file.cfc(layer, outputs, outputs))
    elif kind == "wiredcfccell":
        weights = file.wired_cfc(cell, inputs)
        outputs = weights.layers[-1].ff1.bias.size
    elif kind == "ltc":
        weights = file.ltc(cell, inputs)
        outputs = weights.output_w.size
    else:
        weights = file.lstm(cell, inputs, kernel="kernel")
        outputs = weights.bias.size // 4
    head = file.head(layer, outputs)
    if kind == "ltc" and head is None and outputs == 4:
        return FlownWeights("ncp", trunk, weights, None)
    if head is None:
        raise file.error(
            f"a dense layer from the {outputs} outputs of the {kind} cell to the command",
            "none",
        )
    return FlownWeights(kind, trunk, weights, head)


@dataclass(frozen=True)
class _WeightFile:
    """The datasets of a file by name, ``:0`` left off, and how to pick layers from them."""

    path: Path
    datasets: dict[str, Array]

    def error(self, expected: str, found: str, do: str = "") -> PolicyImportError:
        do = do or "the file is damaged or no policy that flew"
        return PolicyImportError(f"{self.path}: expected {expected}, found {found}; {do}")

    def find_cell(self) -> tuple[str, str, str]:
        """Return the recurrent layer's name, the cell's whole prefix and its kind."""
        for name in self.datasets:
            if match := _CELL.match(name):
                return match[1], name[: match.end(2)], CELLS[match[3]]
        groups = {name.rpartition("/")[0] for name in self.datasets}
        others = sorted((g for g in groups if not g.startswith("time_dist")), key=_natural)
        raise self.error(
            f"the weights of a recurrent cell ({', '.join(CELLS)})",
            f"{', '.join(others[:6]) or 'none'}",
            "give a Keras weight file of a policy of one of these kinds",
        )

    def trunk(self, without: str) -> TrunkWeights:
        outside = [p for p in self.holding("kernel") if p.split("/")[0] != without]
        convolutions = [p for p in outside if self.datasets[f"{p}/kernel"].ndim == 4]
        dense = [p for p in outside if p not in convolutions and not p.startswith("dense")]
        scales = self.holding("variance")
        if len(scales) != 1:
            raise self.error(
                "one normalisation layer",
                str(len(scales)),
                "give the whole policy, not a headless file",
            )
        if len(convolutions) != len(STRIDES) or len(dense) != 1:
            raise self.error(
                f"{len(STRIDES)} convolutions and one dense layer before the cell",
                f"{len(convolutions)} and {len(dense)}",
            )
        height, width, channels = IMAGE_HEIGHT, IMAGE_WIDTH, 3
        layers = []
        for prefix, stride in zip(convolutions, STRIDES, strict=True):
            layer = self.layer(prefix, (None, None, channels, None))
            height = (height - layer.kernel.shape[0]) // stride + 1
            width = (width - layer.kernel.shape[1]) // stride + 1
            channels = layer.bias.size
            layers.append(layer)
        variance = self.take(f"{scales[0]}/variance", (3,))
        if not (variance > 0).all():
            raise self.error("channel variances above 0", str(variance.tolist()))
        return TrunkWeights(
            self.take(f"{scales[0]}/mean", (3,)),
            variance,
            tuple(layers),
            self.layer(dense[0], (max(height * width, 0) * channels, None)),
        )

    def head(self, without: str, inputs: int) -> Layer | None:
        prefixes = [p for p in self.holding("kernel") if p.startswith("dense") and p != without]
        return self.layer(prefixes[0], (inputs, 4)) if prefixes else None

    def cfc(self, layer: str, inputs: int, units: int | None = None) -> CfcWeights:
        prefixes = [p for p in self.holding("kernel") if p.startswith(f"{layer}/")]
        heads = [p for p in prefixes if "_cell" in p]
        if len(heads) != 4:
            raise self.error("4 dense layers in the CfC cell", str(len(heads)))
        ff1 = self.layer(heads[0], (None, units))
        units = ff1.bias.size
        backbone: list[Layer] = []
        width = inputs + units
        for prefix in prefixes:
            if prefix not in heads:
                # Every layer of a backbone has the width of the first.
                backbone.append(self.layer(prefix, (width, width if backbone else None)))
                width = backbone[-1].bias.size
        return CfcWeights(tuple(backbone), *(self.layer(p, (width, units)) for p in heads))

    def wired_cfc(self, cell: str, inputs: int) -> WiredCfcWeights:
        prefixes = [p for p in self.holding("ff1_weight") if p.startswith(f"{cell}/")]
        if len(prefixes) != 3:
            raise self.error("3 layers in the wired CfC cell", str(len(prefixes)))
        layers = []
        for prefix in prefixes:
            units = self.take(f"{prefix}/ff1_bias", (None,)).size
            shape = (inputs + units, units)
            ff1, ff2 = (
                Layer(
                    self.take(f"{prefix}/{name}_weight", shape),
                    self.take(f"{prefix}/{name}_bias", (units,)),
                )
                for name in ("ff1", "ff2")
            )
            times = (self.layer(f"{prefix}/{name}", shape) for name in ("time_a", "time_b"))
            layers.append(CfcWeights((), ff1, ff2, *times))
            inputs = units
        return WiredCfcWeights(tuple(layers))

    def ltc(self, cell: str, inputs: int) -> LtcWeights:
        units = self.take(f"{cell}/gleak", (None,)).size
        motor = self.take(f"{cell}/output_w", (None,)).size
        if motor > units:
            raise self.error(f"at most {units} motor neurons", str(motor))

        def take(names: str, prefix: str, *shape: int) -> dict[str, Array]:
            return {n: self.take(f"{cell}/{prefix}{n}", shape) for n in names.split()}

        neurons = take("gleak vleak cm", "", units)
        synapses = take("sigma mu w erev", "", units, units)
        sensory = take("sigma mu w erev", "sensory_", inputs, units)
        positive = {"gleak": neurons["gleak"], "cm": neurons["cm"]}
        positive |= {"w": synapses["w"], "sensory_w": sensory["w"]}
        for name, values in positive.items():
            if values.min() < 0:
                raise self.error(f"{cell}/{name} of at least 0", f"{values.min():g}")
        affine = take("input_w input_b", "", inputs) | take("output_w output_b", "", motor)
        return LtcWeights(neurons, synapses, sensory, **affine)

    def lstm(self, cell: str, inputs: int, kernel: str) -> LstmWeights:
        units = self.take(f"{cell}/recurrent_kernel", (None, None)).shape[0]
        return LstmWeights(
            self.take(f"{cell}/{kernel}", (inputs, 4 * units)),
            self.take(f"{cell}/recurrent_kernel", (units, 4 * units)),
            self.take(f"{cell}/bias", (4 * units,)),
        )

    def layer(self, prefix: str, shape: Shape) -> Layer:
        kernel = self.take(f"{prefix}/kernel", shape)
        return Layer(kernel, self.take(f"{prefix}/bias", kernel.shape[-1:]))

    def holding(self, leaf: str) -> list[str]:
        """Return the prefixes of all groups with a dataset of this name, in Keras's order."""
        ending = f"/{leaf}"
        found = [n.removesuffix(ending) for n in self.datasets if n.endswith(ending)]
        return sorted(found, key=_natural)

    def take(self, name: str, shape: Shape) -> Array:
        """Return a dataset of a given shape, None where any size will do."""
        wanted = f"{name} of shape ({', '.join('any' if n is None else str(n) for n in shape)})"
        if name not in self.datasets:
            raise self.error(wanted, "no such dataset")
        values = self.datasets[name]
        fits = values.ndim == len(shape) and all(
            size in (None, found) for size, found in zip(shape, values.shape, strict=True)
        )
        if not fits or values.size == 0:
            raise self.error(wanted, str(values.shape))
        return values


def _read_datasets(path: Path) -> dict[str, Array]:
    """Return all floating-point datasets of a file by name, in Keras's order."""
    try:
        import h5py
    except ImportError:
        raise PolicyImportError(
            "reading HDF5 weight files needs h5py; install it with "
            "python3 -m pip install 'liquid_control[train]'"
        ) from None
    if not path.is_file():
        raise PolicyImportError(
            f"{path}: expected a Keras HDF5 weight file, found no file; check the path"
        )
    found: dict[str, Array] = {}

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            with np.errstate(over="ignore"):
                found[name.removesuffix(":0")] = item[()].astype(np.float32)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except Exception as error:  # h5py lets every kind of error out of a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PolicyImportError(
            f"{path}: expected a whole Keras HDF5 weight file, found: {reason}; "
            "copy the file again"
        ) from None
    for name, values in found.items():
        if not np.isfinite(values).all():
            raise PolicyImportError(
                f"{path}: expected finite weights, found NaN or infinity in {name}; "
                "the file is damaged, copy it again"
            )
    return {name: found[name] for name in sorted(found, key=_natural)}


def _natural(name: str) -> list[str | int]:
    """Return a sorting key that puts dense_9 before dense_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
