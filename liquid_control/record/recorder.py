"""Write what a pilot takes and decides to one MCAP file, without holding it up."""

from __future__ import annotations

import platform
import sys
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import msgspec
from mcap.writer import CompressionType, Writer

from ..contract import Event, Frame
from ..errors import RecordingError
from ..pipeline import Pilot, PilotStep
from . import values

FORMAT = "1"
METADATA = "liquid_control"
MODEL = "policy.onnx"
CHUNK_BYTES = 256 * 1024
"""Small chunks, since a process that is killed loses the one that it was filling."""
HELD_BYTES = 64 * 1024 * 1024
"""What may wait for the disk: two seconds of VGA images at 30 Hz."""
EVENT_BYTES = 1024
CLOSE_S = 10.0
SWITCH_S = 0.0005
"""How long the writing thread may keep Python from the pilot; by default it is 5 ms."""
CLOSE = "close"

Item = tuple[Event, PilotStep | None] | None
"""An event and what was decided at it; None marks where a flight begins."""


class Recorder:
    """One file. A flight goes on when it cannot be written: ``problem`` then says why.

    ``begin`` at each activation, ``add`` after each event, ``close`` at the end: a
    closed file is whole; one whose process was killed holds every finished chunk.

    Args:
        path: a new ``.mcap`` file, or a folder in which one is named after the time.
        pilot: whose policy, settings and limits are written first.
        model: file of the policy; it is kept in the recording, so that it replays anywhere.
        lockstep: whether the simulator waited for every answer.

    Attributes:
        path: of the file.
        problem: why recording has stopped; None while it goes on.

    Raises:
        RecordingError: the file exists already or cannot be written.
    """

    def __init__(
        self, path: Path, pilot: Pilot, model: Path | None = None, lockstep: bool = False
    ) -> None:
        self.path = _new_file(path)
        self.problem: str | None = None
        self._card = pilot.policy.card
        try:
            self._file = self.path.open("xb")
        except OSError as error:
            raise RecordingError(f"{self.path}: cannot be written ({error.strerror})") from None
        self._writer = Writer(self._file, CHUNK_BYTES, CompressionType.LZ4, enable_data_crcs=True)
        self._writer.start("ros2", f"liquid_control {_version('liquid_control')}")
        self._writer.add_metadata(METADATA, _metadata(pilot, lockstep))
        if model is not None:
            self._writer.add_attachment(0, 0, MODEL, "application/onnx", model.read_bytes())
        self._channels: dict[tuple[str, str], int] = {}
        self._schemas: dict[str, int] = {}
        self._sequence = 0
        self._flights = 0
        self._queue: SimpleQueue[Item | str] = SimpleQueue()
        self._given = self._written = 0  # bytes: each is counted by one thread only
        self._interval_s = sys.getswitchinterval()
        sys.setswitchinterval(min(SWITCH_S, self._interval_s))
        self._thread = Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Mark that the pilot was reset: the next event is the first of a flight."""
        if self.problem is None:
            self._queue.put(None)

    def add(self, event: Event, step: PilotStep | None) -> None:
        """Hand over an event and what the pilot decided at it; returns at once."""
        if self.problem is not None:
            return
        if self._given - self._written > HELD_BYTES:
            self.problem = "the disk is slower than the sensors"
            return
        self._given += _size(event)
        self._queue.put((event, step))

    def close(self) -> None:
        """Write what waits and finish the file."""
        self._queue.put(CLOSE)
        self._thread.join(CLOSE_S)
        sys.setswitchinterval(self._interval_s)

    def _run(self) -> None:
        """Write until the end; the file is closed even when writing has failed."""
        try:
            self._write_all()
        except Exception as error:  # a full disk or a value of somebody's own: the flight goes on
            self.problem = " ".join(str(error).split()) or type(error).__name__
        with suppress(OSError):
            self._writer.finish()
        with suppress(OSError):
            self._file.close()

    def _write_all(self) -> None:
        begins = False
        while (item := self._queue.get()) != CLOSE:
            assert not isinstance(item, str)
            if item is None:
                begins = True
                continue
            event, step = item
            if begins:
                self._flights, begins = self._flights + 1, False
                self._write(event.now_ns, values.FLIGHT_TOPIC, values.flight(self._flights))
            self._write_moment(event, step)
            self._written += _size(event)
            if self._queue.empty():
                self._file.flush()

    def _write_moment(self, event: Event, step: PilotStep | None) -> None:
        messages = values.encode_event(event, self._card)
        if step is not None:
            messages += values.encode_step(step, event.now_ns, self._card)
        for topic, message in messages:
            self._write(event.now_ns, topic, message)

    def _write(self, now_ns: int, topic: str, message: values.Message) -> None:
        """Append one message; ``sequence`` counts them all, so that a missing one is seen."""
        self._writer.add_message(
            channel_id=self._channel(topic, message.__msgtype__),
            log_time=now_ns,
            publish_time=now_ns,
            data=bytes(values.STORE.serialize_cdr(message, message.__msgtype__)),
            sequence=self._sequence,
        )
        self._sequence += 1

    def _channel(self, topic: str, kind: str) -> int:
        if (topic, kind) not in self._channels:
            if kind not in self._schemas:
                text, _ = values.STORE.generate_msgdef(kind, ros_version=2)
                self._schemas[kind] = self._writer.register_schema(kind, "ros2msg", text.encode())
            self._channels[topic, kind] = self._writer.register_channel(
                topic, "cdr", self._schemas[kind], {"offered_qos_profiles": ""}
            )
        return self._channels[topic, kind]


def _new_file(path: Path) -> Path:
    if path.suffix != ".mcap":
        path = path / datetime.now().strftime("%Y-%m-%d_%H-%M-%S.mcap")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingError(f"{path.parent}: cannot be made ({error.strerror})") from None
    if path.exists():
        raise RecordingError(
            f"{path}: there is a recording of that name; move it, or name a folder or another file"
        )
    return path


def _metadata(pilot: Pilot, lockstep: bool) -> dict[str, str]:
    limits = {k: getattr(pilot.limits, k) for k in ("lows", "highs", "rates")}
    packages = ("liquid_control", "onnxruntime", "numpy", "mcap", "rosbags")
    versions = {name: _version(name) for name in packages} | {"python": platform.python_version()}
    return {
        "format": FORMAT,
        "model_sha256": getattr(pilot.policy, "sha256", ""),
        "provider": getattr(pilot.policy, "provider", ""),
        "lockstep": str(lockstep).lower(),
        "card": msgspec.json.encode(pilot.policy.card).decode(),
        "settings": msgspec.json.encode(asdict(pilot.settings)).decode(),
        "fence": msgspec.json.encode(asdict(pilot.fence)).decode(),
        "limits": msgspec.json.encode(limits).decode(),
        "versions": msgspec.json.encode(versions).decode(),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # built by colcon, or copied
        return "unknown"


def _size(event: Event) -> int:
    return EVENT_BYTES + (event.value.image.nbytes if isinstance(event.value, Frame) else 0)
