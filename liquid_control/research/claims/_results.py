"""What an experiment found: rows of numbers, each with the interval that it deserves."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scipy.stats import binomtest


@dataclass(frozen=True)
class Proportion:
    """So many right of so many tried, with the 95 % Wilson interval of the share.

    The interval is that of the trials. Where they are pooled over trained networks it says
    nothing of how much these differ; the row has each network's own share for that.
    """

    right: int
    of: int
    low: float
    high: float

    @classmethod
    def count(cls, right: int, of: int) -> Proportion:
        """Return the proportion with its interval."""
        interval = binomtest(right, of).proportion_ci(0.95, method="wilson")
        return cls(right, of, float(interval.low), float(interval.high))

    @property
    def share(self) -> float:
        """Part that is right, 0 to 1."""
        return self.right / self.of

    def __str__(self) -> str:
        return f"{self.share:.1%} ({self.low:.1%} to {self.high:.1%})"


@dataclass(frozen=True)
class Spread:
    """A median with the lowest and highest of its samples, or a range that holds most of them."""

    median: float
    low: float
    high: float
    samples: int

    @classmethod
    def full(cls, samples: Sequence[float]) -> Spread:
        """Return the median with the whole range."""
        return cls(statistics.median(samples), min(samples), max(samples), len(samples))

    @classmethod
    def most(cls, samples: Sequence[float]) -> Spread:
        """Return the median with the range of the middle 90 %."""
        cuts = statistics.quantiles(samples, n=20, method="inclusive")
        return cls(statistics.median(samples), cuts[0], cuts[-1], len(samples))

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.median:.3g}"
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g})"


Value = Proportion | Spread | float | int | str | None
Row = dict[str, Value]


def row_from_dict(values: dict[str, Any]) -> Row:
    """Return the row whose shares and spreads were written with `dataclasses.asdict`."""
    kinds: dict[str, type] = {"right": Proportion, "median": Spread}
    row: Row = {}
    for column, value in values.items():
        kind = next(
            (kinds[key] for key in kinds if isinstance(value, dict) and key in value), None
        )
        row[column] = kind(**value) if kind else value
    return row


@dataclass(frozen=True)
class Result:
    """One experiment that ran.

    Attributes:
        name: name of the experiment.
        question: the claim, as a question that the rows answer.
        small: whether this was the size for tests, whose numbers say nothing of the claim.
        settings: sizes, counts and seeds.
        rows: one for each case, column by column, ``case`` first and ``wall s`` last.
    """

    name: str
    question: str
    small: bool
    settings: dict[str, Any]
    rows: tuple[Row, ...]

    @property
    def wall_s(self) -> float:
        """Seconds that the cases took, one after the other."""
        walls = (row["wall s"] for row in self.rows)
        return sum(wall for wall in walls if isinstance(wall, float))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)

    def table(self) -> list[list[str]]:
        """Return the rows as text below one row of column names; a gap is "-"."""
        columns = list(dict.fromkeys(column for row in self.rows for column in row))
        return [columns, *([_text(row.get(column)) for column in columns] for row in self.rows)]


def _text(value: Value) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
