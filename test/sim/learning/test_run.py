"""The run directory: which configuration may go on with it."""

import msgspec
import pytest
from liquid_control_sim.learning.config import TrainConfig
from liquid_control_sim.learning.run import open_run
from liquid_control_sim.learning.store import StoreError

from liquid_control.errors import ConfigError

BASE = TrainConfig(name="a", world={"task": {"hold_s": 2}}, inputs=("image", "imu"))


def changed(path, value):
    part, _, field = path.rpartition(".")
    if not part:
        return msgspec.structs.replace(BASE, **{field: value})
    inner = msgspec.structs.replace(getattr(BASE, part), **{field: value})
    return msgspec.structs.replace(BASE, **{part: inner})


def test_the_same_configuration_may_go_on(tmp_path):
    open_run(BASE, tmp_path / "run")
    open_run(BASE, tmp_path / "run")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("optimizer.epochs", 9),
        ("optimizer.epochs_per_round", 6),
        ("collect.dagger_rounds", 4),
        ("score.suites", ("far",)),
        ("score.episodes", 7),
        ("callbacks", ()),
    ],
)
def test_more_training_and_other_scores_may_go_on(tmp_path, path, value):
    open_run(BASE, tmp_path)
    open_run(changed(path, value), tmp_path)
    open_run(changed(path, value), tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("optimizer.epochs", 7, "was 8 and may only grow, found 7"),
        ("collect.dagger_rounds", 2, "was 3 and may only grow, found 2"),
        ("collect.expert_flights", 400, "was 320 and must stay, found 400"),
        ("optimizer.learning_rate", 1e-4, "was 0.0015 and must stay"),
        ("seed", 1, "was 0 and must stay, found 1"),
        ("inputs", ("image",), "must stay"),
        ("eye.epochs", 21, "was 20 and must stay, found 21"),
    ],
)
def test_a_change_that_would_give_another_run_is_refused_by_its_field(
    tmp_path, path, value, words
):
    open_run(BASE, tmp_path)
    with pytest.raises(ConfigError, match=rf"^[^\n]*another configuration: {path}[^\n]*{words}"):
        open_run(changed(path, value), tmp_path)


def test_a_change_of_the_world_is_named_by_its_path(tmp_path):
    open_run(BASE, tmp_path)
    with pytest.raises(ConfigError, match=r"world\.task\.hold_s was 2 and must stay, found 3"):
        open_run(msgspec.structs.replace(BASE, world={"task": {"hold_s": 3}}), tmp_path)


def test_a_damaged_configuration_of_a_run_is_one_line(tmp_path):
    (tmp_path / "config.yaml").write_text("name: [a")
    with pytest.raises(StoreError, match=r"^[^\n]*config\.yaml: cannot be read[^\n]*$"):
        open_run(BASE, tmp_path)


def test_a_directory_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"^[^\n]*cannot be written[^\n]*$"):
        open_run(BASE, tmp_path / "file" / "run")
