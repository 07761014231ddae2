"""One condition a file: a named change of a world that leaves what was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from liquid_control.errors import ConfigError
from liquid_control.registry import Registry

from ..component import Component, component_of

if TYPE_CHECKING:
    from ..settings import WorldSettings


class Condition(Component, frozen=True):
    """Base of a condition: its fields are its strength, its docstring begins with what it is."""

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world under this condition.

        Raises:
            ConfigError: the world has nothing that it could change.
        """
        raise NotImplementedError


CONDITIONS: Registry[Condition] = Registry(__name__, Condition, "condition")


def conditioned(settings: WorldSettings, condition: str | Mapping[str, Any]) -> WorldSettings:
    """Return a world under a condition, by its name or by its data with other strengths.

    Raises:
        ConfigError: there is no such condition, or the world has nothing that it could change.
    """
    return component_of(CONDITIONS, condition, "condition").change(settings)


def description(name: str) -> str:
    """Return the one line that says what a condition is."""
    return (CONDITIONS.get(name).__doc__ or "").strip().splitlines()[0]


def change_part(settings: WorldSettings, part: str, **changes: Any) -> WorldSettings:
    """Return a world whose task, vehicle or wind has other settings.

    Args:
        settings: the world.
        part: "task", "vehicle" or "wind".
        changes: by field.

    Raises:
        ConfigError: that part has no such field.
    """
    present = getattr(settings, part)
    for field in changes:
        field_of(settings, part, field)
    changed = msgspec.structs.replace(present, **changes)
    return msgspec.structs.replace(settings, **{part: changed})


def field_of(settings: WorldSettings, part: str, field: str) -> Any:
    """Return a setting of a world's task, vehicle or wind.

    Raises:
        ConfigError: that part has no such field.
    """
    present = getattr(settings, part)
    if field not in present.__struct_fields__:
        raise ConfigError(
            f"the condition changes a {part}'s {field}, and this {part} has none; "
            f"choose another {part}"
        )
    return getattr(present, field)


def change_parts(
    settings: WorldSettings, part: str, kind: type[Component], **changes: Any
) -> WorldSettings:
    """Return a world in which every sensor or piece of scenery of a kind has other settings.

    Args:
        settings: the world.
        part: "sensors" or "scenery".
        kind: whose settings are changed.
        changes: by field.

    Raises:
        ConfigError: the world has none of that kind.
    """
    parts: dict[str, Any] = dict(getattr(settings, part))
    found = [key for key, value in parts.items() if isinstance(value, kind)]
    if not found:
        raise ConfigError(
            f"the condition changes a {kind.__name__.lower()}, and this world has none; "
            f"its {part}: {', '.join(parts) or 'none'}"
        )
    for key in found:
        parts[key] = msgspec.structs.replace(parts[key], **changes)
    return msgspec.structs.replace(settings, **{part: parts})
