"""ROS 2 nodes as child processes that see each other only, and of which none is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from .errors import LiquidControlError
from .processes import die_with_parent
from .share import share_file
from .transport import SHARED_MEMORY, has_profile, profile_variable

ENDING_S = 3.0


class FlightError(LiquidControlError):
    """A process of the flight ended before its time."""


class RosProcesses:
    """The nodes of one flight; leaving the ``with`` ends those that still run.

    Args:
        log_dir: where what each says goes, as NAME.log.
    """

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._environment = ros_environment()
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, module: str, parameters: dict[str, Any]) -> int:
        """Start a node with parameters; return the number of its process."""
        arguments = [sys.executable, "-m", module, "--ros-args"]
        for key, value in parameters.items():
            if value != "":  # ROS reads an empty value as no value
                arguments += ["-p", f"{key}:={json.dumps(value)}"]
        with (self._log_dir / f"{name}.log").open("wb") as log:
            self._children[name] = subprocess.Popen(
                arguments,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509 - one thread yet
                start_new_session=True,
            )
        return self._children[name].pid

    def ended_well(self, name: str, progress: str, may_end: Collection[str] = ()) -> bool:
        """Return whether a node has ended as it should; the others must still run.

        Args:
            name: of the node that is waited for.
            progress: how far it is, for the error.
            may_end: names of others that may have ended.

        Raises:
            FlightError: one ended before its time.
        """
        codes = {key: child.poll() for key, child in self._children.items()}
        if codes[name] == 0:
            return True
        for key, code in codes.items():
            if code is not None and key not in may_end:
                log = self._log_dir / f"{key}.log"
                raise FlightError(
                    f"{key} ended with exit code {code} {progress}: {_last_line(log)}; see {log}"
                )
        return False

    def __enter__(self) -> RosProcesses:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes: ask first, then insist."""
        alive = [child for child in self._children.values() if child.poll() is None]
        for child in alive:
            child.send_signal(signal.SIGINT)
        deadline = time.monotonic() + ENDING_S
        for child in alive:
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def ros_environment() -> dict[str, str]:
    """Return an environment in which only this flight's processes see each other.

    Camera images fit into its shared memory; what is set already stays as it is.
    """
    environment = dict(os.environ)
    environment.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    environment.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))
    if not has_profile(environment):
        environment[profile_variable()] = str(share_file(SHARED_MEMORY))
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def _last_line(path: Path) -> str:
    lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
