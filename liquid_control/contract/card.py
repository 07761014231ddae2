"""The card that a policy file carries: what it sees, says, is made of and was measured at."""

from __future__ import annotations

from typing import Any

import msgspec

from .command import CommandCard
from .inputs import InputCard
from .record import Count, NotNegative, Positive, Record

SCHEMA_VERSION = 2


class Timing(Record, frozen=True):
    """The rates that the policy was trained for."""

    nominal_dt_s: Positive = 0.05
    min_dt_s: Positive = 0.025
    max_dt_s: Positive = 0.3
    reset_after_s: Positive = 1.0

    def __post_init__(self) -> None:
        if not self.min_dt_s <= self.nominal_dt_s <= self.max_dt_s < self.reset_after_s:
            raise ValueError("expected min_dt_s <= nominal_dt_s <= max_dt_s < reset_after_s")

    @classmethod
    def around(cls, nominal_dt_s: float) -> Timing:
        """Return the timing of a policy trained at one rate: half to double the step."""
        return cls(
            nominal_dt_s=nominal_dt_s,
            min_dt_s=nominal_dt_s / 2,
            max_dt_s=nominal_dt_s * 2,
            reset_after_s=max(1.0, nominal_dt_s * 4),
        )


class Score(Record, frozen=True):
    """A measured closed-loop result; ``trained``: whether training saw the condition's range."""

    suite: str
    episodes: int
    successes: int
    collisions: int
    success_interval: tuple[float, float]
    trained: bool | None = None


class GoldenRollout(Record, frozen=True):
    """What the policy answers to the inputs of ``policy.golden.golden_values``."""

    seed: int = 1
    dt_s: tuple[float, ...] = ()
    commands: tuple[tuple[float, ...], ...] = ()


class Domain(Record, frozen=True):
    """What the pictures of training were like; beyond it an input is unlike what was learnt.

    Attributes:
        ranges: lowest and highest value of each statistic of ``sensors.domain``.
        margin: how far beyond a value may be, as a share of the range's width.
        flights: how many the ranges are from.
        pictures: likewise.
    """

    ranges: dict[str, tuple[float, float]]
    margin: NotNegative
    flights: Count
    pictures: Count

    def __post_init__(self) -> None:
        if not all(low <= high for low, high in self.ranges.values()):
            raise ValueError("expected ranges from low to high")


class PolicyCard(Record, frozen=True):
    """What a policy is. The graph's inputs are those of ``inputs`` in order, ``dt``, ``hidden``.

    Attributes:
        clock: the input whose every new reading starts a step.
        hidden_size: length of the flat state, zero at first.
        network: what it is made of: cell, encoders and their settings.
        training: configuration, seed and digest of the data.
        domain: by input, what its pictures were like; without it nothing is checked, and
            nothing is written, so that older versions read the card.
    """

    name: str
    inputs: dict[str, InputCard]
    command: CommandCard
    hidden_size: Count
    clock: str = "image"
    golden: GoldenRollout = GoldenRollout()
    schema_version: int = SCHEMA_VERSION
    task: str = ""
    timing: Timing = Timing()
    parameters: int = 0
    network: dict[str, Any] = msgspec.field(default_factory=dict)
    wiring: dict[str, Any] | None = None
    neurons: tuple[str, ...] = ()
    training: dict[str, Any] = msgspec.field(default_factory=dict)
    scores: tuple[Score, ...] = ()
    licence: str = "Apache-2.0"
    source: str = ""
    domain: dict[str, Domain] | msgspec.UnsetType = msgspec.UNSET

    @property
    def state_names(self) -> tuple[str, ...]:
        """A name for each number of the state: the neurons', where they are the state."""
        known = len(self.neurons) == self.hidden_size
        return self.neurons if known else tuple(f"n{i}" for i in range(self.hidden_size))

    def __post_init__(self) -> None:
        if self.clock not in self.inputs:
            raise ValueError(f"expected the clock among the inputs, found {self.clock!r}")
        reserved = {"dt", "hidden", "tick"} & set(self.inputs)
        if reserved:
            raise ValueError(f"{', '.join(sorted(reserved))} cannot be the name of an input")
        for name in self.domain or {}:
            if name not in self.inputs or self.inputs[name].kind != "image":
                raise ValueError(f"expected a domain of an image, found one of {name!r}")
