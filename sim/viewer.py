"""A window on the flight, for people with a screen."""

from __future__ import annotations

import os
import threading
from typing import Any

import mujoco

from liquid_control.errors import ConfigError

from .textures import Uploads
from .world import World

CLOSING_S = 5.0
"""How long the threads of a closing window are waited for."""


def needs_screen() -> None:
    """Check that a window can be opened.

    Raises:
        ConfigError: there is no screen.
    """
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise ConfigError(
            "the viewer needs a screen, and DISPLAY is not set; fly without --viewer"
        )


class Viewer:
    """MuJoCo's window behind the vehicle of a world.

    Args:
        world: what is shown; a new model of it opens a new window.

    Raises:
        ConfigError: there is no screen.
    """

    def __init__(self, world: World) -> None:
        needs_screen()
        self._world = world
        self._window: Any = None

    def sync(self) -> None:
        """Show the present; once the person has closed the window, nothing more happens."""
        if self._window is None or self._model is not self._world.model:
            self._open()
        if self._window.is_running():
            for texture in self._uploads.due():
                self._window.update_texture(texture)
            self._window.sync()

    def close(self) -> None:
        """Close the window and wait until it is gone: a process that ends before it crashes."""
        if self._window is not None:
            self._window.close()
            for thread in self._threads:
                thread.join(CLOSING_S)
            self._window = None

    def _open(self) -> None:
        from mujoco import viewer

        self.close()
        world = self._world
        self._model = world.model
        before = set(threading.enumerate())
        self._window = viewer.launch_passive(
            world.model, world.data, show_left_ui=False, show_right_ui=False
        )
        self._uploads = Uploads(world.model)
        self._threads = set(threading.enumerate()) - before
        self._window.cam.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._window.cam.fixedcamid = world.model.camera("chase").id
