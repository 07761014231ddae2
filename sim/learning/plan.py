"""What a configuration comes to: world, card and seeds, checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

import liquid_control
from liquid_control.contract import CommandCard, PolicyCard
from liquid_control.contract.command import replace_limits
from liquid_control.errors import ConfigError
from liquid_control.networks.policy import PolicyNetwork

from ..conditions import conditioned
from ..settings import WorldSettings, fitted, to_data, world_card, world_of
from .collect import Recipe
from .config import TrainConfig
from .seeds import flight_seeds, validation_seeds

KINDS = ("image", "imu", "goal")
"""What a policy is given of a world when the configuration does not say."""


@dataclass(frozen=True)
class Plan:
    """A training before it begins.

    Attributes:
        config: what it was made from.
        recipe: what flights are made of; its card has no network yet.
        stages: seeds of the expert's flights, then of every DAgger round's.
        validation: seeds of the flights by which the fit is watched.
        score_worlds: plain data by suite.
    """

    config: TrainConfig
    recipe: Recipe
    stages: list[list[int]]
    validation: list[int]
    score_worlds: dict[str, dict[str, Any]]

    def card_of(self, network: PolicyNetwork, data_sha256: str) -> PolicyCard:
        """Return the card of a network that was trained on the flights with this digest."""
        config = self.config
        training = {
            "config": {**msgspec.to_builtins(config), "world": self.recipe.world},
            "seed": config.seed,
            "code_version": liquid_control.__version__,
            "data_sha256": data_sha256,
        }
        if config.init_from is not None:
            training["init_sha256"] = sha256(Path(config.init_from).read_bytes()).hexdigest()
        return msgspec.structs.replace(network.card, training=training)


def plan(config: TrainConfig) -> Plan:
    """Return what a configuration comes to.

    Raises:
        ConfigError: task, world, inputs, limits, network, seeds or suites cannot be used.
    """
    world = world_of(config.task, config.world)
    card = training_card(config, world)
    PolicyNetwork(config.network, card)
    scored = world_of(config.task, config.score.world, "score.world")
    suites = {suite: conditioned(scored, suite) for suite in config.score.suites}
    for settings in suites.values():
        fitted(settings, card)
    return Plan(
        config,
        Recipe(to_data(world), card, config.collect.disturbed_share),
        flight_seeds(config.flights_seed, config.flight_counts),
        validation_seeds(config.collect.validation_flights),
        {suite: to_data(settings) for suite, settings in suites.items()},
    )


def training_card(config: TrainConfig, world: WorldSettings) -> PolicyCard:
    """Return the card of the policy to be, without a network.

    Raises:
        ConfigError: the world has no such input, or the vehicle no such command field.
    """
    given = world_card(world).inputs
    names = config.inputs or [name for name, i in given.items() if i.kind in KINDS]
    card = world_card(world, names, config.name)
    return msgspec.structs.replace(
        card,
        timing=config.timing or card.timing,
        command=_limited(card.command, config.limits),
    )


def _limited(command: CommandCard, limits: dict[str, float]) -> CommandCard:
    can_move = [field.name for field in command.fields if field.scale > 0]
    for name in limits:
        if name not in can_move:
            raise ConfigError(
                f"limits.{name}: the vehicle has no such motion; it has {', '.join(can_move)}"
            )
    return replace_limits(command, limits)
