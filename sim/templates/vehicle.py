"""A vehicle of one's own: a heavier, slower quadrotor.

In a training YAML: world: {vehicle: {name: "my_vehicle.py:MyVehicle"}}

For another airframe put the path of its MJCF file into ``mjcf``. For another kind of vehicle
derive from ``Vehicle`` and ``Body`` of ``liquid_control_sim.vehicles`` and write the controller;
``liquid_control_sim/vehicles/rover.py`` is a short one.
"""

from __future__ import annotations

from liquid_control_sim.vehicles.quadrotor import Quadrotor

from liquid_control.contract import CommandCard, Range, velocity_card


class MyVehicle(Quadrotor, frozen=True):
    """A quadrotor that carries something, more or less of it in every flight."""

    mass: Range = (1.1, 1.4)
    motor_lag_s: Range | None = (0.04, 0.08)

    @property
    def command(self) -> CommandCard:
        """Velocities and yaw rate, with the limits to train within."""
        return velocity_card(forward_m_s=1.2, left_m_s=0.6, up_m_s=0.8, yaw_rate_rad_s=0.9)
