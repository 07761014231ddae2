"""Paths in a world's YAML start from the folder of that file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from liquid_control.errors import ConfigError
from liquid_control.registry import Registry

from .component import absolute, component_of
from .scenery import SCENERY
from .sensors import SENSORS
from .tasks import TASKS
from .vehicles import VEHICLES

GROUPS: dict[str, Registry[Any]] = {"sensors": SENSORS, "scenery": SCENERY}


def from_file(changes: Any, file: str | Path, task: str) -> Any:
    """Return the changes of a world that a YAML file makes, its paths absolute.

    A class ``file.py:Class`` is looked for beside the YAML first, then in the working folder.
    What cannot be used is left as it is, for ``world_of`` to say what is wrong.

    Args:
        changes: plain data, as ``world_of`` takes it.
        file: that it stands in.
        task: whose world is changed, if the changes name no other.
    """
    if not isinstance(changes, Mapping):
        return changes
    folder = Path(file).parent if Path(file).is_file() else Path()  # no file: a pipe
    found = dict(changes)
    if "task" in found:
        found["task"] = _located(TASKS, found["task"], {"name": task}, folder)
    default = _default_world(found.get("task"), task)
    if "vehicle" in found:
        usual = default.get("vehicle", {})
        found["vehicle"] = _located(VEHICLES, found["vehicle"], usual, folder)
    for group, registry in GROUPS.items():
        if isinstance(found.get(group), Mapping):
            parts = default.get(group) or {}
            found[group] = {
                key: _located(registry, part, parts.get(key) or {"name": str(key)}, folder)
                for key, part in found[group].items()
            }
    return found


def _default_world(change: Any, task: str) -> dict[str, Any]:
    named = {"name": change} if isinstance(change, str) else change
    try:
        return component_of(TASKS, {"name": task, **(named or {})}, "task").world()
    except (ConfigError, TypeError):
        return {}


def _located(registry: Registry[Any], change: Any, usual: Mapping[str, Any], folder: Path) -> Any:
    """Return the change of one part, of the kind that it names or usually is."""
    if isinstance(change, str):
        return _beside(change, folder)
    if not isinstance(change, Mapping):
        return change
    fields = dict(change)
    name = fields.get("name", usual.get("name"))
    if not isinstance(name, str):
        return change
    if "name" in fields:
        fields["name"] = name = _beside(name, folder)
    try:
        return absolute(registry.get(name), fields, folder)
    except ConfigError:
        return change


def _beside(name: str, folder: Path) -> str:
    """Return the name of a part; a class of a file in the folder with its absolute path."""
    place, _, attribute = name.rpartition(":")
    own = (folder / place).resolve()
    return f"{own}:{attribute}" if place.endswith(".py") and own.is_file() else name
