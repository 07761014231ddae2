"""`liquid-control bench`: how fast cells, world and node are, and what holds of claims."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ConfigError
from .extras import needs

if TYPE_CHECKING:
    from ..research.claims import Result

bench = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

JsonOption = Annotated[Path | None, typer.Option("--json", help="Write everything to this file.")]


@bench.command()
def cells(
    against: Annotated[
        str | None, typer.Option(help="Library to compare with: ncps, which must be installed.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu (one thread) or cuda.")] = "cpu",
    json_file: JsonOption = None,
) -> None:
    """Time forward and backward, and one exported step, of every cell."""
    if against not in {None, "ncps"}:
        raise ConfigError(f"cannot compare with {against!r}; the only choice is ncps")
    needs("torch", "train")
    if against:
        needs("ncps", "dev")
    from ..research.bench_cells import bench_cells
    from .console import console

    with console.status("timing every cell in turn"):
        report = bench_cells(against_ncps=against is not None, device=device)
    titles = {
        "forward_backward": "forward and backward, 16 sequences of 64 steps",
        "onnx_step": "one step in ONNX Runtime",
    }
    for part, title in titles.items():
        rows = [["cell", "units", "ms", *(["vs ncps"] if against else []), "vs torch's LSTM"]]
        for name, found in report[part].items():
            ratios = [found["vs_ncps"]] if against else []
            rows.append(
                [name, str(found["units"]), f"{found['ms']:.3f}"]
                + ["-" if r is None else f"{r:.2f}x" for r in [*ratios, found["vs_lstm"]]]
            )
        _print_table(title, rows)
    console.print(", ".join(f"{key} {value}" for key, value in report["machine"].items()))
    _write(json_file, json.dumps(report, indent=2))


@bench.command()
def world(
    seconds: Annotated[float, typer.Option(min=0.5, help="How long to fly.")] = 10.0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; all cores.")] = None,
    json_file: JsonOption = None,
) -> None:
    """Count the camera frames a second of the simulated world, physics included."""
    needs("mujoco", "sim")
    from liquid_control_sim.bench import bench_world

    from .console import console

    with console.status("flying"):
        report = bench_world(seconds, workers)
    rows = [
        ["processes", f"{report['workers']}"],
        ["image", f"{report['width']}x{report['height']}"],
        ["camera frames a second", f"{report['frames_per_s']:.0f}"],
        ["real-time factor", f"{report['real_time_factor']:.0f}"],
    ]
    _print_table("the world, flown by the expert", [["", ""], *rows])
    _write(json_file, json.dumps(report, indent=2))


@bench.command()
def node(  # noqa: PLR0917 - each is an option
    model: Annotated[Path | None, typer.Argument(help="The shipped pilot by default.")] = None,
    size: Annotated[
        list[str] | None, typer.Option(help="Of the camera, may be given again.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of the camera's images.")] = "rgb8",
    rate: Annotated[float, typer.Option(min=1, max=120, help="Of the camera, Hz.")] = 30.0,
    imu_rate: Annotated[float, typer.Option(min=10, max=1000, help="Hz.")] = 200.0,
    seconds: Annotated[float, typer.Option(min=1, help="With each camera.")] = 10.0,
    show: Annotated[str, typer.Option(help="The node's parameter: views to publish.")] = "",
    json_file: JsonOption = None,
) -> None:
    """Time a policy node from a camera's message to its command, two processes over ROS 2."""
    import tempfile
    from dataclasses import asdict

    needs("rclpy", "ros")
    from ..nodes.bench import Feed, time_node
    from ..share import share_file
    from .console import console

    policy = model or share_file("models/pilot_cfc.onnx")
    rows = [["camera", "answered", "p50 ms", "p99 ms", "p99.9 ms", "inference p50 ms"]]
    found = []
    for sides in map(_sides, size or ["96x64", "640x480"]):
        with tempfile.TemporaryDirectory() as logs, console.status("timing"):
            feed = Feed(sides, encoding, rate, imu_rate)
            one = time_node(policy, feed, seconds, Path(logs), show)
        found.append(asdict(one))
        times = (one.p50_ms, one.p99_ms, one.p999_ms, one.inference_ms)
        answered = f"{one.answered} of {one.sent}"
        rows.append(
            [f"{one.width}x{one.height} {one.encoding}", answered, *(f"{t:.2f}" for t in times)]
        )
    _print_table(f"{policy.name}, {rate:g} Hz, IMU {imu_rate:g} Hz", rows)
    _write(json_file, json.dumps(found, indent=2))


@bench.command()
def soak(
    model: Annotated[Path | None, typer.Argument(help="The shipped pilot by default.")] = None,
    minutes: Annotated[float, typer.Option(min=0.2, help="How long to fly.")] = 10.0,
    rate: Annotated[float, typer.Option(min=1, max=120, help="Of the camera, Hz.")] = 20.0,
    imu_rate: Annotated[float, typer.Option(min=10, max=1000, help="Hz.")] = 100.0,
    json_file: JsonOption = None,
) -> int:
    """Fly a policy node over ROS 2 for long: does its memory grow, and what does it miss."""
    import tempfile
    from dataclasses import asdict

    needs("rclpy", "ros")
    from ..nodes import soak as soaking
    from ..nodes.bench import Feed
    from ..share import share_file
    from .console import console, print_pairs

    policy = model or share_file("models/pilot_cfc.onnx")
    with tempfile.TemporaryDirectory() as logs, console.status("flying"):
        feed = Feed(rate_hz=rate, imu_hz=imu_rate)
        found = soaking.soak(policy, feed, 60 * minutes, Path(logs), 1 / rate)
    grows, timing = found.growth, found.timing
    rows = {
        "flown": f"{minutes:g} min, {rate:g} Hz, IMU {imu_rate:g} Hz",
        "memory": f"{grows.verdict}: {grows.first_kib / 1024:.1f} to {grows.last_kib / 1024:.1f} "
        f"MiB, {grows.slope_kib_min:+.1f} KiB a minute "
        f"({grows.low_kib_min:+.1f} to {grows.high_kib_min:+.1f})",
        "answered": f"{timing.answered} of {timing.sent}",
        f"later than {1e3 / rate:.0f} ms, or never": f"{found.missed} of {timing.sent}",
        "p50, p99, p99.9": f"{timing.p50_ms:.2f}, {timing.p99_ms:.2f}, {timing.p999_ms:.2f} ms",
    }
    print_pairs(rows)
    _write(json_file, json.dumps(asdict(found), indent=2))
    return 1 if grows.verdict == "grows" else 0


def _sides(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise ConfigError(f"--size: expected width and height such as 640x480, found '{text}'")
    return int(width), int(height)


@bench.command()
def claims(
    only: Annotated[
        str | None, typer.Option(help="One experiment: sequence_cost, irregular_xor, ...")
    ] = None,
    small: Annotated[
        bool, typer.Option("--small", help="Seconds instead of minutes; proves nothing.")
    ] = False,
    keep: Annotated[
        Path, typer.Option(help="Folder of finished cases; a stopped run goes on after them.")
    ] = Path("runs/claims"),
    json_file: JsonOption = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the tables to this file.")] = None,
) -> None:
    """Test what the literature says of liquid networks; minutes for each experiment."""
    needs("torch", "train")
    needs("scipy", "train")
    from ..research.claims import CLAIMS, cases, run_claim
    from .console import progress_bar

    names = [only] if only else list(CLAIMS)
    total = sum(len(cases(name)) for name in names)
    results: list[Result] = []
    with progress_bar() as bar:
        task = bar.add_task("", total=total)
        begun = -1

        def show(case: str) -> None:
            nonlocal begun
            begun += 1
            bar.update(task, description=f"{names[len(results)]}: {case}", completed=begun)

        for name in names:
            results.append(run_claim(name, small, show, None if small else keep))
            result = results[-1]
            _print_table(f"{name}: {result.question} ({result.wall_s:.0f} s)", result.table())
    _write(json_file, json.dumps([result.to_dict() for result in results], indent=2))
    _write(markdown, "\n\n".join(_markdown(result) for result in results))


def _print_table(title: str, rows: list[list[str]]) -> None:
    from rich.table import Table

    from .console import console

    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows[1:]:
        table.add_row(*row)
    console.print(table)


def _markdown(result: Result) -> str:
    columns, *rows = result.table()
    size = " --small" if result.small else ""
    lines = [
        f"## {result.name}",
        "",
        result.question,
        "",
        f"    liquid-control bench claims --only {result.name}{size}",
        "",
        *(f"| {' | '.join(row)} |" for row in [columns, ["---"] * len(columns), *rows]),
        "",
        f"{result.wall_s:.0f} s. Settings: "
        + ", ".join(f"{key} {_plain(value)}" for key, value in result.settings.items())
        + ".",
    ]
    return "\n".join(lines)


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(_plain(part) for part in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _write(path: Path | None, text: str) -> None:
    if path is None:
        return
    from .console import console

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")
    console.print(f"wrote {path}")
