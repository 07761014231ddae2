"""The Gymnasium face of a world, for any task: liquid_control_sim/FlyToTarget-v0 and others."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import msgspec
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.utils import EzPickle
from numpy.typing import NDArray

from liquid_control.contract import Command, Event, Observation, PolicyCard
from liquid_control.errors import ConfigError, LiquidControlError
from liquid_control.pipeline import Guard, PilotStep

from .conditions import conditioned
from .flight import arrivals
from .renderer import Renderer
from .sensors.state import State
from .settings import WorldSettings, fitted, load_world, world_card, world_of
from .tasks import Outcome
from .world import World

Obs = dict[str, NDArray[Any]]
END_REWARD = {Outcome.SUCCESS: 10.0, Outcome.COLLISION: -10.0}
STATE = "state"
WIDTH, HEIGHT = 432, 288


class ActionError(LiquidControlError):
    """An action is not one that could be flown."""


class TaskEnv(gymnasium.Env[Obs, NDArray[np.float32]], EzPickle):
    """A task of a world, stepped from one reading of its clock to the next.

    Observations and commands go the way of every pilot's: the same alignment of the sensors,
    the same gate with its limits and rates. What is flown may so be less than the action.

    Observation: a dict with every input of the card, by name, and ``dt``, (1,) float32 seconds
    since the previous observation. Action: float32, the fields of the vehicle's command, such as
    forward, left, up m/s and yaw rate rad/s. Reward: the decrease of the task's shortfall, +10
    for a success, -10 for a collision. ``info`` has the task's own numbers, ``flown`` (the last
    command behind the gate) and at the end ``outcome`` and ``touched``.

    Args:
        task: name of a task, or ``file.py:Class``.
        world: changes of the task's own world: plain data, or the path of a YAML file.
        perturb: name of a condition; ``reset(options={"perturb": name})`` changes it.
        inputs: names of the inputs to observe; all by default. Nothing else is measured, so
            without ``image`` nothing is rendered.
        state: whether the true state is an input too, named ``state``.
        render_mode: "rgb_array" for the view from behind, (288, 432, 3) uint8, or None.

    Attributes:
        card: of a policy for this environment.

    Raises:
        ConfigError: a name is not known, or the world cannot be built.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}

    def __init__(
        self,
        task: str = "fly_to_target",
        *,
        world: Mapping[str, Any] | str | Path | None = None,
        perturb: str = "none",
        inputs: Sequence[str] | None = None,
        state: bool = False,
        render_mode: str | None = None,
    ) -> None:
        EzPickle.__init__(
            self,
            task,
            world=world,
            perturb=perturb,
            inputs=inputs,
            state=state,
            render_mode=render_mode,
        )
        if render_mode not in (None, "rgb_array"):
            raise ConfigError(f"render_mode: expected 'rgb_array' or None, found {render_mode!r}")
        settings = _settings(task, world, state)
        chosen = None if inputs is None else [*inputs, *([STATE] if state else [])]
        self.card = world_card(settings, chosen)
        self._settings = fitted(settings, self.card)
        self._perturb = perturb
        self.world = World(conditioned(self._settings, perturb))
        self.render_mode = render_mode
        self._renderer: Renderer | None = None
        self._guard = Guard(self.card)
        self._ended = True
        fields = self.card.command.fields
        self.action_space = spaces.Box(
            np.array([field.low for field in fields], np.float32),
            np.array([field.high for field in fields], np.float32),
            dtype=np.float32,
        )
        self.observation_space: spaces.Space[Any] = _space(self.card)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Obs, dict[str, Any]]:
        """Start a flight; the seed alone decides it.

        Raises:
            ConfigError: ``options["perturb"]`` is not the name of a condition.
        """
        super().reset(seed=seed)
        name = (options or {}).get("perturb", self._perturb)
        settings = conditioned(self._settings, name)
        self._perturb = name
        world_seed = int(self.np_random.integers(2**31)) if seed is None else seed
        model = self.world.model
        self.world.reset(world_seed, settings)
        if self.world.model is not model:
            self._close_renderer()
        self._guard.reset()
        self._flown = self.card.command.rest
        self._events: deque[Event] = deque(arrivals(self.world))
        self._ended = False
        if not self._fly_on():
            raise ConfigError(
                f"the flight ended before its first observation; is the {self.card.clock}'s rate "
                "too low, or the task's time limit too short?"
            )
        self._before = self._shortfall()
        return self._observation, self._info()

    def step(self, action: NDArray[np.float32]) -> tuple[Obs, float, bool, bool, dict[str, Any]]:
        """Fly one action until the next observation.

        Raises:
            ResetNeeded: the flight has ended.
            ActionError: the action has another shape, or a value that is no number.
        """
        if self._ended:
            raise ResetNeeded("the flight has ended: call reset() before step()")
        self._fly(self._guard.decide(self._command(action), self._seen))
        self._fly_on()
        verdict = self.world.verdict
        now = self._shortfall()
        reward, self._before = self._before - now, now
        if verdict is not None:
            self._ended = True
            reward += END_REWARD.get(verdict.outcome, 0.0)
        truncated = verdict is not None and verdict.outcome is Outcome.TIMEOUT
        return self._observation, reward, self._ended and not truncated, truncated, self._info()

    def render(self) -> NDArray[np.uint8] | None:
        """Return the view from behind, (288, 432, 3) uint8, if it was asked for."""
        if self.render_mode is None:
            return None
        if self._renderer is None:
            self._renderer = Renderer(self.world.model, "chase", WIDTH, HEIGHT, True)
        return self._renderer.render(self.world.data)

    def close(self) -> None:
        """Free the graphics contexts."""
        self._close_renderer()
        self.world.close()

    def _command(self, action: NDArray[np.float32]) -> Command:
        """Return an action as a command, brought inside the card's limits."""
        values = np.asarray(action, np.float64)
        if values.shape != self.action_space.shape or not np.isfinite(values).all():
            names = ", ".join(field.name for field in self.card.command.fields)
            raise ActionError(f"action: expected finite numbers ({names}), found {action!r}")
        return self.card.command.clip(values.tolist())

    def _fly_on(self) -> bool:
        """Fly what the gate lets through until the next observation; False at the end."""
        world = self.world
        while world.verdict is None:
            while self._events:
                seen = self._guard.see(self._events.popleft())
                if isinstance(seen, Observation):
                    dt_s = np.array([seen.dt_s], np.float32)
                    self._seen, self._observation = seen, {**seen.values, "dt": dt_s}
                    return True
                if seen is not None:
                    self._fly(seen)
            world.advance(self._flown)
            self._events.extend(arrivals(world))
        return False

    def _fly(self, decided: PilotStep) -> None:
        """Fly what the gate let through from now on; where it is silent, rest."""
        self._flown = decided.command or self.card.command.rest

    def _shortfall(self) -> float:
        return self.world.settings.task.shortfall(self.world.truth(), self.world.layout)

    def _info(self) -> dict[str, Any]:
        world = self.world
        info: dict[str, Any] = dict(world.settings.task.info(world.truth(), world.layout))
        info["flown"] = np.array(self._flown.values, np.float32)
        if world.verdict is not None:
            info["outcome"] = world.verdict.outcome.value
            info["touched"] = world.verdict.touched
        return info

    def _close_renderer(self) -> None:
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None


def _settings(
    task: str, world: Mapping[str, Any] | str | Path | None, state: bool
) -> WorldSettings:
    settings = load_world(world, task) if isinstance(world, str | Path) else world_of(task, world)
    if not state:
        return settings
    return msgspec.structs.replace(settings, sensors={**settings.sensors, STATE: State()})


def _space(card: PolicyCard) -> spaces.Dict:
    """Return the space of what a card's observations hold, and ``dt``."""
    inside: dict[str, spaces.Space[Any]] = {
        name: spaces.Box(0, 255, wanted.shape, np.uint8)
        if wanted.dtype == "uint8"
        else spaces.Box(-np.inf, np.inf, wanted.shape, np.float32)
        for name, wanted in card.inputs.items()
    }
    return spaces.Dict({**inside, "dt": spaces.Box(0.0, np.inf, (1,), np.float32)})
