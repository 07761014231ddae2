"""The sky: a gradient from the horizon to the zenith."""

from __future__ import annotations

from typing import Any

import mujoco

from liquid_control.contract import Share

from . import Scenery

Colour = tuple[Share, Share, Share]


class Sky(Scenery, frozen=True):
    """A cloudless sky.

    Attributes:
        zenith: red, green, blue, 0..1.
        horizon: likewise.
    """

    zenith: Colour = (0.75, 0.85, 0.95)
    horizon: Colour = (0.35, 0.55, 0.85)

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add the texture that MuJoCo draws behind everything."""
        spec.add_texture(
            name=key,
            type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
            builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
            rgb1=list(self.zenith),
            rgb2=list(self.horizon),
            width=64,
            height=64,
        )

    def structure(self) -> Any:
        """Return everything: the colours are part of the model."""
        return self
