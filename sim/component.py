"""A part of a world is a frozen record whose fields are its settings; so a world is data.

In YAML a component is ``{name: <registry name>, **fields}``, or its name alone.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import msgspec

from liquid_control.contract import Record, read
from liquid_control.errors import ConfigError
from liquid_control.registry import Registry

FilePath = Annotated[str, msgspec.Meta(description="the path of a file or a folder")]
"""A setting that is a path: absolute in the data of a world, so that any process finds it."""
FilePaths = FilePath | tuple[FilePath, ...]
"""One path or several."""
PACKAGE = "package:"
"""Begins a path inside an installed Python package, ``package:name/folder``."""


class Component(Record, frozen=True):
    """Base of every part of a world. A field that is a ``Range`` is drawn anew every flight."""

    def structure(self) -> Any:
        """Return what the compiled model depends on; the model is kept while it is equal."""
        return self


C = TypeVar("C", bound=Component)


def component_of(registry: Registry[C], data: Any, where: str) -> C:
    """Return the component that plain data describes.

    Args:
        registry: where its name is looked up.
        data: ``{"name": ..., **fields}``, or the name alone.
        where: the place for messages, such as ``world.yaml: scenery.trees``.

    Raises:
        ConfigError: the name or a field is not known, or a value cannot be used.
    """
    fields = {"name": data} if isinstance(data, str) else data
    if not isinstance(fields, Mapping) or not isinstance(fields.get("name"), str):
        raise ConfigError(f"{where}: expected a name, or a mapping with a name, found {data!r}")
    try:
        found = registry.get(fields["name"])
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    given = {key: value for key, value in fields.items() if key != "name"}
    known = found.__struct_fields__
    for key in given:
        if key not in known:
            has = f"has {', '.join(known)}" if known else "has no settings"
            raise ConfigError(f"{where}: unknown field '{key}'; {fields['name']} {has}")
    return read(absolute(found, given, Path()), found, where)


def data_of(registry: Registry[C], component: C) -> dict[str, Any]:
    """Return a component as plain data that ``component_of`` takes back, in any process."""
    fields = {name: getattr(component, name) for name in component.__struct_fields__}
    located = absolute(type(component), fields, Path())
    return {"name": name_of(registry, type(component)), **plain(located)}


def absolute(kind: type[Component], fields: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the fields of a component with those paths absolute that start from a folder."""
    return {
        key: _absolute(value, folder) if key in _paths(kind) else value
        for key, value in fields.items()
    }


def _absolute(value: Any, folder: Path) -> Any:
    """Return a path, or each of several; what is none is left as it is, to be refused later."""
    if isinstance(value, list | tuple):
        return [_absolute(one, folder) for one in value]
    if not isinstance(value, str) or is_in_package(value):
        return value
    return str((folder / Path(value).expanduser()).resolve())


def is_in_package(place: str) -> bool:
    """Return whether a path is one inside a package, the same from anywhere."""
    return place.startswith(PACKAGE)


@cache
def _paths(kind: type[Component]) -> frozenset[str]:
    """Return the names of the fields that are a ``FilePath``, or may be one."""
    hints = get_type_hints(kind, include_extras=True).items()
    return frozenset(name for name, hint in hints if FilePath in (hint, *get_args(hint)))


def plain(record: Any) -> Any:
    """Return a record as it would come back from JSON: lists for tuples, dicts for records."""
    return msgspec.json.decode(msgspec.json.encode(record))


def name_of(registry: Registry[C], component: type[C]) -> str:
    """Return the registry name of a class; ``/absolute/file.py:Class`` for one of one's own."""
    folder, _, name = component.__module__.rpartition(".")
    if folder == registry.group:
        return name
    place = component.__module__
    if not folder:  # a file that was loaded by its path, or the script that runs
        place = str(Path(str(sys.modules[place].__file__)).resolve())
    return f"{place}:{component.__qualname__}"
