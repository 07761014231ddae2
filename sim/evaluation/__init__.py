"""Closed-loop evaluation: fly, count, compare, with intervals."""

from .comparison import Comparison, compare
from .suite import EVALUATION_SEED, evaluate
from .summary import FlightResult, Summary, load_summary, summarize

__all__ = [
    "EVALUATION_SEED",
    "Comparison",
    "FlightResult",
    "Summary",
    "compare",
    "evaluate",
    "load_summary",
    "summarize",
]
