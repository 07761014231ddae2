"""The page of what a policy thinks: real topics in, events over HTTP out."""

import base64
import http.client
import io
import json

import numpy as np
import pytest
from nav_msgs.msg import Odometry
from PIL import Image as Pillow
from rclpy.parameter import Parameter

from liquid_control.errors import ConfigError
from liquid_control.nodes.watcher import PAGE, Watcher

SHOW = "neurons,reasons,picture,saliency"


@pytest.fixture
def page(robot):
    """A policy node that shows everything, a watcher of it, and what a browser reads."""
    r = robot(overrides={"show": SHOW})
    watcher = Watcher(parameter_overrides=[Parameter("port", value=0)])
    r.executor.add_node(watcher)
    odometry = r.node.create_publisher(Odometry, "odom", 10)
    r.start()
    r.until(lambda: watcher.count_publishers("policy_node/saliency"))
    r.until(odometry.get_subscription_count)
    r.browser, r.watcher = Browser(watcher.page.url), watcher
    r.odometry = odometry
    yield r
    watcher.destroy_node()


class Browser:
    def __init__(self, url):
        self.url = url.removeprefix("http://")

    def newest(self):
        connection = http.client.HTTPConnection(self.url, timeout=5)
        connection.request("GET", "/events")
        stream = connection.getresponse()
        while not (line := stream.fp.readline()).startswith(b"data: "):
            pass
        stream.close()
        return json.loads(line[6:])


def move(r, x, y):
    message = Odometry()
    message.pose.pose.position.x, message.pose.pose.position.y = x, y
    r.odometry.publish(message)


def test_the_page_is_told_all_that_a_policy_shows(page):
    move(page, 1.0, 2.0)
    page.fly(4)
    keys = {"node", "status", "picture", "saliency", "neurons", "reasons", "path"}
    page.until(lambda: keys <= set(page.watcher._data) and not page.watcher._news)
    told = page.browser.newest()
    assert set(told) == keys and told["node"] == "/policy_node"
    assert told["status"]["mode"] == "active"
    assert len(told["neurons"]) == page.policy._policy.card.hidden_size
    picture = Pillow.open(io.BytesIO(base64.b64decode(told["picture"].partition(",")[2])))
    assert picture.size == (96, 64)
    assert np.array(told["saliency"]).shape == (16, 24) and np.max(told["saliency"]) == 1.0
    forward = told["reasons"]["forward_m_s"]
    sizes = [abs(part) for _, part in forward["parts"]]
    assert sizes == sorted(sizes, reverse=True) and len(sizes) == 5


def test_the_path_grows_with_the_vehicle_and_begins_anew_where_it_jumps(page):
    for x in (0.0, 0.25, 0.5, 0.75):
        move(page, x, 0.0)
        page.until(lambda x=x: page.watcher._data.get("path", [[-1]])[-1][0] == x)
    assert [x for x, _ in page.watcher._data["path"]] == [0.0, 0.25, 0.5, 0.75, 0.75]
    move(page, 50.0, 0.0)
    page.until(lambda: page.watcher._data["path"][-1][0] == 50.0)
    assert page.watcher._data["path"] == [(50.0, 0.0)] * 2


def test_the_page_asks_for_nothing_from_elsewhere():
    text = PAGE.read_text()
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "EventSource" in text


def test_a_port_that_is_taken_is_refused_in_one_line(page):
    port = int(page.watcher.page.url.rpartition(":")[2])
    with pytest.raises(ConfigError, match=r"^[^\n]*give another --port$"):
        Watcher(parameter_overrides=[Parameter("port", value=port)])
