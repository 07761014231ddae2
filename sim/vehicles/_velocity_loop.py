"""How a velocity is held: a PI on each axis, whose integral waits while the axis is at its end."""

from __future__ import annotations

from collections.abc import Sequence


class VelocityLoop:
    """The velocity controller of one flight.

    Args:
        gain_1_s: of the velocity's error.
        integral_gain_1_s2: of what is left of it.
        max_acceleration_m_s2: on each axis.
    """

    def __init__(
        self, gain_1_s: float, integral_gain_1_s2: float, max_acceleration_m_s2: float
    ) -> None:
        self._gain, self._integral_gain = gain_1_s, integral_gain_1_s2
        self._top = max_acceleration_m_s2
        self.reset()

    def reset(self) -> None:
        """Begin a flight."""
        self._integral = [0.0, 0.0, 0.0]

    def settle(self, acceleration_m_s2: Sequence[float]) -> None:
        """Begin as after a long rest that took this acceleration on each axis, or all it can."""
        self._integral = [max(-self._top, min(self._top, a)) for a in acceleration_m_s2]

    def acceleration(
        self, wanted: Sequence[float], velocity: Sequence[float], dt_s: float
    ) -> list[float]:
        """Return the acceleration in m/s2 that tracks a velocity, three axes of any one frame.

        Args:
            wanted: velocity in m/s; its first three numbers.
            velocity: likewise, the present one.
            dt_s: until the next call.
        """
        gain, integral, top = self._gain, self._integral, self._top
        learning = self._integral_gain * dt_s
        found = [0.0, 0.0, 0.0]
        for i in range(3):
            error = wanted[i] - velocity[i]
            a = gain * error + integral[i]
            if -top < a < top:
                integral[i] += learning * error
                found[i] = a
            else:
                found[i] = top if a > 0.0 else -top
        return found
