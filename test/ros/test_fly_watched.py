"""`liquid-control fly --watch`: a page shows the flight while it is flown."""

import http.client
import json
import socket
import subprocess
import sys
import time

import pytest

from liquid_control.share import share_file

FLY = [sys.executable, "-m", "liquid_control.cli.main", "fly", "--watch", "--episodes", "1"]
MODEL = share_file("models/fly_to_target_cfc.onnx")


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def told(port):
    """Return what the page is told, as soon as there is a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    deadline = time.monotonic() + 60
    while True:
        try:
            connection.connect()
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    connection.request("GET", "/events")
    response = connection.getresponse()
    for line in response.fp:
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def test_the_page_shows_the_flight_that_is_being_flown(port, tmp_path):
    world = tmp_path / "long.yaml"
    world.write_text("task: {hold_s: 60.0}\n")
    command = [*FLY, "--model", MODEL, "--port", port, "--out", tmp_path, "--world", world]
    flying = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        keys = {"status", "neurons", "reasons", "picture", "saliency", "path"}
        shown = next(data for data in told(port) if keys <= set(data))
    finally:
        flying.terminate()
        said, _ = flying.communicate(timeout=20)
    assert shown["node"] == "/policy_node" and len(shown["neurons"]) == 64
    assert f"http://127.0.0.1:{port}" in said.decode()
