"""The training configuration: one YAML from seed to scores, checked field by field."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import msgspec.yaml

from liquid_control.contract import (
    Count,
    NotNegative,
    Positive,
    Range,
    Record,
    Share,
    Timing,
    read,
)
from liquid_control.errors import ConfigError
from liquid_control.networks.policy import NetworkConfig

from ..paths import from_file
from .overrides import override
from .seeds import LARGEST_RUN_SEED

Seed = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_RUN_SEED)]
Rounds = Annotated[int, msgspec.Meta(ge=0)]
LEARNER = "learner_{}.onnx"
"""What flies in a run after a stage."""


class LessonConfig(Record, frozen=True):
    """One of several tasks that a policy learns.

    Attributes:
        task: a name or file.py:Class.
        world: changes to the task's own world, on top of the configuration's.
        share: of all flights, in proportion to the other lessons'.
    """

    task: str
    world: dict[str, Any] = {}
    share: Positive = 1.0


class EyeConfig(Record, frozen=True):
    """How an encoder that can be taught by labels learns to see, before anything is flown.

    Attributes:
        worlds: how many are drawn to take labelled pictures of; 0 to teach no encoder so.
        init_from: a policy file whose eye is the first; without worlds it stays as it is.
        scenes: what they are, where the lessons' own show too little of what is to be seen.
        pictures: taken in each.
        epochs: over all pictures.
        batch_worlds: of which an update sees all pictures.
        mirrored: whether half of the pictures are seen in a mirror.
    """

    worlds: Annotated[int, msgspec.Meta(ge=0)] = 0
    scenes: tuple[LessonConfig, ...] = ()
    pictures: Count = 8
    epochs: Count = 20
    batch_worlds: Count = 8
    learning_rate: Positive = 3e-3
    weight_decay: NotNegative = 1e-4
    mirrored: bool = True
    init_from: str | None = None


class CollectConfig(Record, frozen=True):
    """Which flights are recorded.

    Attributes:
        expert_flights: flights that the expert flies, all before training.
        dagger_rounds: how often the learner flies and the expert says what it should have done.
        dagger_flights: flights of each round.
        disturbed_share: share of the expert's flights in which it is pushed off its way.
        validation_flights: flights that training never sees, by which it is watched.
        seed: which flights; the run's seed if None.
        recorded: directory of a run whose flights are taken, and the eye that saw them, in place
            of the expert's and the rounds. So several cells learn from the same flights.
        further_rounds: DAgger rounds after the recorded flights, of these lessons' shares.
    """

    expert_flights: Count = 320
    dagger_rounds: Rounds = 3
    dagger_flights: Count = 192
    disturbed_share: Share = 0.75
    validation_flights: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 16
    seed: Seed | None = None
    recorded: str | None = None
    further_rounds: Rounds = 0

    @property
    def rounds(self) -> int:
        """How often the learner flies in this run."""
        return self.dagger_rounds if self.recorded is None else self.further_rounds


class AugmentConfig(Record, frozen=True):
    """How recorded images are varied while a network is fitted to them.

    Attributes:
        exposure_gain: factor on every pixel, drawn once a flight and epoch.
        exposure_offset: grey levels added to every pixel, drawn alike; black stays black.
        blackout_share: share of chunks in which the images go black for a while.
        black_frames: for how many frames.
    """

    exposure_gain: Range = (0.65, 1.35)
    exposure_offset: Range = (-12.0, 12.0)
    blackout_share: Share = 0.35
    black_frames: tuple[Count, Count] = (4, 12)


class OptimizerConfig(Record, frozen=True):
    """How the network is fitted: AdamW, truncated backpropagation through time.

    The learning rate decays by a cosine in every stage, so that who flies next has settled.

    Attributes:
        epochs: over the expert's flights.
        epochs_per_round: over all flights, after each DAgger round.
        lanes: flights that are fitted side by side.
        chunk: frames of each lane in an update.
        device: where the network is fitted; the world always runs on the CPU.
        average: share of the average of the weights that an update keeps, such as 0.998; then
            the average flies and not the last weights. 0 for no average.
        recall: weight of a loss by which the cell learns to tell what the expert remembers, read
            from its output by a layer that does not fly; 0 to learn from commands alone.
    """

    epochs: Count = 8
    epochs_per_round: Count = 5
    lanes: Count = 8
    chunk: Count = 32
    learning_rate: Positive = 1.5e-3
    weight_decay: NotNegative = 1e-2
    clip_norm: Positive = 1.0
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    device: Literal["cpu", "cuda"] = "cpu"
    average: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0
    recall: NotNegative = 0.0


class ScoreConfig(Record, frozen=True):
    """Which evaluations are written into the card; they choose nothing.

    Attributes:
        episodes: flights of each suite.
        suites: conditions, by name.
        world: changes to the task's own world, in which it is scored.
    """

    episodes: Count = 200
    suites: tuple[str, ...] = ("none", "jitter", "blackout")
    world: dict[str, Any] = {}


class TrainConfig(Record, frozen=True):
    """One training run, from its seed to its scores.

    Attributes:
        name: of the policy.
        task: a name or file.py:Class.
        seed: of the flights, the first weights and the order of updates.
        world: changes to the task's own world: the training distribution.
        lessons: several tasks instead of one; ``world`` then holds for all of them.
        inputs: which of the world's sensors, and whether ``goal``, the policy is given; its
            images, IMU and the task's goal if None.
        timing: rates that it is trained for; those of the world's clock if None.
        limits: largest distance of a command field from rest; the vehicle's if not named.
        callbacks: who is told of the run: names or file.py:Class.
        init_from: a policy file whose weights are the first.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[\w-]+$")]
    task: str = "fly_to_target"
    seed: Seed = 0
    world: dict[str, Any] = {}
    lessons: tuple[LessonConfig, ...] = ()
    inputs: tuple[str, ...] | None = None
    network: NetworkConfig = NetworkConfig()
    eye: EyeConfig = EyeConfig()
    timing: Timing | None = None
    limits: dict[str, NotNegative] = {}
    collect: CollectConfig = CollectConfig()
    augment: AugmentConfig = AugmentConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    score: ScoreConfig = ScoreConfig()
    callbacks: tuple[str, ...] = ("tensorboard",)
    init_from: str | None = None

    def __post_init__(self) -> None:
        if self.collect.recorded is not None and (self.eye.worlds or self.eye.init_from):
            raise ValueError(
                "expected no eye.worlds and no eye.init_from beside collect.recorded: recorded "
                "flights hold what their own eye saw; set worlds to 0 and leave init_from out"
            )
        longest = max(self.augment.black_frames)
        if longest > self.optimizer.chunk:
            raise ValueError(
                f"expected augment.black_frames of at most optimizer.chunk "
                f"({self.optimizer.chunk}), found {longest}"
            )

    @property
    def stage_counts(self) -> list[int]:
        """Worlds of pictures; then flights of each stage: the expert's, every DAgger round's."""
        c = self.collect
        return [self.eye.worlds, c.expert_flights, *c.rounds * [c.dagger_flights]]

    @property
    def eye_from(self) -> str | None:
        """A policy file whose eye is the first; recorded flights hold what theirs saw."""
        if self.collect.recorded is not None:
            return str(Path(self.collect.recorded) / LEARNER.format(0))
        return self.eye.init_from

    @property
    def all_scenes(self) -> tuple[LessonConfig, ...]:
        """The worlds of pictures; without any, the lessons'."""
        return self.eye.scenes or self.all_lessons

    @property
    def all_lessons(self) -> tuple[LessonConfig, ...]:
        """The lessons; without any, the one task."""
        return self.lessons or (LessonConfig(self.task),)

    def epochs_until(self, stage: int) -> int:
        """Return how many epochs have been fitted when a stage ends; the first stage is 0."""
        return self.optimizer.epochs + stage * self.optimizer.epochs_per_round

    def share_of_stage(self, epochs: float) -> float:
        """Return how much of its stage is over after so many epochs, 0 to 1."""
        o, later = self.optimizer, epochs - self.optimizer.epochs
        return epochs / o.epochs if later < 0 else later / o.epochs_per_round % 1.0

    @property
    def flights_seed(self) -> int:
        """What decides which flights are recorded."""
        return self.seed if self.collect.seed is None else self.collect.seed


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read and check a training configuration; paths in its worlds start from its folder.

    Args:
        path: the YAML file.
        overrides: ``a.b=value`` each, the value in YAML, in place of what the file says.

    Raises:
        ConfigError: the file is missing, no YAML, or a field is unknown or out of range.
    """
    path = Path(path)
    try:
        data = msgspec.yaml.decode(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give a YAML file") from None
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected fields such as 'name: ...', found {data!r}")
    known = msgspec.to_builtins(TrainConfig(name="name"))
    for text in overrides:
        override(data, text, known)
    config = read(data, TrainConfig, str(path))
    world, scored = (
        from_file(changes, path, config.task) for changes in (config.world, config.score.world)
    )
    lessons, scenes = (
        tuple(
            msgspec.structs.replace(lesson, world=from_file(lesson.world, path, lesson.task))
            for lesson in some
        )
        for some in (config.lessons, config.eye.scenes)
    )
    score = msgspec.structs.replace(config.score, world=scored)
    eye = msgspec.structs.replace(config.eye, scenes=scenes)
    return msgspec.structs.replace(config, world=world, lessons=lessons, eye=eye, score=score)
