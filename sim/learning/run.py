"""The run directory: whose it is, and whether a configuration may go on with it."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import msgspec.json
import msgspec.yaml

import liquid_control
from liquid_control.errors import ConfigError

from .config import TrainConfig
from .store import StoreError, write_whole

MAY_GROW = (
    *("optimizer.epochs", "optimizer.epochs_per_round"),
    *("collect.dagger_rounds", "collect.further_rounds"),
)
MAY_CHANGE = ("score", "callbacks")


def open_run(config: TrainConfig, run: Path) -> None:
    """Make the directory of a run, or go on with the run that is in it.

    Raises:
        ConfigError: it holds a run of another configuration; the message names the field.
        StoreError: it cannot be read or written.
    """
    kept = run / "config.yaml"
    if kept.exists():
        check_resumable(_read(kept), json.loads(msgspec.json.encode(config)), run)
    write_whole(kept, lambda part: part.write_bytes(msgspec.yaml.encode(config)))
    versions = {name: version(name) for name in ("torch", "mujoco", "onnxruntime", "numpy")}
    versions |= {"liquid_control": liquid_control.__version__, "python": platform.python_version()}
    text = json.dumps(versions, indent=2)
    write_whole(run / "versions.json", lambda part: part.write_text(text))


def check_resumable(old: dict[str, Any], new: dict[str, Any], run: Path) -> None:
    """Refuse to go on with a run whose flights or weights would have been others.

    Args:
        old: the run's configuration, plain data.
        new: the one that is to go on.
        run: for the message.

    Raises:
        ConfigError: a field differs that must not.
    """
    for path, before, after in _differences(old, new, ""):
        if path.startswith(MAY_CHANGE) or (path in MAY_GROW and after > before):
            continue
        what = "may only grow" if path in MAY_GROW else "must stay"
        raise ConfigError(
            f"{run} holds a run of another configuration: {path} was {before!r} and {what}, "
            f"found {after!r}; give another --out, or set it back"
        )


def _differences(old: Any, new: Any, path: str) -> list[tuple[str, Any, Any]]:
    """Return path, old and new value of everything that differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            found
            for key in {**old, **new}
            for found in _differences(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
        ]
    return [] if old == new else [(path, old, new)]


def _read(path: Path) -> dict[str, Any]:
    try:
        data = msgspec.yaml.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise StoreError(
            f"{path}: cannot be read ({' '.join(str(error).split())}); delete the directory"
        ) from None
    return data if isinstance(data, dict) else {}
