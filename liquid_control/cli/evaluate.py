"""`liquid-control evaluate`: many flights in-process, with intervals."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import console, print_summary, progress_bar
from .extras import needs

if TYPE_CHECKING:
    from liquid_control_sim.evaluation import FlightResult, Summary
    from liquid_control_sim.evaluation.order import Order

TaskOption = Annotated[
    str | None,
    typer.Option(help="Name, or path/to/file.py:Class; the policy's own task by default."),
]
WorldOption = Annotated[
    Path | None, typer.Option(help="YAML with changes of the world; see liquid-control world.")
]
PerturbOption = Annotated[
    list[str] | None,
    typer.Option(help="A condition, may be given again; see liquid-control conditions."),
]
EpisodesOption = Annotated[int, typer.Option(min=1, help="How many flights.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the first flight.")]
WorkersOption = Annotated[int | None, typer.Option(min=1, help="Processes; all cores.")]
RunnerOption = Annotated[str, typer.Option(help="Where to fly: local or ray.")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Write the result to this file.")]


def evaluate(  # noqa: PLR0917 - each is an option
    model: Annotated[
        str,
        typer.Argument(help="A policy file; expert, hover or servo; or path/to/file.py:function."),
    ],
    task: TaskOption = None,
    world: WorldOption = None,
    perturb: PerturbOption = None,
    rate: Annotated[
        float | None, typer.Option(min=1, max=200, help="Fixed camera rate in Hz.")
    ] = None,
    jitter: Annotated[bool, typer.Option("--jitter", help="As --perturb jitter.")] = False,
    episodes: EpisodesOption = 100,
    seed: SeedOption = 900_000,
    workers: WorkersOption = None,
    runner: RunnerOption = "local",
    json_file: JsonOption = None,
    film_failures: Annotated[
        int, typer.Option(min=0, help="Film so many of the flights that failed.")
    ] = 0,
    out: Annotated[Path, typer.Option(help="Folder of those films.")] = Path("runs/evaluate"),
) -> None:
    """Fly a policy in-process, on every core, and count."""
    needs("mujoco", "sim")
    from liquid_control_sim.evaluation.films import film_failures as film
    from liquid_control_sim.evaluation.order import order_world

    conditions = [*(perturb or []), *(["jitter"] if jitter else [])]
    order = order_world(model, task, world, conditions, rate)
    summary = fly_order(order, episodes, seed, workers, runner)
    print_result(summary)
    if json_file is not None:
        write_json(json_file, summary.to_dict())
    for path in film(summary, film_failures, out):
        console.print(f"wrote {path}", soft_wrap=True)


def fly_order(order: Order, episodes: int, seed: int, workers: int | None, runner: str) -> Summary:
    """Evaluate behind a progress bar."""
    from liquid_control_sim.evaluation import evaluate as fly

    with progress_bar() as bar:
        task = bar.add_task(f"flights, {order.model}", total=episodes)

        def show(_: FlightResult) -> None:
            bar.advance(task)

        return fly(
            order.model,
            episodes,
            seed=seed,
            world=order.world,
            conditions=order.conditions,
            workers=workers,
            runner=runner,
            on_flight=show,
        )


def print_result(summary: Summary) -> None:
    """Print the table of a summary, and whether training had seen that."""
    conditions = ", ".join(summary.conditions) or "no condition"
    title = f"{summary.model}: {summary.task}, {conditions}, seeds from {summary.seed}"
    print_summary(title, summary.to_dict())
    touched = Counter(flight.touched for flight in summary.flights if flight.touched)
    if touched:
        hit = ", ".join(f"{name} {count}" for name, count in touched.most_common())
        console.print(f"touched: {hit}")
    if summary.trained is not None:
        new = ", ".join(summary.outside)
        console.print(
            "training has seen all of this" if summary.trained else f"new since training: {new}"
        )


def write_json(path: Path, data: object) -> None:
    """Write a result as JSON, and say so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2) + "\n")
    console.print(f"wrote {path}", soft_wrap=True)
