"""What a lens and its camera's electronics do to a picture: colours, light, blur, JPEG."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image as Pillow

from liquid_control.contract import Image, Range, Record, Share

Floats = NDArray[np.float32]


class Lens(Record, frozen=True):
    """Faults of a camera, of one strength a flight; none by default.

    Attributes:
        share: of the flights in which there are any; each of them then has its own strength.
        white_balance: share by which each of red, green and blue is stronger or weaker at most.
        exposure: gain of all three.
        gamma: exponent of the brightness; below 1 lightens what is dark.
        vignette: how much darker the corners are, a share of the light.
        blur_pixels: deviation of the defocus in pixels, 0.8 at most.
        jpeg_share: of those flights, in which pictures are sent as JPEG.
        jpeg_quality: as Pillow counts it, 1..95.
    """

    share: Share = 0.0
    white_balance: Share = 0.0
    exposure: Range = (1.0, 1.0)
    gamma: Range = (1.0, 1.0)
    vignette: Range = (0.0, 0.0)
    blur_pixels: Range = (0.0, 0.0)
    jpeg_share: Share = 0.0
    jpeg_quality: tuple[int, int] = (30, 90)

    def __post_init__(self) -> None:
        ranges = {
            "exposure": (self.exposure, 0.05, 20.0),
            "gamma": (self.gamma, 0.05, 20.0),
            "vignette": (self.vignette, 0.0, 1.0),
            "blur_pixels": (self.blur_pixels, 0.0, 0.8),
            "jpeg_quality": (self.jpeg_quality, 1, 95),
        }
        for name, ((low, high), least, most) in ranges.items():
            if not least <= low <= high <= most:
                raise ValueError(
                    f"expected {name} from low to high in {least}..{most}, found {[low, high]}"
                )


class Fault:
    """One flight's faults, drawn from ``rng``.

    Args:
        lens: their strengths.
        height: of the pictures.
        width: likewise.
        rng: what they are drawn from.
    """

    def __init__(self, lens: Lens, height: int, width: int, rng: Generator) -> None:
        gains = rng.uniform(1 - lens.white_balance, 1 + lens.white_balance, 3)
        gains *= rng.uniform(*lens.exposure)
        gamma, dark = rng.uniform(*lens.gamma), rng.uniform(*lens.vignette)
        side = min(rng.uniform(*lens.blur_pixels) ** 2 / 2, 1 / 3)
        jpeg = rng.random() < lens.jpeg_share
        quality = int(rng.integers(*lens.jpeg_quality, endpoint=True))
        self._has = rng.random() < lens.share
        self._gains = (gains * _light(dark, height, width)).astype(np.float32)
        self._tones = ((np.arange(256) / 255) ** gamma * 255).round().astype(np.uint8).tobytes()
        self._side = np.float32(side)
        self._quality = quality if jpeg else None

    def before_noise(self, image: Image) -> Image:
        """Return what the pixels make of the light: blurred, darker in corners, other colours."""
        if not self._has:
            return image
        light = image.astype(np.float32)
        if self._side:
            light = self._blurred(light)
        light *= self._gains
        seen = np.minimum(light.astype(np.uint16), 255).astype(np.uint8)
        return np.frombuffer(seen.tobytes().translate(self._tones), np.uint8).reshape(seen.shape)

    def after_noise(self, image: Image) -> Image:
        """Return the picture as it arrives: by way of JPEG, in some flights."""
        if not self._has or self._quality is None:
            return image
        sent = BytesIO()
        Pillow.fromarray(image).save(sent, "JPEG", quality=self._quality)
        return np.array(Pillow.open(sent))

    def _blurred(self, light: Floats) -> Floats:
        """Return the light with each pixel mixed with its neighbours along rows and columns.

        With a weight w of both neighbours, and 1 - 2 w in the middle, the variance is 2 w.
        """
        middle = 1 - 2 * self._side
        rows = light * middle
        beside = light * self._side
        rows[1:-1] += beside[:-2] + beside[2:]
        rows[[0, -1]] += beside[[0, -1]] + beside[[1, -2]]
        mixed = rows * middle
        rows *= self._side
        mixed[:, 1:-1] += rows[:, :-2] + rows[:, 2:]
        mixed[:, [0, -1]] += rows[:, [0, -1]] + rows[:, [1, -2]]
        return mixed


def _light(dark: float, height: int, width: int) -> NDArray[np.float64]:
    """Return the share of the light that reaches each pixel, (height, width, 1)."""
    rows, columns = (np.linspace(-1, 1, n) ** 2 / 2 for n in (height, width))
    return 1 - dark * (rows[:, None, None] + columns[:, None])
