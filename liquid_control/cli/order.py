"""`liquid-control order`: tell a policy that flies what to do."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..errors import LiquidControlError
from .console import console
from .extras import needs

WAIT_S = 5.0


class OrderError(LiquidControlError):
    """An order was not taken."""


def order(
    order: Annotated[str, typer.Argument(help="Such as 'blue barrel' or 'follow red car'.")],
    node: Annotated[str, typer.Option(help="Of the policy.")] = "/policy_node",
    name: Annotated[str, typer.Option("--input", help="Of the policy's goal.")] = "goal",
) -> None:
    """Give a running policy_node an order, in flight or before it, and print its answer."""
    needs("rclpy", "ros")
    import rclpy

    rclpy.init()
    try:
        answer = _set(node, name, order)
    finally:
        rclpy.try_shutdown()
    if answer is None:
        raise OrderError(
            f"{node} has not answered for {WAIT_S:g} s; is it configured, and is "
            "ROS_DOMAIN_ID here what it is there?"
        )
    if "undeclared" in answer.reason:
        raise OrderError(f"{node} takes no order: its policy has no goal '{name}'")
    if not answer.successful:
        raise OrderError(f"{node} goes on as before: {answer.reason}")
    console.print(f"{node} has taken the order: {order}", soft_wrap=True)


def _set(node: str, name: str, text: str) -> Any:
    """Return how a node answers when its parameter is set; None if it does not."""
    import rclpy
    from rcl_interfaces.srv import SetParametersAtomically
    from rclpy.node import Node
    from rclpy.parameter import Parameter

    asking = Node("liquid_control_order")
    client = asking.create_client(SetParametersAtomically, f"{node}/set_parameters_atomically")
    if not client.wait_for_service(WAIT_S):
        return None
    request = SetParametersAtomically.Request()
    request.parameters = [Parameter(name, value=text).to_parameter_msg()]
    future = client.call_async(request)
    rclpy.spin_until_future_complete(asking, future, timeout_sec=WAIT_S)
    answer = future.result()
    return None if answer is None else answer.result
