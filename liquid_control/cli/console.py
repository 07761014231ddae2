"""How commands talk to a person: progress bars, tables and one-line errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

console = Console(highlight=False)


def progress_bar() -> Progress:
    """Return a bar with counts and the remaining time; it leaves no trace when it is done."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
    )


class ConsoleProgress:
    """The training's progress on a terminal."""

    @contextmanager
    def bar(self, total: int, label: str) -> Iterator[Callable[[], object]]:
        """Show a bar; what it gives is called once for each of ``total``."""
        with progress_bar() as bar:
            task = bar.add_task(label, total=total)
            yield lambda: bar.advance(task)

    def say(self, text: str) -> None:
        """Print a line."""
        console.print(text)


def print_pairs(rows: Mapping[str, str], title: str | None = None) -> None:
    """Print a table of names and values."""
    table = Table(title=title, title_justify="left", show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)


def print_summary(title: str, summary: dict[str, Any]) -> None:
    """Print the table of a set of flights; ``summary`` has the keys of summary.json."""
    low, high = summary["success_interval"]
    latency = summary["step_latency_ms"]
    time_s = summary["time_to_target_s"]
    rows = {
        "success": f"{summary['successes']} of {summary['episodes']} "
        f"(95 % interval {low:.1%} to {high:.1%})",
        "collisions": f"{summary['collisions']}",
        "time to target": "-" if time_s is None else f"{time_s:.1f} s median",
        "policy step": "-"
        if latency["p50"] is None
        else f"{latency['p50']:.3f} ms p50, {latency['p99']:.3f} ms p99",
        "real-time factor": f"{summary['real_time_factor']:.1f}",
        "wall time": f"{summary['wall_s']:.1f} s",
    }
    print_pairs(rows, title)
