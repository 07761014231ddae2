"""Thicker haze than training had."""

from __future__ import annotations

import msgspec

from liquid_control.contract import Range

from ..scenery.haze import Haze as Air
from ..settings import WorldSettings
from . import Condition


class Haze(Condition, frozen=True):
    """Nothing is seen any more from 20 to 40 m on."""

    visibility_m: Range = (20.0, 40.0)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world in such air."""
        air = Air(visibility_m=self.visibility_m, share=1.0)
        kept = {key: part for key, part in settings.scenery.items() if not isinstance(part, Air)}
        return msgspec.structs.replace(settings, scenery={**kept, "haze": air})
