"""Worlds in which single things are tested."""

from __future__ import annotations

from liquid_control_sim.camera import CameraSettings
from liquid_control_sim.imu import ImuSettings
from liquid_control_sim.scene import SceneSettings
from liquid_control_sim.wind import WindSettings
from liquid_control_sim.world import World, WorldSettings

from liquid_control.contract import STOP

SEED = 950_000
MS = 1_000_000
QUIET_IMU = ImuSettings(
    gyro_noise_rad_s=0.0,
    gyro_bias_rad_s=0.0,
    accelerometer_noise_m_s2=0.0,
    accelerometer_bias_m_s2=0.0,
)
CALM = WindSettings(mean_m_s=(0.0, 0.0), gust_m_s=0.0)
# An empty field with no target near, so that a test of the vehicle ends when it wants to.
FIELD = WorldSettings(
    scene=SceneSettings(target_distance_m=(40.0, 40.0), start_height_m=(2.0, 2.0), trees=(0, 0)),
    camera=CameraSettings(rate_hz=(2.0, 2.0), delay_s=(0.0, 0.0)),
    imu=QUIET_IMU,
    wind=CALM,
)


def frames_of(world: World, settings: WorldSettings, count: int, seed: int = SEED):
    """Return the first frames of a hover."""
    frames = [world.reset(seed, settings)]
    while len(frames) < count:
        frames.append(world.step(STOP))
    return frames
