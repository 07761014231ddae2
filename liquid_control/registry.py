"""Names to classes: a registry is the files of a folder, and whoever adds a file adds a name.

A name is one of three things, in this order: ``path/to/file.py:Class`` (or
``package.module:Class``) for a class of one's own, a file of the folder, or an
entry point of an installed package.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import cache
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Generic, TypeVar

from .errors import ConfigError

T = TypeVar("T")


class Registry(Generic[T]):
    """The subclasses of ``base`` that stand in the modules of a package, one a module.

    Args:
        package: dotted name of the folder; modules that begin with ``_`` or stand in
            ``beside`` hold no entry.
        base: what every entry is a subclass of.
        what: the word for an entry in messages, such as "cell".
        beside: modules of the folder that are no entries.
    """

    def __init__(
        self, package: str, base: type[T], what: str, beside: tuple[str, ...] = ()
    ) -> None:
        self._package, self._base, self._what, self._beside = package, base, what, beside

    @property
    def group(self) -> str:
        """The entry point group by which an installed package adds names."""
        return self._package

    def names(self) -> list[str]:
        """Return every known name, sorted."""
        return sorted(self._files() | set(_installed(self.group)))

    def get(self, name: str) -> type[T]:
        """Return the class of a name.

        Raises:
            ConfigError: there is none, and the message lists what there is; or it cannot be
                imported, or is no class of the kind.
        """
        if ":" in name:
            return self._own(name)
        if name in self._files():
            return self._only(load_module(f"{self._package}.{name}", self._what), name)
        entry = _installed(self.group).get(name)
        if entry is not None:
            return self._own(f"{entry.module}:{entry.attr}")
        raise ConfigError(
            f"unknown {self._what} '{name}': expected one of {', '.join(self.names())}, "
            f"or path/to/file.py:Class for one of your own"
        )

    def _files(self) -> set[str]:
        folder = importlib.import_module(self._package)
        files = {m.name for m in iter_modules(folder.__path__) if m.name[0] != "_"}
        return files - set(self._beside)

    def _own(self, name: str) -> type[T]:
        place, _, attribute = name.rpartition(":")
        module = load_module(place, self._what)
        if not hasattr(module, attribute):
            raise ConfigError(f"{self._what} '{name}': {place} has no class {attribute}")
        return self._check(getattr(module, attribute), name)

    def _only(self, module: ModuleType, name: str) -> type[T]:
        found = [
            value
            for key, value in vars(module).items()
            if isinstance(value, type)
            and issubclass(value, self._base)
            and value.__module__ == module.__name__
            and key[0] != "_"
        ]
        if len(found) != 1:
            raise ConfigError(
                f"{self._what} '{name}': expected one public class in {module.__name__}, "
                f"found {len(found)}"
            )
        return self._check(found[0], name)

    def _check(self, found: object, name: str) -> type[T]:
        if not (isinstance(found, type) and issubclass(found, self._base)):
            raise ConfigError(
                f"{self._what} '{name}': expected a subclass of {self._base.__name__}, "
                f"found {found!r}"
            )
        missing = ", ".join(sorted(getattr(found, "__abstractmethods__", ())))
        if missing:
            raise ConfigError(f"{self._what} '{name}': {found.__name__} has to define {missing}")
        return found


@cache
def _installed(group: str) -> dict[str, EntryPoint]:
    """Return what installed packages add to a group, by name; looking takes milliseconds."""
    return {entry.name: entry for entry in entry_points(group=group)}


def load_module(place: str, what: str) -> ModuleType:
    """Return a module by its file or its dotted name; the same file is loaded once.

    Raises:
        ConfigError: it is not there, or importing it failed.
    """
    try:
        if not place.endswith(".py"):
            return importlib.import_module(place)
        path = Path(place).resolve()
        if not path.is_file():
            raise ConfigError(f"{what} file {place} is not there; check the path")
        name = f"_own_{path.stem}_{sha256(str(path).encode()).hexdigest()[:8]}"
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, path)
            assert spec is not None and spec.loader is not None
            module = sys.modules[name] = importlib.util.module_from_spec(spec)
            try:
                spec.loader.exec_module(module)
            except BaseException:
                del sys.modules[name]
                raise
        return sys.modules[name]
    except ConfigError:
        raise
    except (Exception, SystemExit) as error:  # whatever somebody's module raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ConfigError(f"{what} file {place} cannot be imported: {reason}") from None
