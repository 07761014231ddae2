"""The world of any task as a ROS 2 node: sensors and /clock out, velocity commands in.

In lockstep it waits for the answer to every event, so a flight on topics is the
same as one in-process; in real time it keeps the pace of the wall clock.
"""

from __future__ import annotations

import sys
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from liquid_control.contract import NANOSECONDS, PolicyCard
from liquid_control.errors import ConfigError, LiquidControlError
from liquid_control.parameters import Parameters, Setting
from liquid_control.pipeline import Pilot, PilotStep
from liquid_control.policy.bundle import load

from .conditions import conditioned
from .faults import INJECTIONS, Spoiled, shortened
from .flight import Flight, FlightRecorder, fly
from .link import Link, LockstepPilot
from .model import TICK_S
from .orders import ordered
from .settings import WorldSettings, check_in_turn, fitted, load_world, world_of
from .viewer import Viewer, needs_screen
from .world import World

if TYPE_CHECKING:
    from .film import Film
    from .logbook import Logbook

COMMAND_TIMEOUT_S = 0.5
"""A real autopilot stops when commands stop."""
HIGHEST = 2**31 - 1

TASK = Setting(
    "task", "", "task's name, or file.py:Class, several with commas; the model's own by default"
)
WORLD = Setting("world", "", "YAML file with changes of the task's world")
PERTURB = Setting("perturb", "", "conditions by name, with commas between")
ORDER = Setting("goal", "", "a person's order for every flight, such as 'blue barrel'")
MODEL = Setting("model", "", "policy file whose inputs the world is to give")
SEED = Setting("seed", 900_000, "seed of the first flight", 0, HIGHEST)
EPISODES = Setting("episodes", 0, "how many flights of each task; 0 flies on", 0, HIGHEST)
LOCKSTEP = Setting(
    "lockstep", False, "wait for the pilot instead of keeping the wall clock's pace"
)
RATE_HZ = Setting("rate_hz", 0.0, "fixed rate of the camera; 0: as the world draws it", 0, 1000)
RUN_DIR = Setting("run_dir", "", "folder for results and a film of each task's first flight")
VIEWER = Setting("viewer", False, "open a window")
FAULT = Setting(
    "fault.name", "", "fly with this fault, as liquid-control faults --list names them"
)
FAULT_AT_S = Setting("fault.at_s", 3.0, "when it begins", 0.0, 3600.0)
FAULT_FILE = Setting("fault.file", "", "file to which is added what came of it")
PILOT_PROCESS = Setting("fault.process", 0, "number of the pilot's process", 0, HIGHEST)
SETTINGS = [
    TASK, WORLD, ORDER, PERTURB, MODEL, SEED, EPISODES, LOCKSTEP, RATE_HZ, RUN_DIR, VIEWER,
    FAULT, FAULT_AT_S, FAULT_FILE, PILOT_PROCESS,
]  # fmt: skip


class SimNode(Node):
    """Flies ``episodes`` seeds of each task, one after the other, on one clock that only goes on.

    Attributes:
        worlds: what is flown, one for each task.
        world: in which it is.
    """

    def __init__(self) -> None:
        super().__init__("sim_node")
        self.values = Parameters(self, lambda name: f"{name}: is read at the start")
        self.values.declare(SETTINGS)
        if self.values[VIEWER]:
            needs_screen()
        card = load(self.values[MODEL]).card if self.values[MODEL] else None
        tasks = self.values[TASK] or (card.task if card else "") or "fly_to_target"
        self.worlds = [self._world(task.strip(), card) for task in tasks.split(",")]
        if len(self.worlds) > 1 and not self.values[EPISODES]:
            raise ConfigError("several tasks need a number of episodes; set episodes")
        check_in_turn(self.worlds)
        self.world = World(self.worlds[0])
        self.viewer = Viewer(self.world) if self.values[VIEWER] else None
        self.link = Link(self, self.world)

    def _world(self, task: str, card: PolicyCard | None) -> WorldSettings:
        """Return the world of a task that the parameters ask for."""
        settings = load_world(self.values[WORLD], task) if self.values[WORLD] else world_of(task)
        if self.values[ORDER]:
            settings = ordered(settings, self.values[ORDER], card)
        for name in filter(None, self.values[PERTURB].split(",")):
            settings = conditioned(settings, name.strip())
        if self.values[RATE_HZ]:
            settings = conditioned(settings, {"name": "rate", "rate_hz": self.values[RATE_HZ]})
        if settings.vehicle.command.kind != "velocity":
            kind = settings.vehicle.command.kind
            raise ConfigError(f"over ROS a vehicle takes velocities, and this one takes {kind}")
        if self.values[FAULT]:
            settings = shortened(settings, self.values[FAULT_AT_S])
        return fitted(settings, card) if card else settings

    def spoil(self) -> Spoiled | None:
        """Return what a flight is to be spoilt with, if anything.

        Raises:
            ConfigError: nobody knows such a fault, or it cannot come over topics.
        """
        name = self.values[FAULT]
        if not name:
            return None
        if name not in INJECTIONS or not INJECTIONS[name].crosses_topics:
            known = ", ".join(key for key, one in INJECTIONS.items() if one.crosses_topics)
            raise ConfigError(f"fault.name: expected one of {known}, found {name}")
        if INJECTIONS[name].signal is not None and not self.values[PILOT_PROCESS]:
            raise ConfigError(f"{name} needs fault.process, the number of the pilot's process")
        return Spoiled(INJECTIONS[name], self.world, self.values[FAULT_AT_S])

    def close(self) -> None:
        """Free the graphics before the interpreter does it in the wrong order."""
        if self.viewer is not None:
            self.viewer.close()
        self.world.close()


def fly_episodes(node: SimNode) -> None:
    """Fly the episodes that the parameters ask for and write each result as it falls."""
    lowest, episodes = node.values[SEED], node.values[EPISODES]
    node.link.wait()
    pilot = LockstepPilot(node, node.link) if node.values[LOCKSTEP] else None
    if pilot is not None:
        pilot.meet()
    logbook = _open_logbook(node)
    for n, settings in enumerate(node.worlds):
        first = lowest + n * episodes
        for seed in range(first, first + episodes) if episodes else count(first):
            start = time.perf_counter()
            flight = fly_one(node, pilot, settings, seed, logbook if seed == first else None)
            verdict = flight.verdict
            node.get_logger().info(
                f"seed {seed}: {verdict.outcome.value} at {verdict.time_s:.2f} s"
            )
            if logbook is not None:
                logbook.add(flight, time.perf_counter() - start)
    if logbook is not None:
        logbook.finish()


def _open_logbook(node: SimNode) -> Logbook | None:
    """Return what keeps the flights, where a folder is given."""
    if not node.values[RUN_DIR]:
        return None
    from .logbook import Logbook

    return Logbook(Path(node.values[RUN_DIR]), len(node.worlds) > 1)


def fly_one(
    node: SimNode,
    pilot: LockstepPilot | None,
    settings: WorldSettings,
    seed: int,
    logbook: Logbook | None,
) -> Flight:
    """Fly one seed, in lockstep or in real time; film it where there is a logbook."""
    node.world.reset(seed, settings)
    if logbook is None:
        return _fly(node, pilot, seed, None)
    with logbook.film(node.world) as film:
        flight = _fly(node, pilot, seed, film)
        logbook.keep(film, flight)
        return flight


def _fly(node: SimNode, pilot: LockstepPilot | None, seed: int, film: Film | None) -> Flight:
    link, spoiled = node.link, node.spoil()

    def show(step: PilotStep | None = None) -> None:
        if spoiled is not None and step is not None:
            spoiled.watch(step)
        if film is not None:
            film.shoot(None if link.seen is None else link.seen.image)
            link.seen = None
        if node.viewer is not None:
            node.viewer.sync()

    if pilot is not None:
        arrive = list if spoiled is None else spoiled.arrive
        flight = fly(node.world, cast(Pilot, pilot), seed, on_step=show, arrive=arrive)
    else:
        flight = fly_real_time(node, seed, show, spoiled)
    if spoiled is not None:
        said = spoiled.result(flight).to_json()
        node.get_logger().info(f"{node.values[FAULT]}: {said}")
        if node.values[FAULT_FILE]:
            with Path(node.values[FAULT_FILE]).open("a") as file:
                file.write(said + "\n")
    return flight


def fly_real_time(node: SimNode, seed: int, show: Any, spoiled: Spoiled | None = None) -> Flight:
    """Fly one seed at the pace of the wall clock; the newest command counts."""
    world, link, recorder = node.world, node.link, FlightRecorder()
    world.reset(seed)
    link.begin()
    rest = world.settings.vehicle.command.rest
    command, start = rest, time.monotonic()
    while world.verdict is None:
        link.tell_time(world.now_ns)
        events = world.events()
        if spoiled is not None:
            events = list(spoiled.arrive(events))
            spoiled.end(node.values[PILOT_PROCESS])
        for event in events:
            link.publish(event)
        due = start + world.now_ns / NANOSECONDS + TICK_S
        link.spin(0.0)  # a world that is late hears its pilot all the same
        while (left_s := due - time.monotonic()) > 0:
            link.spin(left_s)
        new = link.newest()
        if new is not None:
            command = new
            recorder.add(world, command, world.now_ns)
        elif time.monotonic() - link.commanded_at > COMMAND_TIMEOUT_S:
            command = rest
        if spoiled is not None:
            spoiled.flown(command)
        world.advance(command)
        if events:
            show()
    return recorder.finish(world)


def main(args: list[str] | None = None) -> int:
    """Run the world until its episodes are flown or it is interrupted."""
    rclpy.init(args=args)
    node: SimNode | None = None
    try:
        node = SimNode()
        fly_episodes(node)
    except LiquidControlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except Exception:
        if rclpy.ok():  # else an interrupt closed ROS under a call
            raise
    finally:
        if node is not None:
            node.close()
        rclpy.try_shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
