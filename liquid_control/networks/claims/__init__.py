"""What the literature says of liquid networks, as experiments: ``run_claim("noise")``."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module

import torch

from ...errors import ConfigError
from .results import Proportion, Result, Row, Spread

__all__ = ["CLAIMS", "Proportion", "Result", "Row", "Spread", "cases", "run_claim"]

CLAIMS = ("sequence_cost", "irregular_xor", "boundedness", "forgetting", "noise")
"""Names of the experiments, one file each."""


def cases(name: str) -> tuple[str, ...]:
    """Return what an experiment compares, one row of its result each.

    Raises:
        ConfigError: no experiment has that name.
    """
    if name not in CLAIMS:
        raise ConfigError(f"no claim is called {name!r}; choose one of {', '.join(CLAIMS)}")
    found: tuple[str, ...] = import_module(f".{name}", __name__).CASES
    return found


def run_claim(
    name: str, small: bool = False, on_case: Callable[[str], object] = lambda _: None
) -> Result:
    """Run an experiment on one thread.

    Args:
        name: one of ``CLAIMS``.
        small: seconds instead of minutes, for tests; its numbers say nothing of the claim.
        on_case: called with the name of each case before it runs.

    Raises:
        ConfigError: no experiment has that name.
    """
    names = cases(name)
    module = import_module(f".{name}", __name__)
    settings = module.SMALL if small else module.FULL
    rows: list[Row] = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    start = time.perf_counter()
    try:
        for case in names:
            on_case(case)
            begin = time.perf_counter()
            row = module.measure(case, settings)
            rows.append({"case": case, **row, "wall s": time.perf_counter() - begin})
    finally:
        torch.set_num_threads(threads)
    wall_s = time.perf_counter() - start
    return Result(name, module.QUESTION, small, asdict(settings), tuple(rows), wall_s)
