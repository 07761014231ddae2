"""The command line, called in this process."""

from __future__ import annotations

import sys

import pytest

from liquid_control.cli.main import main


@pytest.fixture
def command(monkeypatch, capsys):
    """``command(*arguments)``: run ``liquid-control``; return exit code, output and errors."""

    def run(*arguments):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["liquid-control", *map(str, arguments)])
            code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
