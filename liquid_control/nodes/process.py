"""A node's process from first to last: what cannot be is one line on standard error and code 1."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from ..errors import LiquidControlError

Made = TypeVar("Made", bound=Node)


def run(
    make: Callable[[], Made],
    work: Callable[[Made], int],
    args: list[str] | None = None,
    **options: Any,
) -> int:
    """Make a node, let it work until it ends or is interrupted, and return the exit code.

    Args:
        make: the node, once ROS is there.
        work: returns the code.
        args: of the command line, those of ROS among them.
        options: of ``rclpy.init``.
    """
    rclpy.init(args=args, **options)
    node: Made | None = None
    try:
        node = make()
        return work(node)
    except LiquidControlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
