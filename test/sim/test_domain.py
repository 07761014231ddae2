"""`liquid-control domain`: a reference from flights, and what it is worth."""

import shutil

import pytest
from liquid_control_sim.domain import SPOILT

from liquid_control.policy import bundle
from liquid_control.share import share_file

SHIPPED = share_file("models/fly_to_target_cfc.onnx")


@pytest.fixture
def model(tmp_path):
    return shutil.copy(SHIPPED, tmp_path / "policy.onnx")


def test_a_reference_is_written_and_judged(model, tmp_path, command):
    out = tmp_path / "knows.onnx"
    code, said, _ = command("domain", model, "--flights", "1", "-o", out)
    assert code == 0 and "of 1 flights, verified" in " ".join(said.split())
    known = bundle.load(out).card.domain["image"]
    assert known.flights == 1 and known.pictures > 10
    assert bundle.load(model).sha256 == bundle.load(SHIPPED).sha256, "a copy was asked for"
    code, said, _ = command("domain", out, "--flights", "1", "--seed", "500000", "--judge")
    rows = {name: line.split() for name in SPOILT for line in said.splitlines() if name in line}
    assert code == 0 and rows.keys() == SPOILT.keys()
    counts = {name: int(row[-4]) for name, row in rows.items()}
    assert counts["as it is"] == 0, "it was made of these very pictures"
    assert counts["pure noise"] == counts["black"] == known.pictures


def test_a_card_without_a_reference_cannot_be_judged(model, command):
    code, _, said = command("domain", model, "--judge")
    assert code == 1 and f"run liquid-control domain {model}" in said
    assert len(said.splitlines()) == 1
