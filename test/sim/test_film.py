"""A film shows a flight in real time, whatever the cameras do, and is never held in memory."""

import sys
import threading
from types import SimpleNamespace

import imageio.v2 as imageio
import numpy as np
import pytest
from liquid_control_sim import film as films
from liquid_control_sim.film import HEIGHT, RATE_HZ, WIDTH, Film
from liquid_control_sim.flight import ExpertSteps, fly
from liquid_control_sim.report import draw_flight
from liquid_control_sim.settings import world_card, world_of
from liquid_control_sim.viewer import Viewer
from liquid_control_sim.world import World

from liquid_control.errors import ConfigError
from liquid_control.pipeline import Pilot

SEED = 950_000
SECONDS = 2.0


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
def test_a_film_lasts_as_long_as_the_flight_at_any_camera_rate(tmp_path, rate_hz):
    camera = {"rate_hz": [rate_hz, rate_hz], "jitter": 0.4}
    _, _, (film, picture) = filmed(tmp_path, {"sensors": {"image": camera}})
    frames = imageio.mimread(film)
    assert len(frames) == pytest.approx(SECONDS * RATE_HZ, abs=4)
    assert frames[0].shape == (HEIGHT, WIDTH + 432, 3)
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
    assert written[0].shape == (HEIGHT, WIDTH + 432, 3)
    assert (written[0][:, WIDTH:] == 77).all()
    assert written[0][:, :WIDTH].std() > 5


def test_a_flight_without_a_camera_is_filmed_from_behind(tmp_path):
    _, flight, (film, picture) = filmed(tmp_path, {"sensors": {"image": None}})
    assert imageio.mimread(film)[0].shape == (HEIGHT, WIDTH, 3)
    assert len(flight.commands)
    assert picture.exists()


def test_the_map_shows_what_the_task_marks_and_what_stood_in_the_way(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    _, flight, _ = filmed(tmp_path, {}, "rover_to_target")
    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    fields = [f"field_{i}" for i in range(flight.commands.shape[1])]
    draw_flight(flight, fields, [], tmp_path / "x.png")
    above, commands = drawn[0].axes
    labels = [line.get_label() for line in above.get_lines()]
    assert len(flight.markers) > 1
    target = flight.layout.target
    assert set(flight.markers) - {target} | {f"{target}, the target"} <= set(labels)
    circles = sum(len(patches.get_paths()) for patches in above.collections)
    assert circles == len(flight.obstacles_m) > 0
    assert [line.get_label() for line in commands.get_lines()] == fields


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
