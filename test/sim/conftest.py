"""One world for a whole file, and a folder of one's own pictures and things."""

from __future__ import annotations

from pathlib import Path

import pytest
from liquid_control_sim.world import World
from own_things import COLOURS, CUP, MUG
from PIL import Image


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
