"""`liquid-control verify`: does this file do what its card says, here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def verify(
    model: Annotated[Path, typer.Argument(help="Policy to check.")],
    provider: Annotated[str, typer.Option(help="auto, cpu, cuda or tensorrt.")] = "cpu",
) -> None:
    """Check digest, card, graph and golden rollout of a policy, and print what it is."""
    from .. import policy
    from ..contract import InputCard, PolicyCard
    from .console import console, print_pairs

    def described(card: InputCard) -> str:
        size = "x".join(map(str, card.shape))
        if card.kind == "image":
            size = f"{card.shape[1]}x{card.shape[0]} {card.settings['encoding']}"
            size += f", {card.settings['horizontal_fov_deg']:g} degrees wide"
        words = card.settings.get("fields") or [
            word for key in ("kinds", "colours", "manners") for word in card.settings.get(key, ())
        ]
        return f"{card.kind}, {size}" + (f": {', '.join(words)}" if words else "")

    def commanded(card: PolicyCard) -> str:
        fields = (f"{f.name} {f.low:g} to {f.high:g}" for f in card.command.fields)
        return f"{card.command.kind}: {', '.join(fields)}"

    result = policy.verify(model, provider)
    card, timing = result.policy.card, result.policy.card.timing
    rows = {
        "policy": f"{card.name} ({card.licence})",
        "sha256": result.policy.sha256,
        "task": card.task or "-",
        "cell": f"{card.network.get('cell', '?')}, {card.hidden_size} state values, "
        f"{card.parameters} parameters",
        **{f"input {name}": described(inputs) for name, inputs in card.inputs.items()},
        "command": commanded(card),
        "rate": f"{1 / timing.nominal_dt_s:.3g} Hz nominal, trained from "
        f"{1 / timing.max_dt_s:.3g} to {1 / timing.min_dt_s:.3g} Hz",
        "golden rollout": f"{len(card.golden.dt_s)} steps, "
        f"largest error {result.golden_error:.1e}",
        "step": f"{result.step_ms:.3f} ms median on {result.policy.provider}",
    }
    for score in card.scores:
        low, high = score.success_interval
        rows[f"measured, {score.suite}"] = (
            f"{score.successes} of {score.episodes} ({low:.1%} to {high:.1%}), "
            f"{score.collisions} collisions"
        )
    console.print(f"{model} is sound", soft_wrap=True)
    print_pairs(rows)
