"""A window on the flight, for people with a screen."""

from __future__ import annotations

import os
from typing import Any

import mujoco

from liquid_control.errors import ConfigError

from .world import World


def open_viewer(world: World) -> Any:
    """Open MuJoCo's viewer on a world; call ``sync`` on what it returns, and ``close``.

    Raises:
        ConfigError: there is no screen.
    """
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise ConfigError(
            "the viewer needs a screen, and DISPLAY is not set; fly without --viewer"
        )
    from mujoco import viewer

    window = viewer.launch_passive(
        world.model, world.data, show_left_ui=False, show_right_ui=False
    )
    window.cam.type = mujoco.mjtCamera.mjCAMERA_FIXED
    window.cam.fixedcamid = world.model.camera("chase").id
    return window
