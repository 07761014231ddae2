"""One world for a whole file, a folder of one's own pictures and things, a quiet progress."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
from liquid_control_sim.world import World
from own_things import COLOURS, CUP, MUG
from PIL import Image


class Silent:
    """Progress that nobody watches; it can interrupt a run at a given line."""

    def __init__(self, stop_at=None):
        self.lines = []
        self._stop_at = stop_at

    def bar(self, total, label):
        return nullcontext(lambda: None)

    def say(self, text):
        self.lines.append(text)
        if self._stop_at and text.startswith(self._stop_at):
            raise KeyboardInterrupt


@pytest.fixture(scope="session")
def silent():
    return Silent


@pytest.fixture(scope="module")
def world():
    shared = World()
    yield shared
    shared.close()


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder as somebody would bring it: ground/, skies/ and mug.xml."""
    for part, size in (("ground", (40, 30)), ("skies", (64, 32))):
        (tmp_path / part).mkdir()
        (tmp_path / part / "notes.txt").write_text("taken in May")
        for name, rgb in COLOURS.items():
            Image.new("RGB", size, rgb).save(tmp_path / part / f"{name}.png")
    (tmp_path / "meshes").mkdir()
    (tmp_path / "meshes" / "cup.obj").write_text(CUP)
    (tmp_path / "mug.xml").write_text(MUG)
    return tmp_path
