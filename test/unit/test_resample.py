"""Any camera's image at the policy's size and field of view: nothing is lost, angles stay."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from liquid_control.contract import Intrinsics
from liquid_control.sensors.resample import is_plausible, resample

HEIGHT, WIDTH, FOV = 64, 96, 80.0
sizes = st.integers(1, 12)
images = st.tuples(sizes, sizes, st.just(3)).flatmap(lambda shape: arrays(np.uint8, shape))
large_sizes = st.integers(1, 160)


def lens(width: int, height: int, fov_deg: float) -> Intrinsics:
    """Return a camera of square pixels that looks along the middle of its image."""
    focal = width / 2 / math.tan(math.radians(fov_deg) / 2)
    return Intrinsics(focal, focal, width / 2, height / 2)


def seen(image: np.ndarray, intrinsics: Intrinsics | None = None) -> np.ndarray:
    return resample(image, HEIGHT, WIDTH, FOV, intrinsics)


def brightest(image: np.ndarray) -> tuple[float, float]:
    """Return the centre of what is bright, (column, row), in pixels from the left upper edge."""
    weight = image.sum(axis=2).astype(float)
    rows, columns = np.indices(weight.shape) + 0.5
    return (weight * columns).sum() / weight.sum(), (weight * rows).sum() / weight.sum()


# --- area


def test_an_object_of_8_pixels_at_1280_wide_is_seen_at_every_one_of_40_positions():
    darkest = []
    for left in range(600, 640):
        image = np.zeros((720, 1280, 3), np.uint8)
        image[360:368, left : left + 8, 0] = 255
        darkest.append(int(seen(image)[..., 0].sum()))
    assert min(darkest) > 0.9 * max(darkest) > 0


@given(grey=st.integers(0, 255), size=st.tuples(sizes, sizes), to=st.tuples(sizes, large_sizes))
def test_a_constant_image_stays_constant(grey, size, to):
    assert (resample(np.full((*size, 3), grey, np.uint8), *to, FOV) == grey).all()


@given(image=images, to=st.tuples(large_sizes, large_sizes))
def test_the_result_is_a_contiguous_uint8_image_of_the_size_asked_for(image, to):
    resampled = resample(image, *to, FOV)
    assert resampled.shape == (*to, 3) and resampled.dtype == np.uint8
    assert resampled.flags.c_contiguous


@given(image=images, factor=st.integers(2, 6))
def test_a_whole_factor_gives_back_the_mean_of_each_block(image, factor):
    large = image.repeat(factor, axis=0).repeat(factor, axis=1)
    assert np.array_equal(resample(large, *image.shape[:2], FOV), image)


@given(image=images)
def test_the_same_size_is_not_changed(image):
    mirrored = image[:, ::-1]
    resampled = resample(mirrored, *image.shape[:2], FOV)
    assert np.array_equal(resampled, mirrored) and resampled.flags.c_contiguous


def test_the_same_size_and_lens_is_not_changed_either(make_frame):
    image = make_frame(1).image
    assert np.array_equal(seen(image, lens(WIDTH, HEIGHT, FOV)), image)


# --- the lens


@pytest.mark.parametrize("fov_deg", [35.0, 60.0, 80.0, 100.0, 140.0], ids="{:g} deg".format)
@pytest.mark.parametrize("size", [(640, 480), (1280, 720)], ids=str)
@pytest.mark.parametrize(("right_deg", "down_deg"), [(0.0, 0.0), (12.0, -7.0), (-15.0, 7.5)])
def test_a_point_is_seen_at_its_true_angle_by_any_lens(fov_deg, size, right_deg, down_deg):
    camera = lens(*size, fov_deg)
    x, y = math.tan(math.radians(right_deg)), math.tan(math.radians(down_deg))
    column, row = camera.cx + camera.fx * x, camera.cy + camera.fy * y
    rows, columns = np.indices((size[1], size[0])) + 0.5
    radius = max(camera.fx / 60, 3.0)
    disc = (columns - column) ** 2 + (rows - row) ** 2 <= radius**2
    image = np.where(disc[..., None], 255, 0).astype(np.uint8).repeat(3, axis=2)
    policy = lens(WIDTH, HEIGHT, FOV)
    expected = (policy.cx + policy.fx * x, policy.cy + policy.fy * y)
    assert brightest(seen(image, camera)) == pytest.approx(expected, abs=0.3)


def test_the_centre_of_the_lens_and_not_of_the_image_is_the_middle():
    camera = Intrinsics(400.0, 400.0, 350.0, 220.0)
    image = np.zeros((480, 640, 3), np.uint8)
    image[210:230, 340:360] = 255
    assert brightest(seen(image, camera)) == pytest.approx((WIDTH / 2, HEIGHT / 2), abs=0.1)


def test_a_wider_lens_is_cropped():
    image = np.zeros((480, 640, 3), np.uint8)
    image[:, :40] = 255
    assert not seen(image, lens(640, 480, 120.0)).any()
    assert seen(image).any()


@pytest.mark.parametrize("fov_deg", [10.0, 40.0, 70.0])
def test_a_narrower_lens_is_continued_by_its_edge(fov_deg):
    image = np.zeros((480, 640, 3), np.uint8)
    image[:, :320] = (10, 20, 30)
    image[:, 320:] = (200, 150, 100)
    found = seen(image, lens(640, 480, fov_deg))
    assert (found[:, : WIDTH // 2 - 1] == (10, 20, 30)).all()
    assert (found[:, WIDTH // 2 + 1 :] == (200, 150, 100)).all()


def test_a_narrow_lens_takes_no_memory_for_what_it_does_not_see():
    image = np.zeros((1080, 1920, 3), np.uint8)
    tracemalloc.start()
    assert seen(image, lens(1920, 1080, 10.0)).shape == (HEIGHT, WIDTH, 3)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 4 * image.nbytes


@pytest.mark.parametrize("fov_deg", [5.0, 80.0, 160.0])
def test_a_real_lens_is_plausible(fov_deg):
    assert is_plausible(lens(640, 480, fov_deg), 480, 640)


@pytest.mark.parametrize(
    "intrinsics",
    [
        Intrinsics(0.0, 0.0, 0.0, 0.0),
        Intrinsics(400.0, 400.0, 700.0, 240.0),
        Intrinsics(400.0, 400.0, 320.0, -1.0),
        Intrinsics(1e6, 1e6, 320.0, 240.0),
        Intrinsics(400.0, math.nan, 320.0, 240.0),
        Intrinsics(-400.0, 400.0, 320.0, 240.0),
    ],
    ids=["not calibrated", "centre right", "centre above", "in other units", "nan", "negative"],
)
def test_a_lens_that_cannot_have_made_the_image_is_not_plausible(intrinsics):
    assert not is_plausible(intrinsics, 480, 640)
