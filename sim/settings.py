"""A world as data: its parts, from YAML or from a task's own defaults, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from liquid_control.contract import InputCard, PolicyCard, Record, Timing, read
from liquid_control.errors import ConfigError
from liquid_control.registry import Registry

from .component import Component, component_of, data_of, plain
from .paths import from_file
from .scenery import SCENERY, Scenery
from .sensors import SENSORS, Sensor
from .simulators import SIMULATORS, Simulator
from .simulators.mujoco import Mujoco
from .tasks import TASKS, Task
from .vehicles import VEHICLES, Vehicle
from .wind import CALM, Wind

GOAL = "goal"
"""The name of the input by which a task gives its orders."""
PARTS = ("task", "vehicle", "sensors", "scenery", "wind", "simulator")


class WorldSettings(Record, frozen=True):
    """Everything that a seed draws from; a condition is another value of this.

    Attributes:
        sensors: by the name of the input that each feeds.
        scenery: by the name that bodies are called after.
    """

    task: Task
    vehicle: Vehicle
    sensors: Mapping[str, Sensor]
    scenery: Mapping[str, Scenery]
    wind: Wind = Wind()
    simulator: Simulator = Mujoco()


def world_of(
    task: str = "fly_to_target",
    changes: Mapping[str, Any] | None = None,
    where: str = "world",
) -> WorldSettings:
    """Return a task's own world with changes.

    Args:
        task: its name, or ``file.py:Class``; a task named in ``changes`` comes first.
        changes: plain data as in YAML, merged into the defaults part by part. A part that is
            null is taken away; one with another ``name`` replaces the default.
        where: what to call it in messages, such as the path of a file.

    Raises:
        ConfigError: a part, a name or a field is not known, or a value cannot be used.
    """
    changes = _parts(changes or {}, where)
    chosen = merged({"name": task}, changes.pop("task", {}))
    default = component_of(TASKS, chosen, f"{where}: task").world()
    return from_data(merged({**default, "task": chosen}, changes), where)


def from_data(data: Mapping[str, Any], where: str = "world") -> WorldSettings:
    """Return the world that plain data describes in full, as ``to_data`` gives it.

    Raises:
        ConfigError: a part is missing or cannot be used.
    """
    data = _parts(data, where)
    for part in ("task", "vehicle"):
        if data.get(part) is None:
            raise ConfigError(f"{where}: expected a {part}, found none; name one")
    wind = data.get("wind", {})
    return WorldSettings(
        component_of(TASKS, data["task"], f"{where}: task"),
        component_of(VEHICLES, data["vehicle"], f"{where}: vehicle"),
        _named(SENSORS, data.get("sensors") or {}, f"{where}: sensors"),
        _named(SCENERY, data.get("scenery") or {}, f"{where}: scenery"),
        CALM if wind is None else read(wind, Wind, f"{where}: wind"),
        component_of(SIMULATORS, data.get("simulator", "mujoco"), f"{where}: simulator"),
    )


def to_data(settings: WorldSettings) -> dict[str, Any]:
    """Return a world as plain data for YAML or JSON, from which any process can rebuild it.

    The simulator is named where it is not the usual one.
    """
    data = {
        "task": data_of(TASKS, settings.task),
        "vehicle": data_of(VEHICLES, settings.vehicle),
        "sensors": {key: data_of(SENSORS, part) for key, part in settings.sensors.items()},
        "scenery": {key: data_of(SCENERY, part) for key, part in settings.scenery.items()},
        "wind": plain(settings.wind),
    }
    if settings.simulator == Mujoco():
        return data
    return {**data, "simulator": data_of(SIMULATORS, settings.simulator)}


def load_world(path: str | Path, task: str = "fly_to_target") -> WorldSettings:
    """Return a task's world with the changes that a YAML file makes; paths start from its folder.

    Raises:
        ConfigError: the file cannot be read, or its content cannot be used.
    """
    try:
        data = yaml.safe_load(Path(path).read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
    return world_of(task, from_file(data, path, task), str(path))


def fitted(settings: WorldSettings, card: PolicyCard) -> WorldSettings:
    """Return the world whose sensors give what a policy's card asks for, and nothing else.

    Raises:
        ConfigError: the world lacks an input, or its vehicle does not take the policy's command.
    """
    sensors: dict[str, Sensor] = {}
    for name, wanted in card.inputs.items():
        if wanted.kind == GOAL:
            if settings.task.vocabulary() is None:
                raise ConfigError(
                    f"the policy's input '{name}' is a goal, and the task gives none; "
                    "choose a task with goals"
                )
            continue
        sensor = settings.sensors.get(name)
        if sensor is None or sensor.kind != wanted.kind:
            raise ConfigError(
                f"the policy's input '{name}' of kind {wanted.kind} is not measured in this "
                f"world, which has {_listed(settings)}; add the sensor to the world"
            )
        sensors[name] = sensor.fitted(wanted)
    takes = settings.vehicle.command
    names, wanted_names = ([f.name for f in c.fields] for c in (takes, card.command))
    if takes.kind != card.command.kind or names != wanted_names:
        raise ConfigError(
            f"the policy commands {card.command.kind} ({', '.join(wanted_names)}), and the "
            f"vehicle takes {takes.kind} ({', '.join(names)}); choose another vehicle"
        )
    return msgspec.structs.replace(settings, sensors=sensors)


def check_in_turn(worlds: Sequence[WorldSettings]) -> None:
    """Check that one pilot can fly worlds one after the other: it meets the same inputs in all.

    Raises:
        ConfigError: they have other vehicles or sensors.
    """
    first, *others = (
        (type(w.vehicle), {key: card.kind for key, card in _inputs(w).items()}) for w in worlds
    )
    if any(other != first for other in others):
        raise ConfigError(
            "expected tasks of one vehicle with the same sensors, found others; "
            "fly them one by one"
        )


def world_card(
    settings: WorldSettings, inputs: Sequence[str] | None = None, name: str = "world"
) -> PolicyCard:
    """Return the card of a policy for a world: what its sensors give and its vehicle takes.

    The clock is the image, if there is one, else the slowest sensor.

    Args:
        settings: the world.
        inputs: names of sensors, and ``goal`` where the task gives one; all by default.
        name: of the policy.

    Raises:
        ConfigError: the world has no such input, or none is left to start a step.
    """
    known = _inputs(settings)
    chosen = list(known) if inputs is None else list(inputs)
    for missing in [key for key in chosen if key not in known]:
        raise ConfigError(f"the world has no input '{missing}': it has {_listed(settings)}")
    clocks = {key: settings.sensors[key] for key in chosen if key in settings.sensors}
    if not clocks:
        raise ConfigError(
            f"expected at least one sensor as an input, to start each step; "
            f"the world has {_listed(settings)}"
        )
    clock = min(clocks, key=lambda key: (clocks[key].kind != "image", _nominal_hz(clocks[key])))
    return PolicyCard(
        name,
        {key: known[key] for key in chosen},
        settings.vehicle.command,
        hidden_size=1,
        clock=clock,
        task=data_of(TASKS, settings.task)["name"],
        timing=_timing(1.0 / _nominal_hz(clocks[clock])),
    )


def _inputs(settings: WorldSettings) -> dict[str, InputCard]:
    known = {key: sensor.input() for key, sensor in settings.sensors.items()}
    vocabulary = settings.task.vocabulary()
    return known if vocabulary is None else {**known, GOAL: vocabulary}


def _listed(settings: WorldSettings) -> str:
    return ", ".join(f"{key} ({card.kind})" for key, card in _inputs(settings).items()) or "none"


def _nominal_hz(sensor: Sensor) -> float:
    low, high = sensor.rate_hz
    return math.sqrt(low * high)


def _timing(nominal_dt_s: float) -> Timing:
    usual = Timing()
    near = math.isclose(nominal_dt_s, usual.nominal_dt_s)
    return usual if near else Timing.around(nominal_dt_s)


def _parts(data: Any, where: str) -> dict[str, Any]:
    """Return a world's data, checked to be a mapping of known parts."""
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where}: expected a mapping of {', '.join(PARTS)}, found {data!r}")
    for part in data:
        if part not in PARTS:
            raise ConfigError(f"{where}: unknown part '{part}': expected {', '.join(PARTS)}")
    return dict(data)


C = TypeVar("C", bound=Component)


def _named(registry: Registry[C], data: Any, where: str) -> dict[str, C]:
    """Return components by key; one without a name is called as its key."""
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where}: expected a mapping by name, found {data!r}")
    parts = {}
    for key, value in data.items():
        if value is None:
            has = ", ".join(k for k, v in data.items() if v is not None)
            raise ConfigError(f"{where}.{key}: cannot be taken away, is not there; there is {has}")
        named = {"name": key, **value} if isinstance(value, Mapping) else value
        parts[str(key)] = component_of(registry, named, f"{where}.{key}")
    return parts


def merged(base: Any, change: Any) -> Any:
    """Return data with a change merged in; null takes a part away, another name replaces it."""
    if isinstance(change, str) and isinstance(base, Mapping):
        change = {"name": change}
    if not (isinstance(base, Mapping) and isinstance(change, Mapping)):
        return change
    if "name" in change and change["name"] != base.get("name", change["name"]):
        return dict(change)
    whole = dict(base)
    for key, value in change.items():
        if value is None and isinstance(base.get(key), Mapping) and key != "wind":
            whole.pop(key)
        else:
            whole[key] = merged(base.get(key), value)
    return whole
