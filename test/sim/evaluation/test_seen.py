"""Whether training has seen a world is read from its settings."""

import pytest
from liquid_control_sim.conditions import conditioned
from liquid_control_sim.evaluation.seen import differing, outside
from liquid_control_sim.settings import load_world, to_data, world_of

from liquid_control.contract import VELOCITY, PolicyCard, image_input
from liquid_control.share import share_file

TRAINED = {
    "task": {"name": "fly_to_target", "distance_m": [3.0, 8.0], "hold_s": 1.0},
    "sensors": {
        "image": {
            "name": "camera",
            "rate_hz": [10.0, 40.0],
            "jitter": 0.3,
            "photographs": ["a", "b"],
        },
        "imu": {"name": "imu", "noise": 0.1},
    },
    "scenery": {"trees": {"name": "trees", "count": [0, 6], "beyond_m": 8.0}},
}


def card(world=TRAINED):
    training = {} if world is None else {"config": {"world": world}}
    return PolicyCard("p", {"image": image_input()}, VELOCITY, 1, training=training)


def changed(part, key, **fields):
    return {**TRAINED, part: {**TRAINED[part], key: {**TRAINED[part][key], **fields}}}


def test_the_world_of_the_training_is_seen():
    assert outside(TRAINED, card()) == ()


@pytest.mark.parametrize("rate_hz", [[10.0, 40.0], [20.0, 20.0], (12.0, 40.0)])
def test_a_range_inside_the_trained_one_is_seen(rate_hz):
    assert outside(changed("sensors", "image", rate_hz=rate_hz), card()) == ()


@pytest.mark.parametrize("rate_hz", [[5.0, 20.0], [20.0, 41.0], [50.0, 60.0]])
def test_a_range_that_reaches_out_is_named(rate_hz):
    world = changed("sensors", "image", rate_hz=rate_hz)
    assert outside(world, card()) == ("sensors.image.rate_hz",)


def test_some_of_the_trained_names_are_seen_and_others_are_not():
    assert outside(changed("sensors", "image", photographs=["b"]), card()) == ()
    new = changed("sensors", "image", photographs=["b", "c"])
    assert outside(new, card()) == ("sensors.image.photographs",)


def test_a_number_that_is_no_range_must_be_the_same():
    world = changed("scenery", "trees", beyond_m=7.0)
    assert outside(world, card()) == ("scenery.trees.beyond_m",)


@pytest.mark.parametrize(("jitter", "seen"), [(0.0, True), (0.2, True), (0.4, False)])
def test_less_of_an_error_is_seen_and_more_is_not(jitter, seen):
    found = outside(changed("sensors", "image", jitter=jitter), card())
    assert found == (() if seen else ("sensors.image.jitter",))


@pytest.mark.parametrize(("trained", "seen"), [(0.2, True), (0.0, False)])
def test_what_happened_in_some_flights_of_the_training_may_happen_in_all(trained, seen):
    old = changed("sensors", "image", blackout={"share": trained})
    found = outside(changed("sensors", "image", blackout={"share": 1.0}), card(old))
    assert found == (() if seen else ("sensors.image.blackout.share",))


def test_how_something_would_be_that_never_happens_is_no_matter():
    never = {"share": 0.0, "black_frames": [99, 99]}
    trained = changed("sensors", "image", blackout={"share": 0.2, "black_frames": [1, 2]})
    assert outside(changed("sensors", "image", blackout=never), card(trained)) == ()
    always = {**never, "share": 1.0}
    found = outside(changed("sensors", "image", blackout=always), card(trained))
    assert found == ("sensors.image.blackout.black_frames",)


def test_how_long_a_flight_is_judged_is_no_matter_of_what_was_seen():
    task = {**TRAINED["task"], "hold_s": 3.0, "time_limit_s": 60.0}
    trained = {**TRAINED, "task": {**TRAINED["task"], "time_limit_s": 20.0}}
    assert outside({**TRAINED, "task": task}, card(trained)) == ()


def test_a_sensor_that_the_policy_does_not_read_does_not_matter():
    assert outside(changed("sensors", "imu", noise=9.0), card()) == ()


def test_scenery_that_was_added_or_taken_away_is_named():
    added = {**TRAINED["scenery"], "rocks": {"name": "rocks"}}
    assert outside({**TRAINED, "scenery": added}, card()) == ("scenery.rocks",)
    assert outside({**TRAINED, "scenery": {}}, card()) == ("scenery.trees",)


def test_a_card_that_does_not_tell_its_world_leaves_it_open():
    assert outside(TRAINED, card(None)) is None


def test_worlds_differ_in_what_one_has_and_in_what_is_only_inside():
    inside = changed("scenery", "trees", count=[1, 2])
    assert differing(TRAINED, TRAINED) == []
    assert differing(TRAINED, inside) == ["scenery.trees.count"]
    assert differing({**TRAINED, "wind": {}}, TRAINED) == ["wind"]


def trained_on(*worlds):
    training = {"config": {"worlds": list(worlds)}}
    return PolicyCard("p", {"image": image_input()}, VELOCITY, 1, training=training)


FOLLOW = {**TRAINED, "task": {"name": "follow", "distance_m": [1.0, 2.0]}}


def test_of_several_trained_worlds_that_of_the_same_task_counts():
    card = trained_on(FOLLOW, TRAINED)
    assert outside(TRAINED, card) == outside(FOLLOW, card) == ()
    far = {**FOLLOW, "task": {**FOLLOW["task"], "distance_m": [3.0, 4.0]}}
    assert outside(far, card) == ("task.distance_m",)


def test_of_two_worlds_of_one_task_the_nearer_counts():
    windy = {**TRAINED, "wind": {"mean_m_s": [0.0, 4.0]}}
    assert outside(windy, trained_on(TRAINED, windy)) == ()


def test_a_task_that_was_never_trained_is_named_and_not_each_of_its_fields():
    hike = {**TRAINED, "task": {"name": "hike", "legs": 3}}
    assert outside(hike, trained_on(FOLLOW, TRAINED)) == ("task.name",)


def test_a_setting_that_came_after_the_training_had_its_default_there():
    world = to_data(world_of())
    image = {k: v for k, v in world["sensors"]["image"].items() if k != "lens"}
    older = {**world, "sensors": {**world["sensors"], "image": image}}
    assert outside(world, card(older)) == ()
    blurred = to_data(conditioned(world_of(), "lens"))
    assert "sensors.image.lens.share" in outside(blurred, card(older))


@pytest.mark.parametrize(
    ("zenith", "seen"),
    [
        ([0.5, 0.5, 0.5], True),
        ([[0.2, 0.4], 0.9, 0.5], True),
        ([0.5, 0.5, 0.6], False),
        ([[0.2, 0.9], 0.5, 0.5], False),
    ],
)
def test_a_colour_inside_of_the_trained_ranges_is_seen(zenith, seen):
    def sky(colour):
        return {**TRAINED, "scenery": {"sky": {"name": "sky", "zenith": colour}}}

    found = outside(sky(zenith), card(sky([[0.1, 0.8], [0.2, 0.9], 0.5])))
    assert found == (() if seen else ("scenery.sky.zenith",))


@pytest.mark.parametrize(("share", "seen"), [(0.4, True), (1.0, False)])
def test_to_lack_what_only_some_flights_had_is_seen(share, seen):
    haze = {**TRAINED, "scenery": {**TRAINED["scenery"], "haze": {"share": share}}}
    assert outside(TRAINED, card(haze)) == (() if seen else ("scenery.haze",))
    assert outside(haze, card()) == ("scenery.haze",)


def test_the_world_of_a_task_is_within_a_broader_one_whatever_it_draws():
    broad = to_data(load_world(share_file("config/worlds/broad.yaml"), "find"))
    found = outside(to_data(world_of("find")), card(broad))
    assert found == ()
