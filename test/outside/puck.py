"""A vehicle of one's own: a puck that slides on a plane, driven by velocity and yaw rate."""

from __future__ import annotations

import math

import mujoco
from liquid_control_sim.vehicles import Body, Truth, Vehicle

from liquid_control.contract import Command, CommandCard, velocity_card

MJCF = """
<mujoco>
  <worldbody>
    <body name="puck" pos="0 0 0.2">
      <joint name="east" type="slide" axis="1 0 0"/>
      <joint name="north" type="slide" axis="0 1 0"/>
      <joint name="yaw" type="hinge" axis="0 0 1"/>
      <geom type="cylinder" size="0.2 0.1" mass="1"/>
      <camera name="front" pos="0.2 0 0" xyaxes="0 -1 0 0 0 1"/>
      <site name="imu"/>
    </body>
  </worldbody>
  <actuator>
    <velocity joint="east" kv="5"/>
    <velocity joint="north" kv="5"/>
    <velocity joint="yaw" kv="1"/>
  </actuator>
</mujoco>
"""


class Puck(Vehicle, frozen=True):
    """A puck that takes velocities, and can neither climb nor touch anything."""

    @property
    def command(self) -> CommandCard:
        return velocity_card(forward_m_s=1.5, left_m_s=0.0, up_m_s=0.0, yaw_rate_rad_s=1.5)

    def spec(self):
        return mujoco.MjSpec.from_string(MJCF)

    def open(self, model, data):
        return PuckBody(data)


class PuckBody(Body):
    """Joint velocities straight from the command."""

    def __init__(self, data):
        self._data = data

    def begin(self, vehicle, layout, rng):
        x, y, _ = layout.start_position_m
        self._data.qpos[:] = (x, y, layout.start_yaw_rad)

    def control(self, command: Command, dt_s):
        forward, _, _, turn = command.values
        yaw = self._data.qpos[2]
        self._data.ctrl[:] = (forward * math.cos(yaw), forward * math.sin(yaw), turn)

    def truth(self, time_s):
        x, y, yaw = self._data.qpos.tolist()
        vx, vy, turn = self._data.qvel.tolist()
        half = (math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2))
        return Truth(time_s, (x, y, 0.2), (vx, vy, 0.0), yaw, turn, half)

    def touched(self):
        return None
