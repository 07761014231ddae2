"""`liquid-control fly`: the world and the pilot as two ROS 2 processes."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ConfigError
from ..ros_processes import RosProcesses
from .console import console, print_summary, progress_bar
from .evaluate import EpisodesOption, PerturbOption, SeedOption, TaskOption, WorldOption
from .extras import needs

if TYPE_CHECKING:
    from liquid_control_sim.evaluation.order import Order

SHIPPED = "models/fly_to_target_cfc.onnx"
PASS_RATE = 0.9
POLL_S = 0.1


def fly(  # noqa: PLR0917 - each is an option
    model: Annotated[
        Path | None, typer.Option("--model", "-m", help="Policy to fly; the shipped one if not.")
    ] = None,
    task: TaskOption = None,
    world: WorldOption = None,
    perturb: PerturbOption = None,
    episodes: EpisodesOption = 10,
    seed: SeedOption = 900_000,
    platform: Annotated[
        str, typer.Option(help="Where commands go: a platform's name, or file.py:Class.")
    ] = "twist",
    realtime: Annotated[bool, typer.Option(help="Keep the pace of the wall clock.")] = False,
    viewer: Annotated[bool, typer.Option(help="Open a window; implies --realtime.")] = False,
    out: Annotated[
        Path, typer.Option(help="Where runs are kept; each gets a folder of its own.")
    ] = Path("runs/fly"),
    record: Annotated[
        Path | None, typer.Option(help="Write what the pilot takes to this .mcap file.")
    ] = None,
) -> None:
    """Fly a policy in MuJoCo over real ROS 2 topics and film it."""
    for module, extra in (("mujoco", "sim"), ("rclpy", "ros")):
        needs(module, extra)
    if record is not None:
        for module in ("mcap", "rosbags"):
            needs(module, "record")
    from liquid_control_sim.evaluation.order import order_world
    from liquid_control_sim.evaluation.suite import conditioned_world
    from liquid_control_sim.settings import fitted
    from liquid_control_sim.viewer import needs_screen

    from ..share import share_file

    if viewer:
        needs_screen()
    if record is not None and record.is_file():
        raise ConfigError(f"{record}: there is a file of that name; move it or name another")
    order = order_world(str(model or share_file(SHIPPED)), task, world, perturb or ())
    if order.known.card is None:
        raise ConfigError(f"over ROS flies a policy file, .onnx, found {order.model}")
    fitted(conditioned_world(order.known.card, order.world, order.conditions), order.known.card)
    run_dir = _new_run(out)
    lockstep = not (realtime or viewer)
    console.print(
        f"{order.known.card.name} flies {episodes} episodes over ROS 2 topics, "
        f"{'in lockstep' if lockstep else 'in real time'}; log and film go to {run_dir}",
        soft_wrap=True,
    )
    start = time.perf_counter()
    pilot_node = {
        "model": str(Path(order.model).resolve()),
        "autostart": True,
        "lockstep": lockstep,
        "record": "" if record is None else str(record.resolve()),
        "platform": _absolute(platform),
    }
    world_node = {
        "task": _absolute(task or ""),
        "world": "" if world is None else str(world.resolve()),
        "perturb": ",".join(_absolute(name) for name in perturb or ()),
        "model": pilot_node["model"],
        "seed": seed,
        "episodes": episodes,
        "lockstep": lockstep,
        "viewer": viewer,
        "run_dir": str(run_dir.resolve()),
    }
    _watch(pilot_node, world_node, run_dir, episodes)
    raise typer.Exit(_report(order, run_dir, seed, time.perf_counter() - start))


def _watch(pilot: dict[str, Any], world: dict[str, Any], run_dir: Path, episodes: int) -> None:
    """Run both processes behind a progress bar until the world has flown all episodes."""
    with RosProcesses(run_dir) as nodes, progress_bar() as bar:
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


def _absolute(name: str) -> str:
    """Return the name of a component such that another process finds its file."""
    place, colon, attribute = name.rpartition(":")
    return f"{Path(place).resolve()}:{attribute}" if colon and place.endswith(".py") else name


def _episodes(run_dir: Path) -> list[dict[str, Any]]:
    path = run_dir / "episodes.jsonl"
    if not path.exists():
        return []
    lines = path.read_text().split("\n")
    return [json.loads(line) for line in lines[:-1]]


def _report(order: Order, run_dir: Path, seed: int, wall_s: float) -> int:
    """Write and print what the flights showed; return 1 under 90 % success."""
    from liquid_control_sim.evaluation.suite import conditioned_world, describe
    from liquid_control_sim.evaluation.summary import FlightResult, summarize
    from liquid_control_sim.tasks import Outcome

    flown = _episodes(run_dir)
    flights = [
        FlightResult(e["seed"], Outcome(e["outcome"]), e["time_s"], e["touched"]) for e in flown
    ]
    settings = conditioned_world(order.known.card, order.world, order.conditions)
    summary = summarize(
        flights,
        [ms for e in flown for ms in e["policy_ms"]],
        wall_s,
        seed=seed,
        **describe(order.model, order.known, settings, order.conditions),
    )
    (run_dir / "summary.json").write_text(json.dumps(summary.to_dict(), indent=2) + "\n")
    print_summary("flights over ROS 2", summary.to_dict())
    console.print(f"film: {run_dir}/flight.mp4, picture: {run_dir}/flight.png", soft_wrap=True)
    if summary.success_rate < PASS_RATE:
        console.print(f"fewer than {PASS_RATE:.0%} of the flights succeeded")
        return 1
    return 0
