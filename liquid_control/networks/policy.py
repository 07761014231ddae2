"""The policy network: encoders into a liquid cell, the cell's output to a command."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from ..contract import PolicyCard, Record
from ..errors import ConfigError
from .cells import make_cell
from .encoders import Encoder, default_encoder, make_encoder


class NetworkConfig(Record, frozen=True):
    """What a policy network is made of.

    Attributes:
        cell: a name of ``networks/cells``, or ``path/to/file.py:Class``.
        cell_settings: keyword arguments of its class.
        encoders: by input name, ``name`` of ``networks/encoders`` or ``path/to/file.py:Class``,
            and the keyword arguments of its class; an input that is not named here, or without
            ``name``, has the encoder of its kind.
    """

    cell: str = "cfc"
    cell_settings: dict[str, Any] = msgspec.field(default_factory=dict)
    encoders: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)


class PolicyNetwork(nn.Module):
    """The step graph: the card's inputs in order, dt and hidden to command and next_hidden.

    Attributes:
        config: what it was made from.
        card: the given card with the network's own part filled in: ``hidden_size``,
            ``network``, ``wiring`` and ``neurons``.
        encoders: by input name, in the card's order.
        cell: what remembers.
        command_scale: (fields,), the largest distance of each command field from rest; 0 where
            the vehicle has no such motion.
        command_rest: (fields,).
        taught: names of inputs whose encoders are done: ``look`` is given their features.
    """

    command_scale: Tensor
    command_rest: Tensor

    def __init__(self, config: NetworkConfig, card: PolicyCard) -> None:
        """Build an untrained network.

        Raises:
            ConfigError: the configuration names a part, a setting or an input that is not there.
        """
        super().__init__()
        self.config = config
        self.encoders = nn.ModuleDict(make_encoders(config, card))
        features = sum(encoder.features for encoder in self._encoders().values())
        self.cell = make_cell(config.cell, features, **config.cell_settings)
        self.head = nn.Linear(self.cell.output_size, len(card.command.fields))
        # Untrained, it rests: the first lessons are not spent on unlearning random commands.
        nn.init.xavier_uniform_(self.head.weight, gain=0.05)
        nn.init.zeros_(self.head.bias)
        fields = card.command.fields
        for name, values in (
            ("command_scale", [field.scale for field in fields]),
            ("command_rest", [field.rest for field in fields]),
        ):
            self.register_buffer(name, torch.tensor(values), persistent=False)
        self.card = self._described(card)
        self.taught: frozenset[str] = frozenset()
        self._goal = next((n for n, i in card.inputs.items() if i.kind == "goal"), None)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step.

        Args:
            inputs: (batch, *shape) of every input in the card's order, then dt, (batch, 1)
                seconds since the previous step, and hidden, (batch, state), the state after
                it, zero at first.

        Returns:
            Command (batch, fields) in the card's units, and the next state.
        """
        *values, dt, hidden = inputs
        x = self._encode(dict(zip(self.card.inputs, values, strict=True)))
        y, hidden = self.cell.step(x, hidden, dt / self.card.timing.nominal_dt_s)
        return self.command(y), hidden

    def look(self, values: Mapping[str, Tensor]) -> Tensor:
        """Map (batch, time, *shape) by input name to (batch, time, features) float32.

        Under autocast only the encoders with ``half_precision`` are computed in it.
        """
        batch, time = next(iter(values.values())).shape[:2]
        flat = {name: values[name].flatten(0, 1) for name in self.card.inputs}
        return self._encode(flat, self.taught).unflatten(0, (batch, time))

    @property
    def teachable(self) -> list[str]:
        """Names of inputs whose encoders can be taught by labels."""
        return [name for name, encoder in self._encoders().items() if encoder.labels]

    def freeze(self, name: str) -> None:
        """Teach the encoder of an input no longer; ``look`` is given its features from now on.

        So no gradient reaches its weights, and they stay as they are.
        """
        self.taught |= {name}

    def decide(
        self, features: Tensor, dts: Tensor, hidden: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Map a sequence to commands; with ``look``, the same numbers as repeated ``forward``.

        Args:
            features: (batch, time, features) from ``look``.
            dts: (batch, time, 1) seconds.
            hidden: (batch, state).
            reset: (batch, time) bool, where a flight begins.

        Returns:
            Commands (batch, time, fields) and the last state.
        """
        ys, hidden = self.think(features, dts, hidden, reset)
        return self.command(ys), hidden

    def think(
        self, features: Tensor, dts: Tensor, hidden: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Map a sequence as ``decide`` to the cell's outputs, (batch, time, outputs)."""
        return self.cell.scan(features, hidden, dts / self.card.timing.nominal_dt_s, reset)

    def command(self, y: Tensor) -> Tensor:
        """Map outputs of the cell, (..., outputs), to commands, (..., fields)."""
        return torch.tanh(self.head(y)) * self.command_scale + self.command_rest

    def _encode(self, values: Mapping[str, Tensor], ready: Collection[str] = ()) -> Tensor:
        parts = []
        for name, encoder in self._encoders().items():
            if name in ready:
                parts.append(values[name])
                continue
            given = [values[name]]
            if encoder.reads_goal:
                assert self._goal is not None
                given.append(values[self._goal])
            with _precision(encoder, values[name]):
                parts.append(encoder(*given).to(self.head.weight.dtype))
        return torch.cat(parts, dim=-1)

    def _encoders(self) -> dict[str, Encoder]:
        return dict(self.encoders.items())  # type: ignore[arg-type]

    def _described(self, card: PolicyCard) -> PolicyCard:
        wiring = getattr(self.cell, "wiring", None)
        encoders = {
            name: {"name": default_encoder(given.kind), **self.config.encoders.get(name, {})}
            for name, given in card.inputs.items()
        }
        return msgspec.structs.replace(
            card,
            hidden_size=self.cell.state_size,
            network=msgspec.to_builtins(msgspec.structs.replace(self.config, encoders=encoders)),
            wiring=None if wiring is None else wiring.to_dict(),
            neurons=tuple(getattr(self.cell, "neuron_names", ())),
        )


def make_encoders(config: NetworkConfig, card: PolicyCard) -> dict[str, Encoder]:
    """Return an encoder for every input of the card, in its order.

    Raises:
        ConfigError: the configuration names an input that is not there, or an encoder that
            cannot be made.
    """
    for name in config.encoders:
        if name not in card.inputs:
            raise ConfigError(
                f"encoders: there is no input '{name}'; the inputs are {', '.join(card.inputs)}"
            )
    goal = next((given for given in card.inputs.values() if given.kind == "goal"), None)
    made = {}
    for name, given in card.inputs.items():
        settings = {"name": default_encoder(given.kind), **config.encoders.get(name, {})}
        made[name] = make_encoder(settings.pop("name"), given, settings, goal, f"input '{name}'")
    return made


def _precision(encoder: Encoder, values: Tensor) -> AbstractContextManager[object]:
    """Leave autocast for an encoder that is not to be computed in half precision."""
    device = values.device.type
    if encoder.half_precision or not torch.is_autocast_enabled(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)
