"""The state of the network, live on ~/neurons."""

import numpy as np
import pytest
from sensor_msgs.msg import JointState


@pytest.fixture
def watched(robot):
    def make(**parameters):
        r = robot(overrides=parameters)
        r.neurons = []
        r.node.create_subscription(JointState, "policy_node/neurons", r.neurons.append, 100)
        r.start()
        return r

    return make


def test_the_state_after_every_step_goes_out_by_name_with_the_stamp_of_its_frame(watched):
    r = watched(neurons=True)
    r.until(lambda: r.node.count_publishers("policy_node/neurons"))
    r.fly(4)
    r.until(lambda: len(r.neurons) >= 3)
    last = r.neurons[-1]
    size = r.policy._policy.card.hidden_size
    assert len(last.name) == len(set(last.name)) == len(last.position) == size
    stamps = [(m.header.stamp.sec, m.header.stamp.nanosec) for m in r.commands]
    assert (last.header.stamp.sec, last.header.stamp.nanosec) in stamps
    hidden = r.policy._policy.hidden[0]
    r.until(lambda: np.allclose(r.neurons[-1].position, hidden, atol=1e-7))
    assert r.neurons[0].position != r.neurons[-1].position


def test_nothing_goes_out_and_no_topic_is_there_unless_it_is_asked_for(watched):
    r = watched()
    r.fly(2)
    assert not r.node.count_publishers("policy_node/neurons")
