"""A policy on disk: one ONNX file that carries its card and its golden rollout.

The card is JSON in the model's metadata. Beside it stands the SHA-256 of the
whole file with that digest's 64 characters read as zeros, so that one changed
byte anywhere, card included, is seen before the file is parsed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ..contract import SCHEMA_VERSION, PolicyCard
from ..errors import BundleError
from .protobuf import ProtobufError, fields

CARD_KEY = "liquid_control.card"
DIGEST_KEY = "liquid_control.sha256"
BLANK_DIGEST = "0" * 64
MIN_OPSET, MAX_OPSET = 17, 24
OPSET_IMPORT, METADATA = 8, 14
"""Fields of an ONNX ModelProto; in each, 1 is the domain or key and 2 the version or value."""
_DIGEST = re.compile(DIGEST_KEY.encode() + b"\x12\x40([0-9a-f]{64})")


@dataclass(frozen=True)
class Bundle:
    """A policy file whose digest and card are sound; ``verify`` also runs it.

    Attributes:
        path: where it was read from.
        model: the ONNX bytes, exactly as on disk.
        card: what it says of itself.
        sha256: digest of the file, to name it by.
    """

    path: Path
    model: bytes
    card: PolicyCard
    sha256: str


def load(path: str | Path) -> Bundle:
    """Read a policy and check that no byte of it has changed since its export.

    Raises:
        BundleError: it cannot be read, is no policy of ours, or was changed.
    """
    path = Path(path)
    try:
        model = path.read_bytes()
    except OSError as error:
        raise BundleError(
            f"{path}: expected a .onnx policy, found that it cannot be read ({error.strerror})"
        ) from None
    found = _DIGEST.findall(model)
    if len(found) != 1:
        raise BundleError(
            f"{path}: expected an ONNX policy with a liquid_control digest, found "
            f"{len(found) or 'none'}; it is truncated or was not exported by liquid-control"
        )
    digest = _digest(model, found[0])
    if digest != found[0].decode():
        raise BundleError(
            f"{path}: expected SHA-256 {found[0].decode()[:12]}, found {digest[:12]}; "
            "the file was changed after its export, copy or export it again"
        )
    opset, text = _outer_fields(path, model)
    if opset not in range(MIN_OPSET, MAX_OPSET + 1):
        raise BundleError(
            f"{path}: expected ONNX opset {MIN_OPSET} to {MAX_OPSET}, found "
            f"{'none' if opset is None else opset}; export again"
        )
    return Bundle(path, model, _read_card(path, text), hashlib.sha256(model).hexdigest())


def seal(model: bytes) -> bytes:
    """Fill the blank digest of an exported model; the last step of every export."""
    blank = _DIGEST.findall(model)
    if blank != [BLANK_DIGEST.encode()]:
        raise BundleError("expected a model with one blank digest to seal")
    return _DIGEST.sub(
        lambda m: m.group(0).replace(m.group(1), _digest(model, m.group(1)).encode()), model
    )


def write(path: str | Path, model: bytes) -> None:
    """Write a sealed model whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(model)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def encode_card(card: PolicyCard) -> str:
    """Return the card as the JSON that goes into the metadata."""
    return msgspec.json.encode(card).decode()


def _digest(model: bytes, digest: bytes) -> str:
    marker = DIGEST_KEY.encode() + b"\x12\x40"
    return hashlib.sha256(
        model.replace(marker + digest, marker + BLANK_DIGEST.encode())
    ).hexdigest()


def _outer_fields(path: Path, model: bytes) -> tuple[int | None, bytes | None]:
    """Return the version of the ONNX operators and the card's text; None where there is none."""
    opset: int | None = None
    card: bytes | None = None
    try:
        for number, value in fields(model):
            if number not in (OPSET_IMPORT, METADATA) or isinstance(value, int):
                continue
            entry = dict(fields(value))
            if number == OPSET_IMPORT and not entry.get(1) and isinstance(entry.get(2), int):
                opset = entry[2]  # type: ignore[assignment]
            elif number == METADATA and entry.get(1) == CARD_KEY.encode():
                card = entry.get(2)  # type: ignore[assignment]
    except ProtobufError as error:
        raise BundleError(
            f"{path}: expected an ONNX model, found: {error}; export again"
        ) from None
    return opset, card


def _read_card(path: Path, text: bytes | None) -> PolicyCard:
    if text is None:
        raise BundleError(
            f"{path}: expected a policy card in the metadata, found none; export again"
        )
    try:
        version = msgspec.json.decode(text).get("schema_version")
        if version != SCHEMA_VERSION:
            raise BundleError(
                f"{path}: expected card schema {SCHEMA_VERSION}, found {version}; export again"
            )
        return msgspec.json.decode(text, type=PolicyCard)
    except (msgspec.MsgspecError, AttributeError, RecursionError) as error:
        raise BundleError(
            f"{path}: expected a valid policy card, found: {error}; export again"
        ) from None
