"""Closed-loop evaluation: fly, count, compare, with intervals."""

from .cell import EVALUATION_SEED, evaluate
from .comparison import Comparison, compare
from .results import Results, Row
from .suite import SuiteOrder, fly_suite, results
from .summary import FlightResult, Summary, load_summary, summarize

__all__ = [
    "EVALUATION_SEED",
    "Comparison",
    "FlightResult",
    "Results",
    "Row",
    "SuiteOrder",
    "Summary",
    "compare",
    "evaluate",
    "fly_suite",
    "load_summary",
    "results",
    "summarize",
]
