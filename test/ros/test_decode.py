"""Image messages become RGB pixels, whatever their encoding and row step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from liquid_control.errors import ImageError
from liquid_control.nodes.encodings import DEPTHS, ENCODINGS, decode

CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1}
"""Those of which every pixel has bytes of its own."""
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


@pytest.mark.parametrize("encoding", ["", "RGB8", "nv24", "bayer_rgbg8", "jpeg"])
def test_an_unknown_encoding_is_an_image_error_that_names_the_known_ones(encoding):
    with pytest.raises(ImageError) as caught:
        decode(np.zeros(300, np.uint8), 10, 10, 30, encoding)
    message = str(caught.value)
    assert f"'{encoding}'" in message and all(known in message for known in ENCODINGS)
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
    encoding=st.sampled_from([*ENCODINGS, "nv24"]),
)
@hypothesis_settings(max_examples=500)
def test_any_message_becomes_an_image_of_its_size_or_an_image_error(
    data, height, width, step, encoding
):
    try:
        image = decode(np.frombuffer(data, np.uint8), height, width, step, encoding)
    except ImageError:
        return
    down, across = ENCODINGS[encoding].cell
    assert image.shape == (height // down, width // across, 3) and image.dtype == np.uint8


@pytest.mark.parametrize("encoding", DEPTHS)
def test_an_image_of_distances_is_refused_for_what_it_is(encoding):
    with pytest.raises(ImageError, match=r"found one of distances[^\n]*colour topic$"):
        decode(np.zeros(300, np.uint8), 5, 5, 60, encoding)


# --- encodings whose colours are coarser than their brightness


def to_yuv(rgb):
    """Return Y, U and V of ITU-R BT.601 in video range, float."""
    kr, kb = 0.299, 0.114
    r, g, b = (rgb[..., i] / 255.0 for i in range(3))
    y = kr * r + (1 - kr - kb) * g + kb * b
    u, v = (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))
    return [np.rint(x).astype(np.uint8) for x in (16 + 219 * y, 128 + 224 * u, 128 + 224 * v)]


def to_bayer(rgb, order):
    """Return what a sensor behind filters of this order sees, (height, width)."""
    seen = np.empty(rgb.shape[:2], np.uint8)
    for i, colour in enumerate(order):
        seen[i // 2 :: 2, i % 2 :: 2] = rgb[i // 2 :: 2, i % 2 :: 2, "rgb".index(colour)]
    return seen


def to_rows(rgb, encoding):
    """Return the rows of bytes of a picture of 2 x 2 pixels of one colour each."""
    height, width, _ = rgb.shape
    if encoding.startswith("bayer"):
        return to_bayer(rgb, encoding[6:10])
    y, u, v = to_yuv(rgb)
    if encoding.startswith("nv"):
        pair = (u, v) if encoding == "nv12" else (v, u)
        colour = np.stack([c[::2, ::2] for c in pair], axis=-1).reshape(height // 2, width)
        return np.concatenate([y, colour])
    half = [c[:, ::2] for c in (u, v)]
    bright = [y[:, ::2], y[:, 1::2]]
    order = (half[0], bright[0], half[1], bright[1])
    if encoding in ("yuv422_yuy2", "yuyv"):
        order = (bright[0], half[0], bright[1], half[1])
    return np.stack(order, axis=-1).reshape(height, 2 * width)


COARSE = [name for name, e in ENCODINGS.items() if e.cell != (1, 1) and e.wide == 1]
cells = st.tuples(st.integers(1, 4), st.integers(1, 4), st.just(3)).flatmap(
    lambda shape: arrays(np.uint8, shape)
)


@given(cells=cells, encoding=st.sampled_from(COARSE), pad=sizes)
@hypothesis_settings(max_examples=300)
def test_a_coarse_encoding_gives_its_colours_where_they_are(cells, encoding, pad):
    rgb = cells.repeat(2, axis=0).repeat(2, axis=1)
    rows = np.pad(to_rows(rgb, encoding), ((0, 0), (0, pad)), constant_values=0xAB)
    down, across = ENCODINGS[encoding].cell
    image = decode(rows.reshape(-1), *rgb.shape[:2], rows.shape[1], encoding)
    # Eight bits of brightness and colours in video range: two of 255 for each, at most doubled.
    assert np.abs(image.astype(int) - rgb[::down, ::across]).max() <= 4


def test_a_bayer_cell_gives_the_mean_of_its_two_greens():
    rows = np.array([[10, 100], [201, 30]], np.uint8)
    assert decode(rows.reshape(-1), 2, 2, 2, "bayer_rggb8").tolist() == [[[10, 150, 30]]]


def test_brightness_within_a_cell_is_averaged():
    rows = np.array([[128, 16, 128, 235]], np.uint8)
    assert decode(rows.reshape(-1), 1, 2, 4, "uyvy")[0, 0] == pytest.approx([128] * 3, abs=1)


@pytest.mark.parametrize("is_bigendian", [False, True])
@pytest.mark.parametrize("encoding", [name for name, e in ENCODINGS.items() if e.wide == 2])
def test_of_sixteen_bits_the_higher_eight_count(encoding, is_bigendian):
    narrow = encoding.removesuffix("16") + "8"
    cell = ENCODINGS[encoding].bytes_a_pixel * 4
    high = np.random.default_rng(0).integers(0, 256, (4, cell), np.uint8)
    wide = np.full((4, cell, 2), 0xAB, np.uint8)
    wide[..., 0 if is_bigendian else 1] = high
    found = decode(wide.reshape(-1), 4, 4, 2 * cell, encoding, is_bigendian=is_bigendian)
    assert np.array_equal(found, decode(high.reshape(-1), 4, 4, cell, narrow))


@pytest.mark.parametrize(("height", "width"), [(3, 4), (4, 3)])
def test_half_a_cell_is_an_image_error(height, width):
    with pytest.raises(ImageError, match="multiples"):
        decode(np.zeros(64, np.uint8), height, width, width, "bayer_rggb8")
