"""Odometry: heading-aligned velocity, yaw rate and height, the newest up to a moment."""

from __future__ import annotations

from .vector import VectorStream


class OdometryStream(VectorStream):
    """Readings in the order of ``contract.inputs.ODOMETRY_FIELDS``."""
