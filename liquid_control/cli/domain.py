"""`liquid-control domain`: what a policy's pictures are like in flight, written into its card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import ConfigError
from .extras import needs


def domain(  # noqa: PLR0917 - each is an option
    model: Annotated[Path, typer.Argument(help="Policy with an image.")],
    task: Annotated[
        list[str] | None,
        typer.Option(help="In which to fly; may be given again; the policy's own by default."),
    ] = None,
    flights: Annotated[int, typer.Option(min=1, help="In each task.")] = 20,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the first flight; 500000, or 700000 to judge.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Policy to write; the same by default.")
    ] = None,
    judge: Annotated[
        bool, typer.Option("--judge", help="Write nothing: count what the card calls foreign.")
    ] = False,
) -> None:
    """Fly a policy and write into its card what its pictures are like, or judge by what is there.

    The network stays as it is. A policy_node then warns of pictures that are unlike those.
    """
    needs("mujoco", "sim")
    needs("torch", "train")
    from liquid_control_sim import domain as pictures
    from liquid_control_sim.evaluation.order import order_world
    from rich.table import Table

    from ..networks.export import with_domain
    from ..policy import load_policy
    from .console import console

    policy = load_policy(model)
    name, known = pictures.image_of(policy.card), policy.card.domain or {}
    tasks: list[str | None] = list(task) if task else [None]
    worlds = [order_world(str(model), one).world for one in tasks]
    first = seed if seed is not None else 700_000 if judge else 500_000
    seeds = range(first, first + flights)
    if not judge:
        with console.status("flying"):
            found = pictures.reference_of(policy, worlds, seeds)
        written = out or model
        with_domain(model, {**known, name: found}, written)
        console.print(
            f"{written} knows what its {name} is like: {found.pictures} pictures of "
            f"{found.flights} flights, verified",
            soft_wrap=True,
        )
        return
    if name not in known:
        raise ConfigError(
            f"{model}: expected a card with a reference of '{name}', found none; run "
            f"liquid-control domain {model}"
        )
    with console.status("flying"):
        rows = pictures.judge(policy, known[name], worlds, seeds)
    table = Table("picture", "out_of_domain", "of", title=f"{model.name}, seeds from {first}")
    for row in rows:
        table.add_row(row.spoilt, str(row.foreign), str(row.pictures))
    console.print(table)
