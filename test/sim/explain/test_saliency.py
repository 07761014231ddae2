"""Maps of a picture: they find what an answer comes from, and nothing where there is nothing."""

import numpy as np
import pytest
import torch
from liquid_control_sim.explain.maps import METHODS, without

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (32, 48, 3), np.uint8)
ROWS, COLUMNS = slice(8, 20), slice(24, 36)
WANTED = np.zeros((8, 12), bool)
WANTED[2:5, 6:9] = True


def sees(pictures):
    """Answer with the contrast of one place, as a trained network would."""
    place = pictures[:, ROWS, COLUMNS] / 255.0
    return torch.stack([place.std(dim=(1, 2, 3)), place[:, 2::2, ::3].mean(dim=(1, 2, 3))], 1)


def untrained(pictures):
    """Answer with everything, by weights that were drawn."""
    weight = torch.from_numpy(np.random.default_rng(1).normal(size=(2, *IMAGE.shape))).float()
    return torch.einsum("bhwc,fhwc->bf", pictures / 255.0 - 0.5, weight)


@pytest.fixture(params=METHODS.values(), ids=METHODS.keys())
def method(request):
    return request.param


def test_a_map_lies_where_the_answer_comes_from(method):
    found = method(sees, IMAGE)
    assert found.shape == WANTED.shape
    assert found.sum() == pytest.approx(1.0) and found.min() >= 0.0
    assert found[WANTED].sum() > 0.5


def test_a_network_of_random_weights_has_less_of_its_map_there(method):
    assert method(untrained, IMAGE)[WANTED].sum() < 0.25 < method(sees, IMAGE)[WANTED].sum()


def test_a_map_of_an_answer_that_never_changes_is_empty(method):
    assert method(lambda pictures: 0.0 * pictures.mean(dim=(1, 2)), IMAGE).sum() == 0.0


def test_hiding_what_the_answer_comes_from_changes_it_and_hiding_the_rest_does_not():
    assert without(sees, IMAGE, WANTED) > 0.05
    away = np.zeros_like(WANTED)
    away[6:, :4] = True
    assert without(sees, IMAGE, away) == 0.0
