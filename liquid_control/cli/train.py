"""`liquid-control train`: one configuration to one scored policy."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ConfigError
from .console import ConsoleProgress, console
from .extras import needs

SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a value, such as network.cell=ltc."),
]
CallbackOption = Annotated[
    list[str] | None,
    typer.Option("--callback", metavar="FILE.py:CLASS", help="Tell this one of the run, too."),
]


def train(  # noqa: PLR0917 - each is an option
    config: Annotated[Path, typer.Argument(help="Training configuration, YAML.")],
    out: Annotated[
        Path | None, typer.Option(help="Run directory; runs/train/NAME by default.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on with an unfinished run.")] = False,
    flights: Annotated[
        Path | None, typer.Option(help="Keep the expert's flights here, for other runs too.")
    ] = None,
    overrides: SetOption = None,
    callback: CallbackOption = None,
) -> None:
    """Collect expert flights, imitate, correct with DAgger, export and score a policy.

    With --resume a run may get more epochs, more DAgger rounds and other score suites.
    """
    needs("mujoco", "train")
    needs("torch", "train")
    import msgspec
    from liquid_control_sim.learning.config import load_config

    wanted = load_config(config, overrides or ())
    wanted = msgspec.structs.replace(wanted, callbacks=(*wanted.callbacks, *(callback or ())))
    run = out or Path("runs/train") / wanted.name
    if run.is_dir() and any(run.iterdir()) and not resume:
        raise ConfigError(f"{run} is not empty; add --resume to go on, or give another --out")
    from liquid_control_sim.learning.train import train as run_training

    try:
        policy = run_training(wanted, run, ConsoleProgress(), flights)
    except KeyboardInterrupt:
        again = _command(config, run, flights, overrides or (), callback or ())
        console.print(f"stopped; to go on: {again}", soft_wrap=True)
        raise
    console.print(
        f"wrote {policy}; to fly it: liquid-control fly --model {policy}", soft_wrap=True
    )


def _command(
    config: Path,
    run: Path,
    flights: Path | None,
    overrides: Sequence[str],
    callbacks: Sequence[str],
) -> str:
    """Return what goes on with a run."""
    words = ["liquid-control", "train", str(config), "--out", str(run), "--resume"]
    words += [] if flights is None else ["--flights", str(flights)]
    words += [word for text in overrides for word in ("--set", text)]
    words += [word for name in callbacks for word in ("--callback", name)]
    return shlex.join(words)
