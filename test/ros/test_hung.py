"""A step of the policy that takes far too long: nothing old goes out, and the pilot notices."""

import time

from liquid_control.nodes.conversions import to_ns

HUNG_S = 0.3


def test_a_command_that_took_too_long_does_not_go_out_and_rest_follows(robot, monkeypatch):
    r = robot(hung_after_s=HUNG_S)
    r.start()
    r.fly(3)
    policy = r.policy._pilot.policy
    step, hangs = policy.step, [2 * HUNG_S]

    def slow(observation):
        time.sleep(hangs.pop() if hangs else 0.0)
        return step(observation)

    monkeypatch.setattr(policy, "step", slow)
    r.commands.clear()
    stamp_ns = r.send()
    r.until(lambda: "pilot_hung" in r.faults() and r.commands)
    assert stamp_ns not in [to_ns(command.header.stamp) for command in r.commands]
    first = r.commands[0].twist
    assert (first.linear.x, first.linear.y, first.linear.z, first.angular.z) == (0, 0, 0, 0)
    assert any(v["platform"].startswith("not told: the pilot hung") for v in r.values())
