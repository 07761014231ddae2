"""Hide and seek: the target shows itself only now and then, all through the flight."""

import numpy as np
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.tasks.hide_and_seek import HideAndSeek
from truths import blind_world, flown_by_expert, layouts

TASK = HideAndSeek()


def test_the_target_shows_itself_and_hides_in_turns_to_the_end():
    for layout in layouts(TASK):
        hidden = layout.places[layout.target].hidden_s
        shown_s, ends = 0.0, [0.0, *(end for _, end in hidden)]
        for (start, end), before in zip(hidden, ends, strict=False):
            assert 1.0 <= start - before <= 1.8
            assert 2.0 <= end - start <= 3.5
            shown_s += start - before
        assert ends[-1] + TASK.seen_s[1] >= TASK.time_limit_s
        assert shown_s < 0.5 * TASK.time_limit_s


def test_only_the_target_hides():
    for layout in layouts(TASK):
        assert [p for p in layout.places.values() if p.changes] == [layout.places[layout.target]]


def test_it_hides_for_less_long_than_the_expert_remembers_it():
    world = blind_world("hide_and_seek")
    expert = TASK.expert(world.settings.vehicle.command)
    assert TASK.hidden_s[1] < expert.settings.target_memory_s
    flights = [flown_by_expert(world, seed) for seed in (540_000, 540_001)]
    world.close()
    assert [flight.verdict.outcome for flight in flights] == [Outcome.SUCCESS] * 2


def test_the_world_takes_it_away_while_it_hides():
    world = blind_world("hide_and_seek", task={"others": [0, 0], "obstacles": [0, 0]})
    world.reset(950_000)
    place = world.layout.places[world.layout.target]
    start, end = place.hidden_s[0]
    there = []
    for time_s in (start - 0.1, start + 0.1, end - 0.1, end + 0.1):
        world.show(time_s)
        away_m = np.hypot(*(world.data.mocap_pos[:, :2] - (place.x_m, place.y_m)).T)
        there.append(away_m.min() < 1e-6)
    world.close()
    assert there == [True, False, False, True]
