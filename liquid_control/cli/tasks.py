"""`liquid-control tasks`: what can be flown."""

from __future__ import annotations

import sys

from .console import print_pairs
from .extras import needs


def tasks() -> None:
    """List the tasks, one line each."""
    needs("mujoco", "sim")
    from liquid_control_sim.tasks import TASKS

    modules = {name: sys.modules[TASKS.get(name).__module__] for name in TASKS.names()}
    print_pairs({name: first_line(module) for name, module in modules.items()})


def first_line(thing: object) -> str:
    """Return the first line of a docstring."""
    return (thing.__doc__ or "").strip().partition("\n")[0]
