"""Pages that people read in need name every word, and what they link to is there."""

import re
from pathlib import Path

import pytest
import yaml

from liquid_control.safety.faults import FAULTS

ROOT = Path(__file__).parents[2]
PAGES = ["docs/troubleshooting.md", "docs/security.md", "docs/faults.md", "QUALITY_DECLARATION.md"]


def test_troubleshooting_names_every_fault():
    page = (ROOT / "docs/troubleshooting.md").read_text()
    assert [fault.value for fault in FAULTS if f"`{fault.value}`" not in page] == []


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_links_to_is_there(name):
    page = ROOT / name
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert links and [link for link in links if not (page.parent / link).exists()] == []


def test_the_workflow_tests_every_distribution_that_is_promised():
    jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())["jobs"]
    matrix = jobs["ros"]["strategy"]["matrix"]["distro"]
    assert matrix == ["humble", "jazzy", "kilted", "lyrical"]
    assert "make test" in [step.get("run") for step in jobs["all"]["steps"]]
