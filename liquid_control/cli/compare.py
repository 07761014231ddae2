"""`liquid-control compare`: two policies on the same seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConfigError
from .console import console, print_pairs
from .evaluate import (
    EpisodesOption,
    JsonOption,
    PerturbOption,
    RunnerOption,
    SeedOption,
    TaskOption,
    WorkersOption,
    WorldOption,
    fly_order,
    write_json,
)
from .extras import needs

if TYPE_CHECKING:
    from liquid_control_sim.evaluation import Comparison, Summary


def compare(  # noqa: PLR0917 - each is an option
    a: Annotated[str, typer.Argument(help="What evaluate --json wrote, or a policy to fly.")],
    b: Annotated[str, typer.Argument(help="The other, of the same sort.")],
    task: TaskOption = None,
    world: WorldOption = None,
    perturb: PerturbOption = None,
    episodes: EpisodesOption = 100,
    seed: SeedOption = 900_000,
    workers: WorkersOption = None,
    runner: RunnerOption = "local",
    json_file: JsonOption = None,
) -> None:
    """Pair two policies by seed, and say whether their difference could be luck."""
    needs("mujoco", "sim")
    from liquid_control_sim.evaluation import compare as pair

    read = [name.endswith(".json") for name in (a, b)]
    if read[0] != read[1]:
        raise ConfigError(f"expected two .json files or two policies, found {a} and {b}")
    if read[0]:
        found = pair(*_read(a, b))
    else:
        flown = _fly(a, b, task, world, perturb or [], episodes, seed, workers, runner)
        found = pair(*flown)
    print_pairs(_rows(found), f"A {a}, B {b}: {found.seeds} seeds that both have flown")
    if found.p_value < 0.05:
        console.print("the difference is hardly luck (p < 0.05)")
    else:
        console.print("so small a difference may be luck (p >= 0.05)")
    if json_file is not None:
        write_json(json_file, found.to_dict())


def _read(*paths: str) -> tuple[Summary, ...]:
    from liquid_control_sim.evaluation import load_summary

    return tuple(load_summary(Path(path)) for path in paths)


def _fly(  # noqa: PLR0917 - as the command's
    a: str,
    b: str,
    task: str | None,
    world: Path | None,
    conditions: list[str],
    episodes: int,
    seed: int,
    workers: int | None,
    runner: str,
) -> list[Summary]:
    from liquid_control_sim.evaluation.order import order_world

    orders = [order_world(model, task, world, conditions) for model in (a, b)]
    return [fly_order(order, episodes, seed, workers, runner) for order in orders]


def _rows(found: Comparison) -> dict[str, str]:
    low, high = found.difference_interval
    return {
        "both succeed": f"{found.both}",
        "only A": f"{found.only_a}",
        "only B": f"{found.only_b}",
        "neither": f"{found.neither}",
        "McNemar, exact": f"p = {found.p_value:.3g}",
        "A less B": f"{found.difference:+.1%} (95 % bootstrap interval {low:+.1%} to {high:+.1%})",
    }
