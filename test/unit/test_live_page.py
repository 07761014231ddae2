"""The page that is served while something flies, over real HTTP."""

import http.client
import json
import socket
import time

import pytest

from liquid_control.errors import ConfigError
from liquid_control.live_page import LivePage

HTML = "<!doctype html><p>é"


@pytest.fixture
def page():
    made = LivePage(HTML, port=0)
    yield made
    made.close()


def get(page, path):
    connection = http.client.HTTPConnection(page.url.removeprefix("http://"), timeout=5)
    connection.request("GET", path)
    return connection, connection.getresponse()


def events(response):
    """Yield what comes over a stream."""
    while True:
        line = response.fp.readline()
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def until(condition):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_page_is_served_and_nothing_else_is(page):
    assert get(page, "/")[1].read().decode() == HTML
    assert get(page, "/../setup.py")[1].status == 404


def test_every_browser_gets_the_newest_and_what_follows(page):
    page.push({"step": 1})
    page.push({"step": 2})
    streams = [events(get(page, "/events")[1]) for _ in range(2)]
    assert [next(stream) for stream in streams] == [{"step": 2}] * 2
    page.push({"step": 3})
    assert [next(stream) for stream in streams] == [{"step": 3}] * 2


def test_a_browser_that_reads_nothing_holds_nobody_up_and_sees_the_newest_afterwards(page):
    page.push({"step": 0})
    _, slow = get(page, "/events")
    until(lambda: page.readers == 1)
    start = time.monotonic()
    for step in range(1, 2001):
        page.push({"step": step, "filling": "x" * 10_000})
    assert time.monotonic() - start < 2.0
    stream = events(slow)
    assert next(one for one in stream if one["step"] == 2000)


def test_a_browser_that_goes_away_is_forgotten(page, monkeypatch):
    connection, response = get(page, "/events")
    until(lambda: page.readers == 1)
    response.close()
    connection.close()
    until(lambda: page.push({}) or page.readers == 0)


def test_it_listens_on_this_machine_alone_unless_told_otherwise(page):
    assert page.url.startswith("http://127.0.0.1:")


def test_an_address_that_is_taken_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"^127.0.0.1:{port}: [^\n]*another --port$"):
            LivePage(HTML, port=port)
