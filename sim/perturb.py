"""What leaves the training distribution: named changes of the world's settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from liquid_control.errors import ConfigError

from .corruption import Blackout
from .scene import TRAINED_TEXTURES, UNSEEN_TEXTURES
from .world import WorldSettings

Perturbation = Callable[[WorldSettings], WorldSettings]


def perturb(settings: WorldSettings, name: str) -> WorldSettings:
    """Return ``settings`` changed by the perturbation ``name``.

    Raises:
        ConfigError: no perturbation has that name.
    """
    if name not in PERTURBATIONS:
        known = ", ".join(PERTURBATIONS)
        raise ConfigError(f"unknown perturbation '{name}': expected one of {known}")
    return PERTURBATIONS[name](settings)


def set_rate(settings: WorldSettings, rate_hz: float) -> WorldSettings:
    """Return ``settings`` with a fixed camera rate."""
    return replace(settings, camera=replace(settings.camera, rate_hz=(rate_hz, rate_hz)))


def _jitter(s: WorldSettings) -> WorldSettings:
    camera = replace(s.camera, rate_hz=(10.0, 40.0), jitter=0.4, dropout=0.05)
    return replace(s, camera=camera)


def _blackout(s: WorldSettings) -> WorldSettings:
    return replace(s, corruption=Blackout())


def _textures(s: WorldSettings) -> WorldSettings:
    unseen = (TRAINED_TEXTURES, TRAINED_TEXTURES + UNSEEN_TEXTURES)
    return replace(s, scene=replace(s.scene, textures=unseen))


def _far(s: WorldSettings) -> WorldSettings:
    _, far = s.scene.target_distance_m
    scene = replace(s.scene, target_distance_m=(far, 2 * far))
    return replace(s, scene=scene, task=replace(s.task, time_limit_s=1.5 * s.task.time_limit_s))


def _light(s: WorldSettings) -> WorldSettings:
    return replace(s, scene=replace(s.scene, brightness=(0.4, 0.6)))


def _noise(s: WorldSettings) -> WorldSettings:
    return replace(s, camera=replace(s.camera, noise=(12.0, 16.0)))


def _wind(s: WorldSettings) -> WorldSettings:
    return replace(s, wind=replace(s.wind, mean_m_s=(5.0, 8.0), gust_m_s=1.0))


def _delay(s: WorldSettings) -> WorldSettings:
    return replace(s, camera=replace(s.camera, delay_s=(0.08, 0.12)))


def _everything(s: WorldSettings) -> WorldSettings:
    for change in (_jitter, _textures, _light, _noise, _wind):
        s = change(s)
    return s


PERTURBATIONS: dict[str, Perturbation] = {
    "none": lambda s: s,
    "jitter": _jitter,
    "blackout": _blackout,
    "textures": _textures,
    "far": _far,
    "light": _light,
    "noise": _noise,
    "wind": _wind,
    "delay": _delay,
    "everything": _everything,
}
