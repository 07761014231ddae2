"""Read a recording: what a pilot took, in order and bit by bit, and what it decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec
from mcap.records import Attachment, Channel, Message, Metadata, Schema
from mcap.stream_reader import StreamReader
from mcap.writer import MCAP0_MAGIC

from ..contract import Event, PolicyCard
from ..errors import RecordingError
from . import values
from .recorder import FORMAT, METADATA, MODEL
from .status import RecordedStep


@dataclass(frozen=True)
class Moment:
    """An event, whether it is the first of a flight, and what was decided at it."""

    event: Event
    step: RecordedStep | None
    begins: bool


@dataclass(frozen=True)
class Recording:
    """A recording on disk; ``moments`` reads it as it goes, so that its length costs no memory.

    Attributes:
        whole: whether it was closed. One whose process was killed ends at its last full chunk.
        model: the policy's file; None where the pilot was not flown by one.
        limits: lows, highs and rates of the command's fields, as they were flown.
        fence: where the vehicle might be.
        versions: by package.
    """

    path: Path
    whole: bool
    model_sha256: str
    provider: str
    lockstep: bool
    card: PolicyCard
    settings: dict[str, float]
    limits: dict[str, tuple[float, ...]]
    versions: dict[str, str]
    model: bytes | None
    fence: dict[str, float]

    def moments(self) -> Iterator[Moment]:
        """Yield every event with its decision, in the order in which the pilot took them.

        Raises:
            RecordingError: the file is damaged.
        """
        last: Moment | None = None
        with self.path.open("rb") as file:
            for moment in _moments(file, self):
                if last is not None:
                    yield last
                last = moment
        if last is not None and self.whole:  # else its decision may be in the chunk that is lost
            yield last


def read_events(path: Path) -> Iterator[Event]:
    """Yield the events of a recording, bit by bit what the pilot took.

    Raises:
        RecordingError: it is none, or it is damaged.
    """
    for moment in open_recording(path).moments():
        yield moment.event


def open_recording(path: Path) -> Recording:
    """Read what stands at the beginning of a recording.

    Raises:
        RecordingError: it is none, or it is damaged.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(len(MCAP0_MAGIC))
            file.seek(0, 2)
            file.seek(max(0, file.tell() - len(MCAP0_MAGIC)))
            whole = file.read() == magic
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror})") from None
    if magic != MCAP0_MAGIC:
        raise RecordingError(
            f"{path}: expected a recording of liquid-control (.mcap), found another kind of file"
        )
    metadata: dict[str, str] | None = None
    model: bytes | None = None
    with path.open("rb") as file:
        for record in _records(file, path, whole):
            if isinstance(record, Metadata) and record.name == METADATA:
                metadata = record.metadata
            elif isinstance(record, Attachment) and record.name == MODEL:
                model = record.data
            elif isinstance(record, Schema | Channel | Message):
                break
    if metadata is None or metadata.get("format") != FORMAT:
        raise RecordingError(
            f"{path}: expected a recording of liquid-control, format {FORMAT}, found an .mcap "
            "file of another program or version; record with `fly --record` or the node's `record`"
        )
    return _recording(path, whole, metadata, model)


def _recording(
    path: Path, whole: bool, metadata: dict[str, str], model: bytes | None
) -> Recording:
    read = msgspec.json.decode
    try:
        return Recording(
            path,
            whole,
            metadata["model_sha256"],
            metadata["provider"],
            metadata["lockstep"] == "true",
            read(metadata["card"], type=PolicyCard),
            read(metadata["settings"], type=dict[str, float]),
            read(metadata["limits"], type=dict[str, tuple[float, ...]]),
            read(metadata["versions"], type=dict[str, str]),
            model,
            read(metadata.get("fence", "{}"), type=dict[str, float]),
        )
    except (KeyError, msgspec.MsgspecError) as error:
        raise _damaged(path, error) from None


def _records(file: BinaryIO, path: Path, whole: bool) -> Iterator[object]:
    """Yield the records of a file in its own order; one that is not whole ends where it ends."""
    try:
        yield from StreamReader(file, validate_crcs=True).records
    except RecordingError:
        raise
    except Exception as error:  # the library's, zlib's and struct's errors share no narrower base
        if whole or file.read(1):
            raise _damaged(path, error) from None


def _moments(file: BinaryIO, recording: Recording) -> Iterator[Moment]:
    """Put the messages together: a camera_info belongs to its image, a decision to its event."""
    kind = recording.card.command.kind
    info: values.Message | None = None
    command: values.Message | None = None
    event: Event | None = None
    step: RecordedStep | None = None
    begins = False
    for now_ns, topic, message in _messages(file, recording):
        try:
            if topic == values.COMMAND_TOPIC:
                command = message
                continue
            if topic == values.STATUS_TOPIC:
                step, command = values.decode_step(message, command, kind), None
                continue
            if event is not None:
                yield Moment(event, step, begins)
                event, step, begins = None, None, False
            if topic == values.FLIGHT_TOPIC:
                begins = True
            elif topic.endswith(values.INFO):
                info = message
            else:
                event, info = values.decode_event(now_ns, topic, message, info), None
        except (KeyError, ValueError, AttributeError) as error:
            raise _damaged(recording.path, error) from None
    if event is not None:
        yield Moment(event, step, begins)


def _messages(file: BinaryIO, recording: Recording) -> Iterator[tuple[int, str, values.Message]]:
    """Yield time, topic and message; every message is numbered, so that a missing one is seen."""
    schemas: dict[int, str] = {}
    channels: dict[int, tuple[str, str]] = {}
    count = 0
    for record in _records(file, recording.path, recording.whole):
        if isinstance(record, Schema):
            schemas[record.id] = record.name
        elif isinstance(record, Channel):
            channels[record.id] = (record.topic, schemas.get(record.schema_id, ""))
        elif isinstance(record, Message):
            if record.sequence != count or record.channel_id not in channels:
                raise _damaged(recording.path, f"message {count} is missing")
            count += 1
            topic, name = channels[record.channel_id]
            try:
                message = values.STORE.deserialize_cdr(record.data, name)
            except Exception as error:  # the library's and struct's errors share no narrower base
                raise _damaged(recording.path, error) from None
            yield record.log_time, topic, message


def _damaged(path: Path, found: object) -> RecordingError:
    reason = " ".join(str(found).split()) or type(found).__name__
    return RecordingError(f"{path}: the recording is damaged ({reason}); use another copy of it")
