"""`liquid-control world`: every setting of a task's world, to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import console
from .evaluate import PerturbOption
from .extras import needs


def world(
    task: Annotated[str, typer.Argument(help="Name, or path/to/file.py:Class.")],
    perturb: PerturbOption = None,
    out: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
) -> None:
    """Print a task's whole world as YAML; what is left of it goes into --world."""
    needs("mujoco", "sim")
    import yaml
    from liquid_control_sim.evaluation.cell import conditioned_world
    from liquid_control_sim.settings import to_data, world_of

    settings = conditioned_world(None, world_of(task), perturb or [])
    text = yaml.safe_dump(to_data(settings), sort_keys=False, default_flow_style=None)
    if out is None:
        print(text, end="")
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text)
    console.print(f"wrote {out}", soft_wrap=True)
