"""Worlds in which single things are tested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liquid_control_sim.settings import WorldSettings, world_of
from liquid_control_sim.world import World

from liquid_control.contract import STOP, Command, Event

SEED = 950_000
MS = 1_000_000
DEFAULT = world_of()
QUIET_IMU = {
    "gyro_noise_rad_s": 0.0,
    "gyro_bias_rad_s": 0.0,
    "accelerometer_noise_m_s2": 0.0,
    "accelerometer_bias_m_s2": 0.0,
}
# An empty field with no target near, so that a test of the vehicle ends when it wants to.
FIELD = {
    "task": {"target_distance_m": [40.0, 40.0], "start_height_m": [2.0, 2.0]},
    "sensors": {"image": {"rate_hz": [2.0, 2.0], "delay_s": [0.0, 0.0]}, "imu": QUIET_IMU},
    "scenery": {"trees": {"count": [0, 0]}},
    "wind": None,
}


def field(**parts: Any) -> WorldSettings:
    """Return the empty field with changes: parts as in YAML."""
    return world_of(changes=merged(FIELD, parts))


def with_camera(**changes: Any) -> WorldSettings:
    """Return the default world with another camera, its frames delivered at once."""
    return world_of(changes={"sensors": {"image": {"delay_s": [0.0, 0.0], **changes}}})


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested data with a change merged in."""
    return {
        **base,
        **{
            key: merged(base[key], value)
            if isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
            else value
            for key, value in change.items()
        },
    }


def events_of(
    world: World,
    settings: WorldSettings,
    seconds: float,
    command: Command = STOP,
    seed: int = SEED,
) -> list[Event]:
    """Return everything that arrives while a command is flown."""
    world.reset(seed, settings)
    events = world.events()
    while world.now_ns < round(seconds * 1000) * MS:
        world.advance(command)
        assert world.verdict is None
        events += world.events()
    return events


def frames_of(world: World, settings: WorldSettings, count: int, seed: int = SEED) -> list[Event]:
    """Return the events of the first frames of a hover."""
    world.reset(seed, settings)
    events = world.events()
    while len(frames := [e for e in events if e.source == "image"]) < count:
        world.advance(STOP)
        assert world.verdict is None
        events += world.events()
    return frames[:count]
