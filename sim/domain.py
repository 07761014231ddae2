"""What a policy's camera sees in flights: a reference for its card, and how well it serves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Domain, Image, PolicyCard
from liquid_control.errors import ConfigError
from liquid_control.pipeline import Pilot, PilotStep
from liquid_control.policy import Steps
from liquid_control.sensors.domain import foreign, reference, statistics

from .flight import fly
from .settings import WorldSettings, fitted
from .world import World

EVERY = 4
"""Of so many pictures one is kept: their neighbours are much the same."""
Spoil = Callable[[Image, Generator], Image]


def _covered(part: tuple[slice, ...]) -> Spoil:
    def cover(image: Image, _: Generator) -> Image:
        spoilt = image.copy()
        spoilt[part] = 0
        return spoilt

    return cover


def _grey(image: Image, _: Generator) -> Image:
    return np.repeat(image.mean(2, keepdims=True).astype(np.uint8), 3, 2)


def _half(length: int) -> slice:
    return slice(length // 2)


SPOILT: dict[str, Spoil] = {
    "as it is": lambda image, _: image,
    "grey only": _grey,
    "pure noise": lambda image, rng: rng.integers(0, 256, image.shape, np.uint8),
    "black": lambda image, _: np.zeros_like(image),
    "left half covered": lambda i, r: _covered((slice(None), _half(i.shape[1])))(i, r),
    "top half covered": lambda i, r: _covered((_half(i.shape[0]),))(i, r),
    "three times as bright": lambda i, _: np.minimum(3 * i.astype(np.uint16), 255).astype(
        np.uint8
    ),
    "inverted": lambda image, _: 255 - image,
    "upside down": lambda image, _: np.ascontiguousarray(image[::-1, ::-1]),
}
"""What may become of a picture."""


@dataclass(frozen=True)
class Judged:
    """How many pictures were called out of domain.

    Attributes:
        spoilt: what had become of them; a key of ``SPOILT``.
        foreign: how many were.
        pictures: of how many.
    """

    spoilt: str
    foreign: int
    pictures: int


def image_of(card: PolicyCard) -> str:
    """Return the name of a policy's picture.

    Raises:
        ConfigError: it has none, or one too small to judge.
    """
    for name, wanted in card.inputs.items():
        if wanted.kind == "image":
            return name
    raise ConfigError(f"expected a policy with an image, found {', '.join(card.inputs)}")


def reference_of(policy: Steps, worlds: Sequence[WorldSettings], seeds: range) -> Domain:
    """Return the reference of a policy's picture from flights of its own.

    Args:
        policy: flies, so that what it leads to is seen as well.
        worlds: in each of which every seed is flown.
        seeds: of the flights.
    """
    rows = [statistics(image) for image in pictures(policy, worlds, seeds)]
    return reference(rows, len(worlds) * len(seeds))


def judge(
    policy: Steps, domain: Domain, worlds: Sequence[WorldSettings], seeds: range
) -> list[Judged]:
    """Return how many pictures of flights a reference calls foreign, as they are and spoilt."""
    rng, counts, total = np.random.default_rng(0), dict.fromkeys(SPOILT, 0), 0
    for image in pictures(policy, worlds, seeds):
        total += 1
        for name, spoil in SPOILT.items():
            counts[name] += foreign(spoil(image, rng), domain) is not None
    return [Judged(name, count, total) for name, count in counts.items()]


def pictures(
    policy: Steps, worlds: Iterable[WorldSettings], seeds: Iterable[int]
) -> Iterator[Image]:
    """Yield what a policy was given of its camera in flights, one of ``EVERY`` pictures."""
    name, pilot = image_of(policy.card), Pilot(policy)
    for settings in worlds:
        world = World(fitted(settings, policy.card))
        try:
            for seed in seeds:
                kept: list[Image] = []

                def keep(step: PilotStep, kept: list[Image] = kept) -> None:
                    if step.observation is not None:
                        kept.append(step.observation.values[name].copy())

                fly(world, pilot, seed, on_step=keep)
                yield from kept[::EVERY]
        finally:
            world.close()
