"""``--set network.cell=ltc``: one value of a configuration, from the command line."""

from __future__ import annotations

from typing import Any

import msgspec
import msgspec.yaml

from liquid_control.errors import ConfigError


def override(data: dict[str, Any], text: str, known: dict[str, Any]) -> None:
    """Put one value into plain data.

    Args:
        data: the configuration as read; changed in place.
        text: ``a.b=value``, the value in YAML.
        known: the whole configuration with its defaults, so that a slip of the pen is named; a
            part that is empty there takes any name.

    Raises:
        ConfigError: the text is of another form, or nothing has that path.
    """
    path, equals, value = text.partition("=")
    names = path.strip().split(".")
    if not equals or not all(names):
        raise ConfigError(f"--set {text}: expected PATH=VALUE, such as network.cell=ltc")
    _check(names, text, known)
    for name in names[:-1]:
        part = data.setdefault(name, {})
        if not isinstance(part, dict):
            raise ConfigError(f"--set {text}: {name} is {part!r}, which has no parts")
        data = part
    try:
        data[names[-1]] = msgspec.yaml.decode(value.encode())
    except msgspec.DecodeError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"--set {text}: the value is no YAML: {reason}") from None


def _check(names: list[str], text: str, known: Any) -> None:
    for i, name in enumerate(names):
        if known == {}:
            return
        where = ".".join(names[:i]) or "the configuration"
        if not isinstance(known, dict):
            raise ConfigError(f"--set {text}: {where} is one value, it has no {name}")
        if name not in known:
            raise ConfigError(
                f"--set {text}: unknown path; {where} has {', '.join(sorted(known))}"
            )
        known = known[name]
