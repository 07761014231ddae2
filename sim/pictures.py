"""Pictures from files: what a folder has of them, and one of them as pixels."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps

from liquid_control.contract import Image
from liquid_control.errors import ConfigError

SUFFIXES = (".jpg", ".jpeg", ".png")
CACHED = 256


def check_pictures(place: str) -> None:
    """Check that there are pictures, when settings are read.

    Raises:
        ValueError: there are none, or one cannot be read.
    """
    try:
        find_pictures(place)
    except ConfigError as error:
        raise ValueError(str(error)) from None


@lru_cache
def find_pictures(place: str) -> tuple[str, ...]:
    """Return the pictures of a folder in order of their names, or the one that is named itself.

    The order and the seed decide which picture a flight has; so what is there is looked up once
    a process.

    Raises:
        ConfigError: it is not there, holds no picture, or one that cannot be read.
    """
    path = Path(place)
    if not path.exists():
        raise ConfigError(
            f"expected a picture or a folder of pictures, {place} is not there; check the path"
        )
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found = [str(file) for file in files if file.suffix.lower() in SUFFIXES and file.is_file()]
    if not found:
        kinds = ", ".join(SUFFIXES)
        raise ConfigError(f"{place}: expected pictures ({kinds}), found none; put some there")
    for file in found:
        _open(file).close()
    return tuple(found)


@lru_cache(CACHED)
def read_picture(file: str, width: int, height: int) -> Image:
    """Return the middle of a picture that has this form, (height, width, 3) uint8 RGB.

    Raises:
        ConfigError: it cannot be read.
    """
    with _open(file) as picture:
        try:
            picture.draft("RGB", (width, height))  # a JPEG is decoded no larger than needed
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            pixels = np.asarray(ImageOps.fit(upright, (width, height)))
        except (OSError, ValueError, SyntaxError) as error:
            raise _unreadable(file, error) from None
    pixels.setflags(write=False)
    return pixels


def _open(file: str) -> Pillow.Image:
    try:
        return Pillow.open(file)
    except (OSError, ValueError, Pillow.DecompressionBombError) as error:
        raise _unreadable(file, error) from None


def _unreadable(file: str, error: Exception) -> ConfigError:
    reason = " ".join(str(error).split())
    return ConfigError(
        f"{file}: expected a picture, cannot be read ({reason}); replace it or take it away"
    )
