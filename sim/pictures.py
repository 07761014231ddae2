"""Pictures from files: what a folder has of them, and one of them as pixels."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps

from liquid_control.contract import Image
from liquid_control.errors import ConfigError

from .component import PACKAGE, FilePaths, is_in_package

SUFFIXES = (".jpg", ".jpeg", ".png")
CACHED = 256


def check_pictures(places: FilePaths) -> None:
    """Check that there are pictures, when settings are read.

    Raises:
        ValueError: there are none, or one cannot be read.
    """
    try:
        find_pictures(places)
    except ConfigError as error:
        raise ValueError(str(error)) from None


@lru_cache
def find_pictures(places: FilePaths) -> tuple[str, ...]:
    """Return the pictures of one place or several, each in order of their names.

    The order and the seed decide which picture a flight has; so what is there is looked up once
    a process.

    Args:
        places: a picture; a folder, which is searched with its sub-folders; or a folder with a
            pattern of names, ``textures/grass*.png``. After ``package:`` it is one of an
            installed Python package, which is not imported.

    Raises:
        ConfigError: it is not there, holds no picture, or one that cannot be read.
    """
    several = (places,) if isinstance(places, str) else places
    found = tuple(file for place in several for file in _found(place))
    for file in found:
        _open(file).close()
    return found


def _found(place: str) -> list[str]:
    path = _in_package(place) if is_in_package(place) else Path(place)
    if "*" in path.name:
        files = sorted(path.parent.glob(path.name))
    elif path.exists():
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
    else:
        raise ConfigError(
            f"expected a picture or a folder of pictures, {place} is not there; check the path"
        )
    found = [str(file) for file in files if file.suffix.lower() in SUFFIXES and file.is_file()]
    if not found:
        kinds = ", ".join(SUFFIXES)
        raise ConfigError(f"{place}: expected pictures ({kinds}), found none; put some there")
    return found


def _in_package(place: str) -> Path:
    """Return where something of an installed package is.

    Raises:
        ConfigError: the package is not installed.
    """
    package, _, inside = place.removeprefix(PACKAGE).partition("/")
    spec = find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            f"{place}: expected an installed package '{package}', found none; install it, or "
            "everything that the shipped worlds name with pip install 'liquid_control[looks]'"
        )
    return Path(spec.submodule_search_locations[0]) / inside


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
