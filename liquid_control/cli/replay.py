"""`liquid-control replay`: fly a recording again and compare every decision."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .console import console
from .extras import needs

if TYPE_CHECKING:
    from ..record.recording import Recording
    from ..record.replay import Comparison


def replay(
    recording: Annotated[Path, typer.Argument(help="Recording, .mcap.")],
    model: Annotated[
        Path | None, typer.Option("--model", "-m", help="Another policy to compare with it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Feed a recorded flight to the policy again; exit code 1 if it decides otherwise."""
    needs("mcap", "record")
    needs("rosbags", "record")
    from ..record.recording import open_recording
    from ..record.replay import replay as run

    flown = open_recording(recording)
    comparison = run(flown, model)
    if as_json:
        print(json.dumps(_data(comparison)))
    else:
        _print(flown, comparison)
    raise typer.Exit(1 if comparison.same_model and comparison.different else 0)


def _data(comparison: Comparison) -> dict[str, Any]:
    data = asdict(comparison)
    del data["squares"]
    data["largest"] = dict(zip(comparison.fields, comparison.largest, strict=True))
    data["rms"] = {name: comparison.rms(i) for i, name in enumerate(comparison.fields)}
    return {**data, "largest_difference": comparison.largest_difference}


def _print(flown: Recording, c: Comparison) -> None:
    whose = "the recorded policy" if c.same_model else "another policy"
    early = "" if c.whole else "; the recording ends early, its process was killed"
    _say(
        f"{flown.path}: {c.flights} flights, {c.events} events, {c.steps} decisions, "
        f"replayed by {whose}{early}"
    )
    if flown.provider not in ("", "cpu"):
        _say(f"flown on {flown.provider}, replayed on cpu, which rounds differently")
    _say(
        f"{c.different} decisions differ; largest difference of a command {c.largest_difference:g}"
    )
    if c.first is not None:
        f = c.first
        _say(
            f"first at flight {f.flight}, decision {f.step}, {f.now_ns / 1e9:.3f} s: "
            f"recorded {f.recorded}, replayed {f.replayed}"
        )
    if not c.same_model:
        _print_table(c)


def _print_table(c: Comparison) -> None:
    from rich.table import Table

    table = Table("field", "largest", "rms", title="difference", title_justify="left")
    for i, name in enumerate(c.fields):
        table.add_row(name, f"{c.largest[i]:.4f}", f"{c.rms(i):.4f}")
    console.print(table)


def _say(text: str) -> None:
    console.print(text, soft_wrap=True)
