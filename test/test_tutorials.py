"""Every tutorial word for word: its files are written, its commands run, its output is compared.

A fenced block of a tutorial says by its first words what becomes of it:

    yaml, python or xml NAME   the file NAME in an empty folder
    bash                       is run in that folder; it must succeed
    bash elsewhere             needs a robot or hours, and is not run
    text                       what the commands before it print; ``...`` stands for anything
"""

from __future__ import annotations

import doctest
import os
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

DOCS = Path(__file__).parents[1] / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
TIMEOUT_S = 400
NEEDS = {"own_robot": "rclpy", "own_data": "rclpy"}


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_does_what_it_says(tutorial, tmp_path):
    if tutorial.stem in NEEDS:
        pytest.importorskip(NEEDS[tutorial.stem])
    folder, printed = tmp_path / "work", ""
    folder.mkdir()
    for words, block, line in blocks(tutorial):
        where = f"{tutorial.name}, line {line}"
        match words:
            case ["yaml" | "python" | "xml", name]:
                (folder / name).write_text(block)
            case ["bash"]:
                printed = run(block, folder, tmp_path, where)
            case ["text"]:
                assert says(printed, block), f"{where}: expected\n{block}\nfound\n{printed}"
            case ["bash", "elsewhere"]:
                pass
            case _:
                pytest.fail(f"{where}: nobody runs a block of {' '.join(words) or 'no kind'}")


def test_every_tutorial_is_linked_from_the_readme():
    readme = (DOCS.parent / "README.md").read_text()
    assert TUTORIALS
    assert [path.name for path in TUTORIALS if f"docs/tutorials/{path.name}" not in readme] == []


def test_the_example_of_the_readme_runs(tmp_path):
    examples = [block for words, block, _ in blocks(DOCS.parent / "README.md") if words]
    assert examples
    for i, example in enumerate(examples):
        (tmp_path / f"example_{i}.py").write_text(example)
        run(f"python example_{i}.py", tmp_path, tmp_path, f"README.md, example {i}")


PAGES = [DOCS.parent / name for name in ("README.md", "CONTRIBUTING.md", "QUALITY_DECLARATION.md")]


@pytest.mark.parametrize("page", [*PAGES, *sorted(DOCS.rglob("*.md"))], ids=lambda page: page.stem)
def test_every_link_of_a_page_leads_to_a_file(page):
    inline = [t for t in MarkdownIt().parse(page.read_text()) if t.type == "inline"]
    links = [part.attrs for t in inline for part in t.children or []]
    places = [str(a.get("href") or a.get("src")) for a in links if "href" in a or "src" in a]
    files = [p.partition("#")[0] for p in places if not p.startswith(("http", "#"))]
    assert [file for file in files if not (page.parent / file).exists()] == []


def blocks(tutorial: Path) -> list[tuple[list[str], str, int]]:
    """Return the fenced blocks of a page: words of the first line, content, line number."""
    tokens = MarkdownIt().parse(tutorial.read_text())
    return [(t.info.split(), t.content, t.map[0] + 1) for t in tokens if t.type == "fence"]


def run(commands: str, folder: Path, home: Path, where: str) -> str:
    """Run commands as a person would, and return what they print."""
    found = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{found}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "COLUMNS": "100",
            "ROS_DOMAIN_ID": str(101 + os.getpid() % 100),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"{where}: exit code {done.returncode}\n{done.stdout}"
    return done.stdout


def says(printed: str, wanted: str) -> bool:
    """Return whether the wanted lines stand somewhere in what was printed, in order."""
    words = " ".join(f"... {wanted} ...".split()).replace(" ...", "...").replace("... ", "...")
    found = " ".join(printed.split())
    return doctest.OutputChecker().check_output(words, found, doctest.ELLIPSIS)
