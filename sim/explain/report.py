"""One page about a policy: what it is, what it does, and why; and the numbers in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from liquid_control.contract import PolicyCard
from liquid_control.errors import ConfigError
from liquid_control.networks.policy import PolicyNetwork
from liquid_control.policy import load_policy

from ..learning.progress import Progress
from ..pages import render_page
from ..settings import WorldSettings
from . import figures
from .mind import Lived, live, neuron_names, restored
from .neurons import Dynamics, Tree, components, dynamics, follows, grow
from .reasons import Ablation, ablate, contributions
from .saliency import Saliency, look
from .trace import Trace, trace

TEMPLATE = "_explain.html"
MOMENTS, ABLATED, PICTURES = 60, 60, 60
LARGEST_STATE = 256
"""A Jacobian of a larger state takes too long."""
TREES_SHOWN = 8


@dataclass(frozen=True)
class Report:
    """What was found of a policy.

    Attributes:
        model: name of the file.
        sha256: of it.
        card: of it.
        task: that was flown.
        outcomes: of the flights, in words.
        steps: of the policy, in all flights.
        components: share of the state's variance by principal component.
        trees: of the neurons, best first.
        dynamics: of the state; None where it is too large.
        parts_off: largest difference of the parts of a command from the command, in its units.
        ablation: None where the cell's outputs are not in its state.
        saliency: None where the policy has no camera or no orders, or nothing came in view.
        pictures: figures by name, each the source of an ``img``.
    """

    model: str
    sha256: str
    card: PolicyCard
    task: str
    outcomes: dict[str, int]
    steps: int
    components: Any
    trees: list[Tree]
    dynamics: Dynamics | None
    parts_off: float
    ablation: Ablation | None
    saliency: Saliency | None
    pictures: dict[str, str] = field(default_factory=dict)

    def numbers(self) -> dict[str, Any]:
        """Return the findings as plain data, for a file."""
        found: dict[str, Any] = {
            "model": self.model,
            "model_sha256": self.sha256,
            "task": self.task,
            "outcomes": self.outcomes,
            "steps": self.steps,
            "first_component": float(self.components[0]),
            "components_of_90_percent": int((self.components.cumsum() < 0.9).sum()) + 1,
            "tree_score_median": float(np.median([tree.score for tree in self.trees])),
            "tree_facts": {tree.name: [tree.fact, tree.score] for tree in self.trees},
            "parts_off": self.parts_off,
        }
        if self.dynamics is not None:
            found["slowest_s"] = float(np.median(self.dynamics.memory_s[:, 0]))
            found["median_s"] = float(np.median(self.dynamics.memory_s))
            found["lipschitz"] = float(np.median(self.dynamics.lipschitz))
        if self.ablation is not None:
            found["ablation"] = msgspec.to_builtins(self.ablation)
        if self.saliency is not None:
            s = self.saliency
            found["saliency"] = {
                "on_target": s.on_target,
                "area": s.area,
                "untrained": s.untrained,
                "stable": s.stable,
                "pictures": s.count,
            }
        return found

    def page(self) -> str:
        """Return the page: one file, no network."""
        return render_page(TEMPLATE, r=self, trees=self.trees[:TREES_SHOWN], n=self.numbers())


def explain(
    model: Path, settings: WorldSettings, seeds: Sequence[int], progress: Progress
) -> Report:
    """Fly a policy file and look into it.

    Raises:
        BundleError: the file is not sound.
        ConfigError: it does not fit the world, or no network of this project can be made of it.
    """
    network = restored(model)
    traces = []
    with progress.bar(len(seeds), "flights") as advance:
        for one in trace(model, settings, seeds):
            traces.append(one)
            advance()
    if len(traces) < 2:
        raise ConfigError(
            f"expected two flights or more in which the policy ran, found {len(traces)}; "
            "give more --flights"
        )
    progress.say("looking into the flights")
    return _found(model, network, traces, type(settings.task).__name__)


def _found(model: Path, network: PolicyNetwork, traces: list[Trace], task: str) -> Report:
    rng = np.random.default_rng(0)
    lived = [live(network, one) for one in traces]
    states = np.concatenate([one.states[1:] for one in lived])
    facts = {name: np.concatenate([t.facts[name] for t in traces]) for name in traces[0].facts}
    outputs = np.concatenate([one.outputs for one in lived])
    commands = np.concatenate([one.commands for one in lived])
    parts = contributions(network, outputs)
    rest = network.command_rest.numpy()
    names = neuron_names(network)
    moving = network.cell.state_size <= LARGEST_STATE
    report = Report(
        model.name,
        load_policy(model).sha256,
        network.card,
        task,
        _counted([one.outcome for one in traces]),
        len(states),
        components(states),
        grow(names, [one.states[1:] for one in lived], [one.facts for one in traces]),
        dynamics(network, traces, lived, MOMENTS, rng) if moving else None,
        float(np.abs(parts.sum(axis=2) - (commands - rest)).max()),
        ablate(network, traces, lived, ABLATED, rng),
        look(network, traces, lived, PICTURES, rng),
    )
    drawn = _drawn(report, network, traces, lived, states, facts, parts)
    return replace(report, pictures=drawn)


def _drawn(  # noqa: PLR0917 - what there is to draw
    report: Report,
    network: PolicyNetwork,
    traces: Sequence[Trace],
    lived: Sequence[Lived],
    states: Any,
    facts: dict[str, Any],
    parts: Any,
) -> dict[str, str]:
    names = neuron_names(network)
    scale = np.where(network.command_scale.numpy() > 0, network.command_scale.numpy(), 1.0)
    shares = np.abs(parts[..., :-1]).mean(axis=0) / scale[:, None]
    outputs = [f"y{i}" for i in range(shares.shape[1])]
    known = names if len(names) == len(outputs) else outputs
    drawn = {
        "responses": figures.responses(names, list(facts), follows(states, facts)),
        "spectrum": figures.spectrum(report.components),
        "parts": figures.parts(known, [f.name for f in network.card.command.fields], shares),
    }
    if states.shape[1] > 1:
        drawn["portraits"] = figures.portraits(lived, traces, _colouring(facts))
    if report.dynamics is not None:
        drawn["memory"] = figures.memory(report.dynamics)
        drawn["wiring"] = figures.wiring(report.dynamics.jacobian, names)
    if report.saliency is not None:
        drawn["strips"] = figures.strips(report.saliency)
    return drawn


def _colouring(facts: dict[str, Any]) -> str:
    return "target_m" if "target_m" in facts else next(iter(facts))


def _counted(words: Sequence[str]) -> dict[str, int]:
    return {word: words.count(word) for word in sorted(set(words))}
