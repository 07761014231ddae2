"""Fly one seed from start to verdict and keep what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import STOP, Command
from liquid_control.observation import Frame
from liquid_control.pipeline import Pilot

from .tasks.fly_to_target import Outcome
from .world import SensorFrame, World, WorldSettings

Act = Callable[[SensorFrame], Command]


@dataclass(frozen=True)
class Flight:
    """One finished flight; arrays have one row a delivered frame.

    Attributes:
        seed: what the world was drawn from.
        outcome: how it ended.
        time_s: when it ended.
        stamps_ns: (frames,) int64 frame stamps.
        commands: (frames, 4) float32 commands as flown.
        positions_m: (frames, 3) float32 true positions, ENU.
        target_m: where the target stood, ENU.
        trees_m: (trees, 2) float32 where trees stood.
    """

    seed: int
    outcome: Outcome
    time_s: float
    stamps_ns: NDArray[np.int64]
    commands: NDArray[np.float32]
    positions_m: NDArray[np.float32]
    target_m: tuple[float, float, float]
    trees_m: NDArray[np.float32]


class FlightRecorder:
    """Collects a flight frame by frame; used in-process and by the ROS world alike."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, tuple[float, ...], tuple[float, ...]]] = []

    def add(self, world: World, frame: SensorFrame, command: Command) -> None:
        """Keep one frame and what was flown on it."""
        position = world.vehicle_state().position_m
        self._rows.append((frame.stamp_ns, command.as_tuple(), position))

    def finish(self, world: World, seed: int) -> Flight:
        """Return the flight that has just ended."""
        assert world.outcome is not None
        stamps, commands, positions = zip(*self._rows, strict=True)
        return Flight(
            seed,
            world.outcome,
            world.end_s,
            np.array(stamps, np.int64),
            np.array(commands, np.float32),
            np.array(positions, np.float32),
            world.target_m,
            np.array(world.layout.trees_m, np.float32).reshape(-1, 2),
        )


def fly(world: World, act: Act, seed: int, settings: WorldSettings | None = None) -> Flight:
    """Fly ``act`` from the reset with ``seed`` until the verdict."""
    recorder = FlightRecorder()
    frame: SensorFrame | None = world.reset(seed, settings)
    while frame is not None:
        command = act(frame)
        recorder.add(world, frame, command)
        frame = world.step(command)
    return recorder.finish(world, seed)


class PilotAct:
    """Flies a pilot in-process: the same ``Pilot.step`` that the ROS node calls."""

    def __init__(self, pilot: Pilot) -> None:
        self.pilot = pilot
        self.policy_ms: list[float] = []

    def reset(self) -> None:
        """Prepare for the first frame of another flight."""
        self.pilot.reset()

    def __call__(self, frame: SensorFrame) -> Command:
        """Return what to fly on this frame; where the pilot is silent, hover."""
        self.pilot.add_imu(*frame.imu)
        step = self.pilot.step(Frame(frame.stamp_ns, frame.image), frame.now_ns)
        if step.policy_ms:
            self.policy_ms.append(step.policy_ms)
        return step.command or STOP
