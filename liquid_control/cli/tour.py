"""`liquid-control tour`: several tasks in turn over ROS 2, in one film."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from .console import console
from .evaluate import EpisodesOption, SeedOption
from .fly import (
    ModelOption,
    OutOption,
    absolute,
    fly_orders,
    needs_ros_world,
    policy_of,
    verdict,
    write_summary,
)

if TYPE_CHECKING:
    from liquid_control_sim.evaluation import Summary

TASKS = "find,hike,forest"
PASS_RATE = 0.6
"""What a tour must reach: it shows what a policy can do, and where its limits are."""


def tour(
    model: ModelOption = None,
    tasks: Annotated[str, typer.Option(help="What is flown in turn: a,b.")] = TASKS,
    episodes: EpisodesOption = 3,
    seed: SeedOption = 900_000,
    out: OutOption = Path("runs/tour"),
) -> None:
    """Let a policy carry out the orders of several tasks over real ROS 2 topics.

    The first flight of each is filmed, with the order in the picture. The exit code is 1 if fewer
    than 60 % of all flights succeed.
    """
    needs_ros_world()
    from liquid_control_sim.evaluation.order import order_world

    names = [absolute(name.strip()) for name in tasks.split(",") if name.strip()]
    run_dir, summaries = fly_orders(
        [order_world(policy_of(model), name) for name in names],
        episodes,
        seed,
        out,
        f"{', '.join(names)}, in lockstep",
        pilot_node={"lockstep": True},
        world_node={"lockstep": True, "task": ",".join(names)},
    )
    write_summary(run_dir, [summary.to_dict() for summary in summaries])
    console.print(_table(summaries))
    console.print(f"film: {run_dir}/tour.mp4, picture: {run_dir}/tour.png", soft_wrap=True)
    raise typer.Exit(verdict(summaries, PASS_RATE))


def _table(summaries: list[Summary]) -> Table:
    """Return a row for each task, and how it went."""
    table = Table("task", "success", "collisions", "median time", "policy step")
    for summary in summaries:
        took, step = summary.time_to_target_s, summary.step_latency_ms["p50"]
        table.add_row(
            summary.task,
            f"{summary.successes} of {summary.episodes}",
            str(summary.collisions),
            "-" if took is None else f"{took:.1f} s",
            "-" if step is None else f"{step:.3f} ms",
        )
    return table
