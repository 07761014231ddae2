"""The training configuration: what it means, and what it refuses in one line."""

import msgspec
import pytest
from liquid_control_sim.learning.config import TrainConfig, load_config
from liquid_control_sim.learning.plan import plan
from liquid_control_sim.settings import from_data

from liquid_control.errors import ConfigError
from liquid_control.share import share_file

SHIPPED = ("fly_to_target", "cells", "rover_to_target", "pilot")


@pytest.fixture
def config(tmp_path):
    """Return a reader of configuration text."""

    def read(text, *overrides):
        path = tmp_path / "train.yaml"
        path.write_text(text)
        return load_config(path, overrides)

    return read


def test_a_number_written_as_1e_3_is_a_number(config):
    text = "name: a\noptimizer: {learning_rate: 1e-3}"
    assert config(text).optimizer.learning_rate == 1e-3


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name: a b", "name"),
        ("name: a\ntask: fly_to_the_moon", "fly_to_the_moon"),
        ("name: a\nseed: 99999999999999999999999", "seed"),
        ("name: a\nseed: -1", "seed"),
        ("name: a\nnope: 1", "nope"),
        ("name: a\noptimizer: {weight_decay: -1e-2}", "weight_decay"),
        ("name: a\noptimizer: {learning_rate: .inf}", "learning_rate"),
        ("name: a\noptimizer: {learning_rate: .nan}", "learning_rate"),
        ("name: a\noptimizer: {device: tpu}", "device"),
        ("name: a\ncollect: {dagger_rounds: 10000}", "dagger_rounds"),
        ("name: a\naugment: {black_frames: [12, 4]}", "black_frames"),
        ("name: a\naugment: {black_frames: [30, 40]}", "black_frames"),
        ("name: a\naugment: {exposure_gain: [2, 1]}", "exposure_gain"),
        ("name: a\nnetwork: {cell: brain}", "brain"),
        ("name: a\nnetwork: {cell_settings: {units: 0}}", "units"),
        ("name: a\nnetwork: {encoders: {image: {features: 0}}}", "features"),
        ("name: a\nnetwork: {encoders: {lidar: {}}}", "lidar"),
        ("name: a\ninputs: [image, lidar]", "lidar"),
        ("name: a\nlimits: {forward: 1}", "forward"),
        ("name: a\nlimits: {forward_m_s: -1}", "limits"),
        ("name: a\nscore: {suites: [none, earthquake]}", "earthquake"),
        ("name: a\nscore: {world: {sensors: {image: null}}, suites: [none]}", "image"),
        ("name: a\nworld: {sensors: {image: {rate_hz: [40, 10]}}}", "rate_hz"),
        ("name: a\nworld: {sensors: {image: {rate: 20}}}", "rate"),
        (
            "name: a\nworld: {sensors: {image: {blackout: {black_frames: [25, 30]}}}}",
            "black_frames",
        ),
        ("name: a\nworld: {weather: bad}", "weather"),
        ("name: [a", "train.yaml"),
        ("", "train.yaml"),
        ("- a", "train.yaml"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line_that_names_it(config, text, named):
    with pytest.raises(ConfigError, match=rf"^[^\n]*{named}[^\n]*$"):
        plan(config(text))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        load_config(tmp_path / "none.yaml")


def test_an_override_takes_the_place_of_what_the_file_says(config):
    text = "name: a\nnetwork: {cell: gru}\nworld: {task: {hold_s: 2}}"
    sets = (
        "network.cell=ltc",
        "network.cell_settings.units=7",
        "optimizer.learning_rate=1e-4",
        "world.sensors.image.rate_hz=[5, 10]",
        "score.suites=[far]",
        "collect.seed=3",
    )
    found = config(text, *sets)
    assert found.network.cell == "ltc"
    assert found.network.cell_settings == {"units": 7}
    assert found.optimizer.learning_rate == 1e-4
    assert found.world == {"task": {"hold_s": 2}, "sensors": {"image": {"rate_hz": [5, 10]}}}
    assert found.score.suites == ("far",)
    assert found.flights_seed == 3


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("network.cel=ltc", r"network\.cel=ltc: unknown path; network has cell"),
        ("optimiser.epochs=3", "unknown path; the configuration has augment"),
        ("seed.x=1", "seed is one value, it has no x"),
        ("seed", "expected PATH=VALUE"),
        ("network..cell=ltc", "expected PATH=VALUE"),
        ("score.suites=[none", "the value is no YAML"),
    ],
)
def test_an_override_that_goes_nowhere_is_named(config, override, named):
    with pytest.raises(ConfigError, match=rf"^--set [^\n]*{named}[^\n]*$"):
        config("name: a", override)


def test_the_shipped_training_draws_from_the_distribution_that_its_text_says():
    config = load_config(share_file("config/train/fly_to_target.yaml"))
    world = from_data(plan(config).recipes["fly_to_target"].world)
    camera = world.sensors["image"]
    assert (camera.rate_hz, camera.jitter, camera.dropout) == ((10.0, 40.0), 0.3, 0.05)
    assert (camera.blackout.share, camera.blackout.black_frames) == (0.35, (4, 12))
    assert camera.blackout.period_frames == 24
    assert (world.task.time_limit_s, world.task.hold_s) == (12.0, 3.0)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_configuration_is_sound(name):
    assert plan(load_config(share_file(f"config/train/{name}.yaml"))).stages


def test_cells_are_compared_in_the_world_and_with_the_inputs_of_the_shipped_policy():
    shipped, cells = (load_config(share_file(f"config/train/{n}.yaml")) for n in SHIPPED[:2])
    assert cells.world == shipped.world
    assert cells.inputs == shipped.inputs == ("image", "imu")


def test_the_policy_is_given_images_the_imu_and_the_orders_unless_something_else_is_said():
    everything = plan(TrainConfig(name="a")).card
    assert list(everything.inputs) == ["image", "imu", "goal"]
    assert list(plan(TrainConfig(name="a", inputs=("image",))).card.inputs) == ["image"]


def test_limits_stand_in_the_card_and_the_others_stay():
    card = plan(TrainConfig(name="a", limits={"forward_m_s": 1.25})).card
    usual = plan(TrainConfig(name="a")).card
    assert (card.command.fields[0].low, card.command.fields[0].high) == (-1.25, 1.25)
    assert card.command.fields[1:] == usual.command.fields[1:]


def test_the_name_of_a_shared_folder_changes_with_what_flights_are_made_of(tmp_path):
    base = TrainConfig(name="a")
    others = [
        TrainConfig(name="a", limits={"forward_m_s": 1.25}),
        TrainConfig(name="a", inputs=("image",)),
        TrainConfig(name="a", world={"wind": {"gust_m_s": 1.0}}),
        msgspec.structs.replace(
            base, collect=msgspec.structs.replace(base.collect, disturbed_share=0.5)
        ),
    ]
    digests = {digest_of(config) for config in (base, *others)}
    assert len(digests) == 5
    same = TrainConfig(name="b", seed=7, score=msgspec.structs.replace(base.score, episodes=1))
    assert digest_of(same) == digest_of(base)


def digest_of(config):
    (recipe,) = plan(config).recipes.values()
    return recipe.digest()


def test_the_learning_rate_decays_anew_in_every_stage(config):
    made = config(
        "name: a\noptimizer: {epochs: 4, epochs_per_round: 2}\ncollect: {dagger_rounds: 2}"
    )
    shares = [made.share_of_stage(half / 2) for half in range(16)]
    of_the_first = [half / 8 for half in range(8)]
    of_a_round = [half / 4 for half in range(4)]
    assert shares == pytest.approx([*of_the_first, *of_a_round, *of_a_round])
