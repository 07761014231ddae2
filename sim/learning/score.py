"""What a finished policy is measured at, for its card; nothing is chosen by it."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import msgspec.json

from liquid_control.contract import Score, read
from liquid_control.policy import load_policy

from ..evaluation import evaluate
from .plan import Plan
from .progress import Progress
from .seeds import REPORTED
from .store import write_whole


def score(policy: Path, plan: Plan, run: Path, progress: Progress) -> tuple[Score, ...]:
    """Fly the policy in every suite of the plan; a suite that was flown before is not again.

    Args:
        policy: the file.
        plan: suites, their worlds and how many flights.
        run: finished suites are kept in its folder ``scores``.
        progress: where to tell how far it is.
    """
    sha256 = load_policy(policy).sha256
    found = []
    for suite, world in plan.score_worlds.items():
        what = [sha256, suite, world, plan.config.score.episodes]
        digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]
        kept = run / "scores" / f"{Path(suite).name}_{digest}.json"
        if not kept.exists():
            result = _fly(policy, suite, world, plan.config.score.episodes, progress)
            write_whole(kept, partial(Path.write_bytes, data=msgspec.json.encode(result)))
        found.append(read(json.loads(kept.read_bytes()), Score, str(kept)))
    return tuple(found)


def _fly(
    policy: Path, suite: str, world: dict[str, Any], episodes: int, progress: Progress
) -> Score:
    with progress.bar(episodes, f"score, {suite}") as advance:
        summary = evaluate(
            policy, episodes, seed=REPORTED.start, world=world, on_flight=lambda _: advance()
        )
    progress.say(f"{suite}: {summary.successes} of {episodes}, {summary.collisions} collisions")
    return Score(
        suite,
        episodes,
        summary.successes,
        summary.collisions,
        summary.success_interval,
        summary.trained,
    )
