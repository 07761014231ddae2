"""Image messages become RGB pixels, whatever their encoding and row step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from liquid_control.errors import ImageError
from liquid_control.nodes.sources.image import CHANNELS, decode

sizes = st.integers(1, 12)
images = st.tuples(sizes, sizes, st.just(3)).flatmap(lambda shape: arrays(np.uint8, shape))


def encode(rgb: np.ndarray, encoding: str, padding: int = 0) -> tuple[np.ndarray, int]:
    """Return the data and step of a sensor_msgs/Image; padding and alpha are full of 0xAB."""
    height, width, _ = rgb.shape
    pixels = rgb[..., ::-1] if encoding.startswith("bgr") else rgb
    if encoding == "mono8":
        pixels = rgb[..., :1]
    if CHANNELS[encoding] == 4:
        pixels = np.concatenate([pixels, np.full((height, width, 1), 0xAB, np.uint8)], axis=2)
    rows = pixels.reshape(height, -1)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xAB)
    return np.ascontiguousarray(rows).reshape(-1), rows.shape[1]


@given(rgb=images, encoding=st.sampled_from(["rgb8", "bgr8", "rgba8", "bgra8"]), pad=sizes)
def test_decode_gives_back_rgb_from_every_colour_encoding_and_row_step(rgb, encoding, pad):
    data, step = encode(rgb, encoding, pad)
    assert np.array_equal(decode(data, *rgb.shape[:2], step, encoding), rgb)


@given(rgb=images, pad=sizes)
def test_decode_gives_grey_three_equal_channels(rgb, pad):
    data, step = encode(rgb, "mono8", pad)
    image = decode(data, *rgb.shape[:2], step, "mono8")
    assert image.shape == rgb.shape
    assert (image == rgb[..., :1]).all()


def test_decode_does_not_copy_packed_rgb():
    data = np.arange(4 * 5 * 3, dtype=np.uint8)
    assert np.shares_memory(decode(data, 4, 5, 15, "rgb8"), data)


@given(rgb=images, extra=st.binary(max_size=40))
def test_decode_ignores_bytes_after_the_last_row(rgb, extra):
    data, step = encode(rgb, "rgb8")
    data = np.concatenate([data, np.frombuffer(extra, np.uint8)])
    assert np.array_equal(decode(data, *rgb.shape[:2], step, "rgb8"), rgb)


@pytest.mark.parametrize("encoding", ["", "RGB8", "yuv422", "16UC1", "bayer_rggb8", "jpeg"])
def test_an_unknown_encoding_is_an_image_error_that_names_the_known_ones(encoding):
    with pytest.raises(ImageError) as caught:
        decode(np.zeros(300, np.uint8), 10, 10, 30, encoding)
    message = str(caught.value)
    assert f"'{encoding}'" in message and all(known in message for known in CHANNELS)
    assert "\n" not in message


@pytest.mark.parametrize("encoding", list(CHANNELS))
def test_data_that_is_one_byte_short_is_an_image_error_with_both_sizes(encoding):
    data, step = encode(np.zeros((4, 6, 3), np.uint8), encoding, padding=2)
    with pytest.raises(ImageError, match=f"needs {4 * step} bytes, found {4 * step - 1}"):
        decode(data[:-1], 4, 6, step, encoding)


@pytest.mark.parametrize("encoding", list(CHANNELS))
def test_a_step_shorter_than_a_row_is_an_image_error(encoding):
    data, step = encode(np.zeros((4, 6, 3), np.uint8), encoding)
    with pytest.raises(ImageError):
        decode(data, 4, 6, step - 1, encoding)


@pytest.mark.parametrize(("height", "width"), [(0, 4), (4, 0), (0, 0)])
def test_an_image_without_pixels_is_an_image_error(height, width):
    with pytest.raises(ImageError):
        decode(np.zeros(48, np.uint8), height, width, 12, "rgb8")


@given(
    data=st.binary(max_size=200),
    height=st.integers(0, 2**32 - 1) | st.integers(0, 8),
    width=st.integers(0, 2**32 - 1) | st.integers(0, 8),
    step=st.integers(0, 2**32 - 1) | st.integers(0, 32),
    encoding=st.sampled_from([*CHANNELS, "yuv422"]),
)
@hypothesis_settings(max_examples=500)
def test_any_message_becomes_an_image_of_its_size_or_an_image_error(
    data, height, width, step, encoding
):
    try:
        image = decode(np.frombuffer(data, np.uint8), height, width, step, encoding)
    except ImageError:
        return
    assert image.shape == (height, width, 3) and image.dtype == np.uint8
