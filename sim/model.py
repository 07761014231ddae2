"""Compile the parts of a world into one MuJoCo model."""

from __future__ import annotations

from typing import Any

import mujoco

from liquid_control.errors import ConfigError

from .settings import WorldSettings

TICK_NS = 5_000_000
TICK_S = TICK_NS * 1e-9


def structure(settings: WorldSettings) -> Any:
    """Return what the compiled model of a world depends on."""
    parts = {**{f"sensors.{k}": p for k, p in settings.sensors.items()}, **settings.scenery}
    named = tuple((key, type(part), part.structure()) for key, part in parts.items())
    return type(settings.vehicle), settings.vehicle.structure(), settings.simulator, named


def compile_model(settings: WorldSettings) -> mujoco.MjModel:
    """Return the model of a world: the vehicle with its sensors, and everything around it.

    Raises:
        ConfigError: the parts do not fit together.
    """
    spec = settings.vehicle.spec()
    spec.option.timestep = TICK_S
    _look(spec)
    for key, sensor in settings.sensors.items():
        sensor.attach(spec, key)
    for key, scenery in settings.scenery.items():
        scenery.attach(spec, key)
    try:
        return spec.compile()
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"the world cannot be compiled: {reason}") from None


def _look(spec: mujoco.MjSpec) -> None:
    """Set how everything is drawn: small pictures of large things, quickly."""
    spec.visual.quality.offsamples = 0
    spec.visual.quality.shadowsize = 0
    spec.visual.quality.numslices = 8
    spec.visual.quality.numstacks = 6
    spec.visual.map.znear = 0.02
    spec.visual.map.zfar = 80.0
    spec.stat.extent = 1.0
    spec.visual.headlight.active = 0
    if spec.camera("chase") is None:
        spec.worldbody.first_body().add_camera(
            name="chase", pos=[-1.7, 0, 0.65], xyaxes=[0, -1, 0, 0.22, 0, 0.976], fovy=60
        )
