"""`liquid-control faults`: what keeps a command from being flown, and what happens then."""

from __future__ import annotations

from rich.table import Table

from ..safety.faults import FAULTS, Fault, Reaction, Row
from .console import console

REACTIONS = {
    Reaction.BRAKE: "brakes; after failsafe_after_s silent",
    Reaction.FAILSAFE: "silent at once",
}


def faults() -> None:
    """List every fault by its word, with what is done about it and what to do."""
    table = Table("word", "the pilot", "seen, and what to do")
    for fault, row in FAULTS.items():
        table.add_row(fault.value, REACTIONS[row.reaction], row.advice)
    console.print(table)


def as_markdown() -> str:
    """Return the rows of the table in docs/faults.md."""
    lines = ["| word | the pilot | seen, and what to do |", "| --- | --- | --- |"]
    lines += [_line(fault, row) for fault, row in FAULTS.items()]
    return "\n".join(lines) + "\n"


def _line(fault: Fault, row: Row) -> str:
    return f"| `{fault.value}` | {REACTIONS[row.reaction]} | {row.advice} |"
