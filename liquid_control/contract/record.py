"""What every written record shares: frozen, typed, strict, and read from plain data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

import msgspec

from ..errors import ConfigError

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Range = tuple[float, float]
"""Lowest and highest value; a flight draws one in between."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Immutable, typed, and strict about unknown fields when it is read."""


T = TypeVar("T")


def read(data: Any, into: type[T], where: str) -> T:
    """Return plain data, as from YAML or JSON, as a checked record.

    Numbers written as text (YAML reads ``1e-3`` so) are taken as numbers; infinity and NaN
    are refused, and so is a range whose end comes before its beginning.

    Raises:
        ConfigError: ``where``, the field, what was expected and what was found.
    """
    try:
        found = msgspec.convert(data, into, strict=False)
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise ConfigError(f"{where}: {' '.join(str(error).split())}") from None
    for path, value in leaves(msgspec.to_builtins(found)):
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"{where}: expected a finite number, found {value} - at `{path}`")
    for path, low, high in _ranges(found, "$"):
        if low > high:
            raise ConfigError(
                f"{where}: expected a range from low to high, found [{low:g}, {high:g}] "
                f"- at `{path}`; swap them"
            )
    return found


def leaves(data: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Yield the path and value of everything in nested plain data that is no container."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, f"{path}.{key}")
    elif isinstance(data, list | tuple):
        for i, value in enumerate(data):
            yield from leaves(value, f"{path}[{i}]")
    else:
        yield path, data


def _ranges(record: Any, path: str) -> Iterator[tuple[str, float, float]]:
    """Yield every pair of numbers in a record: by convention a pair is a range."""
    if isinstance(record, msgspec.Struct):
        for name in record.__struct_fields__:
            yield from _ranges(getattr(record, name), f"{path}.{name}")
    elif isinstance(record, dict):
        for key, value in record.items():
            yield from _ranges(value, f"{path}.{key}")
    elif isinstance(record, tuple) and len(record) == 2 and all(map(_is_number, record)):
        yield path, record[0], record[1]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
