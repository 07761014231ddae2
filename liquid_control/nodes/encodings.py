"""The pixels of a sensor_msgs/Image as RGB, in every encoding that colour cameras send.

What carries its colours more coarsely than its brightness (YUV 4:2:2 and 4:2:0, Bayer) comes out
as coarse as its colours: a policy sees some 96 x 64 pixels, and half the work is saved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from ..contract import Image
from ..errors import ImageError

Bytes = NDArray[np.uint8]


class Encoding(NamedTuple):
    """How pixels lie in the rows of a message.

    Attributes:
        bytes_a_pixel: of a row.
        to_rgb: maps (rows, columns, bytes_a_pixel) uint8 to RGB; of samples of two bytes, the
            higher alone.
        wide: bytes of each sample.
        rows: of bytes for each row of pixels.
        cell: rows and columns of pixels that are one in the result.
    """

    bytes_a_pixel: int
    to_rgb: Callable[[Bytes], Image]
    wide: int = 1
    rows: float = 1.0
    cell: tuple[int, int] = (1, 1)


def decode(
    data: Bytes, height: int, width: int, step: int, encoding: str, *, is_bigendian: bool = False
) -> Image:
    """Return an RGB image from a sensor_msgs/Image's fields.

    No copy is made where the message is already packed RGB.

    Returns:
        (height, width, 3) uint8; the sides are divided by the encoding's ``cell``.

    Raises:
        ImageError: the encoding is not known, or the sizes do not fit the data.
    """
    found = ENCODINGS.get(encoding)
    if found is None:
        raise ImageError(_unknown(encoding))
    least = width * found.bytes_a_pixel * found.wide
    rows = int(height * found.rows)
    down, across = found.cell
    if height < down or width < across or height % down or width % across:
        raise ImageError(
            f"image of {width}x{height} {encoding}: expected sides that are multiples of "
            f"{across} and {down}, at least these; check the driver"
        )
    if step < least or data.size < rows * step:
        raise ImageError(
            f"image of {width}x{height} {encoding} with step {step} needs "
            f"{rows * max(step, least)} bytes, found {data.size}; check the driver"
        )
    packed = data[: rows * step].reshape(rows, step)[:, :least]
    if found.wide == 2:
        packed = packed[:, (0 if is_bigendian else 1) :: 2]
    return found.to_rgb(packed.reshape(rows, -1, found.bytes_a_pixel))


def _unknown(encoding: str) -> str:
    if encoding in DEPTHS:
        return (
            f"encoding '{encoding}': expected a colour image, found one of distances; "
            "give the camera's colour topic"
        )
    return (
        f"encoding '{encoding}': expected one of {', '.join(ENCODINGS)}; "
        "set the driver's encoding or convert the topic with image_proc"
    )


def _grey(pixels: Bytes) -> Image:
    return np.repeat(pixels, 3, axis=2)


def _rgb(pixels: Bytes) -> Image:
    return pixels[..., :3]


def _bgr(pixels: Bytes) -> Image:
    picture = Pillow.frombuffer(
        "RGB", pixels.shape[1::-1], np.ascontiguousarray(pixels), "raw", BGR[pixels.shape[2]], 0, 1
    )
    return np.asarray(picture)


def _yuv(y: Bytes, u: Bytes, v: Bytes) -> Image:
    """Convert ITU-R BT.601 with brightness from 16 to 235, as video cameras have it."""
    planes = (BRIGHTNESS[y], COLOUR[u], COLOUR[v])
    picture = Pillow.merge("YCbCr", [Pillow.fromarray(plane) for plane in planes])
    return np.asarray(picture.convert("RGB"))


def _mean(one: Bytes, other: Bytes) -> Bytes:
    """Return the mean of two bytes, rounded down, without a larger type."""
    return (one >> 1) + (other >> 1) + (one & other & 1)


def _packed_yuv(order: str) -> Callable[[Bytes], Image]:
    """Return a decoder of 4:2:2: two pixels in four bytes, which share their colour."""
    first, u, second, v = (order.index(sample) for sample in ("Y", "U", "y", "V"))

    def to_rgb(pixels: Bytes) -> Image:
        quads = pixels.reshape(len(pixels), -1, 4)
        y = _mean(quads[..., first], quads[..., second])
        return _yuv(y, quads[..., u], quads[..., v])

    return to_rgb


def _planar_yuv(u: int, v: int) -> Callable[[Bytes], Image]:
    """Return a decoder of 4:2:0: all brightness first, then a pair of colours for four pixels."""

    def to_rgb(pixels: Bytes) -> Image:
        rows = len(pixels) * 2 // 3
        bright = _mean(pixels[:rows:2, :, 0], pixels[1:rows:2, :, 0])
        colour = pixels[rows:, :, 0].reshape(rows // 2, -1, 2)
        return _yuv(_mean(bright[:, ::2], bright[:, 1::2]), colour[..., u], colour[..., v])

    return to_rgb


def _bayer(order: str) -> Callable[[Bytes], Image]:
    """Return a decoder of 2 x 2 cells of one red, two green and one blue pixel, in this order."""
    red, blue = order.index("r"), order.index("b")
    greens = [i for i, colour in enumerate(order) if colour == "g"]

    def to_rgb(pixels: Bytes) -> Image:
        corner = [pixels[i // 2 :: 2, i % 2 :: 2, 0] for i in range(4)]
        one, other = (corner[i] for i in greens)
        return np.stack([corner[red], _mean(one, other), corner[blue]], axis=-1)

    return to_rgb


_STEPS = np.arange(256)
BRIGHTNESS = np.rint((_STEPS - 16) * 255 / 219).clip(0, 255).astype(np.uint8)
COLOUR = np.rint((_STEPS - 128) * 255 / 224 + 128).clip(0, 255).astype(np.uint8)
"""From the range of video to that of a JPEG."""
BGR = {3: "BGR", 4: "BGRX"}
"""What Pillow calls it, by bytes a pixel."""
DEPTHS = ("16UC1", "32FC1", "16SC1", "64FC1")
ENCODINGS: dict[str, Encoding] = {
    "rgb8": Encoding(3, _rgb),
    "bgr8": Encoding(3, _bgr),
    "rgba8": Encoding(4, _rgb),
    "bgra8": Encoding(4, _bgr),
    "mono8": Encoding(1, _grey),
    "rgb16": Encoding(3, _rgb, wide=2),
    "bgr16": Encoding(3, _bgr, wide=2),
    "rgba16": Encoding(4, _rgb, wide=2),
    "bgra16": Encoding(4, _bgr, wide=2),
    "mono16": Encoding(1, _grey, wide=2),
    **{name: Encoding(2, _packed_yuv("UYVy"), cell=(1, 2)) for name in ("yuv422", "uyvy")},
    **{name: Encoding(2, _packed_yuv("YUyV"), cell=(1, 2)) for name in ("yuv422_yuy2", "yuyv")},
    "nv12": Encoding(1, _planar_yuv(0, 1), rows=1.5, cell=(2, 2)),
    "nv21": Encoding(1, _planar_yuv(1, 0), rows=1.5, cell=(2, 2)),
    **{
        f"bayer_{order}{8 * wide}": Encoding(1, _bayer(order), wide, cell=(2, 2))
        for order in ("rggb", "bggr", "gbrg", "grbg")
        for wide in (1, 2)
    },
}
"""By the name in a message; some drivers have names of their own for YUV."""
