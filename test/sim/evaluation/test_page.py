"""The page of a suite: one file with every cell, the flights from above and the worst on film."""

import base64
import re
from html.parser import HTMLParser

import imageio.v2 as imageio
import msgspec
import pytest
from liquid_control_sim.conditions import description
from liquid_control_sim.evaluation import SuiteOrder, evaluate, fly_suite, results
from liquid_control_sim.evaluation.maps import SIDE_PX, draw_map
from liquid_control_sim.evaluation.page import OWN_POLICY, Share, colour, ink, render
from liquid_control_sim.evaluation.worst import PAGE_HZ, film_worst, worst
from liquid_control_sim.film import RATE_HZ
from liquid_control_sim.world import draw_episode

from liquid_control.share import share_file

MODEL = str(share_file("models/fly_to_target_cfc.onnx"))
SEED = 950_000


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """Two flights of a policy, and of two baselines, under two conditions; one is not there."""
    order = SuiteOrder(
        "flight",
        (MODEL, "hover", "expert"),
        ("fly_to_target",),
        ("none", "mass", "distractors"),
        2,
        SEED,
    )
    return fly_suite(order, tmp_path_factory.mktemp("kept"), runner="inline")


@pytest.fixture(scope="module")
def page(flown):
    return render(flown, results(flown))


@pytest.fixture(scope="module")
def hovered(tmp_path_factory):
    """Flights that all fail soon, in two tasks."""
    file = tmp_path_factory.mktemp("tasks") / "short.py"
    file.write_text(
        "from liquid_control_sim.tasks.fly_to_target import FlyToTarget\n"
        "class Short(FlyToTarget, frozen=True):\n"
        "    time_limit_s: float = 0.5\n"
        "class Other(Short, frozen=True):\n"
        "    pass\n"
    )
    tasks = (f"{file}:Short", f"{file}:Other")
    order = SuiteOrder("flight", ("hover",), tasks, ("none", "wind"), 2, SEED)
    return fly_suite(order, tmp_path_factory.mktemp("kept"), runner="inline")


class Tags(HTMLParser):
    """Collects tags, their attributes and the text of cells."""

    def __init__(self, text):
        super().__init__()
        self.attributes, self.open, self.cells, self._cell = [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.attributes += [(tag, *pair) for pair in attributes]
        if tag not in ("meta", "img", "br", "circle", "path", "rect", "polyline"):
            self.open.append(tag)
        if tag == "td":
            self._cell = ""

    def handle_startendtag(self, tag, attributes):
        self.attributes += [(tag, *pair) for pair in attributes]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "td":
            self.cells.append(self._cell)
            self._cell = None

    def handle_data(self, data):
        if self._cell is not None:
            self._cell += data


def test_the_page_needs_no_other_file(page):
    tags = Tags(page)
    assert tags.open == []
    places = [value for _, name, value in tags.attributes if name in ("src", "href", "xlink:href")]
    assert all(place.startswith("data:") for place in places)
    assert "@import" not in page and "url(" not in page and "<script" not in page


def test_the_page_has_every_cell_with_its_interval(page, flown):
    cells = Tags(page).cells
    for row in results(flown).rows:
        share = Share(row.successes, row.episodes)
        assert any(share.text in cell and share.interval in cell for cell in cells)
        assert row.model == MODEL or f">{row.model}</th>" in page
    assert cells.count("\N{EN DASH}") >= 1  # of the condition that this task has not


def test_new_is_marked_where_training_had_not_seen_it(page):
    heat = page[page.index('<table class="heat">') :]
    none, mass = (heat.index(f"<tr><th>{name}</th>") for name in ("none", "mass"))
    assert ">new<" not in heat[none:mass]
    assert ">new<" in heat[mass : heat.index("</tr>", mass)]


def test_what_was_left_out_is_on_the_page_with_the_reason(page, flown):
    (left,) = flown.left_out
    assert left.condition == "distractors"
    assert "<li>distractors: fly to target; " in page
    assert "others, and this task has none" in page


def test_every_condition_is_explained(page, flown):
    assert all(description(name) in page for name in flown.order.conditions)


def test_only_what_has_learnt_has_a_heat_map_of_its_own(page):
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert headings[0] == "fly_to_target_cfc"
    assert {"hover", "expert"}.isdisjoint(headings)


def test_names_from_outside_are_text_and_no_markup(flown):
    found = msgspec.structs.replace(results(flown), suite="<script>x</script>")
    assert "<script>x" not in render(flown, found)


@pytest.mark.parametrize("successes", range(11))
def test_letters_stand_out_of_every_colour(successes):
    share = successes / 10
    back = [int(part) for part in re.findall(r"\d+", colour(share))]
    letters = (255, 255, 255) if ink(share) == "#fff" else (0x22, 0x22, 0x22)
    light, dark = sorted((luminance(back), luminance(letters)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) > 4.5


def luminance(rgb):
    """As the guidelines for contrast define it."""
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_lower_rate_is_darker_also_without_colours():
    shades = [luminance([int(c) for c in re.findall(r"\d+", colour(i / 20))]) for i in range(21)]
    assert shades == sorted(shades)


def test_only_all_flights_are_100_percent_and_the_interval_stays():
    assert Share(399, 400).text == "99"
    assert Share(400, 400).text == "100"
    assert Share(20, 20).interval == "84\N{EN DASH}100"


def test_a_map_shows_path_target_and_surroundings_to_scale(flown):
    part = flown.cells[0]
    seen = draw_map(part.cell, part.flights[0])
    layout = draw_episode(part.cell.settings, SEED).layout
    place = layout.places[layout.target]
    from_start = [t - p for t, p in zip(seen.target, seen.path[0], strict=True)]
    assert from_start[0] == pytest.approx(place.x_m * seen.metre, abs=1)
    assert from_start[1] == pytest.approx(-place.y_m * seen.metre, abs=1)
    assert all(0 <= at <= SIDE_PX for point in seen.path for at in point)
    assert seen.order == "approach red chair"
    assert any(abs(x - seen.target[0]) < 1 for x, _, _ in seen.circles)


def test_the_worst_are_of_different_tasks_first(hovered):
    chosen = worst(hovered.cells, 3)
    tasks = [cell.task.rpartition(":")[2] for cell, _ in chosen]
    assert sorted(tasks[:2]) == ["Other", "Short"]
    assert len({(cell.task, cell.condition) for cell, _ in chosen}) == 3


def test_no_flight_that_succeeded_is_among_the_worst(flown):
    experts = [part for part in flown.cells if part.cell.model == "expert"]
    assert worst(experts, 3) == []


def test_the_worst_flights_are_films_on_the_page_and_are_filmed_once(hovered, tmp_path):
    reels = list(film_worst(hovered.cells, 1, tmp_path))
    text = render(hovered, results(hovered), reels)
    video, picture = (
        base64.b64decode(re.search(rf"data:{kind};base64,([^\"]+)", text).group(1))
        for kind in ("video/mp4", "image/webp")
    )
    (tmp_path / "again.mp4").write_bytes(video)
    small = imageio.mimread(tmp_path / "again.mp4")
    (whole,) = (p for p in tmp_path.glob("*.mp4") if p.stem != "again" and ".small" not in p.name)
    frames = imageio.mimread(whole)
    assert len(small) == pytest.approx(len(frames) * PAGE_HZ / RATE_HZ, abs=1)
    assert small[0].shape[1] < frames[0].shape[1]
    assert picture[8:12] == b"WEBP"
    assert "timeout at 0.5 s" in text
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert list(film_worst(hovered.cells, 1, tmp_path)) == reels
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times


def test_films_that_would_make_the_page_too_large_are_left_out(hovered, tmp_path):
    (reel,) = film_worst(hovered.cells, 1, tmp_path)
    assert list(film_worst(hovered.cells, 1, tmp_path, budget=reel.size - 1)) == []


def test_the_policy_that_the_page_shows_flies(tmp_path, page):
    assert "def make(card):" in page
    path = tmp_path / "my_policy.py"
    path.write_text(OWN_POLICY)
    summary = evaluate(f"{path}:make", 2, seed=SEED, runner="inline")
    assert summary.successes >= 1
