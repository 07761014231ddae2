"""From recorded flights to chunks: order, resets, exposure, black-outs."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.learning.batches import chunks, whole
from liquid_control_sim.learning.config import AugmentConfig
from liquid_control_sim.learning.store import Recordings, row_dtype, write_flight

PLAIN = AugmentConfig(exposure_gain=(1, 1), exposure_offset=(0, 0), blackout_share=0)


@pytest.fixture(scope="module")
def numbered(recorded, flight):
    return recorded([flight(11 + i, first=1000 * i) for i in range(6)])


@given(seed=st.integers(0, 1000), lanes=st.integers(1, 6), length=st.integers(2, 9))
def test_chunks_follow_each_other_on_a_lane_and_reset_where_a_flight_begins(
    numbered, card, seed, lanes, length
):
    rng = np.random.default_rng(seed)
    epoch = list(chunks(numbered, card, (lanes, length), PLAIN, rng))
    numbers = np.concatenate([c.command[..., 0].numpy() for c in epoch], axis=1)
    images = np.concatenate([c.inputs["image"][..., 0, 0, 0].numpy() for c in epoch], axis=1)
    reset = np.concatenate([c.reset.numpy() for c in epoch], axis=1)
    assert reset[:, 0].all()
    assert (reset == (numbers % 1000 == 0)).all()
    assert (images == numbers % 200 + 20).all()
    steps = np.diff(numbers, axis=1)
    assert (steps[~reset[:, 1:]] == 1).all()


def test_no_flight_is_used_twice_in_an_epoch(numbered, card):
    epoch = chunks(numbered, card, (3, 4), PLAIN, np.random.default_rng(0))
    numbers = np.concatenate([c.command[..., 0].numpy().ravel() for c in epoch])
    assert len(set(numbers)) == len(numbers)


def test_a_flight_shorter_than_a_chunk_is_used_all_the_same(recorded, card, flight):
    (chunk,) = chunks(recorded([flight(5)]), card, (8, 32), PLAIN, np.random.default_rng(0))
    assert chunk.command.shape == (1, 5, 4)


def test_a_long_gap_resets_the_state_and_time_steps_are_clamped_as_in_flight(card, flight):
    rows = flight(4)
    rows["dt_s"] = [0.05, 0.001, 3.0, 0.8]
    chunk = whole(rows, card)
    assert chunk.reset[0].tolist() == [True, False, True, False]
    assert chunk.dt_s[0, :, 0].tolist() == pytest.approx([0.05, 0.025, 0.05, 0.3])


def test_one_flight_is_exposed_alike_in_all_its_frames_and_black_stays_black(
    recorded, card, flight
):
    rows = flight(40)
    rows["image"] = 100
    rows["image"][7] = 0
    augment = AugmentConfig(blackout_share=0)
    (chunk,) = chunks(recorded([rows]), card, (1, 40), augment, np.random.default_rng(3))
    levels = chunk.inputs["image"][0, :, 0, 0, 0].tolist()
    assert levels[7] == 0
    assert len(set(levels[:7] + levels[8:])) == 1
    assert levels[0] != 100


def test_flights_are_exposed_differently(recorded, card, flight):
    rows = flight(20)
    rows["image"] = 100
    augment = AugmentConfig(blackout_share=0)
    (chunk,) = chunks(recorded([rows] * 4), card, (4, 20), augment, np.random.default_rng(3))
    assert len(set(chunk.inputs["image"][:, 0, 0, 0, 0].tolist())) > 1


def test_a_run_of_images_goes_black_and_nothing_else_does(recorded, card, flight):
    augment = AugmentConfig((1, 1), (0, 0), blackout_share=1, black_frames=(3, 3))
    (chunk,) = chunks(recorded([flight(30)]), card, (1, 30), augment, np.random.default_rng(1))
    black = (chunk.inputs["image"][0] == 0).flatten(1).all(1).numpy()
    first = int(black.argmax())
    assert black.sum() == 3 or first > 27
    assert black[first : first + 3].all()
    assert chunk.command[0, :, 0].tolist() == list(range(30))


def test_what_the_expert_remembers_goes_with_its_command(tmp_path, card):
    rows = np.zeros(30, row_dtype(card, recalled=2))
    rows["recall"], rows["command"][:, 0] = np.arange(60).reshape(30, 2), np.arange(30)
    write_flight(tmp_path / "1.npy", rows)
    recordings = Recordings([tmp_path / "1.npy"], rows.dtype)
    size, rng = (1, 10), np.random.default_rng(1)
    for chunk in chunks(recordings, card, size, AugmentConfig(), rng):
        assert torch.equal(chunk.recall[..., 0], 2 * chunk.command[..., 0])
        assert chunk.recall.shape == (1, 10, 2)


def test_of_an_expert_that_says_nothing_nothing_is_recalled(card, flight):
    assert whole(flight(5), card).recall.shape == (1, 5, 0)


def test_what_an_eye_that_is_done_has_seen_is_neither_exposed_nor_blackened(tmp_path, card):
    rows = np.zeros(30, row_dtype(card, {"image": 3}))
    rows["image"], rows["dt_s"] = np.arange(90).reshape(30, 3), 0.05
    write_flight(tmp_path / "1.npy", rows)
    recordings = Recordings([tmp_path / "1.npy"], rows.dtype)
    augment = AugmentConfig(blackout_share=1, black_frames=(3, 3))
    (chunk,) = chunks(recordings, card, (1, 30), augment, np.random.default_rng(1))
    assert np.array_equal(chunk.inputs["image"][0].numpy(), rows["image"])
