"""When to distrust: the operator's timeouts, each in its range."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from ..errors import ConfigError

MOST, LEAST = "most", "least"
"""Keys of a field's metadata: its largest and smallest value in seconds."""


def _seconds(default: float, most: float, least: float = 1e-3) -> Any:
    return field(default=default, metadata={MOST: most, LEAST: least})


@dataclass(frozen=True)
class SafetySettings:
    """Timeouts in seconds, each above 0 and at most what its ``metadata`` says.

    Where that allows 0 as well, it means never.

    Attributes:
        camera_timeout_s: the newest frame is older than this: brake.
        frozen_after_s: a sensor's values have not changed for this long: brake.
        imu_timeout_s: the newest inertial sample is this much older than the frame: brake.
        wait_s: a frame waits at most this long for the inertial samples up to it.
        future_s: a stamp may be this far ahead of the clock.
        stuck_after_s: a policy file says the same, to the last bit, for this long: brake.
        hung_after_s: the pilot itself has not run for this long: brake, from rest.
        out_of_domain_after_s: pictures are unlike those of training for this long: brake.
        person_timeout_s: the sticks that a person holds are silent for this long: brake.
        place_timeout_s: the odometry that the fence needs is silent for this long: brake.
        failsafe_after_s: braking has lasted this long: stop publishing, for good.
        max_slew_dt_s: longest time that a single slew step may count.

    Raises:
        ConfigError: a value is no number, or out of its range, or they contradict each other.
    """

    camera_timeout_s: float = _seconds(0.5, most=5.0)
    frozen_after_s: float = _seconds(1.5, most=60.0)
    imu_timeout_s: float = _seconds(0.2, most=5.0)
    wait_s: float = _seconds(0.05, most=1.0)
    future_s: float = _seconds(0.1, most=1.0)
    stuck_after_s: float = _seconds(2.0, most=60.0)
    hung_after_s: float = _seconds(1.0, most=5.0)
    out_of_domain_after_s: float = _seconds(0.0, most=60.0, least=0.0)
    person_timeout_s: float = _seconds(0.3, most=2.0)
    place_timeout_s: float = _seconds(0.5, most=5.0)
    failsafe_after_s: float = _seconds(5.0, most=60.0)
    max_slew_dt_s: float = _seconds(0.1, most=1.0)

    def __post_init__(self) -> None:
        for known in fields(self):
            value, most = getattr(self, known.name), known.metadata[MOST]
            never = known.metadata[LEAST] == 0.0 and value == 0.0
            if not (isinstance(value, int | float) and (never or 0.0 < value <= most)):
                raise ConfigError(
                    f"{known.name}: expected more than 0 and at most {most:g} s, found {value}; "
                    "set it in the parameter file"
                )
        if self.wait_s >= self.camera_timeout_s:
            raise ConfigError(
                f"wait_s: expected less than camera_timeout_s ({self.camera_timeout_s:g} s), "
                f"found {self.wait_s:g}; a frame must not grow stale while it waits"
            )
