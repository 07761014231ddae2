"""`liquid-control fly`: the world and the pilot as two ROS 2 processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import ConfigError, LiquidControlError
from ..processes import die_with_parent
from ..runtime import verify
from .console import console, print_summary, progress_bar

PASS_RATE = 0.9
POLL_S = 0.1


class FlightError(LiquidControlError):
    """A process of the flight ended before its time."""


def fly_over_ros(
    model: Path,
    *,
    episodes: int,
    seed: int,
    perturb: str,
    realtime: bool,
    viewer: bool,
    out: Path,
) -> int:
    """Fly, report and return the exit code: 1 under 90 % success.

    Raises:
        BundleError: the policy does not verify; nothing was started.
        FlightError: a process died; both are gone.
    """
    from liquid_control_sim.perturb import perturb as change
    from liquid_control_sim.world import WorldSettings

    change(WorldSettings(), perturb)
    if viewer and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise ConfigError(
            "the viewer needs a screen, and DISPLAY is not set; fly without --viewer"
        )
    policy = verify(model).policy
    run_dir = _new_run(out)
    start = time.perf_counter()
    pilot = {"model": str(model.resolve()), "autostart": True, "lockstep": not realtime}
    world = {
        "seed": seed,
        "episodes": episodes,
        "perturb": perturb,
        "lockstep": not realtime,
        "viewer": viewer,
        "run_dir": str(run_dir.resolve()),
    }
    console.print(
        f"{policy.card.name} flies {episodes} episodes over ROS 2 topics, "
        f"{'in real time' if realtime else 'in lockstep'}; log and film go to {run_dir}"
    )
    environment = _environment()
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, module, parameters in (
            ("policy_node", "liquid_control.nodes.policy_node", {**pilot, "use_sim_time": True}),
            ("sim_node", "liquid_control_sim.node", world),
        ):
            children[name] = _start(name, module, parameters, run_dir, environment)
        _watch(children, run_dir, episodes)
    finally:
        _stop(children.values())
    return _report(run_dir, policy.sha256, seed, time.perf_counter() - start)


def _new_run(out: Path) -> Path:
    """Make a folder named after the time, and point ``latest`` at it."""
    name = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    run_dir, n = out / name, 1
    while run_dir.exists():
        run_dir, n = out / f"{name}_{n}", n + 1
    run_dir.mkdir(parents=True)
    link = out / "latest"
    if link.is_symlink() or not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(run_dir.name)
    return run_dir


def _environment() -> dict[str, str]:
    """Return an environment in which only this flight's two processes see each other."""
    environment = dict(os.environ)
    environment.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    environment.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def _start(
    name: str, module: str, parameters: dict[str, Any], run_dir: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", module, "--ros-args"]
    for key, value in parameters.items():
        arguments += ["-p", f"{key}:={json.dumps(value)}"]
    with (run_dir / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            arguments,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - there is one thread yet
            start_new_session=True,
        )


def _watch(children: dict[str, subprocess.Popen[bytes]], run_dir: Path, episodes: int) -> None:
    """Show progress until the world has flown all episodes; raise if a process dies early."""
    with progress_bar() as bar:
        task = bar.add_task("flights", total=episodes)
        while True:
            flown = _episodes(run_dir)
            bar.update(task, completed=len(flown))
            codes = {name: child.poll() for name, child in children.items()}
            if codes["sim_node"] == 0 and len(_episodes(run_dir)) >= episodes:
                return
            for name, code in codes.items():
                if code is not None:
                    log = run_dir / f"{name}.log"
                    raise FlightError(
                        f"{name} ended with exit code {code} after {len(flown)} of {episodes} "
                        f"episodes: {_last_line(log)}; see {log}"
                    )
            time.sleep(POLL_S)


def _stop(children: Any) -> None:
    """End the processes: ask first, then insist."""
    alive = [child for child in children if child.poll() is None]
    for child in alive:
        child.send_signal(signal.SIGINT)
    deadline = time.monotonic() + 2.0
    for child in alive:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _episodes(run_dir: Path) -> list[dict[str, Any]]:
    path = run_dir / "episodes.jsonl"
    if not path.exists():
        return []
    lines = path.read_text().split("\n")
    return [json.loads(line) for line in lines[:-1]]


def _last_line(path: Path) -> str:
    lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"


def _report(run_dir: Path, sha256: str, seed: int, wall_s: float) -> int:
    from liquid_control_sim.evaluation import summarize
    from liquid_control_sim.tasks.fly_to_target import Outcome

    flown = _episodes(run_dir)
    outcomes = [(Outcome(e["outcome"]), float(e["time_s"])) for e in flown]
    policy_ms = [ms for e in flown for ms in e["policy_ms"]]
    summary = summarize(outcomes, policy_ms, wall_s, sha256, seed)
    (run_dir / "summary.json").write_text(json.dumps(summary.to_dict(), indent=2) + "\n")
    print_summary("flights over ROS 2", summary.to_dict())
    console.print(f"film: {run_dir}/flight.mp4, picture: {run_dir}/flight.png")
    if summary.success_rate < PASS_RATE:
        console.print(f"fewer than {PASS_RATE:.0%} of the flights succeeded")
        return 1
    return 0
