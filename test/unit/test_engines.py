"""Engines of TensorRT are kept for one file, one TensorRT and one GPU."""

from pathlib import Path

import pytest

from liquid_control.policy.engines import engine_options

JETSON = "NVIDIA Jetson Orin Nano Developer Kit\0"
CARD = "Model: \t\t NVIDIA GeForce RTX 4090\nIRQ: 16\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def machine(tmp_path, name, text):
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return tmp_path


def folder(model, root):
    return Path(engine_options(model, root)["trt_engine_cache_path"])


def test_engines_are_kept_in_the_users_cache_in_a_folder_that_is_there(tmp_path, cache):
    options = engine_options(b"a", tmp_path)
    assert options["trt_engine_cache_enable"] == "True"
    kept = Path(options["trt_engine_cache_path"])
    assert kept.is_dir()
    assert cache in kept.parents


def test_another_file_has_other_engines(tmp_path):
    assert folder(b"a", tmp_path) == folder(b"a", tmp_path) != folder(b"b", tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        ("proc/device-tree/model", JETSON, "NVIDIA_Jetson_Orin_Nano_Developer_Kit"),
        ("proc/driver/nvidia/gpus/0000:01:00.0/information", CARD, "NVIDIA_GeForce_RTX_4090"),
    ],
)
def test_another_gpu_has_other_engines(tmp_path, file, text, name):
    root = machine(tmp_path / "machine", file, text)
    assert folder(b"a", root).name.endswith(name)
    assert folder(b"a", root) != folder(b"a", tmp_path)


def test_a_cache_that_cannot_be_written_is_gone_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert engine_options(b"a", tmp_path) == {}
