"""`liquid-control train`: one configuration to one scored policy."""

from __future__ import annotations

from pathlib import Path

from ..errors import ConfigError
from .console import ConsoleProgress, console


def train_policy(config_file: Path, out: Path | None, resume: bool) -> None:
    """Train a policy; a second call with ``--resume`` goes on where the first stopped."""
    from liquid_control_sim.imitation.config import load_config
    from liquid_control_sim.imitation.train import train

    config = load_config(config_file)
    run = out or Path("runs/train") / config.name
    if run.exists() and any(run.iterdir()) and not resume:
        raise ConfigError(f"{run} is not empty; add --resume to go on, or give another --out")
    try:
        policy = train(config, run, ConsoleProgress())
    except KeyboardInterrupt:
        again = f"liquid-control train {config_file} --out {run} --resume"
        console.print(f"stopped; to go on: {again}")
        raise
    console.print(f"wrote {policy}; to fly it: liquid-control fly --model {policy}")
