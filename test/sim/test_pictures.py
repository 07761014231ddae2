"""Pictures are found in files, folders, patterns and installed packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from liquid_control_sim.pictures import find_pictures
from liquid_control_sim.settings import from_data, load_world, to_data, world_of
from liquid_control_sim.world import draw_episode
from own_things import SEEDS, written
from PIL import Image
from worlds import SEED

from liquid_control.errors import ConfigError

WORLDS = Path(__file__).parents[2] / "config" / "worlds"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The name of an installed package that fails when it is imported, with pictures in it."""
    name = "pictures_for_a_test"
    for file in ("grass_2.png", "grass_1.png", "letters/a.png", "rock.png"):
        path = tmp_path / name / "textures" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(path)
    (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    return name


def names(places):
    return [Path(file).name for file in find_pictures(places)]


def test_a_folder_is_searched_with_its_sub_folders(package, tmp_path):
    found = names(str(tmp_path / package))
    assert found == ["grass_1.png", "grass_2.png", "a.png", "rock.png"]


def test_a_pattern_finds_the_names_that_fit(package, tmp_path):
    assert names(f"{tmp_path}/{package}/textures/grass*.png") == ["grass_1.png", "grass_2.png"]


def test_a_package_is_searched_without_being_imported(package):
    assert names(f"package:{package}/textures/*.png") == ["grass_1.png", "grass_2.png", "rock.png"]


def test_several_places_are_searched_one_after_the_other(package, tmp_path):
    places = (f"package:{package}/textures/rock.png", f"{tmp_path}/{package}/textures/letters")
    assert names(places) == ["rock.png", "a.png"]


def test_a_world_draws_from_all_places_and_comes_back_from_its_data(package, tmp_path):
    text = (
        f"scenery: {{ground: {{photographs: ['package:{package}/textures/grass_1.png', "
        f"{package}/textures/letters]}}}}"
    )
    settings = load_world(written(tmp_path, text))
    data = to_data(settings)
    places = data["scenery"]["ground"]["photographs"]
    assert places == [
        f"package:{package}/textures/grass_1.png",
        f"{tmp_path}/{package}/textures/letters",
    ]
    assert from_data(data) == settings
    drawn = {Path(draw_episode(settings, s).drawn["ground"].photograph).name for s in SEEDS}
    assert drawn == {"grass_1.png", "a.png"}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("package:no_such_package/a", ("'no_such_package'", "install it", "[looks]")),
        ("package:", ("expected an installed package ''",)),
        ("package:json/no_such_folder", ("json/no_such_folder is not there", "check")),
        ("package:json/*.png", ("expected pictures", "found none")),
    ],
)
def test_what_a_package_does_not_have_is_one_line(tmp_path, place, words):
    with pytest.raises(ConfigError) as caught:
        load_world(written(tmp_path, f"scenery: {{ground: {{photographs: '{place}'}}}}"))
    message = str(caught.value)
    assert "\n" not in message and all(word in message for word in words)


@pytest.mark.parametrize("task", ["fly_to_target", "rover_to_target"])
def test_the_broad_world_is_that_of_any_task_and_paints_everything(task):
    settings = load_world(WORLDS / "broad.yaml", task)
    drawn = [draw_episode(settings, seed).drawn for seed in range(60)]
    assert {one["sky"].look for one in drawn} == set(settings.scenery["sky"].looks)
    assert {one["ground"].look for one in drawn} == set(settings.scenery["ground"].looks)
    assert settings.scenery["sky"].panoramas is settings.scenery["ground"].photographs is None


def test_the_world_of_photographs_has_them_or_says_what_to_install():
    try:
        settings = load_world(WORLDS / "photographs.yaml")
    except ConfigError as error:
        assert "pip install 'liquid_control[looks]'" in str(error)
        return
    drawn = draw_episode(settings, SEED).drawn
    assert drawn["sky"].panorama and drawn["ground"].photograph


def test_no_world_has_photographs_by_itself():
    assert world_of().scenery["ground"].photographs is None
