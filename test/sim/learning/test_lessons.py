"""Several tasks for one policy: each has its share, its own world and its own folder."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from liquid_control_sim.learning.config import (
    CollectConfig,
    EyeConfig,
    LessonConfig,
    OptimizerConfig,
    ScoreConfig,
    TrainConfig,
    load_config,
)
from liquid_control_sim.learning.plan import plan
from liquid_control_sim.learning.store import row_dtype
from liquid_control_sim.learning.train import train
from liquid_control_sim.settings import from_data
from liquid_control_sim.tasks._recall import RECALLED
from liquid_control_sim.tasks.gates import Gates

from liquid_control.errors import ConfigError
from liquid_control.networks.policy import NetworkConfig
from liquid_control.policy import verify
from liquid_control.share import share_file

LESSONS = (
    LessonConfig("find", {"task": {"hold_s": 3.0}}, 3.0),
    LessonConfig("gates", share=1.0),
)
CONFIG = TrainConfig(
    name="several",
    world={"wind": {"gust_m_s": 0.1}},
    lessons=LESSONS,
    eye=EyeConfig(worlds=20),
    collect=CollectConfig(40, 1, 12, validation_flights=8),
)


def numbers(dealt):
    return {name: len(seeds) for name, seeds in dealt.items()}


def test_flights_and_pictures_are_dealt_by_share():
    made = plan(CONFIG)
    assert numbers(made.pictures) == {"find": 15, "gates": 5}
    assert [numbers(stage) for stage in made.stages] == [
        {"find": 30, "gates": 10},
        {"find": 9, "gates": 3},
    ]
    assert numbers(made.validation) == {"find": 6, "gates": 2}


def test_pictures_may_be_of_other_scenes_than_the_lessons():
    crowd = {"task": {"others": [5, 9]}}
    eye = EyeConfig(worlds=20, scenes=(LessonConfig("find", crowd, 3.0), LessonConfig("forest")))
    made = plan(msgspec.structs.replace(CONFIG, eye=eye))
    assert numbers(made.pictures) == {"find": 15, "forest": 5}
    sights = {lesson.folder.name: lesson for lesson in made.sights(Path("pictures"))}
    world = from_data(sights["find"].recipe.world)
    assert (world.task.others, world.wind.gust_m_s) == ((5, 9), 0.1)
    assert list(made.recipes) == list(made.validation) == ["find", "gates"]


def test_a_mistake_in_the_world_of_a_scene_names_the_scene():
    eye = EyeConfig(worlds=20, scenes=(LessonConfig("find", {"task": {"leg": 3}}),))
    with pytest.raises(ConfigError, match=r"^eye.scenes: find: [^\n]*leg[^\n]*$"):
        plan(msgspec.structs.replace(CONFIG, eye=eye))


def recalling(*tasks):
    optimizer = msgspec.structs.replace(CONFIG.optimizer, recall=0.5)
    lessons = tuple(LessonConfig(task) for task in tasks)
    return msgspec.structs.replace(CONFIG, lessons=lessons, optimizer=optimizer)


def test_flights_keep_what_the_expert_remembers_where_it_is_to_be_learnt():
    assert plan(CONFIG).recalled == ()
    made = plan(recalling("find", "gates"))
    assert made.recalled == RECALLED
    assert {recipe.recalled for recipe in made.recipes.values()} == {RECALLED}


def test_to_learn_what_an_expert_remembers_that_does_not_say_is_refused(monkeypatch):
    monkeypatch.setattr(Gates, "expert", lambda self, command: object())
    with pytest.raises(ConfigError, match=r"^optimizer.recall: [^\n]* 0 and 14 things[^\n]*$"):
        plan(recalling("find", "gates"))


def test_no_seed_is_drawn_for_two_things():
    made = plan(CONFIG)
    dealt = [made.pictures, *made.stages, made.validation]
    every = [seed for stage in dealt for seeds in stage.values() for seed in seeds]
    assert len(set(every)) == len(every) == 20 + 40 + 12 + 8


@pytest.mark.parametrize("shares", [(1.0, 1.0, 1.0), (0.1, 5.0, 0.2), (3.0, 2.0, 2.0)], ids=str)
def test_all_of_the_flights_are_dealt_whatever_the_shares(shares):
    lessons = tuple(LessonConfig("find", share=share) for share in shares)
    for stage in plan(msgspec.structs.replace(CONFIG, lessons=lessons)).stages:
        whole = sum(numbers(stage).values())
        assert whole in (40, 12)
        for dealt, share in zip(numbers(stage).values(), shares, strict=True):
            assert abs(dealt - whole * share / sum(shares)) <= 1


def test_a_task_may_be_learnt_in_several_worlds():
    lessons = (*LESSONS, LessonConfig("find", {"task": {"start_height_m": [4.0, 8.0]}}))
    made = plan(msgspec.structs.replace(CONFIG, lessons=lessons))
    assert list(made.recipes) == ["find_1", "gates", "find_2"]


def test_every_lesson_has_the_changes_of_all_and_its_own():
    worlds = {name: from_data(recipe.world) for name, recipe in plan(CONFIG).recipes.items()}
    assert {world.wind.gust_m_s for world in worlds.values()} == {0.1}
    assert worlds["find"].task.hold_s == 3.0
    assert worlds["gates"].task.hold_s == 1.0


def test_every_task_is_scored_once_under_every_condition():
    config = msgspec.structs.replace(
        CONFIG,
        lessons=(*LESSONS, LessonConfig("find")),
        score=ScoreConfig(suites=("none", "wind")),
    )
    assert set(plan(config).score_worlds) == {
        "find, none",
        "find, wind",
        "gates, none",
        "gates, wind",
    }


def test_a_lesson_that_lacks_an_input_of_the_others_is_refused():
    lessons = (*LESSONS, LessonConfig("find", {"sensors": {"imu": None}}))
    with pytest.raises(ConfigError, match=r"^[^\n]*'imu'[^\n]*$"):
        plan(msgspec.structs.replace(CONFIG, lessons=lessons))


def test_a_mistake_in_the_world_of_a_lesson_names_the_lesson():
    lessons = (*LESSONS, LessonConfig("hike", {"task": {"leg": 3}}))
    with pytest.raises(ConfigError, match=r"^lesson hike: [^\n]*leg[^\n]*$"):
        plan(msgspec.structs.replace(CONFIG, lessons=lessons))


def test_paths_in_the_world_of_a_lesson_start_from_the_file(folder_of_pictures):
    path = folder_of_pictures / "train.yaml"
    path.write_text(
        "name: a\nlessons: [{task: find, world: {scenery: {ground: {photographs: ground}}}}]"
    )
    (lesson,) = load_config(path).lessons
    photographs = lesson.world["scenery"]["ground"]["photographs"]
    assert photographs == str(folder_of_pictures / "ground")


@pytest.fixture
def folder_of_pictures(tmp_path):
    (tmp_path / "ground").mkdir()
    return tmp_path


def test_the_shipped_pilot_learns_every_flying_task():
    made = plan(load_config(share_file("config/train/pilot.yaml")))
    tasks = {recipe.world["task"]["name"] for recipe in made.recipes.values()}
    assert tasks == {
        *("find", "fly_to_target", "hike", "follow"),
        *("hide_and_seek", "forest", "gates", "absent"),
    }
    assert all(seeds for seeds in made.stages[0].values())


# --- a whole training, small

TINY = TrainConfig(
    name="tiny",
    world={"task": {"time_limit_s": 1.0}, "sensors": {"image": {"width": 48, "height": 32}}},
    lessons=(LessonConfig("find"), LessonConfig("gates")),
    network=NetworkConfig(
        "gru",
        {"units": 8},
        {
            "image": {"name": "order_map", "channels": [4, 8], "width": 8},
            "goal": {"name": "manner"},
        },
    ),
    eye=EyeConfig(worlds=2, pictures=2, epochs=1, batch_worlds=2),
    collect=CollectConfig(2, 1, 2, validation_flights=2),
    optimizer=OptimizerConfig(epochs=1, epochs_per_round=1, lanes=2, chunk=12),
    score=ScoreConfig(episodes=1, suites=("none",), world={"task": {"time_limit_s": 1.0}}),
    callbacks=(),
)


@pytest.fixture(scope="module")
def trained(in_this_process, short_export, tmp_path_factory, silent):
    run, progress = tmp_path_factory.mktemp("lessons") / "run", silent()
    return train(TINY, run, progress), run, progress.lines


def test_one_policy_comes_of_an_eye_and_two_lessons(trained):
    policy, _, lines = trained
    card = verify(policy).policy.card
    assert lines[0].startswith("eye, epoch 1")
    assert card.network["encoders"]["image"]["name"] == "order_map"
    assert [score.suite for score in card.scores] == ["find, none", "gates, none"]
    assert len(card.training["config"]["worlds"]) == 2


def test_every_lesson_has_a_folder_of_flights_that_keep_features(trained):
    _, run, _ = trained
    made = plan(TINY)
    features = {"image": 7 + 2 * 48 // 4}
    for stage, name in enumerate(("expert", "round_1")):
        for lesson, seeds in made.stages[stage].items():
            assert len(seeds) == 1
            rows = np.load(run / "flights" / name / lesson / f"{seeds[0]}.npy")
            assert rows.dtype == row_dtype(made.card, features)


def test_features_are_kept_in_the_run_and_never_shared(trained, silent):
    """Another run would have another eye."""
    _, run, _ = trained
    shared = run.parent / "shared"
    train(TINY, run, silent(), shared)
    assert not shared.exists()


# --- another cell on the flights of that training


def taking(run, **more):
    network = NetworkConfig("lstm", {"units": 8}, TINY.network.encoders)
    more = {"network": network, "eye": EyeConfig(), **more}
    return msgspec.structs.replace(TINY, collect=CollectConfig(recorded=str(run)), **more)


@pytest.fixture(scope="module")
def another(trained, in_this_process, short_export, tmp_path_factory, silent):
    _, run, _ = trained
    there = tmp_path_factory.mktemp("another") / "run"
    config = msgspec.structs.replace(
        taking(run), collect=CollectConfig(recorded=str(run), validation_flights=2)
    )
    return train(config, there, silent()), there


def test_another_cell_learns_from_the_flights_of_a_run_and_flies_none(another):
    policy, there = another
    assert verify(policy).policy.card.network["cell"] == "lstm"
    assert not (there / "flights").exists()


def test_further_rounds_are_flown_after_the_flights_of_a_run(trained, tmp_path, silent):
    _, run, _ = trained
    collect = CollectConfig(recorded=str(run), further_rounds=1, dagger_flights=3, seed=1)
    there = tmp_path / "run"
    train(msgspec.structs.replace(taking(run), collect=collect), there, silent())
    flown = [path.parent.parent.name for path in there.glob("flights/*/*/*.npy")]
    assert flown == 3 * ["round_1"]
    assert (there / "learner_1.onnx").exists()


def test_another_cell_has_the_eye_that_saw_the_flights_it_learns_from(trained, another):
    images = (run / "eye/image.onnx" for run in (trained[1], another[1]))
    assert len({path.read_bytes() for path in images}) == 1


def test_flights_of_other_lessons_are_refused_in_one_line(trained, tmp_path, silent):
    config = msgspec.structs.replace(taking(trained[1]), lessons=(LessonConfig("hike"),))
    with pytest.raises(ConfigError, match=r"^collect.recorded: [^\n]*same lessons[^\n]*$"):
        train(config, tmp_path / "run", silent())


def test_flights_that_were_recorded_go_with_their_own_eye_alone():
    with pytest.raises(ValueError, match="their own eye"):
        taking("runs/pilot", eye=EyeConfig(worlds=4))
