"""`liquid-control doctor`: what is here, what starts, and how to mend the rest."""

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liquid_control.cli import doctor
from liquid_control.cli.main import make_app
from liquid_control.errors import ConfigError


@pytest.fixture(scope="module")
def findings():
    return {one.what: one for one in doctor.examine()}


def test_this_machine_can_fly_the_shipped_policy(findings):
    assert not findings["provider cpu"].fix and findings["provider cpu"].needed
    assert not findings["onnxruntime"].fix


def test_a_provider_that_is_not_installed_is_a_gap_that_nobody_needs(findings):
    cuda = findings["provider cuda"]
    assert "not installed" in cuda.found and cuda.fix and not cuda.needed


def test_the_simulator_has_drawn_a_picture(findings):
    assert findings["simulator"].found.startswith("draws")


def test_every_gap_comes_with_what_to_do_in_one_line(findings):
    for one in findings.values():
        assert "\n" not in one.found + one.fix


def run(*arguments):
    result = CliRunner().invoke(make_app(), ["doctor", *arguments], standalone_mode=False)
    return result.return_value, result.output


def test_the_findings_can_be_written_to_a_file(tmp_path):
    code, _ = run("--json", str(tmp_path / "a.json"))
    assert code == 0
    read = json.loads((tmp_path / "a.json").read_text())
    assert {"what", "found", "fix", "needed"} == set(read[0])


def test_where_the_policy_cannot_be_flown_the_exit_code_says_so(monkeypatch):
    def refuse(path, provider):
        raise ConfigError("no such library")

    monkeypatch.setattr("liquid_control.policy.verify", refuse)
    code, output = run()
    assert code == 1 and "no such library" in output


@pytest.mark.parametrize(("release", "word"), [("R36", "cu126"), ("R38", "cuda-13")])
def test_a_jetson_is_told_the_wheel_of_its_jetpack(release, word, tmp_path, monkeypatch):
    (tmp_path / "release").write_text(f"# {release} (release), REVISION: 4.0")
    monkeypatch.setattr(doctor, "TEGRA", tmp_path / "release")
    (found,) = doctor._jetson()
    assert found.found.startswith("JetPack") and word in found.fix


def test_a_module_that_cannot_be_loaded_is_a_gap_and_no_crash(tmp_path, monkeypatch):
    (tmp_path / "broken_module.py").write_text("raise OSError('libx.so: cannot open')")
    monkeypatch.syspath_prepend(tmp_path)
    found = doctor._importable("broken_module", "mend it")
    assert (found.found, found.fix) == ("libx.so: cannot open", "mend it")


TRACKED = "C0A80101,192.168.1.1,2,1764160000.1,-0.000012,0.1,0.2,0,0,0,0.01,0.001,64.2,{}\n"
CLOCKS = {
    "systemd, synchronised": ({"timedatectl": "yes\n"}, "synchronised", False),
    "systemd, not": ({"timedatectl": "no\n"}, "not synchronised", True),
    "chrony, synchronised": (
        {"chronyc": TRACKED.format("Normal"), "timedatectl": "no\n"},
        "chrony: synchronised to 0.012 ms",
        False,
    ),
    "chrony, not": (
        {"chronyc": TRACKED.format("Not synchronised")},
        "chrony: not synchronised",
        True,
    ),
    "nobody": ({}, "nobody here knows", True),
}


@pytest.mark.parametrize("case", CLOCKS)
def test_the_clock_is_asked_of_chrony_and_of_systemd(case, monkeypatch):
    programs, found, fix = CLOCKS[case]

    def answer(asked, **options):
        if asked[0] not in programs:
            raise FileNotFoundError(asked[0])
        return subprocess.CompletedProcess(asked, 0, programs[asked[0]], "")

    monkeypatch.setattr(subprocess, "run", answer)
    clock = doctor._clock()
    assert clock.found.startswith(found) and bool(clock.fix) is fix


def test_a_middleware_that_cannot_be_loaded_is_a_gap(monkeypatch):
    rclpy = pytest.importorskip("rclpy")

    def refuse():
        raise RuntimeError("librmw_other_cpp.so:\ncannot open")

    monkeypatch.setattr(rclpy, "get_rmw_implementation_identifier", refuse)
    found = doctor._middleware()
    assert "librmw_other_cpp.so: cannot open" in found.found and found.fix


def test_the_middleware_is_the_one_that_is_loaded(findings):
    pytest.importorskip("rclpy")
    assert findings["ROS middleware"].found.startswith("rmw_")
    assert findings["rclpy"].found[0].isdigit()


@pytest.mark.parametrize(("name", "wheel"), [("x86", "onnxruntime"), ("jetson", "jp6/cu126")])
def test_an_images_steps_are_those_that_the_doctor_checks_and_it_runs_last(name, wheel):
    text = (Path(__file__).parents[2] / f"docker/Dockerfile.{name}").read_text()
    steps = [line for line in text.splitlines() if line.startswith("RUN")]
    assert steps[-1].endswith("liquid-control doctor") and wheel in text
    for needed in ("setup.bash", "liquid_control", "fastdds_shm.xml"):
        assert needed in text
