"""`liquid-control fly`: the world and the pilot as two ROS 2 processes."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ConfigError
from ..live_page import HOST, PORT
from ..ros_processes import RosProcesses, ros_environment
from .console import console, print_summary, progress_bar
from .evaluate import (
    EpisodesOption,
    GoalOption,
    PerturbOption,
    SeedOption,
    TaskOption,
    WorldOption,
)
from .extras import needs

if TYPE_CHECKING:
    from liquid_control_sim.evaluation import Summary
    from liquid_control_sim.evaluation.order import Order

SHIPPED = "models/pilot_cfc.onnx"
PASS_RATE = 0.9
POLL_S = 0.1
VIEWS = "neurons,reasons,picture,saliency"
"""What a pilot shows for the page of ``liquid-control watch``."""

ModelOption = Annotated[
    Path | None, typer.Option("--model", "-m", help="Policy to fly; the shipped one if not.")
]
OutOption = Annotated[Path, typer.Option(help="Where runs are kept; each gets a folder.")]


def fly(  # noqa: PLR0917 - each is an option
    model: ModelOption = None,
    task: TaskOption = None,
    world: WorldOption = None,
    goal: GoalOption = "",
    perturb: PerturbOption = None,
    episodes: EpisodesOption = 10,
    seed: SeedOption = 900_000,
    platform: Annotated[
        str, typer.Option(help="Where commands go: a platform's name, or file.py:Class.")
    ] = "twist",
    realtime: Annotated[bool, typer.Option(help="Keep the pace of the wall clock.")] = False,
    viewer: Annotated[bool, typer.Option(help="Open a window; implies --realtime.")] = False,
    watch: Annotated[
        bool, typer.Option(help="Show on a page what it thinks; implies --realtime.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of the page of --watch.")] = PORT,
    out: OutOption = Path("runs/fly"),
    record: Annotated[
        Path | None, typer.Option(help="Write what the pilot takes to this .mcap file.")
    ] = None,
) -> None:
    """Fly a policy in MuJoCo over real ROS 2 topics and film it."""
    needs_ros_world()
    if record is not None:
        for module in ("mcap", "rosbags"):
            needs(module, "record")
    from liquid_control_sim.evaluation.order import order_world
    from liquid_control_sim.viewer import needs_screen

    if viewer:
        needs_screen()
    if record is not None and record.is_file():
        raise ConfigError(f"{record}: there is a file of that name; move it or name another")
    order = order_world(policy_of(model), task, world, perturb or (), goal=goal)
    lockstep = not (realtime or viewer or watch)
    domain = f", ROS_DOMAIN_ID={ros_environment()['ROS_DOMAIN_ID']}"
    run_dir, (summary,) = fly_orders(
        [order],
        episodes,
        seed,
        out,
        "in lockstep" if lockstep else f"in real time{domain}",
        pilot_node={
            "lockstep": lockstep,
            "record": "" if record is None else str(record.resolve()),
            "platform": absolute(platform),
            "show": VIEWS if watch else "",
        },
        page_port=port if watch else None,
        world_node={
            "task": absolute(task or ""),
            "world": "" if world is None else str(world.resolve()),
            "goal": goal,
            "perturb": ",".join(absolute(name) for name in perturb or ()),
            "lockstep": lockstep,
            "viewer": viewer,
        },
    )
    write_summary(run_dir, summary.to_dict())
    print_summary("flights over ROS 2", summary.to_dict())
    console.print(f"film: {run_dir}/flight.mp4, picture: {run_dir}/flight.png", soft_wrap=True)
    raise typer.Exit(verdict([summary]))


def needs_ros_world() -> None:
    """Refuse a command that flies over ROS where its packages are not installed."""
    for module, extra in (("mujoco", "sim"), ("rclpy", "ros")):
        needs(module, extra)


def policy_of(model: Path | None) -> str:
    """Return the path of the policy to fly: the shipped one by default."""
    from ..share import share_file

    return str(model or share_file(SHIPPED))


def fly_orders(
    orders: Sequence[Order],
    episodes: int,
    seed: int,
    out: Path,
    how: str,
    *,
    pilot_node: dict[str, Any],
    world_node: dict[str, Any],
    page_port: int | None = None,
) -> tuple[Path, list[Summary]]:
    """Fly one policy in one world after the other, between the same two processes.

    Args:
        orders: of the same model; refused before anything starts if it does not fit a world.
        episodes: flights of each.
        seed: of the first flight; every other has one of its own.
        out: where the run's folder is made.
        how: in words.
        pilot_node: parameters beside the model.
        world_node: parameters beside model, seed and episodes.
        page_port: of a page that shows what the policy thinks; None for no page.

    Returns:
        The run's folder, and what the flights of each order showed.
    """
    from liquid_control_sim.evaluation.cell import conditioned_world
    from liquid_control_sim.settings import check_in_turn, fitted

    card = orders[0].known.card
    if card is None:
        raise ConfigError(f"over ROS flies a policy file, .onnx, found {orders[0].model}")
    worlds = [conditioned_world(card, order.world, order.conditions) for order in orders]
    check_in_turn([fitted(world, card) for world in worlds])
    run_dir, total = _new_run(out), episodes * len(orders)
    console.print(
        f"{card.name} flies {total} episodes over ROS 2 topics, {how}; "
        f"log and film go to {run_dir}",
        soft_wrap=True,
    )
    model = str(Path(orders[0].model).resolve())
    _watch(
        {"model": model, "autostart": True, **pilot_node},
        {
            "model": model,
            "seed": seed,
            "episodes": episodes,
            "run_dir": str(run_dir.resolve()),
            **world_node,
        },
        run_dir,
        total,
        page_port,
    )
    lines = _episodes(run_dir)
    firsts = range(0, total, episodes)
    return run_dir, [
        _summary(order, seed + first, lines[first : first + episodes])
        for order, first in zip(orders, firsts, strict=True)
    ]


def write_summary(run_dir: Path, data: object) -> None:
    """Write what the flights showed."""
    (run_dir / "summary.json").write_text(json.dumps(data, indent=2) + "\n")


def verdict(summaries: Sequence[Summary], least: float = PASS_RATE) -> int:
    """Return the exit code: 1, and a word, if too small a share of all flights succeeded."""
    rate = sum(s.successes for s in summaries) / sum(s.episodes for s in summaries)
    if rate < least:
        console.print(f"fewer than {least:.0%} of the flights succeeded")
        return 1
    return 0


def _watch(
    pilot: dict[str, Any],
    world: dict[str, Any],
    run_dir: Path,
    episodes: int,
    page_port: int | None,
) -> None:
    """Run the processes behind a progress bar until the world has flown all episodes."""
    with RosProcesses(run_dir) as nodes, progress_bar() as bar:
        if page_port is not None:
            nodes.start("watcher", "liquid_control.nodes.watcher", {"port": page_port})
            console.print(f"watch it think at http://{HOST}:{page_port}", soft_wrap=True)
        nodes.start(
            "policy_node", "liquid_control.nodes.policy_node", {**pilot, "use_sim_time": True}
        )
        nodes.start("sim_node", "liquid_control_sim.node", world)
        flights = bar.add_task("flights", total=episodes)
        flown = 0
        while not nodes.ended_well("sim_node", f"after {flown} of {episodes} episodes"):
            flown = len(_episodes(run_dir))
            bar.update(flights, completed=flown)
            time.sleep(POLL_S)


def _new_run(out: Path) -> Path:
    """Make a folder named after the time, and point ``latest`` at it."""
    name = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    run_dir, n = out / name, 1
    while run_dir.exists():
        run_dir, n = out / f"{name}_{n}", n + 1
    run_dir.mkdir(parents=True)
    link = out / "latest"
    if link.is_symlink() or not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(run_dir.name)
    return run_dir


def absolute(name: str) -> str:
    """Return the name of a component such that another process finds its file."""
    place, colon, attribute = name.rpartition(":")
    return f"{Path(place).resolve()}:{attribute}" if colon and place.endswith(".py") else name


def _episodes(run_dir: Path) -> list[dict[str, Any]]:
    path = run_dir / "episodes.jsonl"
    if not path.exists():
        return []
    lines = path.read_text().split("\n")
    return [json.loads(line) for line in lines[:-1]]


def _summary(order: Order, seed: int, flown: list[dict[str, Any]]) -> Summary:
    """Return what the flights of an order showed; the time that the processes start in is none."""
    from liquid_control_sim.evaluation.cell import conditioned_world, describe
    from liquid_control_sim.evaluation.summary import FlightResult, summarize
    from liquid_control_sim.tasks import Outcome

    settings = conditioned_world(order.known.card, order.world, order.conditions)
    return summarize(
        [FlightResult(e["seed"], Outcome(e["outcome"]), e["time_s"], e["touched"]) for e in flown],
        [ms for e in flown for ms in e["policy_ms"]],
        sum(e["wall_s"] for e in flown),
        seed=seed,
        **describe(order.model, order.known, settings, order.conditions),
    )
