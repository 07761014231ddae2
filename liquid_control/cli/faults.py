"""`liquid-control faults`: what keeps a command from being flown, and flights with a fault."""

from __future__ import annotations

import itertools
import math
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ..errors import ConfigError
from ..safety.faults import FAULTS, Fault, Row
from .console import console, progress_bar
from .evaluate import TaskOption, WorldOption
from .extras import needs

if TYPE_CHECKING:
    from liquid_control_sim.faults import Injected, Injection
    from liquid_control_sim.world import World

    from ..policy import Policy

PILOT = "models/pilot_cfc.onnx"
COLUMNS = ("word", "seen", "from", "the pilot", "what to do")
FLOWN = ("fault", "found as", "flights", "found after, ms", "at rest after, ms", "touched then")
POLL_S = 0.1


def faults(  # noqa: PLR0917 - each is an option
    run: Annotated[
        list[str] | None, typer.Option(help="Fly with this fault: a name, or all; again for more.")
    ] = None,
    names: Annotated[bool, typer.Option("--list", help="List the names for --run.")] = False,
    model: Annotated[Path | None, typer.Option(help="The shipped pilot by default.")] = None,
    task: TaskOption = None,
    world: WorldOption = None,
    flights: Annotated[int, typer.Option(min=1, help="With each fault.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the first flight.")] = 700_000,
    at: Annotated[float, typer.Option(min=0.5, help="When it begins, s.")] = 3.0,
    topics: Annotated[bool, typer.Option(help="Fly over ROS topics, in two processes.")] = False,
) -> int:
    """List every fault by its word and what is done about it, or fly with some of them."""
    if names:
        needs("mujoco", "sim")
        _list()
        return 0
    if run:
        return _run(run, model, task, world, range(seed, seed + flights), at, topics)
    table = Table(*COLUMNS)
    table.columns[0].no_wrap = True
    for fault, row in FAULTS.items():
        table.add_row(*_cells(fault, row))
    console.print(table)
    return 0


def as_markdown() -> str:
    """Return the rows of the table in docs/faults.md."""
    rows = [(f"`{word}`", *rest) for word, *rest in itertools.starmap(_cells, FAULTS.items())]
    return _markdown(COLUMNS, rows)


def injections_as_markdown() -> str:
    """Return the rows of the table of injected faults in docs/faults.md."""
    from liquid_control_sim.faults import INJECTIONS

    rows = [(f"`{name}`", _wanted(one), _how(one)) for name, one in INJECTIONS.items()]
    return _markdown(("`--run`", "must be", "over topics"), rows)


def _markdown(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ("---",) * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(fault: Fault, row: Row) -> tuple[str, ...]:
    """Return a row of the table, thresholds as they are by default."""
    return fault.value, row.seen, row.limit(), row.reaction.value, row.advice


def _wanted(injection: Injection) -> str:
    if injection.model is not None:
        return "refused"
    if injection.signal is not None:
        return "silent, at rest"
    return "flown on with" if injection.fault is None else injection.fault.value


def _how(injection: Injection) -> str:
    if injection.signal is not None:
        return "only"
    return "too" if injection.crosses_topics else "no"


def _list() -> None:
    from liquid_control_sim.faults import INJECTIONS

    table = Table("--run", "must be", "over topics")
    table.columns[0].no_wrap = True
    for name, injection in INJECTIONS.items():
        table.add_row(name, _wanted(injection), _how(injection))
    console.print(table)


def _run(  # noqa: PLR0917 - what was asked for
    wanted: list[str],
    model: Path | None,
    task: str | None,
    world: Path | None,
    seeds: range,
    at_s: float,
    topics: bool,
) -> int:
    """Fly with faults; return 1 where one was not found by its word, or something was touched."""
    needs("mujoco", "sim")
    from liquid_control_sim.faults import INJECTIONS

    from ..policy import load_policy
    from ..share import share_file

    path = model or share_file(PILOT)
    kinds = [card.kind for card in load_policy(path).card.inputs.values()]
    chosen = _choose(wanted, INJECTIONS, kinds, topics)
    table = Table(*FLOWN, title=path.name)
    for column in table.columns[:2]:
        column.no_wrap = True
    lines, sound = [], True
    with progress_bar() as bar:
        done = bar.add_task("faults", total=len(chosen))
        flyer = _Flyer(path, task, world, at_s)
        for name in chosen:
            injection = INJECTIONS[name]
            if injection.model is not None:
                found, said = [], flyer.refused(injection)
                sound &= bool(said)
            else:
                fly = flyer.over_topics if topics or injection.signal else flyer.in_process
                found = fly(name, seeds)
                said = next((one.said for one in found if one.said), "")
            sound &= all(one.ended or _is_sound(one, injection) for one in found)
            table.add_row(name, _wanted(injection), *_counted(found, injection))
            lines += [f"{name}: {said}"] if said else []
            bar.advance(done)
        flyer.close()
    console.print(table)
    for line in lines:
        console.print(line, soft_wrap=True)
    return 0 if sound else 1


def _choose(
    wanted: list[str], known: dict[str, Injection], kinds: list[str], topics: bool
) -> list[str]:
    """Return the names to fly with.

    Raises:
        ConfigError: one is not known, or cannot be brought about in this way.
    """
    if wanted == ["all"]:
        usable = known.items()
        return [n for n, i in usable if i.fits(kinds) and (i.crosses_topics or not topics)]
    for name in wanted:
        if name not in known:
            raise ConfigError(f"--run: expected all or one of {', '.join(known)}, found {name}")
        if not known[name].fits(kinds):
            raise ConfigError(
                f"--run: {name} needs an input of kind {known[name].needs}, and the policy has "
                f"{', '.join(kinds)}; choose another"
            )
        if topics and not known[name].crosses_topics:
            raise ConfigError(f"--run: {name} cannot come over topics; leave --topics out")
    return wanted


def _is_sound(one: Injected, injection: Injection) -> bool:
    return one.as_wanted(injection) and not one.touched


def _counted(found: list[Injected], injection: Injection) -> tuple[str, ...]:
    """Return what flights with a fault showed: how many as wanted, the longest times, what hit."""
    if injection.model is not None:
        return ("-",) * 4
    begun = [one for one in found if not one.ended]
    right = [one for one in begun if one.as_wanted(injection)]
    touched = ", ".join(one.touched for one in begun if one.touched)
    return (
        f"{len(right)} of {len(begun)}",
        _longest(right, lambda one: one.after_s),
        _longest(right, lambda one: one.rest_s),
        touched or "nothing",
    )


def _longest(found: list[Injected], time_of: Callable[[Injected], float]) -> str:
    times = [time_of(one) for one in found if not math.isnan(time_of(one))]
    return f"{1e3 * max(times):.0f}" if times else "-"


class _Flyer:
    """Flies one policy in one world with a fault after the other."""

    def __init__(self, path: Path, task: str | None, world: Path | None, at_s: float) -> None:
        self._path, self._task, self._world, self._at_s = path, task, world, at_s
        self._open: tuple[World, Policy] | None = None

    def refused(self, injection: Injection) -> str:
        """Return why a spoilt copy of the policy is refused."""
        from liquid_control_sim.faults import refused

        return refused(self._path, injection)

    def in_process(self, name: str, seeds: range) -> list[Injected]:
        """Fly in this process."""
        from liquid_control_sim.evaluation.order import order_world
        from liquid_control_sim.faults import INJECTIONS, inject, shortened
        from liquid_control_sim.settings import fitted
        from liquid_control_sim.world import World

        from ..policy import load_policy

        if self._open is None:
            policy = load_policy(self._path)
            settings = order_world(str(self._path), self._task, self._world).world
            self._open = World(fitted(shortened(settings, self._at_s), policy.card)), policy
        flying = partial(inject, *self._open, INJECTIONS[name], at_s=self._at_s)
        return [flying(seed=seed) for seed in seeds]

    def over_topics(self, name: str, seeds: range) -> list[Injected]:
        """Fly over ROS topics, in lockstep; in real time where the pilot's process is ended."""
        from liquid_control_sim.faults import INJECTIONS, Injected

        ends = INJECTIONS[name].signal is not None
        lines: list[str] = []
        for group in [[seed] for seed in seeds] if ends else [list(seeds)]:
            lines += self._fly_nodes(name, group, not ends)
        return [Injected.from_json(line) for line in lines]

    def _fly_nodes(self, name: str, seeds: list[int], lockstep: bool) -> list[str]:
        from ..ros_processes import RosProcesses
        from .fly import absolute, needs_ros_world

        needs_ros_world()
        common = {"model": str(self._path.resolve()), "lockstep": lockstep}
        with tempfile.TemporaryDirectory() as folder, RosProcesses(Path(folder)) as nodes:
            pilot = {**common, "autostart": True, "use_sim_time": True}
            process = nodes.start("policy_node", "liquid_control.nodes.policy_node", pilot)
            world = {
                **common,
                "task": absolute(self._task or ""),
                "world": "" if self._world is None else str(self._world.resolve()),
                "seed": seeds[0],
                "episodes": len(seeds),
                "fault.name": name,
                "fault.at_s": self._at_s,
                "fault.file": f"{folder}/found",
                "fault.process": process,
            }
            nodes.start("sim_node", "liquid_control_sim.node", world)
            may_end = () if lockstep else ("policy_node",)
            while not nodes.ended_well("sim_node", f"in a flight with {name}", may_end):
                time.sleep(POLL_S)
            return (Path(folder) / "found").read_text().splitlines()

    def close(self) -> None:
        """Free the world's graphics."""
        if self._open is not None:
            self._open[0].close()
