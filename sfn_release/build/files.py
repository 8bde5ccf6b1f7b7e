"""Finds what a workflows folder holds: modules and definition files.

Modules are all ``*.py`` files of the folder and of its subfolders, definition files ``*.asl.json``
and ``*.asl.yaml``. Files and folders whose name begins with ``_`` or ``.`` are helpers and are
passed over; modules import them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sfn_release.asl.placeholders import quoted
from sfn_release.canonical import decoded, loads
from sfn_release.documents import load_yaml
from sfn_release.errors import BuildError, DefinitionError, NotFoundError

_JSON = ".asl.json"
_YAML = (".asl.yaml", ".asl.yml")
_PLAIN = (".json", ".yaml", ".yml")  # what such a file may also be called outside the folder


@dataclass(frozen=True)
class Module:
    """A workflow module: the name that it is imported by, its file relative to the root."""

    name: str
    file: str


@dataclass(frozen=True)
class Sources:
    """What a workflows folder holds, in the order of the paths, which are relative to the root."""

    modules: tuple[Module, ...]
    documents: tuple[str, ...]


def find_sources(root: Path, workflows: str) -> Sources:
    """Return what the folder *workflows* below *root* holds.

    Raises NotFoundError without that folder and BuildError when it holds nothing to release or a
    file that cannot be imported by its name.
    """
    if not (root / workflows).is_dir():
        raise NotFoundError(
            f"There is no folder {workflows!r} with workflow modules.",
            fix="Make it (`sfn-release init` does), or set `workflows` in releases.toml.",
        )
    files = sorted(_files(root, workflows))
    modules = tuple(Module(module_name(file), file) for file in files if file.endswith(".py"))
    documents = tuple(file for file in files if file.endswith((_JSON, *_YAML)))
    if not modules and not documents:
        raise BuildError(
            f"The folder {workflows!r} holds no workflow.",
            why="A workflow is a Python module, or a file *.asl.json or *.asl.yaml; names that"
            " begin with _ are helpers.",
            fix="`sfn-release init` makes a first one.",
        )
    return Sources(modules, documents)


def document_name(file: str) -> str:
    """Return the workflow's name that a definition file carries: its own, without the suffix."""
    name = PurePosixPath(file).name
    for suffix in (_JSON, *_YAML, *_PLAIN):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def read_document(root: Path, file: str) -> dict[str, Any]:
    """Return the definition in the file *file* below *root*.

    YAML needs the extra ``yaml``. Raises DefinitionError for what is not an object.
    """
    try:
        content = (root / file).read_bytes()
    except OSError as error:
        raise BuildError(f"{file} cannot be read: {error.strerror}.") from error
    return parse_document(content, file)


def parse_document(content: bytes, file: str) -> dict[str, Any]:
    """Return the definition that *content* is: YAML where *file* ends like that, else JSON.

    Raises DefinitionError for what is not an object, and names *file*.
    """
    try:
        yaml = file.endswith((".yaml", ".yml"))
        definition = load_yaml(content) if yaml else loads(quoted(decoded(content)))
    except DefinitionError as error:
        raise DefinitionError(f"{file}: {error.message}", why=error.why, fix=error.fix) from error
    if not isinstance(definition, dict):
        raise DefinitionError(
            f"{file} is not a definition in the Amazon States Language.",
            why='It must be an object with "StartAt" and "States".',
        )
    return definition


def _files(root: Path, workflows: str) -> Iterator[str]:
    for folder, folders, names in os.walk(root / workflows):
        folders[:] = [name for name in folders if not name.startswith(("_", "."))]
        for name in names:
            if not name.startswith(("_", ".")):
                yield (Path(folder) / name).relative_to(root).as_posix()


def module_name(file: str) -> str:
    """Return the name that *file*, relative to the root, is imported by: from there or ``src``.

    Raises BuildError for one that cannot be imported by its name.
    """
    parts = file.removesuffix(".py").split("/")
    if parts[0] == "src" and len(parts) > 2:  # noqa: PLR2004 - src, folder, module
        parts = parts[1:]  # src is on the path itself
    for part in parts:
        if "." in part:
            raise BuildError(
                f"{file} cannot be imported: {part!r} holds a dot.",
                fix="Rename it, or begin its name with _ if it is not a workflow.",
            )
    if parts[0] in sys.stdlib_module_names and len(parts) > 1:
        raise BuildError(
            f"{file} cannot be imported: {parts[0]!r} is a module of Python itself.",
            fix="Give the folder another name, and set `workflows` in releases.toml.",
        )
    return ".".join(parts)
