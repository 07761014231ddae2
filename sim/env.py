"""The Gymnasium face of the world: liquid_control_sim/FlyToTarget-v0."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from liquid_control.contract import Command, CommandLimits, GoldenRollout, Observation, PolicyCard
from liquid_control.observation import Aligner, Frame
from liquid_control.safety import SafetySettings

from .camera import Camera
from .perturb import perturb
from .tasks.fly_to_target import Outcome, TargetView, look_at
from .world import SensorFrame, World, WorldSettings

Obs = dict[str, NDArray[Any]]
HOVER_DISTANCE_M = 2.0
END_REWARD = {Outcome.SUCCESS: 10.0, Outcome.COLLISION: -10.0}
_CARD = PolicyCard("environment", 1, GoldenRollout(1, (), ()))


class FlyToTargetEnv(gymnasium.Env[Obs, NDArray[np.float32]]):
    """Fly to the red chair and look at it.

    Observation: ``image`` (64, 96, 3) uint8 RGB, ``imu`` (6,) float32 gyroscope
    (rad/s) and accelerometer (m/s2) in FLU, ``dt`` (1,) float32 seconds since
    the previous frame. Action: (4,) float32 forward, left, up m/s and yaw rate
    rad/s. Reward: metres and radians won towards the hover, +10 for a success,
    -10 for a collision. ``info`` has ``distance_m``, ``bearing_rad`` and, at
    the end, ``outcome``.

    Args:
        render_mode: "rgb_array" for the chase view, or None.
        perturb: name of a perturbation; ``reset(options={"perturb": name})`` changes it.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012 - as in the base

    def __init__(self, render_mode: str | None = None, perturb: str = "none") -> None:
        self.render_mode = render_mode
        self._perturb = perturb
        self._world = World(_settings(perturb))
        self._chase = Camera(self._world.model, "chase", 432, 288, True) if render_mode else None
        camera = self._world.settings.camera
        self._limits = np.array(CommandLimits().as_tuple(), np.float32)
        self.action_space = spaces.Box(-self._limits, self._limits, dtype=np.float32)
        self.observation_space: spaces.Space[Any] = spaces.Dict(
            {
                "image": spaces.Box(0, 255, (camera.height, camera.width, 3), np.uint8),
                "imu": spaces.Box(-np.inf, np.inf, (6,), np.float32),
                "dt": spaces.Box(0.0, np.inf, (1,), np.float32),
            }
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Obs, dict[str, Any]]:
        """Start a flight; the seed alone decides it.

        Raises:
            ConfigError: ``options["perturb"]`` is not the name of a perturbation.
        """
        super().reset(seed=seed)
        name = (options or {}).get("perturb", self._perturb)
        settings = _settings(name)
        self._perturb = name
        world_seed = int(self.np_random.integers(2**31)) if seed is None else seed
        frame = self._world.reset(world_seed, settings)
        self._aligner = Aligner(_CARD, SafetySettings())
        self._observation = self._observe(frame)
        self._view = self._look()
        return self._observation, self._info()

    def step(self, action: NDArray[np.float32]) -> tuple[Obs, float, bool, bool, dict[str, Any]]:
        """Fly one command until the next camera frame."""
        command = Command(*np.clip(action, -self._limits, self._limits).tolist())
        frame = self._world.step(command)
        if frame is not None:
            self._observation = self._observe(frame)
        before, self._view = self._view, self._look()
        outcome = self._world.outcome
        reward = _shortfall(before) - _shortfall(self._view)
        reward += END_REWARD.get(outcome, 0.0) if outcome is not None else 0.0
        ended = outcome in (Outcome.SUCCESS, Outcome.COLLISION)
        return self._observation, reward, ended, outcome is Outcome.TIMEOUT, self._info()

    def render(self) -> NDArray[np.uint8] | None:
        """Return the chase view, (288, 432, 3) uint8, if it was asked for."""
        return None if self._chase is None else self._chase.render(self._world.data)

    def close(self) -> None:
        """Free the graphics contexts."""
        self._world.close()
        if self._chase is not None:
            self._chase.close()

    def _observe(self, frame: SensorFrame) -> Obs:
        self._aligner.add_imu(frame.imu)
        seen = self._aligner.observe(Frame(frame.stamp_ns, frame.image), frame.now_ns)
        if not isinstance(seen, Observation):
            return self._observation  # a frame that no pilot would use is no news
        return {"image": seen.image, "imu": seen.imu, "dt": np.array([seen.dt_s], np.float32)}

    def _look(self) -> TargetView:
        return look_at(self._world.vehicle_state(), self._world.target_m)

    def _info(self) -> dict[str, Any]:
        info: dict[str, Any] = {
            "distance_m": self._view.distance_m,
            "bearing_rad": self._view.bearing_rad,
        }
        if self._world.outcome is not None:
            info["outcome"] = self._world.outcome.value
        return info


def _settings(name: str) -> WorldSettings:
    return perturb(WorldSettings(), name)


def _shortfall(view: TargetView) -> float:
    """Return how far a view is from the hover: metres plus radians."""
    return abs(view.distance_m - HOVER_DISTANCE_M) + abs(view.bearing_rad)
