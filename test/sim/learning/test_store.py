"""Flights on disk: whole or not at all, mapped and not loaded, damage named."""

import resource
from pathlib import Path

import numpy as np
import pytest
from liquid_control_sim.learning.store import (
    FlightLog,
    Recordings,
    StoreError,
    read_flight,
    row_dtype,
    write_flight,
)

from liquid_control.contract import VELOCITY, Observation, PolicyCard, imu_input, velocity
from liquid_control.errors import ConfigError
from liquid_control.policy.golden import golden_values


def test_a_written_flight_is_read_back_whole_and_nothing_else_is_left(tmp_path, card, flight):
    write_flight(tmp_path / "1.npy", flight(7))
    assert (read_flight(tmp_path / "1.npy", row_dtype(card)) == flight(7)).all()
    assert [p.name for p in tmp_path.iterdir()] == ["1.npy"]


def test_a_log_keeps_what_was_observed_and_the_command_to_it(card):
    log, rng = FlightLog(card), np.random.default_rng(0)
    values = {
        "image": rng.integers(0, 256, (64, 96, 3), np.uint8),
        "imu": rng.standard_normal(6).astype(np.float32),
        "goal": np.float32([1, 0, 1, 1]),
    }
    log.add(Observation(0, 0.07, values), velocity(1.0, 0.5, -0.5, 0.25))
    (row,) = log.rows()
    assert all((row[name] == value).all() for name, value in values.items())
    assert row["dt_s"] == np.float32(0.07)
    assert row["command"].tolist() == [1.0, 0.5, -0.5, 0.25]


class Mean:
    """An eye that sees how bright it is, and what is ordered."""

    features = 5

    def look(self, values):
        return np.float32([values["image"].mean(), *values["goal"]])


def test_of_an_eye_that_is_done_a_log_keeps_what_it_sees(card):
    log = FlightLog(card, {"image": Mean()})
    goal = np.float32([1, 0, 1, 1])
    values = {"image": np.full((64, 96, 3), 7, np.uint8), "imu": np.zeros(6), "goal": goal}
    log.add(Observation(0, 0.05, values), velocity())
    (row,) = log.rows()
    assert row["image"].tolist() == [7.0, 1.0, 0.0, 1.0, 1.0]
    assert row["goal"].tolist() == goal.tolist()
    assert log.rows().dtype == row_dtype(card, {"image": 5}) != row_dtype(card)


def test_a_log_keeps_what_the_expert_remembers(card):
    log = FlightLog(card, recalled=2)
    values = golden_values(0, 0, card.inputs)
    log.add(Observation(0, 0.05, values), velocity(), (0.5, -1.0))
    assert log.rows()["recall"].tolist() == [[0.5, -1.0]]
    assert log.rows().dtype == row_dtype(card, recalled=2) != row_dtype(card)


@pytest.mark.parametrize("damage", ["empty", "foreign", "cut", "other inputs", "no steps"])
def test_a_damaged_flight_is_named_with_what_to_do(damage, tmp_path, card, flight):
    path = tmp_path / "1.npy"
    write_flight(path, flight(0 if damage == "no steps" else 5))
    if damage == "other inputs":
        np.save(path, np.zeros(5, [("image", "u1", (2, 2, 3))]))
    elif damage != "no steps":
        whole = path.read_bytes()
        path.write_bytes({"empty": b"", "foreign": b"no flight", "cut": whole[:-9]}[damage])
    with pytest.raises(StoreError, match=r"^[^\n]*1\.npy: expected [^\n]*delete it[^\n]*$"):
        Recordings([path], row_dtype(card))


def test_a_missing_flight_is_named(tmp_path, card):
    with pytest.raises(StoreError, match=r"1\.npy: the flight is missing"):
        Recordings([tmp_path / "1.npy"], row_dtype(card))


def test_a_disk_without_room_is_one_line_and_leaves_no_trace(tmp_path, flight):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(StoreError, match=r"^[^\n]*1\.npy: cannot be written \([^\n]*$"):
            write_flight(tmp_path / "1.npy", flight(40))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_a_file_is_one_line(tmp_path, flight):
    (tmp_path / "flights").write_text("")
    with pytest.raises(StoreError, match=r"^[^\n]*cannot be written[^\n]*$"):
        write_flight(tmp_path / "flights" / "1.npy", flight(4))


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_flights_are_mapped_only_while_they_are_read(recorded, flight):
    before = open_files()
    recordings = recorded([flight(5) for _ in range(30)])
    assert open_files() == before
    assert recordings.lengths == [5] * 30
    assert isinstance(recordings[3], np.memmap)


def test_the_digest_changes_with_any_number_and_with_the_order(recorded, flight):
    changed = flight(5)
    changed["imu"][4, 2] += 1e-6
    flights = [[flight(5), flight(6)], [changed, flight(6)], [flight(6), flight(5)]]
    assert len({recorded(each).sha256() for each in flights}) == 3
    assert recorded(flights[0]).sha256() == recorded(flights[0]).sha256()


def test_an_input_that_would_hide_the_command_is_refused():
    card = PolicyCard("test", {"command": imu_input()}, VELOCITY, 1, clock="command")
    with pytest.raises(ConfigError, match="command cannot be the name of an input"):
        row_dtype(card)
