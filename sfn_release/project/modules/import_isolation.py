"""Decides which modules workflow modules can import, in the process that loads them.

Imports nothing of sfn-release: `worker` loads it by its file.

- ``sys.path`` is the project's root, its ``src``, then Python's own folders and the installed
  packages. Entries and import hooks that lead into the work tree (editable installs of the
  project) are removed, so that a commit is built from committed files only.
- sfn-release itself: the root's own package comes first (our repository), then the installed one,
  or, if that is a removed editable install, the package that runs the build.
- Helpers: ``from workflows._common import x``, ``from ._common import x`` and plain
  ``import _common`` load the same module.
- We don't read the project's bytecode: it could be of other content with the same size and second.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import site
import sys
import sysconfig
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_BUILT_IN = ("BuiltinImporter", "FrozenImporter", "PathFinder")


class _FromSource(importlib.machinery.SourceFileLoader):
    """Loads the project's modules from their source, and keeps the order in which they ended."""

    loaded: list[types.ModuleType]

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        code: types.CodeType = self.source_to_code(self.get_data(path), path)
        return code

    def exec_module(self, module: types.ModuleType) -> None:
        super().exec_module(module)
        self.loaded.append(module)


class _Outside(importlib.abc.MetaPathFinder):
    """An import hook that doesn't find modules in the work tree."""

    def __init__(self, finder: Any, isolation: ImportIsolation) -> None:
        self._finder = finder
        self._isolation = isolation

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        spec = self._finder.find_spec(fullname, path, target)
        places = [] if spec is None else [spec.origin, *(spec.submodule_search_locations or ())]
        return None if any(self._isolation.leads_back(place) for place in places if place) else spec


class _Fallback(importlib.abc.MetaPathFinder):
    """Finds the sfn-release that runs the build, and no package beside it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:  # noqa: ARG002
        if fullname == "sfn_release":
            return importlib.machinery.PathFinder.find_spec(fullname, [self._folder], target)
        return None


class _Siblings(importlib.abc.MetaPathFinder):
    """Finds ``import _common`` as a module of the workflows folder's package."""

    def __init__(self, folder: str, package: str) -> None:
        self._folder = folder
        self._package = package

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:  # noqa: ARG002
        place = Path(self._folder, fullname)
        if path is None and (Path(f"{place}.py").is_file() or place.is_dir()):
            return importlib.util.spec_from_loader(fullname, _Alias(f"{self._package}.{fullname}"))
        return None


class _Alias(importlib.abc.Loader):
    """Loads a module that is loaded already, under another name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: Any) -> types.ModuleType:  # noqa: ARG002
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        module.__spec__ = self._spec  # the import system has put the alias's there


class ImportIsolation:
    """The import rules of a build, for the project's *root* and its *work_tree*."""

    def __init__(self, root: str, work_tree: str) -> None:
        self.root = root
        self.work_tree = os.path.realpath(work_tree)
        own = [sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib")]
        packages = [sysconfig.get_paths()[name] for name in ("purelib", "platlib")]
        places = [*own, *packages, *site.getsitepackages()]
        self._python = tuple(os.path.realpath(place) + os.sep for place in places)

    def of_python(self, place: str) -> bool:
        """Return whether *place* belongs to Python or to the installed packages."""
        return (os.path.realpath(place) + os.sep).startswith(self._python)

    def of_project(self, place: str) -> bool:
        """Return whether *place* is in the folder that is being built."""
        return _within(place, self.root) and not self.of_python(place)

    def leads_back(self, place: str) -> bool:
        """Return whether *place* is in the work tree: a virtual environment there is not."""
        return _within(place, self.work_tree) and not self.of_python(place)

    def isolate(self, folder: str, package: str, fallback: str) -> list[types.ModuleType]:
        """Set up imports; return the list that takes the project's modules as they are loaded."""
        loader = type("_Loader", (_FromSource,), {"loaded": []})
        details = (
            (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
            (loader, importlib.machinery.SOURCE_SUFFIXES),
        )

        def from_source(path: str) -> importlib.machinery.FileFinder:
            if not Path(path).is_dir() or not self.of_project(path):
                raise ImportError
            return importlib.machinery.FileFinder(path, *details)

        sys.path_hooks.insert(0, from_source)
        sys.path_importer_cache.clear()
        rest = [entry for entry in sys.path if not self.leads_back(entry)]
        sys.path[:] = [*map(str, self._own_path()), *rest]
        sys.meta_path[:] = [
            *(finder if _is_plain(finder) else _Outside(finder, self) for finder in sys.meta_path),
            _Fallback(fallback),
            _Siblings(folder, package),
        ]
        return loader.loaded  # type: ignore[attr-defined,no-any-return]

    def open_package(self, package: str) -> None:
        """Make *package* importable, folder by folder, whatever installed one has its name."""
        path = self._own_path()
        name = ""
        for part in package.split("."):
            name = f"{name}.{part}" if name else part
            path = [entry / part for entry in path if (entry / part).is_dir()]
            if name not in sys.modules:
                if any((entry / "__init__.py").is_file() for entry in path):
                    importlib.import_module(name)
                else:
                    sys.modules[name] = _namespace(name, [str(entry) for entry in path])
            path = [Path(entry) for entry in sys.modules[name].__path__]

    def distributions(self, imported: Iterable[str]) -> dict[str, str]:
        """Return the version of each installed distribution that the modules *imported* are of."""
        names = {name.partition(".")[0] for name in imported} - set(sys.stdlib_module_names)
        installed = set()
        for name in names - {"sfn_release"}:
            places = getattr(sys.modules.get(name), "__path__", None) or [
                getattr(sys.modules.get(name), "__file__", None)
            ]
            if any(isinstance(place, str) and not self.of_project(place) for place in places):
                installed.add(name)
        return _versions(installed) if installed else {}

    def _own_path(self) -> list[Path]:
        own = (Path(self.root), Path(self.root, "src"))
        return [entry for entry in own if entry.is_dir()]


def _namespace(name: str, path: list[str]) -> types.ModuleType:
    """Return a package without ``__init__.py``."""
    spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = path
    return importlib.util.module_from_spec(spec)


def _is_plain(finder: Any) -> bool:
    """Return whether it is one of Python's own, which obey ``sys.path``."""
    return getattr(finder, "__name__", "") in _BUILT_IN or not hasattr(finder, "find_spec")


def _within(place: str, folder: str) -> bool:
    return (os.path.realpath(place) + os.sep).startswith(folder + os.sep)


def _versions(modules: Iterable[str]) -> dict[str, str]:
    """Return the version of each distribution that holds one of the top-level *modules*."""
    from importlib import metadata

    found = {}
    others = set()
    for name in modules:
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            others.add(name)
            continue
        if any(file.parts[0] in {name, f"{name}.py"} for file in distribution.files or ()):
            found[distribution.name] = distribution.version
        else:
            others.add(name)
    # Asking every installed distribution takes 0.1 seconds. Most have the name of their module.
    owners = metadata.packages_distributions() if others else {}
    found |= {owner: metadata.version(owner) for name in others for owner in owners.get(name, ())}
    return dict(sorted(found.items()))
