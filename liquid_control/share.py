"""Find the files that come with the package: installed by colcon or pip, or in a checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .errors import ConfigError


def share_file(relative: str) -> Path:
    """Return a shipped file, such as ``models/fly_to_target_cfc.onnx``.

    Raises:
        ConfigError: it is in none of the places.
    """
    prefixes = [Path(p) for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    places = [prefix / "share/liquid_control" for prefix in (*prefixes, Path(sys.prefix))]
    places.append(Path(__file__).resolve().parent.parent)
    for place in places:
        if (place / relative).exists():
            return place / relative
    raise ConfigError(f"{relative} is not installed; looked in {', '.join(map(str, places))}")
