"""The flight world: one quadrotor, its sensors, the wind and a task, driven by commands."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import mujoco
import numpy as np

from liquid_control.contract import NANOSECONDS, STOP, Command, Image, ImuSample

from .autopilot import Autopilot, AutopilotSettings
from .camera import Camera, CameraSettings, FrameClock, SensorNoise
from .corruption import Corruption, Corruptor, NoCorruption
from .imu import Imu, ImuSettings
from .scene import Layout, SceneSettings, build_model, draw_layout, place
from .tasks.fly_to_target import FlyToTarget, Outcome, Referee, VehicleState
from .wind import DRAG_N_S_M, Wind, WindSettings

TICK_NS = 5_000_000
TICK_S = TICK_NS / NANOSECONDS
JUDGE_EVERY_TICKS = 4


@dataclass(frozen=True)
class WorldSettings:
    """Everything a seed draws from; a perturbation is another value of this."""

    scene: SceneSettings = field(default_factory=SceneSettings)
    camera: CameraSettings = field(default_factory=CameraSettings)
    imu: ImuSettings = field(default_factory=ImuSettings)
    wind: WindSettings = field(default_factory=WindSettings)
    corruption: Corruption = field(default_factory=NoCorruption)
    task: FlyToTarget = field(default_factory=FlyToTarget)


@dataclass(frozen=True)
class SensorFrame:
    """What the sensors deliver at one moment: one image, and the IMU samples since the last.

    Attributes:
        now_ns: when it is delivered.
        stamp_ns: when the image was taken.
        image: (height, width, 3) uint8 RGB.
        imu: every inertial sample delivered since the previous frame, oldest first.
    """

    now_ns: int
    stamp_ns: int
    image: Image
    imu: tuple[ImuSample, ...]


class World:
    """One vehicle in one scene; the seed alone decides the flight's surroundings.

    ``reset(seed)`` returns the first frame; ``step(command)`` flies until the
    next frame is delivered and returns it, or None when the flight has ended.
    """

    def __init__(self, settings: WorldSettings | None = None) -> None:
        self.settings = settings or WorldSettings()
        self.model = build_model()
        self.data = data = mujoco.MjData(self.model)
        # Views of MuJoCo's own memory: asking for them anew would cost a tick much of its time.
        self._attitude, self._velocity, self._sensors = data.qpos[3:7], data.qvel, data.sensordata
        self._thrusts, self._drag = data.ctrl, data.xfrc_applied[1, :3]
        camera = self.settings.camera
        self._camera = Camera(self.model, "front", camera.width, camera.height)
        self._autopilot = Autopilot()
        self._camera_quat = self.model.cam_quat[self.model.camera("front").id].copy()

    def reset(self, seed: int, settings: WorldSettings | None = None) -> SensorFrame:
        """Draw everything from ``seed`` and return the first frame.

        Args:
            seed: any non-negative integer.
            settings: other settings for this and later flights, same image size.
        """
        self.settings = settings or self.settings
        s = self.settings
        scene_rng, wind_rng, camera_rng, imu_rng, corruption_rng = (
            np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(5)
        )
        mujoco.mj_resetData(self.model, self.data)
        self.layout: Layout = draw_layout(scene_rng, s.scene)
        place(self.model, self.data, self.layout, scene_rng, s.scene)
        self._place_vehicle()
        self._aim_camera(camera_rng)
        self._autopilot.reset()
        self._wind = Wind(s.wind, wind_rng, TICK_S)
        self._imu = Imu(s.imu, imu_rng, TICK_S)
        self._frames = FrameClock(s.camera, camera_rng, TICK_S)
        self._noise: Corruptor = SensorNoise(s.camera, camera_rng)
        self._corruptor = s.corruption.draw(corruption_rng)
        self._referee = Referee(s.task, self.layout.target_position_m)
        self._images: deque[tuple[int, int, Image]] = deque()
        self._imu_queue: deque[tuple[int, ImuSample]] = deque()
        self._imu_delivered: list[ImuSample] = []
        self._taken = 0
        self.tick = 0
        mujoco.mj_forward(self.model, self.data)
        frame = self.step(STOP, sense_first=True)
        assert frame is not None
        return frame

    def step(self, command: Command, sense_first: bool = False) -> SensorFrame | None:
        """Fly ``command`` until the next frame is delivered; None once the flight has ended."""
        if sense_first:
            self._sense()
        while True:
            frame = self._deliver()
            if frame is not None:
                return frame
            if not self.advance(command):
                return None

    def advance(self, command: Command) -> bool:
        """Fly one physics tick of 5 ms and sample the sensors; False once the flight has ended."""
        data = self.data
        velocity = self._velocity.tolist()
        self._thrusts[:] = self._autopilot.step(
            command, self._attitude.tolist(), velocity[:3], velocity[3:6], TICK_S
        )
        for i, air_m_s in enumerate(self._wind.step()):
            self._drag[i] = DRAG_N_S_M * (air_m_s - velocity[i])
        mujoco.mj_step(self.model, data)
        self.tick += 1
        if self.tick % JUDGE_EVERY_TICKS == 0 or data.ncon:
            self._referee.judge(self.vehicle_state(), bool(data.ncon))
        if self.outcome is not None:
            return False
        self._sense()
        return True

    def poll(self) -> SensorFrame | None:
        """Return the next frame that is due by now, if any; for a caller of ``advance``."""
        return self._deliver()

    @property
    def now_ns(self) -> int:
        """Simulated time since the reset."""
        return self.tick * TICK_NS

    @property
    def outcome(self) -> Outcome | None:
        """How the flight ended; None while it lasts."""
        return self._referee.outcome

    @property
    def end_s(self) -> float:
        """When the flight was last judged, seconds since the reset."""
        return self._referee.end_s

    @property
    def target_m(self) -> tuple[float, float, float]:
        """Where the target stands, ENU."""
        return self.layout.target_position_m

    def vehicle_state(self) -> VehicleState:
        """Return the true state, for the expert, the referee and the odometry."""
        x, y, z, w, i, j, k = self.data.qpos.tolist()
        velocity = self.data.qvel[:3].tolist()
        yaw = math.atan2(2 * (i * j + w * k), 1 - 2 * (j * j + k * k))
        return VehicleState(
            self.tick * TICK_S, (x, y, z), (velocity[0], velocity[1], velocity[2]), yaw
        )

    def close(self) -> None:
        """Free the graphics context."""
        self._camera.close()

    def _sense(self) -> None:
        now = self.tick * TICK_NS
        if self.tick % self._imu.interval_ticks == 0:
            sample = self._imu.measure(now, self._sensors.tolist())
            if sample is not None:
                self._imu_queue.append((self.tick + self._imu.delay_ticks, sample))
        if self._frames.take(self.tick):
            image = self._corruptor(
                self._noise(self._camera.render(self.data), self._taken), self._taken
            )
            self._taken += 1
            self._images.append((self.tick + self._frames.delay_ticks, now, image))

    def _deliver(self) -> SensorFrame | None:
        while self._imu_queue and self._imu_queue[0][0] <= self.tick:
            self._imu_delivered.append(self._imu_queue.popleft()[1])
        if self.outcome is not None or not self._images or self._images[0][0] > self.tick:
            return None
        _, stamp_ns, image = self._images.popleft()
        imu, self._imu_delivered = tuple(self._imu_delivered), []
        return SensorFrame(self.tick * TICK_NS, stamp_ns, image, imu)

    def _place_vehicle(self) -> None:
        yaw = self.layout.start_yaw_rad
        self.data.qpos[:] = (
            *self.layout.start_position_m,
            math.cos(yaw / 2),
            0.0,
            0.0,
            math.sin(yaw / 2),
        )
        autopilot: AutopilotSettings = self._autopilot.settings
        self.data.act[:] = autopilot.mass_kg * 9.81 / 4

    def _aim_camera(self, rng: np.random.Generator) -> None:
        """Set the field of view, and tilt the camera as an imperfect mount would."""
        camera, settings = self.model.camera("front").id, self.settings.camera
        half = math.radians(settings.horizontal_fov_deg) / 2
        fovy = 2 * math.atan(math.tan(half) * settings.height / settings.width)
        self.model.cam_fovy[camera] = math.degrees(fovy)
        tilt = math.radians(settings.tilt_deg) * rng.uniform(-1, 1, 2)
        turn = np.array([1.0, tilt[0] / 2, tilt[1] / 2, 0.0])
        quat = np.empty(4)
        mujoco.mju_mulQuat(quat, self._camera_quat, turn / np.linalg.norm(turn))
        self.model.cam_quat[camera] = quat
