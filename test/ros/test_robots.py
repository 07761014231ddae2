"""The shipped parameter files of robots: `policy.launch.py robot:=NAME`."""

import pytest
import yaml

from liquid_control.nodes import settings as names
from liquid_control.platforms import PLATFORMS
from liquid_control.policy import load_policy
from liquid_control.share import share_file

ROBOTS = sorted(share_file("config/robots").glob("*.yaml"))


def said(path):
    return yaml.safe_load(path.read_text())["/**"]["ros__parameters"]


def test_every_platform_has_a_robot():
    assert {said(path)["platform"] for path in ROBOTS} == set(PLATFORMS.names())


@pytest.mark.parametrize("path", ROBOTS, ids=lambda path: path.stem)
def test_a_robot_names_only_parameters_that_there_are_and_takes_nothing_out_of_range(path):
    given = said(path)
    model = given.get("model", "models/pilot_cfc.onnx").rpartition("/")[2]
    card = load_policy(share_file(f"models/{model}")).card
    platform = PLATFORMS.get(given["platform"])()
    known = {
        setting.name: setting
        for setting in (
            *names.NODE,
            *names.limits_of(card.command),
            *names.rates_of(card.command),
            *platform.settings(),
        )
    }
    for name, value in given.items():
        assert known[name].check(value) == ""
