"""`liquid-control bench node`: a camera's message to its command, two processes."""

import numpy as np
import pytest
from typer.testing import CliRunner

from liquid_control.cli.main import make_app
from liquid_control.errors import ConfigError
from liquid_control.nodes.bench import Feed, NodeTiming, time_node


def test_every_answer_is_timed_from_before_its_image_was_sent(tiny_policy_path, tmp_path):
    found = time_node(tiny_policy_path, Feed((96, 64), "bgr8", 20.0, 100.0), 1.0, tmp_path)
    assert isinstance(found, NodeTiming)
    assert found.sent == 20 and found.answered >= 10
    assert 0.0 < found.inference_ms < found.p50_ms <= found.p99_ms <= found.p999_ms < 1000.0


def test_an_encoding_that_no_camera_has_is_refused_before_anything_is_started(
    tiny_policy_path, tmp_path
):
    with pytest.raises(ConfigError, match=r"^[^\n]*found image, imu and 'rgb9'$"):
        time_node(tiny_policy_path, Feed(encoding="rgb9"), 1.0, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", ["640", "640x", "axb", "-4x8"])
def test_a_size_that_is_none_is_refused_in_one_line(size):
    result = CliRunner().invoke(make_app(), ["bench", "node", "--size", size])
    assert isinstance(result.exception, ConfigError)
    assert f"found '{size}'" in str(result.exception)


def test_a_machine_that_answers_nothing_has_no_times():
    timing = NodeTiming.of(Feed(), {7: 0.1}, {}, [])
    assert (timing.sent, timing.answered) == (1, 0)
    assert np.isnan([timing.p50_ms, timing.p999_ms, timing.inference_ms]).all()
