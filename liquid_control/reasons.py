"""Who made a command: each split exactly among the numbers of the state that it is read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .contract import Observation, PolicyCard
from .errors import ConfigError
from .policy import Policy, bundle
from .policy.golden import golden_values
from .policy.protobuf import fields

AGREE = 1e-4
"""How near the readout of a state must come to the policy's own command."""
GRAPH, INITIALIZER = 7, 5
"""Fields of an ONNX ModelProto and of its GraphProto."""
DIMS, TYPE, FLOATS, NAME, RAW = 1, 2, 4, 8, 9
"""Fields of a TensorProto, whose type 1 is float32."""

Table = NDArray[np.float64]


@dataclass(frozen=True)
class Readout:
    """How commands are read: ``command = rest + scale tanh(weight y + bias)``.

    Attributes:
        weight: (fields, read).
        bias: (fields,).
        scale: (fields,) the largest distance from rest in the field's unit, 0 for no such motion.
        rest: (fields,) in the field's unit.
        names: (read,) of the numbers that are read.
        places: (read,) where in the state y stands; empty where it is no part of the state.
    """

    weight: Table
    bias: Table
    scale: Table
    rest: Table
    names: tuple[str, ...]
    places: tuple[int, ...] = ()

    def command(self, y: NDArray[np.floating]) -> Table:
        """Return (..., fields) commands of (..., read) numbers."""
        return self.rest + self.scale * np.tanh(y @ self.weight.T + self.bias)

    def parts(self, y: NDArray[np.floating]) -> Table:
        """Return what each number adds to each field of the command, beside rest.

        Every summand of ``weight y + bias`` has the same share of the command as of that sum, so
        the parts add up to ``command - rest``, to rounding.

        Args:
            y: (..., read).

        Returns:
            (..., fields, read + 1) in the units of the fields; the last is the bias.
        """
        y = np.asarray(y, float)
        bias = np.broadcast_to(self.bias[:, None], (*y.shape[:-1], len(self.bias), 1))
        summands = np.concatenate([self.weight * y[..., None, :], bias], axis=-1)
        total = summands.sum(axis=-1, keepdims=True)
        small = np.abs(total) < 1e-12
        gain = np.where(small, 1.0, np.tanh(total) / np.where(small, 1.0, total))
        return summands * gain * self.scale[:, None]

    def sizes(self, y: NDArray[np.floating]) -> Table:
        """Return (..., read) how much each number has of the command, all fields together.

        Parts count as shares of their field's scale, whatever their sign.
        """
        scale = np.where(self.scale > 0, self.scale, 1.0)
        shares: Table = np.abs(self.parts(y)[..., :-1] / scale[:, None]).sum(axis=-2)
        return shares

    def responsible(self, y: NDArray[np.floating], count: int) -> NDArray[np.intp]:
        """Return (..., count) the numbers that have most of the command, largest first."""
        return np.argsort(-self.sizes(y), axis=-1)[..., :count]

    def of_state(self, state: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return (..., read) what is read of (..., state)."""
        return state[..., list(self.places)]


def read_readout(path: str | Path) -> Readout:
    """Return how a policy file reads its commands from its state; numpy does, without torch.

    What stands where in the state is tried on the golden rollout of the file: the readout gives
    the policy's own commands there.

    Raises:
        BundleError: the file is not sound.
        ConfigError: its commands are not read from the state by one layer.
    """
    loaded = bundle.load(path)
    tensors = dict(_tensors(loaded.model))
    card, policy = loaded.card, Policy(loaded)
    commands, states = _golden(policy)
    weight, bias = (tensors.get(f"head.{name}") for name in ("weight", "bias"))
    if weight is not None and bias is not None:
        weight, bias = _through_affine(tensors, weight, bias)
        for start in _starts(card.hidden_size, weight.shape[1]):
            places = range(start, start + weight.shape[1])
            known = card.neurons if len(card.neurons) > places[-1] else ()
            names = [known[i] if known else f"n{i}" for i in places]
            readout = Readout(weight, bias, *_range(card), tuple(names), tuple(places))
            off = np.abs(readout.command(readout.of_state(states)) - commands).max()
            if off < AGREE:
                return readout
    raise ConfigError(
        f"{path}: expected commands that one layer reads from the state, found the cell "
        f"'{card.network.get('cell', 'unknown')}', which has its own; it cannot be split"
    )


def _range(card: PolicyCard) -> tuple[Table, Table]:
    given = card.command.fields
    return np.array([f.scale for f in given], float), np.array([f.rest for f in given], float)


def _starts(state: int, read: int) -> list[int]:
    """Return where in a state its cell's output may begin: in front, at the end, before a memory.

    Mixed memory keeps as many numbers of its own behind the neurons.
    """
    found = (0, state - read, state // 2 - read)
    return [start for start in dict.fromkeys(found) if 0 <= start <= state - read]


def _through_affine(tensors: dict[str, Table], weight: Table, bias: Table) -> tuple[Table, Table]:
    """Return a head that reads the neurons of a cell which scales its outputs first."""
    for name, gain in tensors.items():
        shift = tensors.get(name.removesuffix("output_w") + "output_b")
        if name.endswith("output_w") and shift is not None and gain.shape == (weight.shape[1],):
            return weight * gain, bias + weight @ shift
    return weight, bias


def _golden(policy: Policy) -> tuple[Table, Table]:
    """Return commands (steps, fields) and states (steps, state) of the golden rollout."""
    policy.reset()
    golden, commands, states = policy.card.golden, [], []
    for step, dt_s in enumerate(golden.dt_s):
        values = golden_values(golden.seed, step, policy.card.inputs)
        commands.append(policy.step(Observation(0, dt_s, values)).values)
        states.append(policy.hidden[0])
    return np.array(commands, float), np.array(states, float)


def _tensors(model: bytes) -> Iterator[tuple[str, Table]]:
    """Yield name and value of every float weight of an ONNX file."""
    for number, graph in fields(model):
        if number != GRAPH or isinstance(graph, int):
            continue
        for field, tensor in fields(graph):
            if field == INITIALIZER and isinstance(tensor, bytes):
                yield from _tensor(tensor)


def _tensor(data: bytes) -> Iterator[tuple[str, Table]]:
    shape = [int(value) for number, value in fields(data) if number == DIMS]
    found = dict(fields(data))
    name, raw = found.get(NAME, b""), found.get(RAW, found.get(FLOATS, b""))
    if found.get(TYPE) == 1 and isinstance(name, bytes) and isinstance(raw, bytes):
        yield name.decode(), np.frombuffer(raw, "<f4").astype(float).reshape(shape)
