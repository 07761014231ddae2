"""Run a policy's step graph: its session, its hidden state and its clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..contract import Command, Observation, PolicyCard
from ..errors import BundleError, LiquidControlError
from . import bundle as bundles
from .bundle import Bundle
from .golden import golden_values
from .providers import GOLDEN_TOLERANCE, make_session
from .step_graph import StepGraph

FloatArray = NDArray[np.float32]
TENSORS = {"uint8": "tensor(uint8)", "float32": "tensor(float)"}


class Steps(Protocol):
    """Whatever can fly: a policy file, an expert, a person's own code."""

    card: PolicyCard

    def reset(self) -> None:
        """Begin a flight."""

    def step(self, observation: Observation) -> Command:
        """Return what to do now; only the gate passes it on."""


class Policy:
    """A loaded policy: ``step`` maps an observation to a command and remembers.

    Build it with ``load_policy``, which verifies the file first.

    Attributes:
        provider: the one that runs.
        hidden: (1, n) float32, the state after the last step.
        before: likewise before it.
    """

    def __init__(self, bundle: Bundle, provider: str = "cpu", threads: int = 1) -> None:
        self.card: PolicyCard = bundle.card
        self.sha256 = bundle.sha256
        try:
            session, self.provider = make_session(bundle.model, provider, threads)
        except LiquidControlError:
            raise
        except Exception as failure:  # ONNX Runtime's own errors share no narrower base
            raise _refused(bundle.path, "load", failure) from None
        _check_graph(bundle, session)
        self._graph = StepGraph(session)
        self.reset()

    def reset(self) -> None:
        """Set the hidden state to zero, as at the first frame of a flight."""
        self.hidden: FloatArray = np.zeros((1, self.card.hidden_size), np.float32)
        self.before = self.hidden

    def step(self, observation: Observation) -> Command:
        """Advance one observation; dt is clamped to the range that was trained.

        A gap longer than the card's ``reset_after_s`` starts from a zero state.
        The command is as the network gives it: only the safety gate may pass it on.
        """
        timing = self.card.timing
        dt_s = observation.dt_s
        if dt_s > timing.reset_after_s:
            self.reset()
            dt_s = timing.nominal_dt_s
        inputs, outputs = self._graph.inputs, self._graph.outputs
        for name in self.card.inputs:
            inputs[name][0] = observation.values[name]
        inputs["dt"][0] = min(max(dt_s, timing.min_dt_s), timing.max_dt_s)
        inputs["hidden"][:] = self.before = self.hidden
        self._graph.run()
        self.hidden = outputs["next_hidden"].copy()
        return Command(tuple(outputs["command"][0].tolist()), self.card.command.kind)


@dataclass(frozen=True)
class Verification:
    """A policy that did what its card says.

    Attributes:
        policy: ready to fly, state zero.
        golden_error: largest difference from the golden commands.
        step_ms: median time of a golden step.
    """

    policy: Policy
    golden_error: float
    step_ms: float


def load_policy(path: str | Path, provider: str = "cpu", threads: int = 1) -> Policy:
    """Load, verify and return a policy.

    Raises:
        BundleError: the file is not a sound policy; the message says why.
        ConfigError: the provider cannot run here.
    """
    return verify(path, provider, threads).policy


def verify(path: str | Path, provider: str = "cpu", threads: int = 1) -> Verification:
    """Check digest, card, graph and golden rollout of a policy file.

    Raises:
        BundleError: the first thing that is wrong, expected and found.
        ConfigError: the provider cannot run here.
    """
    return verify_bundle(bundles.load(path), provider, threads)


def verify_bundle(bundle: Bundle, provider: str = "cpu", threads: int = 1) -> Verification:
    """Check graph and golden rollout of a bundle that need not be on disk yet; as ``verify``."""
    policy = Policy(bundle, provider, threads)
    try:
        commands, times_s = run_golden(policy)
    except Exception as failure:  # as above: whatever the graph makes ONNX Runtime raise
        raise _refused(bundle.path, "run", failure) from None
    if not np.isfinite(commands).all() or not np.isfinite(policy.hidden).all():
        raise BundleError(f"{bundle.path}: expected finite golden commands, found NaN or infinity")
    error = float(np.abs(commands - np.array(bundle.card.golden.commands)).max())
    tolerance = GOLDEN_TOLERANCE[policy.provider]
    if not error <= tolerance:
        raise BundleError(
            f"{bundle.path}: expected the golden commands within {tolerance:g} on "
            f"{policy.provider}, found a difference of {error:.3g}; export the policy again"
        )
    policy.reset()
    return Verification(policy, error, 1e3 * float(np.median(times_s)))


def run_golden(policy: Policy) -> tuple[FloatArray, list[float]]:
    """Run the golden rollout; return commands (steps, fields) and seconds of each step."""
    policy.reset()
    golden = policy.card.golden
    commands, times_s = [], []
    for step, dt_s in enumerate(golden.dt_s):
        values = golden_values(golden.seed, step, policy.card.inputs)
        start = time.perf_counter()
        commands.append(policy.step(Observation(0, dt_s, values)).values)
        times_s.append(time.perf_counter() - start)
    return np.array(commands, np.float32), times_s


def _refused(path: str | Path, what: str, failure: Exception) -> BundleError:
    reason = " ".join(str(failure).split())
    return BundleError(
        f"{path}: expected a model that ONNX Runtime can {what}, found: {reason}; export again"
    )


def _check_graph(bundle: Bundle, session: Any) -> None:
    """Compare the graph's names, types and shapes with what the card promises."""
    card = bundle.card
    inputs = {n: (TENSORS[i.dtype], list(i.shape)) for n, i in card.inputs.items()}
    inputs |= {"dt": ("tensor(float)", [1]), "hidden": ("tensor(float)", [card.hidden_size])}
    outputs = {
        "command": ("tensor(float)", [len(card.command.fields)]),
        "next_hidden": ("tensor(float)", [card.hidden_size]),
    }
    found_inputs = {i.name: (i.type, list(i.shape[1:])) for i in session.get_inputs()}
    found_outputs = {o.name: (o.type, list(o.shape[1:])) for o in session.get_outputs()}
    for kind, expected, found in (
        ("inputs", inputs, found_inputs),
        ("outputs", outputs, found_outputs),
    ):
        if expected != found:
            raise BundleError(f"{bundle.path}: expected {kind} {expected}, found {found}")
    golden = card.golden
    widths = {len(command) for command in golden.commands}
    if len(golden.dt_s) != len(golden.commands) or widths != {len(card.command.fields)}:
        raise BundleError(
            f"{bundle.path}: expected a golden rollout of one dt and {len(card.command.fields)} "
            f"numbers a command, found {len(golden.dt_s)} dt and {len(golden.commands)} commands"
        )
