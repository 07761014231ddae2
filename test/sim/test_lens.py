"""A lens changes colours, light and sharpness; without faults it changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from liquid_control_sim.sensors import camera
from liquid_control_sim.sensors.lens import Fault, Lens
from liquid_control_sim.settings import load_world
from own_things import written
from worlds import frames_of, with_camera

from liquid_control.errors import ConfigError

SIZE = HEIGHT, WIDTH = 64, 96


def fault(seed=0, **strengths):
    return Fault(Lens(share=1.0, **strengths), *SIZE, np.random.default_rng(seed))


def flat(value):
    return np.full((HEIGHT, WIDTH, 3), value, np.uint8)


def textured():
    return np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def test_a_lens_without_faults_returns_every_pixel_as_it_is():
    image = textured()
    none = fault()
    assert np.array_equal(none.after_noise(none.before_noise(image)), image)


def test_white_balance_gives_each_colour_its_own_gain():
    red, green, blue = fault(white_balance=0.3).before_noise(flat(100))[0, 0].tolist()
    assert len({red, green, blue}) == 3
    assert all(70 <= value <= 130 for value in (red, green, blue))


def test_exposure_makes_all_colours_lighter_and_white_stays_white():
    seen = fault(exposure=(1.5, 1.5)).before_noise(
        np.array([[[100, 50, 250]]], np.uint8).repeat(HEIGHT, 0).repeat(WIDTH, 1)
    )
    assert seen[0, 0].tolist() == [150, 75, 255]


def test_a_gamma_below_one_lightens_what_is_dark():
    light = fault(gamma=(0.5, 0.5))
    assert light.before_noise(flat(64))[0, 0, 0] == pytest.approx(128, abs=1)
    assert light.before_noise(flat(255))[0, 0, 0] == 255


def test_a_vignette_darkens_the_corners_and_not_the_middle():
    seen = fault(vignette=(0.4, 0.4)).before_noise(flat(200))[..., 0].astype(int)
    assert seen[HEIGHT // 2, WIDTH // 2] >= 198
    assert [seen[row, column] for row in (0, -1) for column in (0, -1)] == [120] * 4


@pytest.mark.parametrize("pixels", [0.4, 0.8])
def test_blur_has_the_deviation_that_was_asked_for_in_both_directions(pixels):
    image = flat(0)
    image[HEIGHT // 2, WIDTH // 2] = 255
    spread = fault(blur_pixels=(pixels, pixels)).before_noise(image)[..., 0].astype(float)
    rows, columns = np.indices(SIZE)
    for offset in (rows - HEIGHT // 2, columns - WIDTH // 2):
        deviation = np.sqrt((spread * offset**2).sum() / spread.sum())
        assert deviation == pytest.approx(pixels, abs=0.06)


def test_blur_leaves_an_even_picture_as_it_is_up_to_its_edges():
    seen = fault(blur_pixels=(0.8, 0.8)).before_noise(flat(200))
    assert np.abs(seen.astype(int) - 200).max() <= 1


def test_a_picture_goes_by_way_of_jpeg_and_worse_quality_spoils_it_more():
    image = textured()

    def error(quality):
        sent = fault(jpeg_share=1.0, jpeg_quality=(quality, quality)).after_noise(image)
        assert sent.shape == image.shape and sent.dtype == np.uint8
        return np.abs(sent.astype(float) - image).mean()

    assert error(10) > 1.2 * error(90) > 1.0


def test_faults_are_in_their_share_of_the_flights():
    lens = Lens(share=0.3, exposure=(0.5, 0.5))
    image = flat(200)
    changed = [
        not np.array_equal(
            Fault(lens, *SIZE, np.random.default_rng(seed)).before_noise(image), image
        )
        for seed in range(200)
    ]
    assert 40 <= sum(changed) <= 80


def test_each_flight_has_its_own_strength_and_always_the_same():
    first, again, other = (fault(seed, exposure=(0.5, 1.5)) for seed in (1, 1, 2))
    seen = [one.before_noise(flat(100))[0, 0, 0] for one in (first, again, other)]
    assert seen[0] == seen[1] != seen[2]


def pictures(world, **lens):
    events = frames_of(world, with_camera(lens=lens), 3)
    return np.stack([event.value.image for event in events])


def test_a_lens_leaves_mount_and_noise_of_a_flight_as_they_are(world, monkeypatch):
    class Greedy(Fault):
        """Draws more than others do."""

        def __init__(self, lens, height, width, rng):
            rng.random(100)
            super().__init__(lens, height, width, rng)

    usual = pictures(world)
    monkeypatch.setattr(camera, "Fault", Greedy)
    assert np.array_equal(pictures(world), usual)


def test_the_camera_delivers_what_its_lens_let_through(world):
    clear, dark = pictures(world), pictures(world, share=1.0, exposure=[0.5, 0.5])
    assert dark.mean() == pytest.approx(clear.mean() / 2, abs=3)


def test_noise_comes_after_the_lens_has_blurred(world):
    """Otherwise a blur would take the noise away."""
    blur = {"share": 1.0, "blur_pixels": [0.8, 0.8]}

    def flicker(**lens):
        taken = pictures(world, **lens).astype(float)
        return (taken[1] - taken[0]).std()

    assert flicker(**blur) > 0.7 * flicker()


@pytest.mark.parametrize(
    "setting",
    ["exposure: [1.2, 0.8]", "vignette: [0, 2]", "blur_pixels: [0, 3]", "jpeg_quality: [0, 50]"],
)
def test_a_strength_that_cannot_be_is_one_line(tmp_path, setting):
    path = written(tmp_path, f"sensors: {{image: {{lens: {{{setting}}}}}}}")
    name = setting.partition(":")[0]
    with pytest.raises(ConfigError, match=rf"sensors.image[^\n]*expected {name}[^\n]*$"):
        load_world(path)
