"""Maps of a picture by hiding it piece by piece."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from liquid_control.saliency import BLUR, occlusion

PICTURE = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)


def green_corner(pictures):
    """Answer with the mean green of the upper left 8 x 8 pixels, and with what never changes."""
    green = pictures[:, :8, :8, 1].astype(float).mean(axis=(1, 2))
    return np.stack([green, np.ones(len(pictures))], axis=1)


def test_a_map_is_the_mean_change_of_all_squares_that_hide_a_cell():
    around = uniform_filter(PICTURE.astype(float), (BLUR, BLUR, 1), mode="mirror").round()
    total, times = np.zeros((6, 8)), np.zeros((6, 8))
    for top in range(-1, 5, 2):
        for left in range(-1, 7, 2):
            hidden = PICTURE.copy()
            for row in range(24):
                for column in range(32):
                    if top <= row // 4 < top + 3 and left <= column // 4 < left + 3:
                        hidden[row, column] = around[row, column]
            answers = green_corner(np.stack([hidden, PICTURE]))
            cells = np.ix_(
                [r for r in range(6) if top <= r < top + 3],
                [c for c in range(8) if left <= c < left + 3],
            )
            total[cells] += np.abs(answers[0] - answers[1]).sum()
            times[cells] += 1
    expected = total / np.maximum(times, 1)
    assert np.allclose(occlusion(green_corner, PICTURE), expected / expected.sum(), atol=1e-9)


def test_it_lies_where_the_answer_comes_from():
    found = occlusion(green_corner, PICTURE)
    assert found.sum() == pytest.approx(1.0) and found.min() >= 0.0
    assert found[:4, :4].sum() > 0.99


def test_where_nothing_matters_there_is_nothing():
    assert not occlusion(lambda pictures: np.zeros((len(pictures), 1)), PICTURE).any()
