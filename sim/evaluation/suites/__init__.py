"""Which tasks under which conditions are flown together: one suite a file."""

from __future__ import annotations

from liquid_control.contract import Count
from liquid_control.registry import Registry

from ...component import Component


class Suite(Component, frozen=True):
    """Base of a suite: every task is flown under every condition, on the same seeds.

    Attributes:
        tasks: their names, or ``file.py:Class``.
        conditions: likewise.
        episodes: flights of each cell.
    """

    tasks: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    episodes: Count = 20


SUITES: Registry[Suite] = Registry(__name__, Suite, "suite")
