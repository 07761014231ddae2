"""`liquid-control evaluate`: many flights in-process, with intervals; one cell, or a suite."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ..errors import ConfigError
from .console import console, print_summary, progress_bar
from .extras import needs

if TYPE_CHECKING:
    from liquid_control_sim.evaluation import FlightResult, Results, Row, Summary
    from liquid_control_sim.evaluation.order import Order
    from liquid_control_sim.evaluation.suite import FlownSuite, SuiteOrder

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
GoalOption = Annotated[
    str, typer.Option(help="The order of every flight: 'blue barrel', 'follow red car'.")
]
EpisodesOption = Annotated[int, typer.Option(min=1, help="How many flights.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the first flight.")]
WorkersOption = Annotated[int | None, typer.Option(min=1, help="Processes; all cores.")]
RunnerOption = Annotated[str, typer.Option(help="Where to fly: local or ray.")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Write the result to this file.")]

EPISODES = 100
SUITE_FILMS = 3
"""Of each model, on a page."""
BASELINES = ("hover", "expert", "servo")


def evaluate(  # noqa: PLR0917 - each is an option
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="A policy file; expert, hover or servo; or path/to/file.py:function. A suite "
            "takes several.",
        ),
    ],
    task: TaskOption = None,
    world: WorldOption = None,
    goal: GoalOption = "",
    perturb: PerturbOption = None,
    rate: Annotated[
        float | None, typer.Option(min=1, max=200, help="Fixed camera rate in Hz.")
    ] = None,
    jitter: Annotated[bool, typer.Option("--jitter", help="As --perturb jitter.")] = False,
    suite: Annotated[
        str | None, typer.Option(help="Fly a whole suite: flight, or path/to/file.py:Class.")
    ] = None,
    tasks: Annotated[str, typer.Option(help="Only these of a suite: a,b.")] = "",
    conditions: Annotated[str, typer.Option(help="Only these of a suite: a,b.")] = "",
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Let hover, expert and servo fly a suite as well.")
    ] = False,
    episodes: Annotated[
        int | None, typer.Option(min=1, help="How many flights (of each cell of a suite).")
    ] = None,
    seed: SeedOption = 900_000,
    workers: WorkersOption = None,
    runner: RunnerOption = "local",
    json_file: JsonOption = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write the page of a suite to this file.")
    ] = None,
    film_failures: Annotated[
        int | None, typer.Option(min=0, help="Film so many of the flights that failed.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the films, and of every flight of a suite.")
    ] = None,
) -> None:
    """Fly a policy in-process, on every core, and count; or policies in a suite.

    A suite that was stopped goes on from the flights in its folder.
    """
    needs("mujoco", "sim")
    from liquid_control_sim.evaluation.order import order_world
    from liquid_control_sim.evaluation.suite import SuiteOrder

    of_a_suite = {"tasks": tasks, "conditions": conditions, "baselines": baselines}
    of_a_cell = {"task": task, "goal": goal, "perturb": perturb, "rate": rate, "jitter": jitter}
    if suite is None:
        _refuse("needs --suite", {**of_a_suite, "html": html_file})
        if len(models) > 1:
            raise ConfigError(f"expected one model, found {len(models)}; add --suite for several")
        named = [*(perturb or []), *(["jitter"] if jitter else [])]
        order = order_world(models[0], task, world, named, rate, goal)
        summary = fly_order(order, episodes or EPISODES, seed, workers, runner)
        _report_cell(summary, json_file, film_failures or 0, out or Path("runs/evaluate"))
    else:
        _refuse("does not go with --suite", of_a_cell)
        flying = (*dict.fromkeys([*models, *(BASELINES if baselines else ())]),)
        wanted = SuiteOrder(
            suite, flying, _names(tasks), _names(conditions), episodes, seed, world
        )
        folder = out or Path("runs/suite")
        flown = _fly_suite(wanted, folder, workers, runner)
        films = SUITE_FILMS if film_failures is None else film_failures
        _report_suite(flown, json_file, html_file, films, folder)


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
    _write(path, json.dumps(data, indent=2) + "\n")


def _report_cell(summary: Summary, json_file: Path | None, films: int, folder: Path) -> None:
    from liquid_control_sim.evaluation.films import film_failures

    print_result(summary)
    if json_file is not None:
        write_json(json_file, summary.to_dict())
    for path in film_failures(summary, films, folder):
        console.print(f"wrote {path}", soft_wrap=True)


def _fly_suite(order: SuiteOrder, folder: Path, workers: int | None, runner: str) -> FlownSuite:
    """Fly what a folder has not yet, behind a progress bar."""
    from liquid_control_sim.evaluation import fly_suite

    with progress_bar() as bar:
        task = bar.add_task(f"flights, suite {order.suite}")

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return fly_suite(order, folder, workers=workers, runner=runner, on_flight=show)


def _report_suite(
    flown: FlownSuite, json_file: Path | None, html_file: Path | None, films: int, folder: Path
) -> None:
    from liquid_control_sim.evaluation import results

    found = results(flown)
    _print_suite(found)
    if json_file is not None:
        write_json(json_file, found.to_dict())
    if html_file is not None:
        needs("jinja2", "sim")
        from liquid_control_sim.evaluation.page import render
        from liquid_control_sim.evaluation.worst import film_worst

        with console.status("filming the worst flights"):
            reels = list(film_worst(flown.cells, films, folder / "films"))
        _write(html_file, render(flown, found, reels))


def _print_suite(found: Results) -> None:
    """Print the success rates of every model, and what was left out."""
    for model in dict.fromkeys(row.model for row in found.rows):
        rows = {(row.task, row.condition): row for row in found.rows if row.model == model}
        heads = (task.rpartition(":")[2].replace("_", " ") for task in found.tasks)
        table = Table("", *heads, title=f"{model}: success, %", title_justify="left")
        for condition in found.conditions:
            flown = (rows.get((task, condition)) for task in found.tasks)
            table.add_row(condition, *(_rate(row) if row else "-" for row in flown))
        console.print(table)
    console.print("* is new since training; intervals are in the files")
    for (model, condition, why), tasks in found.not_flown().items():
        who = f", {model}" if model else ""
        console.print(f"not flown: {condition}{who}: {', '.join(tasks)}: {why}")


def _rate(row: Row) -> str:
    return f"{100 * row.success_rate:.0f}{'*' if row.trained is False else ''}"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    console.print(f"wrote {path}", soft_wrap=True)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _refuse(why: str, options: Mapping[str, object]) -> None:
    """Refuse options of the other form of the command.

    Raises:
        ConfigError: one of them is given.
    """
    for name, given in options.items():
        if given:
            raise ConfigError(f"--{name} {why}; leave it out or change the other")
