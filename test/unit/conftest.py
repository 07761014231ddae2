"""A sound policy file, and what edits and seals it."""

from pathlib import Path

import onnx
import pytest
from bundles import put

from liquid_control.contract import PolicyCard
from liquid_control.networks.export import seal_card
from liquid_control.policy import bundle
from liquid_control.policy.bundle import load


@pytest.fixture(scope="session")
def sound(tiny_policy_path) -> bytes:
    return tiny_policy_path.read_bytes()


@pytest.fixture
def reseal(tiny_policy_path, tmp_path):
    """Edit the model or the card, seal the result as an exporter would, return its path."""
    original = load(tiny_policy_path)

    def write(edit=lambda model: None, card: PolicyCard = original.card) -> Path:
        model = onnx.load_from_string(original.model)
        edit(model)
        return put(tmp_path / "edited.onnx", seal_card(model, card))

    write.card = original.card
    return write


@pytest.fixture
def seal_text(tiny_policy_path, tmp_path):
    """Put any text in the place of the card, seal it, return its path."""

    def write(text: str) -> Path:
        model = onnx.load(tiny_policy_path)
        entries = {entry.key: entry for entry in model.metadata_props}
        entries[bundle.CARD_KEY].value = text
        entries[bundle.DIGEST_KEY].value = bundle.BLANK_DIGEST
        return put(tmp_path / "edited.onnx", bundle.seal(model.SerializeToString()))

    return write
