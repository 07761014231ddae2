"""The servo goes to what has the ordered colour."""

import numpy as np
import pytest
from liquid_control_sim.evaluation.baselines.servo import Servo, find_colour
from liquid_control_sim.scenery.colours import SHADES
from liquid_control_sim.settings import world_card, world_of

from liquid_control.contract import Goal, Observation
from liquid_control.sensors.goal import encode

SAND = (150, 140, 120)


def picture(**patches):
    """Sand with patches of colours, each at a column."""
    image = np.full((64, 96, 3), SAND, np.uint8)
    for colour, column in patches.items():
        shade = 255 * np.array(SHADES[colour]).mean(axis=1)
        image[30:40, column : column + 10] = shade.astype(np.uint8)
    return image


@pytest.mark.parametrize("colour", list(SHADES))
def test_a_colour_is_found_among_the_others(colour):
    others = {name: 8 * i for i, name in enumerate(SHADES) if name != colour}
    assert find_colour(picture(**others), colour) is None
    right, down, height = find_colour(picture(**others, **{colour: 80}), colour)
    assert right == pytest.approx(2 * 84.5 / 95 - 1)
    assert height == pytest.approx(10 / 64)
    assert 0 < down < 0.2


@pytest.mark.parametrize(("colour", "turns"), [("blue", 1), ("red", -1)])
def test_the_servo_turns_to_what_was_ordered(colour, turns):
    card = world_card(world_of("find"))
    servo = Servo(None, card)
    values = {
        "image": picture(blue=10, red=70),
        "goal": encode(Goal("barrel", colour), card.inputs["goal"]),
    }
    command = servo.step(Observation(0, 0.05, values, {}))
    assert np.sign(command.values[3]) == turns


def test_nothing_of_the_colour_in_view_is_searched_for():
    card = world_card(world_of("fly_to_target"), inputs=["image"])
    command = Servo(None, card).step(Observation(0, 0.05, {"image": picture(blue=10)}, {}))
    assert command.values[0] == 0.0 and command.values[3] > 0.5
