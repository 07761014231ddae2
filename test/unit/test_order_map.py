"""The eye with a map: it is taught what is where, and reports where the ordered thing is."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import onnxruntime as ort
import pytest
import torch

from liquid_control.contract import VELOCITY, PolicyCard, goal_input, image_input, imu_input
from liquid_control.errors import ConfigError
from liquid_control.networks.encoders import make_encoder
from liquid_control.networks.encoders.order_map import OrderMap, Seen
from liquid_control.networks.export import export
from liquid_control.networks.onnx_graph import to_onnx
from liquid_control.networks.policy import NetworkConfig, PolicyNetwork
from liquid_control.networks.restore import load_weights

KINDS, COLOURS = ("ball", "fence"), ("red", "green", "blue")
RGB = np.array([(220, 40, 40), (40, 200, 40), (40, 60, 220)])
GOAL = goal_input(KINDS, COLOURS, ("approach", "follow"))
IMAGE = image_input(32, 48)
ROWS, COLUMNS = 8, 12
SEEN, RIGHT, DOWN, FAR, SIZE = range(5)
OBSTACLES, HEIGHT, DOUBT = slice(5, 5 + COLUMNS), 5 + COLUMNS, 6 + COLUMNS
THERE = slice(DOUBT + 1, DOUBT + 1 + COLUMNS)


class Thing(NamedTuple):
    """A square of so many cells; a fence has dark stripes."""

    kind: str
    colour: str
    row: int
    column: int
    size: int

    @property
    def distance_m(self) -> float:
        return 8.0 / self.size


def picture(rng, *things: Thing, horizon: int = 16, hazy: bool = False):
    """Return an image of these things, the nearest in front, and its labels.

    In a haze it does not show the horizon, which tells the height.
    """
    image = np.where(np.arange(32) < horizon, 150, 90)[:, None, None] + np.zeros((32, 48, 3), int)
    if hazy:
        image[:] = 120
    labels = {name: np.zeros((ROWS, COLUMNS)) for name in ("kinds", "colours", "distances")}
    obstacles = np.zeros(COLUMNS)
    for thing in sorted(things, key=lambda thing: -thing.distance_m):
        across = slice(thing.column, thing.column + thing.size)
        cells = slice(thing.row, thing.row + thing.size), across
        pixels = tuple(slice(4 * part.start, 4 * part.stop) for part in cells)
        image[pixels] = RGB[COLOURS.index(thing.colour)]
        if thing.kind == "fence":
            image[pixels][::2] = 20
        labels["kinds"][cells] = KINDS.index(thing.kind) + 1
        labels["colours"][cells] = COLOURS.index(thing.colour) + 1
        labels["distances"][cells] = math.log(thing.distance_m)
        obstacles[across] = 1.0 / thing.distance_m
    image = np.clip(image + rng.normal(0, 6, image.shape), 0, 255).astype(np.uint8)
    return image, {**labels, "obstacles": obstacles, "height": (horizon - 16) / 8}


def any_thing(rng) -> Thing:
    """Draw a thing that is whole in the picture."""
    kind, colour, size = KINDS[rng.integers(2)], COLOURS[rng.integers(3)], int(rng.integers(2, 5))
    row, column = (int(rng.integers(0, n - size + 1)) for n in (ROWS, COLUMNS))
    return Thing(kind, colour, row, column, size)


def lesson(rng, count: int):
    """Return a batch of images with their labels."""
    shown = [
        picture(
            rng,
            *(any_thing(rng) for _ in range(rng.integers(1, 3))),
            horizon=int(rng.integers(8, 25)),
            hazy=bool(rng.random() < 0.2),
        )
        for _ in range(count)
    ]
    images = torch.from_numpy(np.stack([image for image, _ in shown]))
    names = OrderMap.labels
    labels = {name: np.stack([label[name] for _, label in shown]) for name in names}
    return images, {name: torch.from_numpy(v).float() for name, v in labels.items()}


@pytest.fixture(scope="module")
def eye():
    """A small eye that was taught for a few seconds."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    made = OrderMap(IMAGE, GOAL, channels=(16, 16), width=16, depth=1, hues=4)
    rng = np.random.default_rng(0)
    optimizer = torch.optim.AdamW(made.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=250)
    for _ in range(250):
        optimizer.zero_grad()
        made.loss(*lesson(rng, 32)).backward()
        optimizer.step()
        schedule.step()
    return made.eval()


def order(kind: str, colour: str) -> torch.Tensor:
    words = [*KINDS, *COLOURS]
    said = [float(word in (kind, colour)) for word in words]
    return torch.tensor([[*said, 1.0, 0.0]])


@torch.no_grad()
def looked(eye, kind: str, colour: str, *things: Thing, **more) -> np.ndarray:
    """Return the features of a picture under an order."""
    image, _ = picture(np.random.default_rng(1), *things, **more)
    return eye(torch.from_numpy(image)[None], order(kind, colour))[0].numpy()


def middle(thing: Thing) -> tuple[float, float]:
    """Return where the middle of a thing is: right and down, -1..1."""
    half = (thing.size - 1) / 2
    return 2 * (thing.column + half) / (COLUMNS - 1) - 1, 2 * (thing.row + half) / (ROWS - 1) - 1


LEFT = Thing("ball", "red", 1, 1, 3)
OTHER = Thing("fence", "blue", 4, 8, 4)


@pytest.mark.parametrize("thing", [LEFT, OTHER, Thing("ball", "green", 5, 8, 3)], ids=str)
def test_it_says_where_the_ordered_thing_is_and_how_far(eye, thing):
    features = looked(eye, thing.kind, thing.colour, thing)
    assert features[SEEN] > 0.8
    assert features[[RIGHT, DOWN]] == pytest.approx(middle(thing), abs=0.2)
    assert features[FAR] == pytest.approx(math.log(thing.distance_m), abs=0.25)


def test_what_is_not_there_is_not_seen(eye):
    assert looked(eye, "fence", "green", LEFT)[SEEN] < 0.6
    assert looked(eye, "ball", "red")[SEEN] < 0.6


def test_the_order_chooses_between_two_things(eye):
    for ordered in (LEFT, OTHER):
        features = looked(eye, ordered.kind, ordered.colour, LEFT, OTHER)
        assert features[[RIGHT, DOWN]] == pytest.approx(middle(ordered), abs=0.25)


@pytest.mark.parametrize("differs", [{"kind": "fence"}, {"colour": "green"}], ids=str)
def test_it_tells_apart_what_is_alike_in_kind_or_colour(eye, differs):
    one = Thing("ball", "blue", 2, 1, 3)
    other = one._replace(column=8, **differs)
    assert looked(eye, one.kind, one.colour, one, other)[RIGHT] < -0.3
    assert looked(eye, other.kind, other.colour, one, other)[RIGHT] > 0.3


def test_columns_say_how_near_what_stands_there_is(eye):
    columns = looked(eye, "ball", "red", LEFT, OTHER)[OBSTACLES]
    assert columns[2] == pytest.approx(1 / LEFT.distance_m, abs=0.12)
    assert columns[9:11] == pytest.approx([1 / OTHER.distance_m] * 2, abs=0.12)
    assert columns[6] < 0.15


def test_after_the_obstacles_comes_the_height(eye):
    for horizon in (10, 22):
        height = looked(eye, "ball", "red", LEFT, horizon=horizon)[HEIGHT]
        assert height == pytest.approx((horizon - 16) / 8, abs=0.25)


def test_it_doubts_a_height_that_the_picture_does_not_show(eye):
    clear, hazy = (looked(eye, "ball", "red", LEFT, hazy=h)[DOUBT] for h in (False, True))
    assert hazy > clear + 1.0


# --- what an order makes of a map


@pytest.fixture
def mapped(monkeypatch):
    """Return the features of things, under an order, that a map is quite sure of."""

    @torch.no_grad()
    def features(kind, colour, *things, sure=0.99):
        _, labels = picture(np.random.default_rng(0), *things)
        found = {
            name: torch.from_numpy(value)[None].float()
            for name, value in labels.items()
            if name != "height"
        }
        words = {"kinds": (1 + len(KINDS), 0), "colours": (len(COLOURS), 1)}
        for name, (count, first) in words.items():
            number = (found[name].long() - first).clamp(min=0)
            one = torch.nn.functional.one_hot(number, count).permute(0, 3, 1, 2)
            other = (1 - sure) / (count - 1)
            found[name] = (one * (sure - other) + other).log()
        seen = Seen(**found, height=torch.tensor([0.3]), doubt=torch.tensor([-2.0]))
        monkeypatch.setattr(OrderMap, "look", lambda *_: seen)
        image = torch.zeros(1, 32, 48, 3, dtype=torch.uint8)
        return OrderMap(IMAGE, GOAL)(image, order(kind, colour))[0].numpy()

    return features


def test_kind_and_colour_of_the_order_count_alike(mapped):
    ball, fence = Thing("ball", "red", 2, 1, 2), Thing("fence", "blue", 2, 8, 2)
    for ordered in (ball, fence):
        features = mapped(ordered.kind, ordered.colour, ball, fence)
        assert features[SEEN] > 0.9
        assert features[[RIGHT, DOWN]] == pytest.approx(middle(ordered), abs=0.1)
    for kind, colour in (("ball", "blue"), ("fence", "red"), ("ball", "green")):
        assert mapped(kind, colour, ball, fence)[SEEN] < 0.2


def test_what_is_not_seen_is_nowhere_rather_than_somewhere(mapped):
    features = mapped("fence", "green", LEFT, sure=0.9999)
    assert features[[SEEN, RIGHT, DOWN, FAR]] == pytest.approx([0.0] * 4, abs=0.05)


def test_of_two_alike_it_reports_the_nearer(mapped):
    far, near = Thing("ball", "red", 3, 1, 2), Thing("ball", "red", 3, 7, 4)
    features = mapped("ball", "red", far, near)
    assert features[RIGHT] == pytest.approx(middle(near)[0], abs=0.1)
    assert features[FAR] == pytest.approx(features[SEEN] * math.log(near.distance_m), abs=0.1)


def test_every_column_that_may_show_the_ordered_thing_says_so(mapped):
    one, other = Thing("ball", "red", 2, 1, 2), Thing("ball", "red", 4, 8, 2)
    there = mapped("ball", "red", one, other)[THERE]
    assert len(there) == COLUMNS
    assert np.flatnonzero(there > 0.9).tolist() == [1, 2, 8, 9]
    assert np.delete(there, [1, 2, 8, 9]).max() < 0.2


@torch.no_grad()
def test_what_a_column_says_is_a_probability_even_of_a_goal_that_is_no_order(eye):
    images, _ = lesson(np.random.default_rng(4), 8)
    there = eye(images, torch.rand(8, len(KINDS) + len(COLOURS) + 2) * 2 - 1)[:, THERE]
    assert there.min() >= 0.0
    assert there.max() <= 1.0


def test_every_feature_has_a_name():
    names = OrderMap(IMAGE, GOAL).feature_names
    assert len(names) == len(set(names)) == OrderMap(IMAGE, GOAL).features
    assert names[HEIGHT : DOUBT + 2] == ["height", "height_doubt", "there_0"]


def test_a_larger_thing_has_a_larger_size(mapped):
    small, large = (
        mapped("ball", "red", LEFT._replace(size=n), sure=0.9999)[SIZE] for n in (2, 4)
    )
    assert large - small == pytest.approx(math.log(4**2 / 2**2), abs=0.3)


# --- as a part of a network


@torch.no_grad()
def test_kinds_and_colours_of_the_map_are_probabilities():
    torch.manual_seed(0)
    found = OrderMap(IMAGE, GOAL).maps(torch.randint(0, 256, (3, 32, 48, 3), dtype=torch.uint8))
    assert found["kinds"].shape == (3, 1 + len(KINDS), ROWS, COLUMNS)
    assert found["colours"].shape == (3, len(COLOURS), ROWS, COLUMNS)
    for name in ("kinds", "colours"):
        assert torch.allclose(found[name].exp().sum(1), torch.ones(3, ROWS, COLUMNS), atol=1e-5)


@torch.no_grad()
def test_the_exported_graph_sees_what_torch_sees(eye):
    rng = np.random.default_rng(3)
    images, _ = lesson(rng, 5)
    goals = torch.cat([order(KINDS[i % 2], COLOURS[i % 3]) for i in range(5)])
    graph = to_onnx(eye, {"image": images[:2], "goal": goals[:2]}, ("features",))
    session = ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    (seen,) = session.run(None, {"image": images.numpy(), "goal": goals.numpy()})
    assert np.allclose(seen, eye(images, goals).numpy(), atol=1e-4)


def test_a_policy_with_a_map_and_the_manner_of_the_order_is_exported_and_comes_back(tmp_path):
    torch.manual_seed(0)
    inputs = {"image": IMAGE, "imu": imu_input(), "goal": GOAL}
    encoders = {"image": {"name": "order_map"}, "goal": {"name": "manner"}}
    config = NetworkConfig("gru", {"units": 8}, encoders)
    network = PolicyNetwork(config, PolicyCard("map", inputs, VELOCITY, hidden_size=1))
    assert export(network, network.card, tmp_path / "map.onnx").parameters > 10_000
    again = PolicyNetwork(config, network.card)
    load_weights(again, tmp_path / "map.onnx")
    torch.testing.assert_close(again.state_dict(), network.state_dict())


def test_the_manner_is_what_is_left_of_an_order_that_the_eye_has_read():
    manner = make_encoder("manner", GOAL, {})
    goal = torch.tensor([[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0]])
    assert manner(goal).tolist() == [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize("size", [(36, 48), (32, 44)])
def test_an_image_that_does_not_divide_into_cells_gets_one_line(size):
    with pytest.raises(ConfigError, match=r"^[^\n]*multiples of 8[^\n]*$"):
        make_encoder("order_map", image_input(*size), {}, GOAL)
