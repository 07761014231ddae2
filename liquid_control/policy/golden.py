"""Inputs that every machine makes alike, without a file: what the golden rollout is run on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import InputCard

GRAVITY_M_S2 = np.float32(9.81)


def golden_values(
    seed: int, step: int, inputs: Mapping[str, InputCard]
) -> dict[str, NDArray[Any]]:
    """Return the values of one golden step by input name, in the shapes and dtypes of the cards.

    Entry k, counted through all inputs in order, is the 32-bit integer hash (k + 1) * 2654435761
    + (step + 1) * 2246822519 + seed * 3266489917, then x ^= x >> 15, x *= 2246822519,
    x ^= x >> 13, all modulo 2^32. A uint8 is its top eight bits, a float32 is 2 * x / 2^32 - 1;
    gravity is added to the last number of an IMU.
    """
    x = np.arange(1, 1 + sum(card.size for card in inputs.values()), dtype=np.uint32)
    x *= np.uint32(2654435761)
    x += np.uint32(((step + 1) * 2246822519 + seed * 3266489917) & 0xFFFFFFFF)
    x ^= x >> np.uint32(15)
    x *= np.uint32(2246822519)
    x ^= x >> np.uint32(13)
    values: dict[str, NDArray[Any]] = {}
    at = 0
    for name, card in inputs.items():
        part, at = x[at : at + card.size], at + card.size
        if card.dtype == "uint8":
            values[name] = (part >> np.uint32(24)).astype(np.uint8).reshape(card.shape)
            continue
        numbers = (2.0 * part / 2.0**32 - 1.0).astype(np.float32)
        if card.kind == "imu":
            numbers[-1] += GRAVITY_M_S2
        values[name] = numbers.reshape(card.shape)
    return values
