"""One page about a policy: what it is, what it does, and why; and the numbers in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import PolicyCard
from liquid_control.errors import ConfigError
from liquid_control.networks.policy import PolicyNetwork
from liquid_control.policy import load_policy
from liquid_control.reasons import Readout

from ..learning.progress import Progress
from ..pages import render_page
from ..settings import WorldSettings
from . import figures, graphs
from .circuit import Circuit, circuit, clusters
from .memory import Known, known
from .mind import (
    feature_names,
    keeps,
    live,
    moments_of,
    neurons_of,
    read_of,
    readout_of,
    restored,
)
from .neurons import Dynamics, components, dynamics, follows
from .reasons import Ablation, Inputs, ablate, inputs_of
from .saliency import SHOWN, Saliency, look
from .timescales import Timescales, timescales
from .trace import Trace, trace
from .trees import Apart, Tree, apart, changing, grow

TEMPLATE = "_explain.html"
MOMENTS, ABLATED, PICTURES = 120, 60, 40
TREES_SHOWN = 8
COLOURED = ("target_m", "target_bearing_rad")
"""Facts that colour the phase portraits, of those that the flights have."""


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
        keeps: whether the neurons are the state; else they are what the last layer reads.
        components: share of the neurons' variance by principal component.
        trees: of the neurons, best first.
        apart: how facts are divided among the neurons.
        dynamics: of the state; None where it is too large or keeps nothing.
        timescales: of the neurons; None of a cell that has none.
        circuit: who moves whom; None as ``dynamics``.
        known: what the state knows of what was true and of what the expert remembers.
        parts_off: largest difference of the parts of a command from the command, in its units.
        ablation: None where commands are not read from the state.
        inputs: what the features did to the commands.
        saliency: None where the policy has no camera, or nothing came in view.
        pictures: figures by name, each the source of an ``img``.
    """

    model: str
    sha256: str
    card: PolicyCard
    task: str
    outcomes: dict[str, int]
    steps: int
    keeps: bool
    components: NDArray[np.float64]
    trees: list[Tree]
    apart: Apart
    dynamics: Dynamics | None
    timescales: Timescales | None
    circuit: Circuit | None
    known: list[Known]
    parts_off: float
    ablation: Ablation | None
    inputs: Inputs
    saliency: Saliency | None
    pictures: dict[str, str]

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
            "path_accuracy": float(np.mean([tree.path for tree in self.trees])),
            "path_chance": float(np.mean([tree.chance for tree in self.trees])),
            "information_gap": self.apart.gap,
            "modularity": self.apart.modularity,
            "tree_facts": {tree.name: [tree.fact, tree.score] for tree in self.trees},
            "known": {k.fact: [k.by_state, k.by_inputs] for k in self.known},
            "parts_off": self.parts_off,
            "inputs_off": self.inputs.off,
        }
        if self.dynamics is not None:
            found["slowest_s"] = float(np.median(self.dynamics.memory_s[:, 0]))
            found["median_s"] = float(np.median(self.dynamics.memory_s))
            found["lipschitz"] = float(np.median(self.dynamics.lipschitz))
        if self.timescales is not None:
            low, middle, high = np.percentile(self.timescales.seconds, (10, 50, 90))
            found["timescale_s"] = {"p10": float(low), "p50": float(middle), "p90": float(high)}
        if self.circuit is not None and self.circuit.off_graph is not None:
            found["off_graph"] = self.circuit.off_graph
        if self.ablation is not None:
            found["ablation"] = msgspec.to_builtins(self.ablation)
        if self.saliency is not None:
            s = self.saliency
            found["saliency"] = {
                "on_target": s.first.on_target,
                "area": s.area,
                "untrained": s.first.untrained,
                "stable": s.first.stable,
                "pictures": len(s.looks),
                "methods": msgspec.to_builtins(s.methods),
                "by_size": [list(row) for row in s.by_size()],
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
    words = changing([one.facts for one in traces])
    facts = {name: np.concatenate([t.facts[name] for t in traces]) for name in words}
    readout = readout_of(network, model)
    names, flights = neurons_of(network, readout, lived)
    states, small = np.concatenate(flights), keeps(network, lived)
    order = clusters(states)
    read = np.concatenate([read_of(readout, one) for one in lived])
    parts = readout.parts(read)
    commands = np.concatenate([one.commands for one in lived])
    mean = np.concatenate([one.features for one in lived]).mean(axis=0)
    moments = moments_of(lived, MOMENTS, rng)
    motion = dynamics(network, moments, lived[0]) if small else None
    wires = circuit(network, moments) if small else None
    inputs = inputs_of(network, moments, mean)
    seen = look(network, traces, lived, PICTURES, rng)
    times = timescales(network, moments)
    fields = [f.name for f in network.card.command.fields]
    drawn = {
        "responses": figures.responses(names, list(facts), follows(states, facts)),
        "flight": figures.flight(traces[0], lived[0], names, fields, flights[0], order, motion),
        "spectrum": figures.spectrum(components(states)),
        "parts": figures.parts(readout.names, fields, _sizes(readout, parts)),
        "inputs": figures.parts(feature_names(network), fields, np.abs(inputs.parts).mean(axis=0)),
    }
    if states.shape[1] > 1 and words:
        coloured = [name for name in COLOURED if name in words] or words[:1]
        drawn["portraits"] = figures.portraits(flights, traces, coloured)
    if motion is not None:
        drawn["memory"] = figures.memory(motion)
    if wires is not None:
        drawn["wiring"] = graphs.wiring(wires, readout, fields, order)
    if times is not None:
        drawn["timescales"] = figures.timescales(times)
    if seen is not None:
        drawn["strips"] = figures.strips(seen.looks)
        worst = sorted(seen.looks, key=lambda one: one.share)[:SHOWN]
        drawn["worst"] = figures.strips(worst)
    return Report(
        model=model.name,
        sha256=load_policy(model).sha256,
        card=network.card,
        task=task,
        outcomes=_counted([one.outcome for one in traces]),
        steps=len(states),
        keeps=small,
        components=components(states),
        trees=grow(names, flights, [one.facts for one in traces]),
        apart=apart(states, facts, rng),
        dynamics=motion,
        timescales=times,
        circuit=wires,
        known=known(flights, [one.features for one in lived], [_told(t) for t in traces]),
        parts_off=float(np.abs(parts.sum(axis=2) - (commands - readout.rest)).max()),
        ablation=ablate(network, readout, lived, ABLATED, rng),
        inputs=inputs,
        saliency=seen,
        pictures=drawn,
    )


def _told(one: Trace) -> dict[str, NDArray[np.float32]]:
    """Return what was true in a flight, and what its expert remembers that is not among it."""
    recalled = {n: values for n, values in one.recalled.items() if n not in one.facts}
    return one.facts | {f"expert: {name}": values for name, values in recalled.items()}


def _sizes(readout: Readout, parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (fields, read) mean sizes of parts as shares of the fields' scales."""
    scale = np.where(readout.scale > 0, readout.scale, 1.0)
    sizes: NDArray[np.float64] = np.abs(parts[..., :-1]).mean(axis=0) / scale[:, None]
    return sizes


def _counted(words: Sequence[str]) -> dict[str, int]:
    return {word: words.count(word) for word in sorted(set(words))}
