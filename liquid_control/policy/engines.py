"""Where TensorRT keeps the engines that it builds, a minute each: once a file and machine."""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import os
import re
from pathlib import Path

import onnxruntime

GPUS = ("proc/device-tree/model", "proc/driver/nvidia/gpus/*/information")
"""Files that name a GPU: of a Jetson, and of a driver for cards."""


def engine_options(model: bytes, root: Path = Path("/")) -> dict[str, str]:
    """Return the TensorRT provider's options that keep engines; none where they cannot be kept.

    An engine is for one file, one TensorRT and one GPU, so those name its folder; another
    finds none of them and builds anew.

    Args:
        model: the ONNX file's bytes.
        root: of the file system in which the GPU is looked for.
    """
    folder = _cache() / "-".join(
        [
            hashlib.sha256(model).hexdigest()[:16],
            f"ort{onnxruntime.__version__}",
            f"trt{_tensorrt_version()}",
            _gpu(root),
        ]
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return {}
    kept = str(folder)
    return {
        "trt_engine_cache_enable": "True",
        "trt_engine_cache_path": kept,
        "trt_timing_cache_enable": "True",
        "trt_timing_cache_path": kept,
    }


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "liquid_control" / "tensorrt"


def _tensorrt_version() -> str:
    name = ctypes.util.find_library("nvinfer")
    if name is None:
        return "none"
    try:
        return str(ctypes.CDLL(name).getInferLibVersion())
    except (OSError, AttributeError):
        return "unknown"


def _gpu(root: Path) -> str:
    """Return the GPU's name in letters, digits and underscores; ``gpu`` where nothing names it."""
    for pattern in GPUS:
        for file in sorted(root.glob(pattern)):
            text = file.read_text(errors="ignore").rstrip("\0")
            named = re.search(r"^Model:\s*(.+)$", text, re.MULTILINE)
            return re.sub(r"\W+", "_", named[1] if named else text).strip("_") or "gpu"
    return "gpu"
