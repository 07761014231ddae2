"""`liquid-control evaluate`: many flights in-process, with intervals."""

from __future__ import annotations

import json
from pathlib import Path

from .console import console, print_summary, progress_bar


def evaluate_policy(
    model: Path,
    *,
    episodes: int,
    seed: int,
    rate_hz: float | None,
    jitter: bool,
    perturb: str,
    workers: int | None,
    json_file: Path | None,
) -> None:
    """Evaluate a policy, print the table and write the JSON summary."""
    from liquid_control_sim.evaluation import evaluate
    from liquid_control_sim.perturb import perturb as change
    from liquid_control_sim.perturb import set_rate
    from liquid_control_sim.world import WorldSettings

    settings = change(WorldSettings(), perturb)
    if jitter:
        settings = change(settings, "jitter")
    if rate_hz is not None:
        settings = set_rate(settings, rate_hz)
    with progress_bar() as bar:
        task = bar.add_task("flights", total=episodes)
        summary = evaluate(
            model,
            episodes,
            seed=seed,
            settings=settings,
            workers=workers,
            on_flight=lambda _: bar.advance(task),
        )
    names = [perturb, *(["jitter"] if jitter else []), *([f"{rate_hz:g} Hz"] if rate_hz else [])]
    print_summary(f"{model}: {', '.join(names)}, seeds from {seed}", summary.to_dict())
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps(summary.to_dict(), indent=2) + "\n")
        console.print(f"wrote {json_file}")
