"""`liquid-control new`: a commented file to start from, which works as it is."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConfigError
from .console import console
from .extras import needs

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def new(
    kind: Annotated[str, typer.Argument(help="task, condition, cell, sensor, vehicle, scenery.")],
    name: Annotated[str, typer.Argument(help="Of the new thing, in words_like_these.")],
    out: Annotated[Path, typer.Option(help="Folder to write it into.")] = Path(),
) -> None:
    """Write NAME.py, a working example to change; for a task also the YAML that trains it."""
    needs("mujoco", "sim")
    parts = _templates(kind)
    if not (name.isidentifier() and name == name.lower()):
        raise ConfigError(f"expected a name in words_like_these, found '{name}'")
    paths = {suffix: out / f"{name}{suffix}" for suffix in parts}
    for path in paths.values():
        if path.exists():
            raise ConfigError(f"{path} is there already; give another name or --out")
    words = {f"my_{kind}{suffix}": str(path) for suffix, path in paths.items()}
    words[f"My{kind.capitalize()}"] = "".join(map(str.capitalize, name.split("_")))
    words[f"my_{kind}"] = name
    found = re.compile("|".join(map(re.escape, words)))  # the longest first
    out.mkdir(parents=True, exist_ok=True)
    for suffix, part in parts.items():
        text = found.sub(lambda match: words[match.group()], part.read_text())
        paths[suffix].write_text(text)
        console.print(f"wrote {paths[suffix]}; how to use it stands at its top", soft_wrap=True)


def _templates(kind: str) -> dict[str, Traversable]:
    """Return the files of a kind by suffix.

    Raises:
        ConfigError: there is no such kind; the message lists them.
    """
    folder = files("liquid_control_sim").joinpath("templates")
    parts = [Path(file.name) for file in folder.iterdir() if file.name[0] not in "_."]
    kinds = sorted(part.stem for part in parts if part.suffix == ".py")
    if kind not in kinds:
        raise ConfigError(f"unknown kind '{kind}': expected one of {', '.join(kinds)}")
    return {part.suffix: folder.joinpath(part.name) for part in parts if part.stem == kind}
