"""Bring any camera's image to the size and the field of view that a policy was trained on."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image as Pillow

from ..contract import Image, Intrinsics

Picture = Pillow.Image
Box = tuple[float, float, float, float]
"""Left, top, right and bottom edge, in pixels."""
FINE = 4


def resample(
    image: Image,
    height: int,
    width: int,
    horizontal_fov_deg: float,
    intrinsics: Intrinsics | None = None,
) -> Image:
    """Return the part of an image that a pinhole camera of that view would see, by area.

    A camera that sees less than that is continued by its edge: what is in view stays at its
    angle. Without intrinsics the image is taken to have the wanted view already.

    Args:
        image: (any height, any width, 3) uint8 RGB.
        height: of the result.
        width: of the result.
        horizontal_fov_deg: of the result; its pixels are square.
        intrinsics: of ``image``, in its own pixels.

    Returns:
        (height, width, 3) uint8, contiguous.
    """
    rows, columns = image.shape[:2]
    left, top, right, bottom = 0.0, 0.0, float(columns), float(rows)
    if intrinsics is not None:
        half_x = math.tan(math.radians(horizontal_fov_deg) / 2)
        half_y = half_x * height / width
        left, right = (intrinsics.cx + s * half_x * intrinsics.fx for s in (-1, 1))
        top, bottom = (intrinsics.cy + s * half_y * intrinsics.fy for s in (-1, 1))
    box = (_snap(left), _snap(top), _snap(right), _snap(bottom))
    if box == (0, 0, columns, rows) and (rows, columns) == (height, width):
        return np.ascontiguousarray(image)
    picture = Pillow.fromarray(np.ascontiguousarray(image))
    if not (left >= 0 and top >= 0 and right <= columns and bottom <= rows):
        picture, box = _continued(picture, box, (width, height))
    larger = box[2] - box[0] >= width and box[3] - box[1] >= height
    method = Pillow.Resampling.BOX if larger else Pillow.Resampling.BILINEAR
    return np.array(picture.resize((width, height), method, box=box))


def is_plausible(intrinsics: Intrinsics, rows: int, columns: int) -> bool:
    """Return whether a lens can have made an image: a view of 3 to 170 degrees, centre in it."""
    widest, narrowest = (1 / math.tan(math.radians(view / 2)) / 2 for view in (170, 3))
    return (
        widest * columns <= intrinsics.fx <= narrowest * columns
        and widest * rows <= intrinsics.fy <= narrowest * rows
        and 0 <= intrinsics.cx <= columns
        and 0 <= intrinsics.cy <= rows
    )


def _snap(edge: float) -> float:
    """Round what rounding left of a whole pixel."""
    return float(round(edge)) if abs(edge - round(edge)) < 1e-3 else edge


def _continued(picture: Picture, box: Box, size: tuple[int, int]) -> tuple[Picture, Box]:
    """Repeat a picture's edge as far as a box reaches beyond it.

    The picture is first reduced to ``FINE`` of its pixels a pixel of the result or a little more,
    so that a narrow lens costs no more time and memory than a wide one.
    """
    across, down = (
        max(1, int((end - start) / (FINE * pixels)))
        for start, end, pixels in zip(box[:2], box[2:], size, strict=True)
    )
    picture = picture.reduce((across, down))
    left, top, right, bottom = box[0] / across, box[1] / down, box[2] / across, box[3] / down
    before_x, before_y = max(0, math.ceil(-left)), max(0, math.ceil(-top))
    after_x = max(0, math.ceil(right - picture.width))
    after_y = max(0, math.ceil(bottom - picture.height))
    pad = ((before_y, after_y), (before_x, after_x), (0, 0))
    padded = np.pad(np.asarray(picture), pad, mode="edge")
    moved = (left + before_x, top + before_y, right + before_x, bottom + before_y)
    return Pillow.fromarray(padded), moved
