"""The command line: a mistake is one line on standard error and an exit code that is not 0."""

import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "liquid_control.cli.main"]


def run(*arguments):
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_verify_prints_what_a_sound_policy_is(tiny_policy_path):
    done = run("verify", tiny_policy_path)
    assert done.returncode == 0
    assert "is sound" in done.stdout
    assert "96x64 rgb8" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "no_such_file.onnx"], "no_such_file.onnx"),
        (["verify", __file__], "truncated or was not exported"),
        (["verify", __file__, "--provider", "quantum"], "error"),
        (["evaluate", __file__, "--episodes", "1"], "truncated or was not exported"),
        (["evaluate", "hover", "--perturb", "earthquake"], "unknown condition 'earthquake'"),
        (["evaluate", __file__, "--episodes", "0"], "--episodes"),
        (["evaluate"], "Missing argument 'MODEL...'; see liquid-control evaluate --help"),
        (["fly", "--model", __file__], "truncated or was not exported"),
        (["fly", "--perturb", "earthquake"], "unknown condition 'earthquake'"),
        (["train", "no_such_file.yaml"], "no_such_file.yaml"),
        (["levitate"], "levitate"),
        (["import", "flown", __file__, "-o", "x.onnx"], "HDF5"),
        (["import", "ncps", __file__, "-o", "x.onnx"], "not a saved state dict"),
        (["import", "ncps", __file__, "-o", "x.onnx", "--camera", "big"], "WIDTHxHEIGHT"),
        (["bench", "claims", "--only", "earthquake"], "earthquake"),
        (["bench", "cells", "--against", "magic"], "ncps"),
        (["verify", __file__, "--wings", "2"], "--wings"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(arguments, words, tmp_path):
    out = ["--out", str(tmp_path / "out")] if arguments[0] == "fly" else []
    done = run(*arguments, *out)
    assert done.returncode != 0
    assert words in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("network: [", "bad.yaml"),
        ("networks: {}", "networks"),
        ("optimizer: {epochs: many}", "$.optimizer.epochs"),
        ("optimizer: {epochs: 0}", "$.optimizer.epochs"),
        ("name: a\ncollect: {disturbed_share: 1.5}", "$.collect.disturbed_share"),
        ("name: a\nnetwork: {cell: brain}", "brain"),
        ("name: a\nnetwork: {cell_settings: {wings: 2}}", "wings"),
        ("name: a\nnetwork: {cell_settings: {mode: upside_down}}", "upside_down"),
        ("name: a\nnetwork: {cell_settings: {units: many}}", "units='many'"),
        ("name: a\nscore: {suites: [earthquake]}", "earthquake"),
    ],
)
def test_a_malformed_training_configuration_is_one_line_and_starts_nothing(yaml, words, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(yaml)
    done = run("train", path, "--out", tmp_path / "run")
    assert done.returncode != 0
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_training_refuses_a_folder_that_is_in_use(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("do not lose")
    (tmp_path / "config.yaml").write_text("name: a\n")
    done = run("train", tmp_path / "config.yaml", "--out", tmp_path / "run")
    assert done.returncode != 0
    assert "--resume" in done.stderr
    assert (tmp_path / "run" / "thesis.txt").read_text() == "do not lose"
