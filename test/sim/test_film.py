"""A film shows a flight in real time, whatever the cameras do, and is never held in memory."""

import json
import sys
import threading
from types import SimpleNamespace

import imageio.v2 as imageio
import numpy as np
import pytest
from liquid_control_sim import film as films
from liquid_control_sim.film import CAPTION, HEIGHT, RATE_HZ, VERDICT_S, WIDTH, Film
from liquid_control_sim.flight import ExpertSteps, fly
from liquid_control_sim.logbook import Logbook
from liquid_control_sim.report import Shown, draw_flight
from liquid_control_sim.settings import world_card, world_of
from liquid_control_sim.viewer import Viewer
from liquid_control_sim.world import World

from liquid_control.errors import ConfigError
from liquid_control.pipeline import Pilot

SEED = 950_000
SECONDS = 2.0
ONBOARD = 540
"""Width of a 96x64 image that is as high as the chase view."""


def filmed(folder, changes, task="fly_to_target"):
    """Fly the expert for two seconds and film it; return world, flight and files."""
    changes = {**changes, "task": {"time_limit_s": SECONDS}}
    world = World(world_of(task, changes))
    pilot = Pilot(ExpertSteps(world, world_card(world.settings)))
    world.reset(SEED)
    with Film(world, folder) as film:
        flight = fly(world, pilot, SEED, on_step=film.shoot_step)
        paths = film.save(flight)
    world.close()
    return world, flight, paths


@pytest.mark.parametrize("rate_hz", [8.0, 50.0])
def test_a_film_lasts_as_long_as_the_flight_and_its_verdict_at_any_camera_rate(tmp_path, rate_hz):
    camera = {"rate_hz": [rate_hz, rate_hz], "jitter": 0.4}
    _, _, (film, picture) = filmed(tmp_path, {"sensors": {"image": camera}})
    frames = imageio.mimread(film)
    assert len(frames) == pytest.approx((SECONDS + VERDICT_S) * RATE_HZ, abs=4)
    assert frames[0].shape == (CAPTION + HEIGHT, WIDTH + ONBOARD, 3)
    assert picture.stat().st_size > 10_000


def test_every_frame_goes_to_the_encoder_at_once(tmp_path, monkeypatch):
    world = World()
    world.reset(SEED)
    written = []
    monkeypatch.setattr(
        films.imageio,
        "get_writer",
        lambda *_, **__: SimpleNamespace(append_data=written.append, close=lambda: None),
    )
    with Film(world, tmp_path) as film:
        film.shoot()
        for due in range(2, 6):
            while world.tick < 10 * due - 10:
                world.advance(world.settings.vehicle.command.rest)
            film.shoot()
            assert len(written) == due
    world.close()


def test_the_onboard_image_is_beside_the_chase_view_whatever_its_size(tmp_path, monkeypatch):
    world = World()
    world.reset(SEED)
    written = []
    monkeypatch.setattr(
        films.imageio,
        "get_writer",
        lambda *_, **__: SimpleNamespace(append_data=written.append, close=lambda: None),
    )
    with Film(world, tmp_path) as film:
        film.shoot(np.full((240, 640, 3), 77, np.uint8))
    world.close()
    assert written[0].shape == (CAPTION + HEIGHT, WIDTH + ONBOARD, 3)
    assert (written[0][CAPTION:, WIDTH:] == 77).all()
    assert written[0][CAPTION:, :WIDTH].std() > 5


def test_a_flight_without_a_camera_is_filmed_from_behind(tmp_path):
    _, flight, (film, picture) = filmed(tmp_path, {"sensors": {"image": None}})
    assert imageio.mimread(film)[0].shape == (CAPTION + HEIGHT, WIDTH, 3)
    assert len(flight.commands)
    assert picture.exists()


def test_the_order_stands_above_the_picture_and_in_the_end_the_verdict(tmp_path, monkeypatch):
    said, line = [], films.caption
    monkeypatch.setattr(films, "caption", lambda *words: said.append(words[1:]) or line(*words))
    _, flight, _ = filmed(tmp_path, {}, "rover_to_target")
    colour = flight.layout.target.removesuffix("_barrel")
    assert {order for order, *_ in said} == {f"order: approach {colour} barrel"}
    assert said[0][1:] == ("rover_to_target: 0.0 s", films.LIGHT)
    assert said[-1][1:] == ("rover_to_target: timeout at 2.0 s", films.RED)


def test_a_caption_is_legible_and_shows_its_words():
    empty = films.caption(600, "", "")
    order, end = films.caption(600, "order: x", ""), films.caption(600, "", "1.0 s")
    assert empty.shape == (CAPTION, 600, 3)
    assert (order != empty)[:, :300].any()
    assert not (order != empty)[:, 300:].any()
    assert (end != empty)[:, 300:].any()
    assert order.max() > 200


def drawn(monkeypatch, tmp_path, flight):
    """Return map and commands of the picture of a flight."""
    from matplotlib.figure import Figure

    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: figures.append(figure))
    fields = [f"field_{i}" for i in range(flight.commands.shape[1])]
    draw_flight(Shown("a_task", flight), fields, tmp_path / "x.png")
    above, commands = figures[0].axes
    assert [line.get_label() for line in commands.get_lines()] == fields
    return above


def test_the_map_shows_what_the_task_marks_and_what_stood_in_the_way(tmp_path, monkeypatch):
    _, flight, _ = filmed(tmp_path, {}, "rover_to_target")
    above = drawn(monkeypatch, tmp_path, flight)
    labels = [line.get_label() for line in above.get_lines()]
    assert len(flight.markers) > 1
    target = flight.layout.target
    assert set(flight.markers) - {target} | {f"{target}, the target"} <= set(labels)
    circles = sum(len(patches.get_paths()) for patches in above.collections)
    assert circles == len(flight.obstacles_m) > 0
    assert "order: approach" in above.get_title()


def flown(task, changes):
    """Let the expert fly a seed in a small and quick world."""
    changes = {"sensors": {"image": {"name": "camera", "width": 24, "height": 16}}, **changes}
    world = World(world_of(task, changes))
    flight = fly(world, Pilot(ExpertSteps(world, world_card(world.settings))), SEED)
    world.close()
    return flight


def test_the_map_of_a_chain_of_orders_numbers_its_stops_and_names_no_trunk(tmp_path, monkeypatch):
    flight = flown("hike", {"task": {"obstacles": [4, 4]}})
    above = drawn(monkeypatch, tmp_path, flight)
    names = [f"{goal.colour} {goal.kind}" for _, goal in flight.orders]
    assert len(names) == 3
    texts = {text.get_text() for text in above.texts}
    assert {f"{i} {name}" for i, name in enumerate(names, 1)} <= texts
    assert len(texts) == len([p for p in flight.layout.places.values() if p.colour])
    assert f"orders: {', '.join(names)}" in above.get_title()


def test_the_map_shows_where_a_thing_went(tmp_path, monkeypatch):
    flight = flown("follow", {"task": {"time_limit_s": 3.0}})
    above = drawn(monkeypatch, tmp_path, flight)
    (way,) = [line for line in above.get_lines() if line.get_linestyle() == ":"]
    end = flight.layout.places[flight.layout.target].at(flight.verdict.time_s)
    assert (way.get_xdata()[-1], way.get_ydata()[-1]) == pytest.approx((end.x_m, end.y_m))


def test_a_tour_is_the_films_of_its_flights_in_one_and_a_picture_of_all(tmp_path):
    book, frames = Logbook(tmp_path, is_tour=True), []
    for task in ("fly_to_target", "find"):
        world = World(world_of(task, {"task": {"time_limit_s": 0.5}}))
        world.reset(SEED)
        with book.film(world) as film:
            pilot = Pilot(ExpertSteps(world, world_card(world.settings)))
            flight = fly(world, pilot, SEED, on_step=film.shoot_step)
            book.keep(film, flight)
        book.add(flight, 1.0)
        world.close()
        frames.append(len(imageio.mimread(tmp_path / f"{len(frames) + 1}_{task}.mp4")))
    book.finish()
    assert len(imageio.mimread(tmp_path / "tour.mp4")) == sum(frames) > 60
    assert (tmp_path / "tour.png").stat().st_size > 10_000
    lines = [json.loads(line) for line in (tmp_path / "episodes.jsonl").open()]
    assert lines[0]["orders"] == ["approach red chair"]
    assert len(lines) == 2


def test_the_viewer_refuses_where_there_is_no_screen(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(ConfigError, match="needs a screen"):
        Viewer(World.__new__(World))


def test_a_closed_viewer_has_ended_its_threads(monkeypatch):
    world, ended = World(), threading.Event()

    class Window:
        cam = SimpleNamespace()

        def is_running(self):
            return True

        def sync(self):
            pass

        def close(self):
            threading.Timer(0.2, ended.set).start()

    def launch(*_, **__):
        threading.Thread(target=ended.wait, name="window").start()
        return Window()

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setitem(sys.modules, "mujoco.viewer", SimpleNamespace(launch_passive=launch))
    monkeypatch.setattr("mujoco.viewer", SimpleNamespace(launch_passive=launch), raising=False)
    viewer = Viewer(world)
    viewer.sync()
    viewer.close()
    viewer.close()
    assert "window" not in [thread.name for thread in threading.enumerate()]
    world.close()
