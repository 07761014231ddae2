"""`liquid-control verify`: does this file do what its card says, here."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from ..runtime import verify
from .console import console


def verify_policy(model: Path, provider: str) -> None:
    """Verify a policy and print what it is."""
    result = verify(model, provider)
    policy, card = result.policy, result.policy.card
    camera, timing = card.camera, card.timing
    table = Table(show_header=False)
    rows = {
        "policy": f"{card.name} ({card.licence})",
        "sha256": policy.sha256,
        "cell": f"{card.cell.get('name', '?')}, {card.hidden_size} state values, "
        f"{card.parameters} parameters",
        "camera": f"{camera.width}x{camera.height} {camera.encoding}, "
        f"{camera.horizontal_fov_deg:g} degrees wide",
        "rate": f"{1 / timing.nominal_dt_s:.3g} Hz nominal, trained from "
        f"{1 / timing.max_dt_s:.3g} to {1 / timing.min_dt_s:.3g} Hz",
        "golden rollout": f"{len(card.golden.dt_s)} steps, "
        f"largest error {result.golden_error:.1e}",
        "step": f"{result.step_ms:.3f} ms median on {policy.provider}",
    }
    for score in card.scores:
        low, high = score.success_interval
        rows[f"measured, {score.suite}"] = (
            f"{score.successes} of {score.episodes} ({low:.1%} to {high:.1%}), "
            f"{score.collisions} collisions"
        )
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(f"{model} is sound", soft_wrap=True)
    console.print(table)
