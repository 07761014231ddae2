"""sensor_msgs/CompressedImage, JPEG or PNG: parameter ``sources.image: compressed``."""

from __future__ import annotations

import io
import warnings
from typing import Any, ClassVar

import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from sensor_msgs.msg import CompressedImage

from ...contract import Image
from ...errors import ImageError
from .image import ImageSource

FORMATS = ("JPEG", "PNG")


class CompressedSource(ImageSource):
    """A camera of which ``<topic>/compressed`` is taken, and the ``camera_info`` of the raw one.

    A JPEG is read at a half, a quarter or an eighth of its size where that is more than the policy
    sees: it costs less, and what is thrown away would have been averaged.
    """

    message: ClassVar[type] = CompressedImage
    suffix: ClassVar[str] = "/compressed"

    def to_image(self, message: Any) -> Image:
        """Return the pixels of a message, (height, width, 3) uint8 RGB.

        Raises:
            ImageError: it is neither JPEG nor PNG, damaged, or too large to be a camera's.
        """
        if "compressedDepth" in message.format:
            raise ImageError(
                f"format '{message.format}': expected a colour image, found one of distances; "
                "give the camera's colour topic"
            )
        height, width = self.card.shape[:2]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Pillow.DecompressionBombWarning)
                picture = Pillow.open(io.BytesIO(bytes(message.data)), formats=FORMATS)
                picture.draft("RGB", (2 * width, 2 * height))
                return np.asarray(picture.convert("RGB"))
        except UnidentifiedImageError:
            why = f"expected JPEG or PNG, found {len(message.data)} bytes of neither"
        except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombWarning) as error:
            why = " ".join(str(error).split())
        except Pillow.DecompressionBombError as error:
            why = str(error)
        raise ImageError(f"format '{message.format}': {why}; check the driver")
