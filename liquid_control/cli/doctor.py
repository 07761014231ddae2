"""`liquid-control doctor`: what is installed, what really starts, and how to mend the rest."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ..errors import LiquidControlError
from ..share import share_file
from ..transport import SHARED_MEMORY, profile_variable
from .console import console

PILOT = "models/pilot_cfc.onnx"
TEGRA = Path("/etc/nv_tegra_release")
JETPACKS = {
    "R36": (
        "JetPack 6 (Python 3.10, CUDA 12.6)",
        "pip uninstall -y onnxruntime; pip install onnxruntime-gpu "
        "--index-url https://pypi.jetson-ai-lab.io/jp6/cu126",
    ),
    "R38": (
        "JetPack 7 (Python 3.12, CUDA 13)",
        "pip uninstall -y onnxruntime; pip install --pre onnxruntime-gpu "
        "--index-url https://aiinfra.pkgs.visualstudio.com/"
        "PublicPackages/_packaging/onnxruntime-cuda-13/pypi/simple/",
    ),
}
"""By the release of L4T: what it is, and where its wheel was when this was written."""
JETPACKS["R39"] = JETPACKS["R38"]
CHRONY_OFFSET_S, CHRONY_LEAP = 4, 13
"""Columns of ``chronyc -c tracking``: the clock's offset, and the leap status that ends it."""
AUTOPILOTS = {
    "px4_msgs": "build px4_msgs of your PX4's release in the workspace",
    "ardupilot_msgs": "build ardupilot_msgs in the workspace",
    "mavros_msgs": "install ros-$ROS_DISTRO-mavros-msgs",
    "pymavlink": "pip install 'liquid_control[mavlink]'",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: it is.
        found: here.
        fix: what to do about a gap; empty where there is none.
        needed: whether the shipped policy cannot be flown without.
    """

    what: str
    found: str
    fix: str = ""
    needed: bool = False


def doctor(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the findings.")] = None,
) -> int:
    """Say what is installed, which providers start, and how to mend each gap."""
    findings = examine()
    table = Table(
        "", "found", "to do", title="liquid-control on this machine", title_justify="left"
    )
    for one in findings:
        mark = "[green]ok[/]" if not one.fix else "[red]gap[/]" if one.needed else "[yellow]-[/]"
        table.add_row(f"{mark} {one.what}", one.found, one.fix)
    console.print(table)
    if json_file is not None:
        text = json.dumps([asdict(one) for one in findings], indent=2) + "\n"
        json_file.write_text(text)
    return 1 if any(one.fix and one.needed for one in findings) else 0


def examine() -> list[Finding]:
    """Look at everything, in the order in which one would mend it."""
    return [
        _python(),
        *_jetson(),
        _package("onnxruntime", "pip install onnxruntime", needed=True),
        *_providers(),
        *_ros(),
        *(_importable(name, fix) for name, fix in AUTOPILOTS.items()),
        _importable("mcap", "to record: pip install 'liquid_control[record]'"),
        _frame(),
        _importable("torch", "to train: pip install 'liquid_control[train]'"),
        _clock(),
    ]


def _python() -> Finding:
    fits = sys.version_info >= (3, 10)
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("Python", found, "" if fits else "take Python 3.10 or newer", needed=True)


def _jetson() -> Iterator[Finding]:
    if not TEGRA.exists():
        return
    release = TEGRA.read_text().split()[1]
    name, wheel = JETPACKS.get(
        release, (f"L4T {release}", "look for onnxruntime-gpu of this CUDA")
    )
    yield Finding("Jetson", name, "" if _starts("cuda") is None else wheel)


def _providers() -> Iterator[Finding]:
    """Start a session of the shipped policy on each provider and fly its golden rollout."""
    from ..policy.providers import PROVIDERS

    for name in PROVIDERS:
        why = _starts(name)
        fix = "" if why is None else "without it the CPU flies; install NVIDIA's onnxruntime-gpu"
        if why is not None and name == "cpu":
            fix = "pip install --force-reinstall onnxruntime"
        yield Finding(f"provider {name}", why or "starts, golden rollout ok", fix, name == "cpu")


def _starts(provider: str) -> str | None:
    """Return why a provider does not run the shipped policy, or None if it does."""
    from ..policy import verify

    try:
        verify(share_file(PILOT), provider)
    except LiquidControlError as error:
        return str(error)
    return None


def _ros() -> Iterator[Finding]:
    fix = "source /opt/ros/$ROS_DISTRO/setup.bash, or pip install '.[ros]'"
    found = _importable("rclpy", fix)
    if found.fix:
        yield found
        return
    yield _package("rclpy", fix)
    yield _middleware()
    yield Finding("ROS domain", os.environ.get("ROS_DOMAIN_ID", "0"))
    variable = profile_variable()
    profile = os.environ.get(variable, "")
    fix = f"for large images: export {variable}={share_file(SHARED_MEMORY)}; the launch file does"
    yield Finding("DDS profile", profile or "none", "" if profile else fix)


def _middleware() -> Finding:
    """Load the middleware that a node would use."""
    name = os.environ.get("RMW_IMPLEMENTATION", "")
    fix = "unset RMW_IMPLEMENTATION, or install what it names"
    try:
        loaded = import_module("rclpy").get_rmw_implementation_identifier()
    except Exception as error:  # whatever rclpy raises where the library is not there
        return Finding("ROS middleware", " ".join(f"{name}: {error}".split()), fix)
    return Finding("ROS middleware", str(loaded))


def _frame() -> Finding:
    """Render a picture of the simulator."""
    fix = "to simulate: pip install 'liquid_control[sim]'; on a server also apt install libegl1"
    try:
        from liquid_control_sim.world import World
    except ImportError as error:
        return Finding("simulator", f"no {error.name}", fix)
    try:
        world = World()
        world.reset(0)
        world.measure("image")
        world.close()
    except Exception as error:  # a graphics driver raises what it likes
        return Finding("simulator", " ".join(str(error).split()), fix)
    return Finding("simulator", f"draws, with MUJOCO_GL={os.environ.get('MUJOCO_GL', 'unset')}")


def _clock() -> Finding:
    """Ask chrony, then systemd, whether the clock follows a time server."""
    fix = "cameras and autopilots with clocks of their own need it: apt install chrony"
    chrony = _said("chronyc", "-c", "tracking").split(",")
    if len(chrony) > CHRONY_LEAP:
        lies = chrony[CHRONY_LEAP] == "Not synchronised"
        off_ms = 1e3 * abs(float(chrony[CHRONY_OFFSET_S]))
        found = "chrony: not synchronised" if lies else f"chrony: synchronised to {off_ms:.3f} ms"
        return Finding("clock", found, "name a server in /etc/chrony/chrony.conf" if lies else "")
    said = _said("timedatectl", "show", "--property=NTPSynchronized", "--value")
    if said not in ("yes", "no"):
        return Finding("clock", "nobody here knows whether it is synchronised", fix)
    lies = said == "no"
    return Finding("clock", "not synchronised" if lies else "synchronised", fix if lies else "")


def _said(*asked: str) -> str:
    """Return what a command of the system says; nothing where it is not there or fails."""
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _package(name: str, fix: str, needed: bool = False) -> Finding:
    try:
        return Finding(name, version(name), needed=needed)
    except PackageNotFoundError:
        return _importable(name, fix, needed)


def _importable(name: str, fix: str, needed: bool = False) -> Finding:
    """Import a module: one that is installed may still lack a library."""
    try:
        found = str(getattr(import_module(name), "__version__", "installed"))
    except Exception as error:  # whatever a module raises that cannot be loaded
        return Finding(name, " ".join(str(error).split()), fix, needed)
    return Finding(name, found, needed=needed)
