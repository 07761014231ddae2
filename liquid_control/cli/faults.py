"""`liquid-control faults`: what keeps a command from being flown, and what happens then."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ..errors import ConfigError
from ..safety.faults import FAULTS, Fault, Row
from .console import console, progress_bar
from .evaluate import TaskOption, WorldOption
from .extras import needs

COLUMNS = ("word", "seen", "from", "the pilot", "what to do")


def faults(  # noqa: PLR0917 - each is an option
    run: Annotated[
        list[str] | None, typer.Option(help="Fly with this fault: a name, or all; again for more.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="The shipped pilot by default.")] = None,
    task: TaskOption = None,
    world: WorldOption = None,
    flights: Annotated[int, typer.Option(min=1, help="With each fault.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the first flight.")] = 700_000,
    at: Annotated[float, typer.Option(min=0.5, help="When it begins, s.")] = 3.0,
) -> int:
    """List every fault by its word and what is done about it, or fly with some of them."""
    if run:
        return _fly(run, model, task, world, range(seed, seed + flights), at)
    table = Table(*COLUMNS)
    table.columns[0].no_wrap = True
    for fault, row in FAULTS.items():
        table.add_row(*_cells(fault, row))
    console.print(table)
    return 0


def as_markdown() -> str:
    """Return the rows of the table in docs/faults.md."""
    lines: list[tuple[str, ...]] = [COLUMNS, ("---",) * len(COLUMNS)]
    lines += [(f"`{word}`", *rest) for word, *rest in itertools.starmap(_cells, FAULTS.items())]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(fault: Fault, row: Row) -> tuple[str, ...]:
    """Return a row of the table, thresholds as they are by default."""
    return fault.value, row.seen, row.limit(), row.reaction.value, row.advice


def _fly(  # noqa: PLR0917 - what was asked for
    wanted: list[str],
    model: Path | None,
    task: str | None,
    world_file: Path | None,
    seeds: range,
    at_s: float,
) -> int:
    """Fly with faults; return 1 where one was not found by its word, or something was touched."""
    needs("mujoco", "sim")
    from liquid_control_sim.evaluation.order import order_world
    from liquid_control_sim.faults import INJECTIONS, inject
    from liquid_control_sim.settings import fitted
    from liquid_control_sim.world import World

    from ..policy import load_policy
    from ..share import share_file

    names = list(INJECTIONS) if wanted == ["all"] else wanted
    for name in names:
        if name not in INJECTIONS:
            raise ConfigError(
                f"--run: expected all or one of {', '.join(INJECTIONS)}, found {name}"
            )
    path = model or share_file("models/pilot_cfc.onnx")
    policy = load_policy(path)
    world = World(fitted(order_world(str(path), task, world_file).world, policy.card))
    table = Table(
        "fault", "found as", "flights", "brakes after, ms", "touched then", title=path.name
    )
    sound = True
    with progress_bar() as bar:
        done = bar.add_task("flights", total=len(names) * len(seeds))
        for name in names:
            found = []
            for seed in seeds:
                found.append(inject(world, policy, name, seed, at_s))
                bar.advance(done)
            begun = [one for one in found if not one.ended]
            word = INJECTIONS[name].fault
            right = [one for one in begun if word in one.found]
            touched = [one.touched for one in begun if one.touched]
            sound &= len(right) == len(begun) and not touched
            longest = max((one.after_s for one in right), default=math.nan)
            hit = ", ".join(touched) or "nothing"
            counted = f"{len(right)} of {len(begun)}"
            table.add_row(name, word.value, counted, f"{1e3 * longest:.0f}", hit)
    world.close()
    console.print(table)
    return 0 if sound else 1
