"""Feed a recording into a fresh pilot and compare what it decides with what was flown."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ConfigError
from ..pipeline import Pilot, PilotStep
from ..policy import Policy, load_policy
from ..safety.fence import Fence
from ..safety.limits import Limits
from ..safety.settings import SafetySettings
from .recording import Moment, Recording
from .status import RecordedStep


@dataclass(frozen=True)
class Divergence:
    """The first decision that came out differently.

    Attributes:
        flight: counted from 1.
        step: of that flight, counted from 0.
        now_ns: on the recording's clock.
        recorded: what was flown.
        replayed: what the replay decided.
    """

    flight: int
    step: int
    now_ns: int
    recorded: str
    replayed: str


@dataclass
class Comparison:
    """What came out of a replay.

    Attributes:
        fields: names of the command's fields.
        same_model: whether the replayed policy is the recorded one, byte by byte.
        whole: whether the recording was closed, or ends early.
        flights: activations in the recording.
        events: how many were fed.
        steps: how many decisions were compared.
        different: decisions of which anything differed: command, mode or fault.
        largest: largest difference of each field, where both sides commanded.
        squares: sum of the squares of these differences.
        both: decisions in which both sides commanded.
        faults: decisions by fault, as replayed.
    """

    fields: tuple[str, ...]
    same_model: bool
    whole: bool
    flights: int = 0
    events: int = 0
    steps: int = 0
    different: int = 0
    both: int = 0
    largest: list[float] = field(default_factory=list)
    squares: list[float] = field(default_factory=list)
    first: Divergence | None = None
    faults: dict[str, int] = field(default_factory=dict)

    @property
    def largest_difference(self) -> float:
        """The largest difference of any field; 0 where every command is the same."""
        return max(self.largest, default=0.0)

    def rms(self, index: int) -> float:
        """Return the root mean square difference of a field."""
        return math.sqrt(self.squares[index] / self.both) if self.both else 0.0

    def add(self, now_ns: int, recorded: RecordedStep | None, replayed: PilotStep | None) -> None:
        """Count one decision of both sides."""
        self.steps += 1
        then, now = _said(recorded), _said(replayed)
        if replayed is not None and replayed.fault is not None:
            word = replayed.fault.value
            self.faults[word] = self.faults.get(word, 0) + 1
        commands = [s.command for s in (recorded, replayed) if s is not None and s.command]
        if len(commands) == 2:
            self.both += 1
            for i, (a, b) in enumerate(zip(*(c.values for c in commands), strict=True)):
                self.largest[i] = max(self.largest[i], abs(a - b))
                self.squares[i] += (a - b) ** 2
        if then != now:
            self.different += 1
            if self.first is None:
                step = self.steps - 1 - self._before
                self.first = Divergence(self.flights, step, now_ns, then, now)

    def begin(self) -> None:
        """Count a flight."""
        self.flights += 1
        self._before = self.steps

    def __post_init__(self) -> None:
        self._before = 0
        self.largest = [0.0] * len(self.fields)
        self.squares = [0.0] * len(self.fields)


def replay(recording: Recording, model: Path | None = None) -> Comparison:
    """Fly a recording again, with its own policy or another one, and compare every decision.

    Args:
        recording: what was flown.
        model: policy file; the one kept in the recording if not given.

    Raises:
        RecordingError: the recording is damaged.
        BundleError: the policy is not sound.
        ConfigError: the policy has other inputs or commands than the recorded one.
    """
    policy = _policy(recording, model)
    settings, fence = SafetySettings(**recording.settings), Fence(**recording.fence)
    pilot = Pilot(policy, settings, _limits(recording, policy), fence)
    fields = tuple(f.name for f in recording.card.command.fields)
    same = policy.sha256 == recording.model_sha256
    comparison = Comparison(fields, same, recording.whole)
    for moment in recording.moments():
        _compare(comparison, pilot, moment)
    return comparison


def _compare(comparison: Comparison, pilot: Pilot, moment: Moment) -> None:
    if moment.begins or not comparison.flights:
        pilot.reset()
        comparison.begin()
    comparison.events += 1
    step = pilot.take(moment.event)
    if step is not None or moment.step is not None:
        comparison.add(moment.event.now_ns, moment.step, step)


def _said(step: RecordedStep | PilotStep | None) -> str:
    """Return a decision as text in which every bit of its numbers shows."""
    if step is None:
        return "nothing"
    said = "silence" if step.command is None else f"{step.command.values}"
    by = " by a person" if step.flown_by == "person" else ""
    return f"{said}{by} {step.mode.value}{f' {step.fault.value}' if step.fault else ''}"


def _policy(recording: Recording, model: Path | None) -> Policy:
    """Return the policy to replay with: another file's, or the recording's own."""
    provider = "cpu"
    if model is not None:
        policy = load_policy(model, provider)
    elif recording.model is not None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "policy.onnx"
            path.write_bytes(recording.model)
            policy = load_policy(path, provider)
    else:
        raise ConfigError(f"{recording.path} keeps no policy; give one with --model FILE.onnx")
    card, flown = policy.card, recording.card
    missing = sorted(set(card.inputs) - set(flown.inputs))
    if missing:
        raise ConfigError(
            f"the policy needs the input {', '.join(missing)}, which {recording.path} has not; "
            f"it has {', '.join(flown.inputs)}"
        )
    names = [[f.name for f in c.command.fields] for c in (card, flown)]
    if names[0] != names[1]:
        raise ConfigError(
            f"the policy commands {', '.join(names[0])}, in {recording.path} were commanded "
            f"{', '.join(names[1])}; compare policies of one kind"
        )
    return policy


def _limits(recording: Recording, policy: Policy) -> Limits:
    """Return the limits that were flown, no further than the policy's card allows."""
    flown, fields = recording.limits, policy.card.command.fields
    return Limits(
        policy.card.command,
        tuple(max(a, f.low) for a, f in zip(flown["lows"], fields, strict=True)),
        tuple(min(a, f.high) for a, f in zip(flown["highs"], fields, strict=True)),
        tuple(min(a, f.rate) for a, f in zip(flown["rates"], fields, strict=True)),
    )
