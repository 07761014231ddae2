"""sensor_msgs/JointState as named numbers: the standard message with names, numbers, a stamp."""

from __future__ import annotations

from typing import Any, ClassVar

from sensor_msgs.msg import JointState

from ...contract import Reading
from ...errors import ConfigError
from ..conversions import to_ns
from .base import Source


class VectorSource(Source):
    """Any other sensor: the card's fields by ``name``, their values in ``position``."""

    message: ClassVar[type] = JointState
    depth: ClassVar[int] = 50

    def to_value(self, message: Any) -> Reading:
        """Return the values in the order of the card's fields.

        Raises:
            ConfigError: a field is missing.
        """
        found = dict(zip(message.name, message.position, strict=False))
        fields = self.card.settings["fields"]
        missing = [field for field in fields if field not in found]
        if missing:
            raise ConfigError(
                f"expected {', '.join(fields)} in `name` and as many in `position`, "
                f"found no {', '.join(missing)}"
            )
        return Reading(to_ns(message.header.stamp), tuple(float(found[f]) for f in fields))
