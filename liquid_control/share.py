"""Find the files that come with the package: in a checkout, or installed by colcon or pip."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .errors import ConfigError


def share_file(relative: str) -> Path:
    """Return a shipped file, such as ``models/fly_to_target_cfc.onnx``.

    The checkout that this code runs from comes before a sourced workspace: otherwise editing
    a file in it would change nothing.

    Raises:
        ConfigError: it is in none of the places.
    """
    prefixes = [Path(p) for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    places = [Path(__file__).resolve().parent.parent]
    places += [prefix / "share/liquid_control" for prefix in (*prefixes, Path(sys.prefix))]
    for place in places:
        if (place / relative).exists():
            return place / relative
    raise ConfigError(f"{relative} is not installed; looked in {', '.join(map(str, places))}")
