"""A name is a file of a folder, a file of one's own, or an installed package's entry point."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

from liquid_control.errors import ConfigError
from liquid_control.registry import Registry, load_module

INIT = """
    from abc import ABC, abstractmethod
    from liquid_control.registry import Registry

    class Beast(ABC):
        @abstractmethod
        def noise(self): ...

    BEASTS = Registry(__name__, Beast, "beast", beside=("anatomy",))
"""
CAT = """
    from {package} import Beast

    class Cat(Beast):
        def noise(self):
            return "miau"
"""
OWN = """
    from {package} import Beast

    class Dog(Beast):
        def noise(self):
            return "wau"

    class Puppy(Dog):
        pass

    class Unfinished(Beast):
        pass

    legs = 4
"""


def write(path, text: str, package: str = ""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text).replace("{package}", package))
    return path


@pytest.fixture
def beasts(tmp_path, monkeypatch) -> Registry:
    """The registry of a folder with one file, ``cat``, and what is no entry."""
    package = f"beasts_{tmp_path.name}"
    folder = tmp_path / package
    write(folder / "__init__.py", INIT)
    write(folder / "cat.py", CAT, package)
    write(folder / "_stomach.py", "raise RuntimeError('nobody asked for it')")
    write(folder / "anatomy.py", "LEGS = 4")
    write(tmp_path / "own.py", OWN, package)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = load_module(package, "package").BEASTS
    registry.folder = folder
    return registry


def refusal(registry: Registry, name: str) -> str:
    with pytest.raises(ConfigError) as caught:
        registry.get(name)
    message = str(caught.value)
    assert "\n" not in message and "beast" in message
    return message


# --- the folder


def test_a_file_of_the_folder_is_a_name(beasts):
    assert beasts.names() == ["cat"]
    assert beasts.get("cat")().noise() == "miau"


def test_a_file_that_is_added_adds_a_name(beasts):
    write(beasts.folder / "cow.py", CAT.replace("Cat", "Cow"), beasts.group)
    assert beasts.names() == ["cat", "cow"]
    assert beasts.get("cow").__name__ == "Cow"


def test_an_unknown_name_lists_what_there_is_and_how_to_bring_ones_own(beasts):
    message = refusal(beasts, "dragon")
    assert "unknown beast 'dragon': expected one of cat, or path/to/file.py:Class" in message


@pytest.mark.parametrize("name", ["_stomach", "anatomy", "", "cat.py", "../cat"])
def test_what_is_no_entry_of_the_folder_is_no_name(beasts, name):
    assert "unknown beast" in refusal(beasts, name)


def test_a_module_with_two_classes_is_refused_with_their_number(beasts):
    write(beasts.folder / "pair.py", OWN, beasts.group)
    assert "expected one public class" in refusal(beasts, "pair")
    assert "found 3" in refusal(beasts, "pair")


def test_a_module_without_a_class_of_its_own_is_refused(beasts):
    write(beasts.folder / "borrowed.py", "from {package}.cat import Cat", beasts.group)
    assert "found 0" in refusal(beasts, "borrowed")


def test_helper_classes_with_an_underscore_do_not_count(beasts):
    write(beasts.folder / "cow.py", CAT + "    class _Calf(Cat):\n        pass\n", beasts.group)
    assert beasts.get("cow").__name__ == "Cat"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
        ("def f(:", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_a_file_that_raises_is_one_line_with_its_reason(beasts, tmp_path, text, words):
    write(beasts.folder / "broken.py", text)
    own = write(tmp_path / "broken.py", text)
    assert words in refusal(beasts, "broken")
    assert words in refusal(beasts, f"{own}:Anything")
    assert "cannot be imported" in refusal(beasts, f"{own}:Anything")
    assert beasts.get("cat") is not None, "the others are not touched by it"


# --- one's own file


def test_a_class_of_ones_own_file_or_module_is_a_name(beasts, tmp_path):
    assert beasts.get(f"{tmp_path / 'own.py'}:Dog")().noise() == "wau"
    assert beasts.get(f"{tmp_path / 'own.py'}:Puppy")().noise() == "wau"
    assert beasts.get(f"{beasts.group}.cat:Cat") is beasts.get("cat")


def test_the_same_file_is_loaded_once_by_whatever_path(beasts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert beasts.get("own.py:Dog") is beasts.get(f"{tmp_path / 'own.py'}:Dog")


def test_two_files_of_one_name_are_two(beasts, tmp_path):
    other = write(tmp_path / "other" / "own.py", OWN.replace("wau", "wuff"), beasts.group)
    assert beasts.get(f"{other}:Dog")().noise() == "wuff"
    assert beasts.get(f"{tmp_path / 'own.py'}:Dog")().noise() == "wau"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("{folder}/missing.py:Dog", "missing.py is not there; check the path"),
        ("{folder}/own.py:Cow", "has no class Cow"),
        ("{folder}/own.py:", "has no class"),
        ("{folder}/own.py:legs", "expected a subclass of Beast, found 4"),
        ("liquid_control.errors:ConfigError", "expected a subclass of Beast"),
        ("no.such.module:Dog", "ModuleNotFoundError"),
        (":Dog", "cannot be imported"),
        ("{folder}/own.py:Unfinished", "Unfinished has to define noise"),
    ],
)
def test_an_own_name_that_is_no_usable_class_is_refused_with_its_reason(
    beasts, tmp_path, name, words
):
    assert words in refusal(beasts, name.format(folder=tmp_path))


# --- an installed package


def test_an_entry_point_of_an_installed_package_adds_a_name(tmp_path):
    """In another process, since Python reads what is installed once."""
    write(tmp_path / "zoo" / "__init__.py", INIT)
    write(tmp_path / "zoo" / "cat.py", CAT, "zoo")
    write(tmp_path / "menagerie.py", OWN, "zoo")
    info = tmp_path / "menagerie-1.0.dist-info"
    write(info / "METADATA", "Metadata-Version: 2.1\nName: menagerie\nVersion: 1.0\n")
    write(
        info / "entry_points.txt",
        """
        [zoo]
        dog = menagerie:Dog
        cat = menagerie:Dog
        ghost = no_such_package:Ghost
        """,
    )
    code = """
        from liquid_control.errors import ConfigError
        from zoo import BEASTS
        print(BEASTS.names(), BEASTS.get("dog")().noise(), BEASTS.get("cat")().noise())
        try:
            BEASTS.get("ghost")
        except ConfigError as error:
            print(error)
    """
    result = subprocess.run(
        [sys.executable, "-c", dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=tmp_path,
    )
    names, ghost = result.stdout.splitlines()
    assert names == "['cat', 'dog', 'ghost'] wau miau", "a file of the folder comes first"
    assert "no_such_package" in ghost
