"""An IMU that is off, frozen, on another clock, or that says what no vehicle feels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from liquid_control.contract import ImuSample
from liquid_control.safety.bounds import GRAVITY_M_S2
from liquid_control.safety.faults import Fault

from .injection import Injection, changed, frozen, shifted, without

Vector = tuple[float, float, float]
AHEAD_S, ELSEWHERE_S = 1.0, 3600.0


def _felt(fault: Fault, change: Callable[[Vector], Vector]) -> Injection:
    """Change the acceleration of every sample."""

    def spoil(sample: ImuSample) -> ImuSample:
        return replace(sample, accelerometer_m_s2=change(sample.accelerometer_m_s2))

    return Injection(fault, changed(ImuSample, spoil), needs="imu")


IMU = {
    "imu_off": Injection(Fault.IMU_STALE, without(ImuSample), needs="imu"),
    "imu_frozen": Injection(Fault.IMU_FROZEN, frozen(ImuSample), needs="imu"),
    "imu_future": Injection(Fault.IMU_FUTURE, shifted(ImuSample, AHEAD_S), needs="imu"),
    "imu_late": Injection(Fault.IMU_STALE, shifted(ImuSample, -AHEAD_S), needs="imu"),
    "imu_clock": Injection(Fault.IMU_CLOCK, shifted(ImuSample, ELSEWHERE_S), needs="imu"),
    "imu_nan": _felt(Fault.IMU_INVALID, lambda a: (a[0], math.nan, a[2])),
    "imu_implausible": _felt(Fault.IMU_IMPLAUSIBLE, lambda a: (a[0], a[1], 1000.0)),
    "imu_axes": _felt(Fault.IMU_AXES, lambda a: (a[2], a[1], a[0])),
    "imu_in_g": _felt(Fault.IMU_SCALE, lambda a: tuple(v / GRAVITY_M_S2 for v in a)),  # type: ignore[arg-type,return-value]
}
