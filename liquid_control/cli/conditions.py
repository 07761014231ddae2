"""`liquid-control conditions`: what leaves the training distribution."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import ConfigError
from .console import print_pairs
from .extras import needs
from .tasks import first_line


def conditions(
    task: Annotated[
        str | None,
        typer.Option(help="Only those that change this task's world: name or file.py:Class."),
    ] = None,
) -> None:
    """List the conditions for --perturb, one line each."""
    needs("mujoco", "sim")
    from liquid_control_sim.conditions import CONDITIONS, conditioned
    from liquid_control_sim.settings import world_of

    rows = {name: first_line(CONDITIONS.get(name)) for name in CONDITIONS.names()}
    world = None if task is None else world_of(task)
    for name in list(rows) if world is not None else []:
        try:
            conditioned(world, name)
        except ConfigError:
            del rows[name]
    print_pairs(rows)
