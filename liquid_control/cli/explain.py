"""`liquid-control explain`: what a policy does and why, on one page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .console import ConsoleProgress, console
from .evaluate import TaskOption, WorldOption
from .extras import needs


def explain(  # noqa: PLR0917 - each is an option
    model: Annotated[Path, typer.Argument(help="A policy file.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The page.")] = Path("explain.html"),
    flights: Annotated[int, typer.Option(min=2, help="How many to look at.")] = 12,
    task: TaskOption = None,
    world: WorldOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the first flight.")] = 700_000,
    flight: Annotated[
        int | None, typer.Option(min=0, help="A seed: say where this one flight went wrong.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="The numbers, too.")] = None,
) -> None:
    """Fly a policy and show on one page what moves it: pictures, neurons, memory, reasons."""
    needs("mujoco", "sim")
    for module in ("torch", "sklearn", "skimage"):
        needs(module, "explain")
    from liquid_control_sim.evaluation.order import order_world
    from liquid_control_sim.explain import explain as look_into
    from liquid_control_sim.explain import explain_flight
    from liquid_control_sim.learning.store import write_whole

    settings = order_world(str(model), task, world).world
    if flight is None:
        report = look_into(model, settings, range(seed, seed + flights), ConsoleProgress())
    else:
        report = explain_flight(model, settings, flight)
        for one in report.gaps:
            gap = f"{one.field} {one.said:.2f}, the expert {one.wanted:.2f}"
            console.print(f"{one.at_s:.1f} s, {gap}: {one.verdict}", soft_wrap=True)
    text = report.page()
    write_whole(out, lambda part: part.write_text(text, encoding="utf-8"))
    if json_file is not None:
        numbers = json.dumps(report.numbers(), indent=2)
        write_whole(json_file, lambda part: part.write_text(numbers))
    console.print(f"wrote {out}")
