"""The command line: a mistake is one line on standard error and an exit code that is not 0."""

import subprocess
import sys

import pytest


def test_verify_prints_what_a_sound_policy_is(command, tiny_policy_path):
    code, said, _ = command("verify", tiny_policy_path)
    assert code == 0
    assert "is sound" in said
    assert "96x64 rgb8" in said


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("verify", "no_such_file.onnx"), 1),
        (("evaluate", "hover", "--perturb", "earthquake"), 1),
        (("train", "no_such_file.yaml"), 1),
        (("levitate",), 2),
    ],
)
def test_the_process_says_nothing_but_the_mistake_and_ends_with_its_code(arguments, code):
    """Whatever a command has to import is silent, too."""
    run = [sys.executable, "-m", "liquid_control.cli.main", *arguments]
    done = subprocess.run(run, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == code
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert not done.stdout.strip()


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
def test_a_mistake_is_one_line_and_an_exit_code(command, arguments, words, tmp_path):
    out = ["--out", tmp_path / "out"] if arguments[0] == "fly" else []
    code, _, error = command(*arguments, *out)
    assert code != 0
    assert words in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
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
def test_a_malformed_training_configuration_is_one_line_and_starts_nothing(
    command, yaml, words, tmp_path
):
    path = tmp_path / "bad.yaml"
    path.write_text(yaml)
    code, _, error = command("train", path, "--out", tmp_path / "run")
    assert code != 0
    assert words in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_training_refuses_a_folder_that_is_in_use(command, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("do not lose")
    (tmp_path / "config.yaml").write_text("name: a\n")
    code, _, error = command("train", tmp_path / "config.yaml", "--out", tmp_path / "run")
    assert code != 0
    assert "--resume" in error
    assert (tmp_path / "run" / "thesis.txt").read_text() == "do not lose"
