"""What painters of skies, horizons and grounds share: colours that are drawn, and noise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from liquid_control.contract import Range

from ._faces import Floats

NOISE_PIXELS = 256


def tone(rng: Generator, *channels: Range) -> Floats:
    """Draw a colour: (3,) of 0..1, each channel in a range of its own, or all in one."""
    ranges: Sequence[Range] = channels * 3 if len(channels) == 1 else channels
    low, high = np.array(ranges, np.float32).T
    return rng.uniform(low, high).astype(np.float32)


def grey(rng: Generator, brightness: Range, tint: float = 0.05) -> Floats:
    """Draw a grey with a little colour, (3,)."""
    return np.float32(rng.uniform(*brightness)) * tone(rng, (1 - tint, 1 + tint))


def mixed(first: Floats, second: Floats, share: Floats | np.float32) -> Floats:
    """Return colours between two: ``share`` (...) of the second, (..., 3)."""
    found = np.empty((*np.shape(share), 3), np.float32)
    for channel in range(3):  # a last axis of three would take several times as long
        start = first[..., channel]
        found[..., channel] = start + share * (second[..., channel] - start)
    return found


def smooth(values: Floats, low: float, high: float) -> Floats:
    """Return 0 below ``low``, 1 above ``high`` and a smooth step between."""
    share: Floats = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    found: Floats = share * share * (3 - 2 * share)
    return found


def clouded(u: Floats, v: Floats, rng: Generator) -> Floats:
    """Return smooth noise of deviation 1 at places (u, v); it repeats after 1 in each.

    A look at another place of the same two clouds, moved against each other, every time.
    """
    coarse, fine = (_sampled(u * n, v * n, rng.random(2)) for n in (1, 3))
    return np.float32(0.9) * coarse + np.float32(0.4) * fine


def _sampled(u: Floats, v: Floats, offset: NDArray[np.float64]) -> Floats:
    most = NOISE_PIXELS - 1
    shift = (offset * NOISE_PIXELS).astype(np.int32)
    column = ((u * NOISE_PIXELS).astype(np.int32) + shift[0]) & most
    row = ((v * NOISE_PIXELS).astype(np.int32) + shift[1]) & most
    return _noise()[row, column]


@lru_cache
def _noise() -> Floats:
    """Return noise with few fine details that repeats at its edges, (256, 256)."""
    rng = np.random.default_rng(0)
    n = NOISE_PIXELS
    frequency = np.hypot(np.fft.fftfreq(n, 1 / n)[:, None], np.fft.rfftfreq(n, 1 / n)[None])
    power = np.where(frequency == 0, 0, np.maximum(frequency, 2.0) ** -1.7)
    noise = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((n, n))) * power, (n, n))
    return ((noise - noise.mean()) / noise.std()).astype(np.float32)
