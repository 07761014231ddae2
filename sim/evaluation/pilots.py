"""What can be evaluated: a policy file, a baseline by name, or anybody's own function."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from liquid_control.contract import Command, Observation, PolicyCard
from liquid_control.errors import ConfigError, LiquidControlError
from liquid_control.pipeline import Pilot
from liquid_control.policy import Steps, load_policy
from liquid_control.registry import load_module

from ..settings import GOAL, WorldSettings, fitted, world_card
from ..world import World
from .baselines import BASELINES


class PolicyCodeError(LiquidControlError):
    """Somebody's own policy raised an error."""


class Known(NamedTuple):
    """What is known of a pilot before it flies.

    Attributes:
        card: of a policy file; None for what flies on whatever the world gives.
        sha256: of its file; empty for a baseline.
    """

    card: PolicyCard | None
    sha256: str


def know(model: str) -> Known:
    """Return what is known of a model; a policy file is verified.

    Raises:
        BundleError: the policy file is not sound.
        ConfigError: there is no such function.
    """
    if model in BASELINES.names():
        return Known(None, "")
    if _is_own(model):
        _function(model)
        path = Path(model.rpartition(":")[0])
        return Known(None, sha256(path.read_bytes()).hexdigest() if path.is_file() else "")
    policy = load_policy(model)
    return Known(policy.card, policy.sha256)


def open_pilot(model: str, settings: WorldSettings) -> tuple[World, Pilot]:
    """Return a world that gives what the model needs, and the model's pilot in it.

    Args:
        model: a policy file, the name of a baseline, or ``file.py:function``; the function
            takes the world's card and returns ``Steps`` or a function from an observation to
            a command.
        settings: of the world.

    Raises:
        BundleError: the policy file is not sound.
        ConfigError: model and world do not fit.
    """
    if model in BASELINES.names():
        world = World(settings)
        return world, Pilot(BASELINES.get(model)(world, world_card(settings, name=model)))
    steps = own_steps(model, settings) if _is_own(model) else load_policy(model)
    return World(fit(settings, steps.card)), Pilot(steps)


def fit(settings: WorldSettings, card: PolicyCard) -> WorldSettings:
    """Return the world that gives what a policy's card asks for, and orders it understands.

    Raises:
        ConfigError: there is no such world.
    """
    found = fitted(settings, card)
    words = settings.task.vocabulary()
    for entry in card.inputs.values():
        if entry.kind != GOAL or words is None:
            continue
        for part, said in words.settings.items():
            unknown = sorted(set(said) - set(entry.settings.get(part, ())))
            if unknown:
                raise ConfigError(
                    f"the task gives orders with the {part} {', '.join(unknown)}, and the policy "
                    f"knows {', '.join(entry.settings.get(part, ())) or 'none'}; change the task"
                )
    return found


def own_steps(model: str, settings: WorldSettings) -> Steps:
    """Return what somebody's own function makes of the world's card.

    Raises:
        ConfigError: it made nothing that can fly.
        PolicyCodeError: it raised an error.
    """
    card = world_card(settings, name=model.rpartition(":")[2])
    try:
        made = _function(model)(card)
    except LiquidControlError:
        raise
    except Exception as error:  # whatever somebody's code raises
        raise PolicyCodeError(f"{model}: {_reason(error)}") from error
    if not callable(getattr(made, "step", made)):
        raise ConfigError(
            f"{model}: expected it to return a function from an observation to a command, or "
            f"an object with reset and step, found {type(made).__name__}"
        )
    return OwnSteps(made, card, model)


class OwnSteps:
    """Somebody's own policy; an error of it ends the evaluation, instead of braking.

    Attributes:
        card: its own, if it has one; else the world's.
        failure: what it raised.
    """

    def __init__(self, made: Any, card: PolicyCard, name: str) -> None:
        self.card: PolicyCard = getattr(made, "card", card)
        self.failure: PolicyCodeError | None = None
        self._name = name
        self._step: Callable[[Observation], Any] = getattr(made, "step", made)
        self._reset: Callable[[], object] = getattr(made, "reset", lambda: None)

    def reset(self) -> None:
        """Begin a flight."""
        self._reset()

    def step(self, observation: Observation) -> Command:
        """Return its command; plain numbers are taken in the order of the card's fields."""
        try:
            said = self._step(observation)
            return said if isinstance(said, Command) else self.card.command.command(said)
        except Exception as error:  # whatever somebody's code raises
            self.failure = PolicyCodeError(f"{self._name}: {_reason(error)}")
            raise self.failure from error


def absolute(model: str) -> str:
    """Return a model's name such that a process in another folder finds its file."""
    place, _, function = model.rpartition(":")
    if model in BASELINES.names():
        return model
    if _is_own(model):
        return f"{Path(place).resolve()}:{function}" if place.endswith(".py") else model
    return str(Path(model).resolve()) if Path(model).is_file() else model


def _is_own(model: str) -> bool:
    return ":" in model and not Path(model).is_file()


def _function(model: str) -> Callable[[PolicyCard], Any]:
    place, _, name = model.rpartition(":")
    found = getattr(load_module(place, "policy"), name, None)
    if not callable(found):
        raise ConfigError(f"policy '{model}': {place} has no function {name}")
    return found


def _reason(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
