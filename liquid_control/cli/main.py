"""The `liquid-control` command: fly, train, evaluate, verify, import and bench policies."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import LiquidControlError
from .bench import bench_app
from .extras import needs
from .importing import import_app

app = typer.Typer(
    help="Fly, train, evaluate, verify, import and bench compact liquid neural network policies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(
    bench_app, name="bench", help="Time the cells, and test the claims of the literature."
)
app.add_typer(import_app, name="import", help="Import networks of others as policies.")

SHIPPED = "models/fly_to_target_cfc.onnx"
ModelOption = Annotated[
    Path | None, typer.Option("--model", "-m", help="Policy to fly; the shipped one by default.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the first episode.")]
PerturbOption = Annotated[
    str, typer.Option(help="What to change: none, jitter, blackout, textures, far, light, ...")
]


@app.command()
def fly(  # noqa: PLR0917 - each is an option
    model: ModelOption = None,
    episodes: Annotated[int, typer.Option(min=1, help="How many flights.")] = 10,
    seed: SeedOption = 900_000,
    perturb: PerturbOption = "none",
    realtime: Annotated[bool, typer.Option(help="Keep the pace of the wall clock.")] = False,
    viewer: Annotated[bool, typer.Option(help="Open a window; implies --realtime.")] = False,
    out: Annotated[
        Path, typer.Option(help="Where runs are kept; each gets a folder of its own.")
    ] = Path("runs/fly"),
) -> None:
    """Fly a policy in MuJoCo over real ROS 2 topics and film it."""
    from .fly import fly_over_ros

    needs("mujoco", "sim")
    needs("rclpy", "ros")
    from ..share import share_file

    code = fly_over_ros(
        model or share_file(SHIPPED),
        episodes=episodes,
        seed=seed,
        perturb=perturb,
        realtime=realtime or viewer,
        viewer=viewer,
        out=out,
    )
    raise typer.Exit(code)


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="Training configuration, YAML.")],
    out: Annotated[
        Path | None, typer.Option(help="Run directory; runs/train/NAME by default.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on with an unfinished run.")] = False,
) -> None:
    """Collect expert flights, imitate, correct with DAgger, export and score a policy."""
    needs("mujoco", "train")
    needs("torch", "train")
    from .train import train_policy

    train_policy(config, out, resume)


@app.command()
def evaluate(  # noqa: PLR0917 - each is an option
    model: Annotated[Path, typer.Argument(help="Policy to fly.")],
    episodes: Annotated[int, typer.Option(min=1, help="How many flights.")] = 100,
    seed: SeedOption = 900_000,
    rate: Annotated[
        float | None, typer.Option(min=1, max=200, help="Fixed camera rate in Hz.")
    ] = None,
    jitter: Annotated[bool, typer.Option(help="10 to 40 Hz, uneven, 5 % of frames lost.")] = False,
    perturb: PerturbOption = "none",
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; all cores.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the summary to this file.")] = None,
) -> None:
    """Fly a policy in-process, on every core, and count."""
    needs("mujoco", "sim")
    from .evaluate import evaluate_policy

    evaluate_policy(
        model,
        episodes=episodes,
        seed=seed,
        rate_hz=rate,
        jitter=jitter,
        perturb=perturb,
        workers=workers,
        json_file=json,
    )


@app.command()
def verify(
    model: Annotated[Path, typer.Argument(help="Policy to check.")],
    provider: Annotated[str, typer.Option(help="auto, cpu, cuda or tensorrt.")] = "cpu",
) -> None:
    """Check digest, card, graph and golden rollout of a policy."""
    from .verify import verify_policy

    verify_policy(model, provider)


def main() -> int:
    """Run the command line; a user's mistake is one line on standard error."""
    try:
        code = app(prog_name="liquid-control", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except LiquidControlError as error:
        return _fail(str(error), 1)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except Exception as error:
        if not hasattr(error, "format_message"):  # what the command line parser raises has it
            raise
        context = getattr(error, "ctx", None)
        hint = f"; see {context.command_path} --help" if context else ""
        return _fail(error.format_message().rstrip(".") + hint, 2)


def _fail(text: str, code: int) -> int:
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
