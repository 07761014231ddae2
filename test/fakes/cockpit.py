"""A policy node, the platform under test and a fake autopilot, in one process and one executor."""

from __future__ import annotations

import math
import time
from types import SimpleNamespace

from liquid_control_sim.flight import arrivals
from liquid_control_sim.model import TICK_S
from liquid_control_sim.settings import fitted, world_of
from liquid_control_sim.vehicles import Truth
from liquid_control_sim.world import World
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.parameter import Parameter

from liquid_control.contract import velocity
from liquid_control.nodes.policy_node import PolicyNode
from liquid_control.parameters import Parameters
from liquid_control.platforms import PLATFORMS, _autopilot
from liquid_control.policy import load_policy
from liquid_control.share import share_file

MODEL = share_file("models/fly_to_target_cfc.onnx")
SEED = 950_100
SWITCH_S = 1.0
"""When the person switches to the mode in which the policy flies."""
HERE = velocity(1.0, 0.5, 0.25, 0.1)
YAW_RAD, PITCH_RAD = 0.7, 0.4
LEANING = Truth(
    0.0,
    (0.0, 0.0, 5.0),
    (0.0, 0.0, 0.0),
    YAW_RAD,
    0.0,
    (
        math.cos(PITCH_RAD / 2) * math.cos(YAW_RAD / 2),
        -math.sin(PITCH_RAD / 2) * math.sin(YAW_RAD / 2),
        math.sin(PITCH_RAD / 2) * math.cos(YAW_RAD / 2),
        math.cos(PITCH_RAD / 2) * math.sin(YAW_RAD / 2),
    ),
)
"""A vehicle that leans forward, as one that flies does."""
_C, _S = math.cos(YAW_RAD), math.sin(YAW_RAD)
HERE_NED = (_S * 1.0 + _C * 0.5, _C * 1.0 - _S * 0.5, -0.25, -0.1)
"""That command in the world, as the leaning vehicle should fly it: level, and clockwise."""


class Bench:
    """A platform on a bare node: what it says, sends and hears."""

    def __init__(self, name, autopilot, **parameters):
        self.autopilot = autopilot
        given = [Parameter(k.replace("__", "."), value=v) for k, v in parameters.items()]
        self.node = LifecycleNode("bench", parameter_overrides=given)
        self.platform = PLATFORMS.get(name)()
        Parameters(self.node).declare(self.platform.settings())
        self.platform.open(self.node, "base_link")
        self.node.trigger_configure()
        self.node.trigger_activate()
        self.executor = executor_of(self.node, *autopilot.nodes)

    def say(self, command=HERE):
        """Do what the node does with a command that has passed the gate; return why it did not."""
        silence = self.platform.silent_because()
        if silence:
            self.platform.stand_by()
        else:
            self.platform.publish(command, 1)
        return silence

    def until(self, happened, truth=LEANING, say=True):
        """Let both live until something has happened; return why nothing is sent then."""
        deadline, tick = time.monotonic() + 20.0, 0
        while not happened():
            assert time.monotonic() < deadline, self.platform.silent_because()
            if say and tick % 5 == 0:
                self.say()
            self.autopilot.step(truth, 0.01)
            self.executor.spin_once(timeout_sec=0.002)
            spin(self.executor, 2)
            tick += 1
        return self.platform.silent_because()

    def silence(self, word):
        """Return what it says instead of a command, once that has a word in it."""
        return self.until(lambda: word in self.platform.silent_because())

    def take_off(self):
        """Let the person switch, and the autopilot be flown."""
        self.autopilot.wanted = True
        self.until(lambda: self.autopilot.received > 2)

    def rest(self, seconds=1.0, say=True):
        """Let both live for a while of the autopilot's time."""
        end_s = self.autopilot.time_s + seconds
        self.until(lambda: self.autopilot.time_s >= end_s, say=say)

    def close(self):
        self.executor.shutdown()
        self.platform.close()
        self.node.destroy_node()
        self.autopilot.close()


class Cockpit:
    """The shipped policy in MuJoCo: the node decides, the autopilot flies what it was sent."""

    def __init__(self, platform, autopilot, **parameters):
        values = {"model": str(MODEL), "platform": platform, "lockstep": True, **parameters}
        given = [Parameter(k.replace("__", "."), value=v) for k, v in values.items()]
        self.policy, self.autopilot = PolicyNode(parameter_overrides=given), autopilot
        card = load_policy(MODEL).card
        self.world = World(fitted(world_of(card.task), card))
        assert self.policy.trigger_configure() == TransitionCallbackReturn.SUCCESS
        assert self.policy.trigger_activate() == TransitionCallbackReturn.SUCCESS
        self.executor = executor_of(self.policy, *autopilot.nodes)
        self.sent, self._publish = 0, self.policy._platform.publish
        self.policy._platform.publish = self._count

    def fly(self, seed=SEED):
        """Return the verdict; after a second a person switches to the mode that is flown."""
        world, autopilot = self.world, self.autopilot
        world.reset(seed)
        while world.verdict is None:
            autopilot.wanted = autopilot.time_s >= SWITCH_S
            for event in arrivals(world):
                if self.policy._fly(event) is not None:
                    self._settle()
            world.advance(autopilot.step(world.truth(), TICK_S))
            spin(self.executor, 2)
            assert not (autopilot.wrongs or autopilot.losses)
        return world.verdict

    def close(self):
        self.executor.shutdown()
        self.policy.destroy_node()
        self.autopilot.close()
        self.world.close()

    def _count(self, command, stamp_ns):
        self.sent += 1
        self._publish(command, stamp_ns)

    def _settle(self):
        """Wait until every setpoint has arrived: the simulation stands meanwhile."""
        deadline = time.monotonic() + 2.0
        while self.autopilot.received < self.sent:
            assert time.monotonic() < deadline, "a setpoint did not arrive"
            self.executor.spin_once(timeout_sec=0.002)
            self.autopilot.poll()


def executor_of(*nodes):
    executor = SingleThreadedExecutor()
    for node in nodes:
        executor.add_node(node)
    return executor


def spin(executor, times):
    for _ in range(times):
        executor.spin_once(timeout_sec=0.0)


def grow_old(monkeypatch, seconds=60.0):
    """Let everything that a platform has heard be this much older."""
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + seconds)
    monkeypatch.setattr(_autopilot, "time", later)
