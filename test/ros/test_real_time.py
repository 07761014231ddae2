"""A world at the pace of the wall clock, where the machine is too slow for it."""

import itertools
from types import SimpleNamespace

from liquid_control_sim import node as sim_node
from liquid_control_sim.settings import world_of
from liquid_control_sim.world import World

from liquid_control.contract import velocity


class Link:
    """What a world hears: a command as soon as it listens."""

    commanded_at = 1e9

    def __init__(self):
        self.listened, self.taken = 0, []

    def spin(self, seconds):
        self.listened += 1

    def newest(self):
        heard, self.listened = self.listened, 0
        self.taken.append(heard)
        return velocity(0.5, 0.0, 0.0, 0.0) if heard else None

    def begin(self): ...

    def tell_time(self, now_ns): ...

    def publish(self, event): ...


def test_a_world_that_is_late_hears_its_pilot_all_the_same(monkeypatch):
    late = itertools.count(0.0, 100.0)
    monkeypatch.setattr(sim_node.time, "monotonic", lambda: next(late))
    world, link = World(world_of("fly_to_target", {"task": {"time_limit_s": 0.2}})), Link()
    sim_node.fly_real_time(SimpleNamespace(world=world, link=link), 700_000, lambda: None)
    world.close()
    assert link.taken and all(link.taken)
