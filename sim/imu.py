"""The simulated IMU: MuJoCo's gyroscope and accelerometer with bias and noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.random import Generator

from liquid_control.contract import ImuSample


@dataclass(frozen=True)
class ImuSettings:
    """An observable: update interval, delay, dropout, constant bias and white noise."""

    rate_hz: float = 200.0
    delay_s: float = 0.0
    dropout: float = 0.0
    gyro_noise_rad_s: float = 0.01
    gyro_bias_rad_s: float = 0.01
    accelerometer_noise_m_s2: float = 0.15
    accelerometer_bias_m_s2: float = 0.1


class Imu:
    """One flight's IMU: its bias is drawn once."""

    def __init__(self, settings: ImuSettings, rng: Generator, tick_s: float) -> None:
        self._rng = rng
        self._dropout = settings.dropout
        self.interval_ticks = max(1, round(1.0 / (settings.rate_hz * tick_s)))
        self.delay_ticks = round(settings.delay_s / tick_s)
        self._std = [settings.gyro_noise_rad_s] * 3 + [settings.accelerometer_noise_m_s2] * 3
        bias = [settings.gyro_bias_rad_s] * 3 + [settings.accelerometer_bias_m_s2] * 3
        self._bias = (rng.standard_normal(6) * bias).tolist()
        self._draws: list[float] = []

    def measure(self, stamp_ns: int, truth: Sequence[float]) -> ImuSample | None:
        """Return a sample of ``truth`` (gyro, then accelerometer, FLU); None when it is lost."""
        if self._dropout and self._rng.random() < self._dropout:
            return None
        if len(self._draws) < 6:
            self._draws = self._rng.standard_normal(1200).tolist()
        v = [truth[i] + self._bias[i] + self._std[i] * self._draws.pop() for i in range(6)]
        return ImuSample(stamp_ns, (v[0], v[1], v[2]), (v[3], v[4], v[5]))
