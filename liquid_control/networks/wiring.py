"""Who is connected to whom: the sparse graphs of neural circuit policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError

if TYPE_CHECKING:
    import networkx

Polarity = NDArray[np.int8]
DEFAULT_SEED = 22222
COLOURS = {
    "sensory": "tab:olive",
    "inter": "tab:blue",
    "command": "tab:purple",
    "motor": "tab:orange",
}


class WiringError(ConfigError):
    """A wiring that cannot be built as asked; the message says what would do."""


@dataclass(frozen=True, eq=False)
class Wiring:
    """A directed graph of neurons and signed synapses (doi:10.1038/s42256-020-00237-3).

    Neurons are numbered motor first, then command, then inter; sensory neurons are the inputs
    and are numbered apart.

    Attributes:
        sensory: number of sensory neurons.
        inter: number of inter neurons.
        command: number of command neurons; 0 makes one layer of inter and motor neurons.
        motor: number of motor neurons.
        sensory_synapses: (sensory, units) int8, +1 excites, -1 inhibits, 0 is no synapse.
        synapses: (units, units) int8, from row to column.
    """

    sensory: int
    inter: int
    command: int
    motor: int
    sensory_synapses: Polarity
    synapses: Polarity

    def __post_init__(self) -> None:
        for name, rows in (("sensory_synapses", self.sensory), ("synapses", self.units)):
            matrix = np.array(getattr(self, name), dtype=np.int8)
            if matrix.shape != (rows, self.units):
                raise WiringError(f"{name} is {matrix.shape}, expected {(rows, self.units)}")
            if np.abs(matrix).max(initial=0) > 1:
                raise WiringError(f"{name} holds numbers other than -1, 0 and 1")
            matrix.setflags(write=False)
            object.__setattr__(self, name, matrix)

    @property
    def units(self) -> int:
        """Number of neurons that are not sensory."""
        return self.inter + self.command + self.motor

    @property
    def synapse_count(self) -> int:
        """Number of synapses, sensory ones included."""
        return int(np.count_nonzero(self.synapses) + np.count_nonzero(self.sensory_synapses))

    @property
    def layers(self) -> list[list[int]]:
        """Neurons in the order a signal passes them: inter, command, motor; or all at once."""
        if self.command == 0:
            return [list(range(self.units))]
        first_inter = self.motor + self.command
        return [
            list(range(first_inter, self.units)),
            list(range(self.motor, first_inter)),
            list(range(self.motor)),
        ]

    @property
    def neuron_names(self) -> list[str]:
        """A name for each neuron, such as ``motor_0``, by its number."""
        counts = {"motor": self.motor, "command": self.command, "inter": self.inter}
        return [f"{kind}_{i}" for kind, count in counts.items() for i in range(count)]

    @property
    def sensory_names(self) -> list[str]:
        """A name for each sensory neuron."""
        return [f"sensory_{i}" for i in range(self.sensory)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wiring) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.sensory_synapses.tobytes(), self.synapses.tobytes()))

    def to_dict(self) -> dict[str, Any]:
        """Return the wiring as plain numbers and lists, for JSON."""
        counts = {name: getattr(self, name) for name in ("sensory", "inter", "command", "motor")}
        return counts | {
            "sensory_synapses": self.sensory_synapses.tolist(),
            "synapses": self.synapses.tolist(),
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Wiring:
        """Build a wiring from what `to_dict` gave."""
        names = ("sensory", "inter", "command", "motor", "sensory_synapses", "synapses")
        missing = [name for name in names if name not in fields]
        if missing:
            raise WiringError(f"the wiring lacks {', '.join(missing)}")
        return cls(**{name: fields[name] for name in names})

    def to_networkx(self) -> networkx.DiGraph:
        """Return the graph; nodes carry ``kind``, edges carry ``polarity`` (+1 or -1)."""
        import networkx

        graph = networkx.DiGraph()
        names = self.neuron_names
        for name in [*self.sensory_names, *names]:
            graph.add_node(name, kind=name.rsplit("_", 1)[0])
        rows = [*self.sensory_names, *names]
        for source, polarities in zip(
            rows, np.concatenate([self.sensory_synapses, self.synapses]), strict=True
        ):
            for target in np.flatnonzero(polarities):
                graph.add_edge(source, names[target], polarity=int(polarities[target]))
        return graph

    def draw(self, path: str | Path) -> None:
        """Draw the graph to an image file: one column a kind, green excites, red inhibits."""
        from matplotlib.figure import Figure

        graph = self.to_networkx()
        columns = [kind for kind in COLOURS if any(k == kind for _, k in graph.nodes("kind"))]
        places: dict[str, tuple[float, float]] = {}
        for x, kind in enumerate(columns):
            members = [name for name, k in graph.nodes("kind") if k == kind]
            places |= {name: (x, -(i + 0.5) / len(members)) for i, name in enumerate(members)}
        figure = Figure(figsize=(2.4 * len(columns), 6), layout="constrained")
        axes = figure.add_subplot()
        axes.set_axis_off()
        axes.set(xlim=(-0.4, len(columns) - 0.6), ylim=(-1.02, 0.1))
        for source, target, polarity in graph.edges(data="polarity"):
            bend = 0.35 if places[source][0] == places[target][0] else 0.0
            axes.annotate(
                "",
                xy=places[target],
                xytext=places[source],
                arrowprops={
                    "arrowstyle": "->",
                    "color": "tab:green" if polarity > 0 else "tab:red",
                    "alpha": 0.5,
                    "connectionstyle": f"arc3,rad={bend}",
                },
            )
        for x, kind in enumerate(columns):
            dots = [place for name, place in places.items() if graph.nodes[name]["kind"] == kind]
            axes.scatter(*zip(*dots, strict=True), color=COLOURS[kind], zorder=3)
            axes.text(x, 0.03, f"{kind} ({len(dots)})", ha="center")
        figure.savefig(path, dpi=150)


def make_wiring(kind: str, sensory: int, **settings: Any) -> Wiring:
    """Build a wiring by name: ncp, auto_ncp, fully_connected or random."""
    if kind not in BUILDERS:
        raise WiringError(f"no wiring is called {kind!r}; choose one of {', '.join(BUILDERS)}")
    try:
        return BUILDERS[kind](sensory, **settings)
    except TypeError as error:
        raise WiringError(f"the wiring {kind!r} cannot take these settings: {error}") from error


def ncp(
    sensory: int,
    *,
    inter: int,
    command: int,
    motor: int,
    sensory_fanout: int,
    inter_fanout: int,
    recurrent_command_synapses: int,
    motor_fanin: int,
    seed: int = DEFAULT_SEED,
) -> Wiring:
    """Build a neural circuit policy: sensory to inter to command (recurrent) to motor.

    Every sensory neuron reaches ``sensory_fanout`` inter neurons, every inter neuron
    ``inter_fanout`` command neurons, every motor neuron hears ``motor_fanin`` command neurons;
    neurons that were left out get an average number of synapses. A seed gives the same
    synapses as in the ncps library.
    """
    for name, fan, limit in (
        ("sensory_fanout", sensory_fanout, inter),
        ("inter_fanout", inter_fanout, command),
        ("motor_fanin", motor_fanin, command),
    ):
        if not 1 <= fan <= limit:
            raise WiringError(f"{name} is {fan}; it must be between 1 and {limit}")
    rng = np.random.RandomState(seed)
    motors = np.arange(motor)
    commands = np.arange(motor, motor + command)
    inters = np.arange(motor + command, motor + command + inter)
    units = inter + command + motor
    sensory_synapses = np.zeros((sensory, units), np.int8)
    synapses = np.zeros((units, units), np.int8)

    _fan_out(rng, sensory_synapses, np.arange(sensory), inters, sensory_fanout)
    _fan_out(rng, synapses, inters, commands, inter_fanout)
    for _ in range(recurrent_command_synapses):
        source, target = rng.choice(commands), rng.choice(commands)
        synapses[source, target] = rng.choice([-1, 1])
    _fan_out(rng, synapses.T, motors, commands, motor_fanin)
    return Wiring(sensory, inter, command, motor, sensory_synapses, synapses)


def auto_ncp(
    sensory: int,
    *,
    units: int,
    motor: int,
    sparsity: float = 0.5,
    seed: int = DEFAULT_SEED,
) -> Wiring:
    """Build a neural circuit policy of ``units`` neurons from the share of missing synapses."""
    if not 1 <= motor < units - 2:
        raise WiringError(f"motor is {motor}; with {units} units it must be 1 to {units - 3}")
    if not 0.1 <= sparsity < 1.0:
        raise WiringError(f"sparsity is {sparsity}; it must be at least 0.1 and less than 1")
    density = 1.0 - sparsity
    command = max(int(0.4 * (units - motor)), 1)
    inter = units - motor - command
    return ncp(
        sensory,
        inter=inter,
        command=command,
        motor=motor,
        sensory_fanout=max(int(inter * density), 1),
        inter_fanout=max(int(command * density), 1),
        recurrent_command_synapses=max(int(command * density * 2), 1),
        motor_fanin=max(int(command * density), 1),
        seed=seed,
    )


def fully_connected(
    sensory: int,
    *,
    units: int,
    motor: int | None = None,
    self_connections: bool = True,
    seed: int = 1111,
) -> Wiring:
    """Connect every neuron to every other, two excitatory synapses to one inhibitory."""
    rng = np.random.default_rng(seed)
    synapses = np.zeros((units, units), np.int8)
    for source in range(units):
        for target in range(units):
            if source != target or self_connections:
                synapses[source, target] = rng.choice([-1, 1, 1])
    sensory_synapses = np.zeros((sensory, units), np.int8)
    for source in range(sensory):
        for target in range(units):
            sensory_synapses[source, target] = rng.choice([-1, 1, 1])
    motor = units if motor is None else motor
    return Wiring(sensory, units - motor, 0, motor, sensory_synapses, synapses)


def random(
    sensory: int,
    *,
    units: int,
    motor: int | None = None,
    sparsity: float = 0.5,
    seed: int = 1111,
) -> Wiring:
    """Draw synapses at random, leaving out the share ``sparsity`` of all that could be."""
    if not 0.0 <= sparsity < 1.0:
        raise WiringError(f"sparsity is {sparsity}; it must be at least 0 and less than 1")
    rng = np.random.default_rng(seed)
    synapses = np.zeros((units, units), np.int8)
    sensory_synapses = np.zeros((sensory, units), np.int8)
    # ncps draws the polarity of a sensory synapse twice and keeps the second.
    for matrix, draws in ((synapses, 1), (sensory_synapses, 2)):
        pairs = [divmod(i, units) for i in range(matrix.size)]
        count = int(np.round(matrix.size * (1 - sparsity)))
        for source, target in rng.choice(pairs, size=count, replace=False):
            for _ in range(draws):
                matrix[source, target] = rng.choice([-1, 1, 1])
    motor = units if motor is None else motor
    return Wiring(sensory, units - motor, 0, motor, sensory_synapses, synapses)


def _fan_out(
    rng: np.random.RandomState,
    synapses: Polarity,
    sources: NDArray[np.int_],
    targets: NDArray[np.int_],
    fanout: int,
) -> None:
    """Give each source ``fanout`` targets, then each forgotten target an average of sources."""
    forgotten = [int(target) for target in targets]
    for source in sources:
        for target in rng.choice(targets, size=fanout, replace=False):
            if target in forgotten:
                forgotten.remove(target)
            synapses[source, target] = rng.choice([-1, 1])
    average = int(np.clip(int(len(sources) * fanout / len(targets)), 1, len(sources)))
    for target in forgotten:
        for source in rng.choice(sources, size=average, replace=False):
            synapses[source, target] = rng.choice([-1, 1])


BUILDERS: dict[str, Callable[..., Wiring]] = {
    "ncp": ncp,
    "auto_ncp": auto_ncp,
    "fully_connected": fully_connected,
    "random": random,
}


def resolve_wiring(wiring: Wiring | Mapping[str, Any], sensory: int) -> Wiring:
    """Return a wiring for ``sensory`` inputs from a wiring, its `to_dict` or builder settings."""
    if isinstance(wiring, Mapping):
        if "synapses" in wiring:
            wiring = Wiring.from_dict(wiring)
        else:
            settings = dict(wiring)
            wiring = make_wiring(settings.pop("kind", "auto_ncp"), sensory, **settings)
    if wiring.sensory != sensory:
        raise WiringError(f"the wiring has {wiring.sensory} sensory neurons, expected {sensory}")
    return wiring
