"""An eye that is taught from labelled pictures: resumed, frozen, and kept as what it sees."""

import msgspec
import numpy as np
import pytest
import torch
from liquid_control_sim.learning.batches import whole
from liquid_control_sim.learning.clone import Fit, fit_chunk
from liquid_control_sim.learning.collect import flight_path, record
from liquid_control_sim.learning.config import (
    AugmentConfig,
    EyeConfig,
    OptimizerConfig,
    TrainConfig,
)
from liquid_control_sim.learning.labels import label_dtype
from liquid_control_sim.learning.plan import plan
from liquid_control_sim.learning.stills import Studio, still_dtype
from liquid_control_sim.learning.store import StoreError, row_dtype, write_flight
from liquid_control_sim.learning.taught import TaughtEye
from liquid_control_sim.learning.teach import teach, varied
from liquid_control_sim.settings import fitted, from_data
from liquid_control_sim.world import World

from liquid_control.errors import ConfigError
from liquid_control.networks.policy import NetworkConfig

CONFIG = TrainConfig(
    name="taught",
    task="find",
    world={
        "task": {"time_limit_s": 1.0},
        "sensors": {"image": {"width": 48, "height": 32}},
        "scenery": {"trees": None, "rocks": None},
    },
    network=NetworkConfig(
        "gru",
        {"units": 8},
        {
            "image": {"name": "order_map", "channels": [4, 8], "width": 8},
            "goal": {"name": "manner"},
        },
    ),
    eye=EyeConfig(worlds=4, pictures=2, epochs=3, batch_worlds=2),
)


@pytest.fixture(scope="module")
def lessons():
    return plan(CONFIG)


@pytest.fixture(scope="module")
def world(lessons):
    recipe = lessons.recipes["find"]
    made = World(fitted(from_data(recipe.world), recipe.card))
    yield made
    made.close()


@pytest.fixture(scope="module")
def pictures(lessons):
    """Write pictures with labels as if they had been taken, a file a seed."""

    def write(folder):
        rng, dtype = np.random.default_rng(0), still_dtype(lessons.card, "image")
        for what, seeds in (("pictures", lessons.pictures), ("watched", lessons.validation)):
            for seed in seeds["find"]:
                rows = np.zeros(2, dtype)
                rows["image"] = rng.integers(0, 256, rows["image"].shape)
                rows["kinds"] = rng.integers(0, 3, rows["kinds"].shape)
                rows["colours"] = rows["kinds"]
                rows["obstacles"] = rng.uniform(0, 1, rows["obstacles"].shape)
                write_flight(flight_path(folder / what / "find", seed), rows)

    return write


def taught(lessons, folder, progress):
    """Return the fit and the files of eyes that were taught in a folder."""
    fit = Fit.begin(CONFIG, lessons.card)
    return fit, teach(fit.network, lessons, folder, progress)


@pytest.fixture(scope="module")
def school(lessons, pictures, silent, tmp_path_factory):
    folder, progress = tmp_path_factory.mktemp("eye"), silent()
    pictures(folder)
    fit, eyes = taught(lessons, folder, progress)
    return fit, eyes, progress.lines


def test_every_epoch_says_what_was_learnt_and_what_is_seen_of_other_pictures(school):
    _, _, lines = school
    assert [line.partition(":")[0] for line in lines] == [f"eye, epoch {i}" for i in (1, 2, 3)]
    learnt = [float(line.split()[4].strip(",")) for line in lines]
    assert learnt[-1] < learnt[0]


def test_a_teaching_that_was_stopped_goes_on_and_ends_with_the_same_weights(
    school, lessons, pictures, silent, tmp_path
):
    pictures(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        taught(lessons, tmp_path, silent(stop_at="eye, epoch 1"))
    progress = silent()
    fit, _ = taught(lessons, tmp_path, progress)
    assert [line.partition(":")[0] for line in progress.lines] == ["eye, epoch 2", "eye, epoch 3"]
    whole_, again = (f.network.encoders["image"].state_dict() for f in (school[0], fit))
    assert all(torch.allclose(whole_[k], again[k], atol=1e-6) for k in whole_)


def test_a_finished_eye_is_taught_no_more(school, lessons, silent):
    _, eyes, _ = school
    progress = silent()
    fit, again = taught(lessons, eyes["image"].parent, progress)
    assert progress.lines == []
    assert again == eyes
    assert fit.network.taught == {"image"}


def test_a_damaged_checkpoint_is_named_with_what_to_do(lessons, silent, tmp_path):
    (tmp_path / "image.pt").write_bytes(b"damaged")
    with pytest.raises(StoreError, match=r"^[^\n]*image\.pt: [^\n]*delete it[^\n]*$"):
        taught(lessons, tmp_path, silent())


def test_without_worlds_no_eye_is_taught_and_none_is_frozen(lessons, silent, tmp_path):
    config = msgspec.structs.replace(CONFIG, eye=EyeConfig())
    fit = Fit.begin(config, lessons.card)
    assert teach(fit.network, plan(config), tmp_path, silent()) == {}
    assert not fit.network.taught
    assert list(tmp_path.iterdir()) == []


def test_only_an_encoder_that_can_be_taught_by_labels_is(silent, tmp_path):
    eye = {"image": {"name": "order_eye", "features": 8}}
    network = msgspec.structs.replace(CONFIG.network, encoders=eye)
    config = msgspec.structs.replace(CONFIG, world={}, network=network)
    lessons = plan(config)
    fit = Fit.begin(config, lessons.card)
    assert teach(fit.network, lessons, tmp_path, silent()) == {}
    assert not fit.network.taught


# --- what is recorded with it, and what learns from that


def test_a_flight_keeps_what_the_eye_sees_instead_of_pictures(school, lessons, world):
    _, eyes, _ = school
    recipe, eye = lessons.recipes["find"], TaughtEye(eyes["image"])
    rows = record(world, 5, recipe, eyes={"image": eye})
    assert rows.dtype == row_dtype(lessons.card, {"image": eye.features})
    pictured = record(world, 5, recipe)
    seen = [eye.look({n: row[n] for n in ("image", "goal")}) for row in pictured]
    assert np.allclose(rows["image"], seen, atol=1e-5)
    assert all((rows[name] == pictured[name]).all() for name in ("imu", "goal", "command"))


def test_the_file_of_an_eye_sees_what_the_network_sees(school, lessons):
    fit, eyes, _ = school
    encoder, eye = fit.network.encoders["image"], TaughtEye(eyes["image"])
    assert eye.features == encoder.features
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, lessons.card.inputs["image"].shape, np.uint8)
    goal = np.zeros(lessons.card.inputs["goal"].shape, np.float32)
    goal[[0, 14]] = 1.0
    with torch.no_grad():
        expected = encoder(torch.from_numpy(image)[None], torch.from_numpy(goal)[None])[0]
    assert np.allclose(eye.look({"image": image, "goal": goal}), expected, atol=1e-4)


def test_cloning_learns_from_features_and_leaves_the_eye_as_it_is(school, lessons):
    fit, _, _ = school
    encoder = fit.network.encoders["image"]
    kept = {name: value.clone() for name, value in encoder.state_dict().items()}
    rng, dtype = np.random.default_rng(0), row_dtype(lessons.card, {"image": encoder.features})
    rows = np.zeros(20, dtype)
    rows["image"], rows["dt_s"] = rng.standard_normal(rows["image"].shape), 0.05
    rows["command"][:, 0] = np.sign(rows["image"][:, 0])
    chunk, o = whole(rows, lessons.card), OptimizerConfig(precision="float32")
    for group in fit.optimizer.param_groups:
        group["lr"] = 1e-2
    losses = [fit_chunk(fit, chunk, None, o)[0] for _ in range(40)]
    assert losses[-1] < 0.5 * losses[0]
    assert all(torch.equal(kept[name], value) for name, value in encoder.state_dict().items())


# --- pictures


def test_pictures_of_a_world_repeat_from_its_seed_and_have_the_size_of_the_policys(lessons, world):
    studio = Studio(world, lessons.card, "image")
    rows, again = studio.take(5, 6), studio.take(5, 6)
    studio.close()
    assert rows.tobytes() == again.tobytes()
    assert rows["image"].shape == (6, *lessons.card.inputs["image"].shape)
    assert rows["image"].any((1, 2, 3)).all()
    assert len({row["image"].tobytes() for row in rows}) == 6
    assert rows["kinds"].any()
    assert (np.exp(rows["height"]) > 0.2).all()


def test_pictures_without_a_goal_to_number_their_labels_are_refused(lessons, world):
    inputs = {"image": lessons.card.inputs["image"]}
    with pytest.raises(ConfigError, match="add 'goal'"):
        Studio(world, msgspec.structs.replace(lessons.card, inputs=inputs), "image")


def test_in_a_mirror_labels_go_with_their_picture(lessons):
    given = label_dtype(lessons.card.inputs["image"])
    labels = {n: torch.rand(2, *given[n].shape) for n in given.names}
    images = torch.randint(1, 255, (2, *lessons.card.inputs["image"].shape), dtype=torch.uint8)
    plain = AugmentConfig(exposure_gain=(1, 1), exposure_offset=(0, 0))
    turns = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        image, label = varied(images, labels, CONFIG.eye, plain, rng)
        turned = not torch.equal(image, images)
        turns.append(turned)
        assert torch.equal(image.flip(2) if turned else image, images)
        for name in ("kinds", "colours", "distances", "obstacles"):
            assert torch.equal(label[name].flip(-1) if turned else label[name], labels[name])
        assert torch.equal(label["height"], labels["height"])
    assert set(turns) == {True, False}


def test_every_picture_has_an_exposure_of_its_own(lessons):
    images = torch.full((4, *lessons.card.inputs["image"].shape), 100, dtype=torch.uint8)
    image, _ = varied(images, {}, CONFIG.eye, AugmentConfig(), np.random.default_rng(0))
    levels = [set(one.unique().tolist()) for one in image]
    assert all(len(level) == 1 for level in levels)
    assert len(set.union(*levels)) > 1
