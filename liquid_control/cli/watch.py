"""`liquid-control watch`: see in the browser what a policy thinks while it flies."""

from __future__ import annotations

from typing import Annotated

import typer

from ..live_page import HOST, PORT
from .extras import needs


def watch(
    node: Annotated[str, typer.Option(help="Of the policy.")] = "/policy_node",
    odometry: Annotated[str, typer.Option(help="Topic, for the path from above.")] = "/odom",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page; 0: any.")] = PORT,
    host: Annotated[str, typer.Option(help="The address that listens.")] = HOST,
) -> int:
    """Serve a page that shows what a running policy_node publishes of its thoughts."""
    needs("rclpy", "ros")
    from ..nodes import watcher

    given = {"watched": node, "odometry": odometry, "port": port, "host": host}
    parameters = [part for name, value in given.items() for part in ("-p", f"{name}:={value}")]
    return watcher.main(["--ros-args", *parameters])
