"""The `liquid-control` command: its files' functions are its commands."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules

import typer

from .. import cli
from ..errors import LiquidControlError

BESIDE = ("main", "console", "extras")
"""Modules of the folder that are no commands."""


def make_app() -> typer.Typer:
    """Return the command line: a module's function or group of its own name is its command.

    A trailing underscore is left out of the name, for words that Python keeps for itself.
    """
    app = typer.Typer(
        help="Fly, train, evaluate, verify and look into compact liquid policies.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for module in iter_modules(cli.__path__):
        if module.name in BESIDE:
            continue
        entry = getattr(import_module(f"{cli.__name__}.{module.name}"), module.name)
        name = module.name.removesuffix("_")
        if isinstance(entry, typer.Typer):
            app.add_typer(entry, name=name)
        else:
            app.command(name)(entry)
    return app


def main() -> int:
    """Run the command line; a user's mistake is one line on standard error."""
    try:
        code = make_app()(prog_name="liquid-control", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except LiquidControlError as error:
        return _fail(str(error), 1)
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except Exception as error:
        if not hasattr(error, "format_message"):  # what the command line parser raises has it
            raise
        context = getattr(error, "ctx", None)
        hint = f"; see {context.command_path} --help" if context else ""
        return _fail(error.format_message().rstrip(".") + hint, 2)


def _fail(text: str, code: int) -> int:
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
