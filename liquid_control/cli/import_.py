"""`liquid-control import`: networks of others as verified policies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ConfigError
from .console import console
from .extras import needs

import_ = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

OutOption = Annotated[Path, typer.Option("--out", "-o", help="Policy to write, .onnx.")]


@import_.command()
def flown(
    weights: Annotated[Path, typer.Argument(help="Keras weight file, .hdf5.")],
    out: OutOption,
    nominal_dt: Annotated[
        float | None, typer.Option(help="Seconds between frames at which it was flown.")
    ] = None,
    forget_bias: Annotated[
        float | None, typer.Option(help="Of a mixedcfc; the published ones' by default.")
    ] = None,
) -> None:
    """Import a policy of the Science Robotics drone.

    Kind (cfc, mixedcfc, wiredcfccell, ltc, ncp, lstm), sizes and wiring are read from the file.
    """
    needs("torch", "train")
    needs("h5py", "train")
    from ..importers.flown.policy import NOMINAL_DT_S, import_flown

    card = import_flown(
        weights,
        out,
        nominal_dt_s=NOMINAL_DT_S if nominal_dt is None else nominal_dt,
        forget_bias=forget_bias,
    )
    _say(card.name, card.parameters, out)


@import_.command()
def ncps(  # noqa: PLR0917 - each is an option
    state_dict: Annotated[
        Path, typer.Argument(help="What torch.save(module.state_dict()) wrote.")
    ],
    out: OutOption,
    camera: Annotated[
        str, typer.Option(help="WIDTHxHEIGHT of the image that it was trained on.")
    ] = "96x64",
    nominal_dt: Annotated[
        float, typer.Option(min=0.001, help="Seconds for which it was given the time 1.")
    ] = 0.05,
    mode: Annotated[str, typer.Option(help="Of a CfC: default or no_gate.")] = "default",
    activation: Annotated[
        str, typer.Option(help="Of a dense CfC's backbone: lecun_tanh, tanh, silu, relu, gelu.")
    ] = "lecun_tanh",
    unfolds: Annotated[int, typer.Option(min=1, help="Of an LTC.")] = 6,
) -> None:
    """Import a CfC, wired CfC or LTC trained with ncps."""
    needs("torch", "train")
    from ..contract import image_input
    from ..importers.ncps.policy import import_ncps

    size = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", camera)
    if size is None:
        raise ConfigError(f"--camera: expected WIDTHxHEIGHT such as 96x64, found '{camera}'")
    card = import_ncps(
        state_dict,
        out,
        image=image_input(width=int(size[1]), height=int(size[2])),
        nominal_dt_s=nominal_dt,
        mode=mode,
        activation=activation,
        unfolds=unfolds,
    )
    _say(card.name, card.parameters, out)


def _say(name: str, parameters: int, out: Path) -> None:
    console.print(f"{name}, {parameters} parameters, verified: {out}", soft_wrap=True)
