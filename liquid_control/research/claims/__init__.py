"""What the literature says of liquid networks, as experiments: ``run_claim("noise")``."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import msgspec
import torch

from ...errors import ConfigError
from ...registry import load_module
from ._results import Proportion, Result, Row, Spread, row_from_dict

__all__ = ["CLAIMS", "Proportion", "Result", "Row", "Spread", "cases", "run_claim"]


CLAIMS = tuple(sorted(m.name for m in iter_modules(__path__) if m.name[0] != "_"))
"""Names of the experiments: the files of this folder."""


def cases(name: str) -> tuple[str, ...]:
    """Return what an experiment compares, one row of its result each.

    Raises:
        ConfigError: no experiment has that name.
    """
    found: tuple[str, ...] = _experiment(name).CASES
    return found


def run_claim(
    name: str,
    small: bool = False,
    on_case: Callable[[str], object] = lambda _: None,
    folder: Path | None = None,
) -> Result:
    """Run an experiment on one thread.

    Args:
        name: one of ``CLAIMS``, or ``path/to/file.py`` for an experiment of your own.
        small: seconds instead of minutes, for tests; its numbers say nothing of the claim.
        on_case: called with the name of each case before it runs.
        folder: keeps each finished case, so that a run that was stopped goes on after it.

    Raises:
        ConfigError: no experiment has that name.
    """
    module = _experiment(name)
    name = Path(name).stem
    settings = module.SMALL if small else module.FULL
    rows: list[Row] = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for case in module.CASES:
            on_case(case)
            kept = None if folder is None else folder / name / f"{case.replace(' ', '_')}.json"
            rows.append(
                _kept_row(kept, asdict(settings)) or _measure(module, case, settings, kept)
            )
    finally:
        torch.set_num_threads(threads)
    return Result(name, module.QUESTION, small, asdict(settings), tuple(rows))


def _experiment(name: str) -> Any:
    """Return the module of an experiment: CASES, QUESTION, FULL, SMALL and ``measure``."""
    if name.endswith(".py"):
        module = load_module(name, "claim")
    elif name in CLAIMS:
        module = import_module(f".{name}", __name__)
    else:
        raise ConfigError(f"no claim is called {name!r}; choose one of {', '.join(CLAIMS)}")
    parts = ("CASES", "QUESTION", "FULL", "SMALL", "measure")
    lacking = [part for part in parts if not hasattr(module, part)]
    if lacking:
        raise ConfigError(f"the claim {name!r} lacks {', '.join(lacking)}")
    return module


def _measure(module: Any, case: str, settings: Any, kept: Path | None) -> Row:
    start = time.perf_counter()
    row: Row = {"case": case, **module.measure(case, settings)}
    row["wall s"] = time.perf_counter() - start
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.with_suffix(".part").write_bytes(
            msgspec.json.encode({"settings": settings, "row": row})
        )
        kept.with_suffix(".part").replace(kept)
    return row


def _kept_row(kept: Path | None, settings: dict[str, Any]) -> Row | None:
    """Return the row of a finished case, if it was measured with these settings."""
    if kept is None or not kept.exists():
        return None
    found = msgspec.json.decode(kept.read_bytes())
    return row_from_dict(found["row"]) if found["settings"] == _as_read(settings) else None


def _as_read(settings: dict[str, Any]) -> Any:
    return msgspec.json.decode(msgspec.json.encode(settings))
