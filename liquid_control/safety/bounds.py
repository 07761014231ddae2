"""What no sensor of a sound vehicle says: the fixed thresholds of the table of faults."""

from __future__ import annotations

LARGEST = 1e9
"""Beyond it a number is a driver's error, and one overflow would stay in a policy's state."""
GRAVITY_M_S2 = 9.81
OTHER_CLOCK_S = 10.0
"""A stamp further from the present than this was taken from another clock."""
STILL_RAD_S = 0.3
"""A vehicle that turns slower and has not been flown yet is at rest."""
MOST_LEAN_DEG = 45.0
"""Between an accelerometer and the body's z axis, at rest or on average in flight."""
PLAUSIBLE_G = (0.5, 2.0)
"""Size of the same acceleration, in units of gravity."""
LEVEL_S = 1.0
"""Time constant of the average over which gravity is judged in flight."""
MOST_GYRO_RAD_S = 70.0
"""Twice the range of a common gyroscope, 2,000 degrees a second."""
MOST_ACCELERATION_M_S2 = 320.0
"""Twice the range of a common accelerometer, 16 g."""
LEAST_SHARE = 0.5
"""An image with less than this share of the policy's rows or columns shows too little."""
