"""The training configuration, read from YAML and checked field by field."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import msgspec.yaml
import numpy as np

from liquid_control.contract import Timing
from liquid_control.errors import ConfigError
from liquid_control.networks.policy import NetworkConfig, PolicyNetwork

from ..corruption import Blackout
from ..perturb import perturb
from ..world import WorldSettings

Count = Annotated[int, msgspec.Meta(ge=1)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the configuration; unknown fields are errors."""


class CollectConfig(_Section, frozen=True):
    """Which flights are recorded.

    Attributes:
        expert_flights: flights that the expert flies, all before training.
        dagger_rounds: how often the learner flies and the expert says what it should have done.
        dagger_flights: flights of each round.
        disturbed_share: share of the expert's flights in which it is pushed off its way.
        flight_s: longest flight; it goes on after the target is reached.
        hold_s: how long the hover at the target is recorded.
        rate_hz: camera rates, drawn once a flight.
        jitter: largest relative change of one frame interval.
        dropout: share of frames that never arrive.
        blackout_share: share of flights in which the camera goes black at times.
        black_frames: black frames of every 24 in such a flight.
    """

    expert_flights: Count = 320
    dagger_rounds: Annotated[int, msgspec.Meta(ge=0)] = 3
    dagger_flights: Count = 192
    disturbed_share: Share = 0.75
    flight_s: Positive = 12.0
    hold_s: Positive = 3.0
    rate_hz: tuple[Positive, Positive] = (10.0, 40.0)
    jitter: Share = 0.3
    dropout: Share = 0.05
    blackout_share: Share = 0.35
    black_frames: tuple[Count, Count] = (4, 12)


class OptimizerConfig(_Section, frozen=True):
    """How the network is fitted: AdamW, cosine decay, truncated backpropagation through time.

    Attributes:
        lanes: flights that are fitted side by side.
        chunk: frames of each lane in an update.
        device: where the network is fitted; the world always runs on the CPU.
    """

    epochs: Count = 8
    epochs_per_round: Count = 5
    lanes: Count = 8
    chunk: Count = 32
    learning_rate: Positive = 1.5e-3
    weight_decay: float = 1e-2
    clip_norm: Positive = 1.0
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    device: Literal["cpu", "cuda"] = "cpu"


class ScoreConfig(_Section, frozen=True):
    """Which evaluations are written into the card."""

    episodes: Count = 200
    suites: tuple[str, ...] = ("none", "jitter", "blackout")


class TrainConfig(_Section, frozen=True):
    """One training run, from its seed to its scores."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[\w-]+$")] = "fly_to_target_cfc"
    task: Literal["fly_to_target"] = "fly_to_target"
    seed: Annotated[int, msgspec.Meta(ge=0)] = 0
    network: NetworkConfig = NetworkConfig()
    timing: Timing = Timing()
    collect: CollectConfig = CollectConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    score: ScoreConfig = ScoreConfig()


def load_config(path: str | Path) -> TrainConfig:
    """Read and check a training configuration.

    Raises:
        ConfigError: the file is missing, no YAML, or a field is unknown or out of range.
    """
    path = Path(path)
    try:
        config = msgspec.yaml.decode(path.read_bytes(), type=TrainConfig)
        for suite in config.score.suites:
            perturb(WorldSettings(), suite)
        PolicyNetwork(config.network)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give a YAML file") from None
    except (msgspec.MsgspecError, ConfigError, ValueError, TypeError, RuntimeError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None
    return config


def training_world(config: CollectConfig, seed: int) -> WorldSettings:
    """Return the settings of the training flight with this seed."""
    s = WorldSettings()
    rng = np.random.default_rng((seed, 1))
    camera = replace(
        s.camera, rate_hz=config.rate_hz, jitter=config.jitter, dropout=config.dropout
    )
    task = replace(s.task, time_limit_s=config.flight_s, hold_s=config.hold_s)
    s = replace(s, camera=camera, task=task)
    if rng.random() < config.blackout_share:
        s = replace(s, corruption=Blackout(config.black_frames))
    return s
