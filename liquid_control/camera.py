"""A camera message's bytes to the policy's image: encoding, row step and size."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .contract import Image
from .errors import ImageError

CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1}


def decode(data: NDArray[np.uint8], height: int, width: int, step: int, encoding: str) -> Image:
    """Return an RGB image (height, width, 3) uint8 from a sensor_msgs/Image's fields.

    No copy is made where the message is already packed RGB.

    Raises:
        ImageError: the encoding is not known, or the sizes do not fit the data.
    """
    if encoding not in CHANNELS:
        raise ImageError(
            f"camera encoding '{encoding}': expected one of {', '.join(CHANNELS)}; "
            "set the driver's encoding or convert the topic with image_proc"
        )
    channels = CHANNELS[encoding]
    if height < 1 or width < 1 or step < width * channels or data.size < height * step:
        raise ImageError(
            f"camera image of {width}x{height} {encoding} with step {step} needs "
            f"{height * max(step, width * channels)} bytes, found {data.size}; check the driver"
        )
    rows = data[: height * step].reshape(height, step)[:, : width * channels]
    pixels = rows.reshape(height, width, channels)
    if channels == 1:
        return np.repeat(pixels, 3, axis=2)
    return pixels[..., 2::-1] if encoding.startswith("bgr") else pixels[..., :3]


def resize(image: Image, height: int, width: int) -> Image:
    """Return the image at another size: bilinear, pixel centres at half integers.

    An image of the right size is returned as it is, made contiguous.
    """
    if image.shape[:2] == (height, width):
        return np.ascontiguousarray(image)
    top, bottom, down = _taps(image.shape[0], height)
    left, right, across = _taps(image.shape[1], width)
    rows = image[top] * (1 - down)[:, None, None] + image[bottom] * down[:, None, None]
    mixed = rows[:, left] * (1 - across)[:, None] + rows[:, right] * across[:, None]
    return np.rint(mixed).astype(np.uint8, order="C")


@lru_cache(maxsize=8)
def _taps(
    source: int, target: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Return the two source indices of each target index and the weight of the second."""
    centre = (np.arange(target) + 0.5) * source / target - 0.5
    low = np.floor(centre).astype(np.intp)
    weight = (centre - low).astype(np.float32)
    return low.clip(0, source - 1), (low + 1).clip(0, source - 1), weight
