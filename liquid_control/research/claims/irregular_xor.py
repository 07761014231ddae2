"""Whether a CfC learns the parity of a bit stream that it sees as irregular events.

The event-based bit-stream XOR of the CfC paper (arXiv:2106.13898; the task is from
arXiv:2006.04418): CfC 99.4 %, CfC with mixed memory 99.7 %, LTC 49 %, after 200 passes over
a fixed set. Ours draws every stream anew and trains for minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch

from ...networks.cells import free_parameters
from ._results import Proportion, Row, Spread
from ._training import Batch, build, count_right, train

QUESTION = "Does a CfC learn the parity of a bit stream sampled at irregular events?"

CASES = ("cfc", "cfc mixed", "ltc", "lstm", "gru", "cfc without time")
TIME_AS_INPUT = ("lstm", "gru")
WITHOUT_TIME = " without time"


@dataclass(frozen=True)
class Settings:
    """Sizes; liquid cells get the elapsed time as dt, the others as a second input.

    Attributes:
        bit_dt: elapsed time of one bit, in nominal steps.
        mixed_updates: fewer for mixed memory, whose update takes four times as long.
        ltc_updates: fewer still for the LTC, whose update takes forty times as long.
    """

    seeds: tuple[int, ...] = (0, 1, 2)
    bits: int = 32
    bit_dt: float = 0.25
    parameters: int = 20_000
    updates: int = 12_000
    mixed_updates: int = 6000
    ltc_updates: int = 150
    batch: int = 128
    rate: float = 3e-3
    tests: int = 5000


FULL = Settings()
SMALL = Settings(
    seeds=(0,),
    bits=8,
    parameters=300,
    updates=3,
    mixed_updates=3,
    ltc_updates=3,
    batch=8,
    tests=50,
)


def measure(case: str, settings: Settings) -> Row:
    """Train and test one cell for each seed."""
    variant = case.removesuffix(WITHOUT_TIME)
    time = "none" if case != variant else "input" if case in TIME_AS_INPUT else "dt"
    task = partial(streams, bits=settings.bits, bit_dt=settings.bit_dt, time=time)
    slow = {"ltc": settings.ltc_updates, "cfc mixed": settings.mixed_updates}
    updates = slow.get(variant, settings.updates)
    features = 2 if time == "input" else 1
    right = []
    for seed in settings.seeds:
        model = build(variant, features, settings.parameters, seed)
        train(model, task, updates=updates, batch=settings.batch, rate=settings.rate, seed=seed)
        right.append(count_right(model, task, tests=settings.tests, seed=10_000 + seed))
    return {
        "parameters": free_parameters(model),
        "updates": updates,
        "accuracy": Proportion.count(sum(right), len(right) * settings.tests),
        "seeds, %": Spread.full([100 * count / settings.tests for count in right]),
    }


def streams(
    generator: torch.Generator, count: int, *, bits: int, bit_dt: float = 1.0, time: str = "dt"
) -> Batch:
    """Draw streams of 2 to ``bits`` bits and keep the events: each change, and the end.

    An event is the bit that now shows and the time since the event before. The label is the
    parity of all bits of the stream.

    Args:
        generator: source of randomness.
        count: number of streams.
        bits: length of the longest.
        bit_dt: elapsed time of one bit.
        time: where the elapsed time goes: "dt", "input" (a second feature), or "none".
    """
    stream = torch.randint(2, (count, bits), generator=generator)
    length = torch.randint(2, bits + 1, (count, 1), generator=generator)
    place = torch.arange(bits)
    event = torch.ones_like(stream, dtype=torch.bool)
    event[:, 1:] = stream[:, 1:] != stream[:, :-1]
    event = (event | (place == length - 1)) & (place < length)
    number = event.sum(1)
    order = (~event).sort(dim=1, stable=True).indices[:, : int(number.max())]
    before = torch.nn.functional.pad(order[:, :-1], (1, 0), value=-1)
    real = torch.arange(order.shape[1]) < number[:, None]
    elapsed = bit_dt * ((order - before) * real)[:, :, None].float()
    xs = (stream.gather(1, order) * real)[:, :, None].float()
    labels = ((stream * (place < length)).sum(1) % 2).float()
    if time == "input":
        xs = torch.cat([xs, elapsed], dim=2)
    dts = elapsed if time == "dt" else torch.ones_like(elapsed)
    return Batch(xs, dts, number - 1, labels)
