"""Finds the modules and definition files in a workflows folder.

Modules are all ``*.py`` files of the folder and of its subfolders, definition files ``*.asl.json``
and ``*.asl.yaml``. Files and folders whose name begins with ``_`` or ``.`` are skipped: they are
helpers, which modules import.

A release consists of the files of a commit, so the folder can have plain files only. A link leads
elsewhere; a submodule and a file of Git LFS aren't in the commit.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sfn_release.asl.placeholders import quoted
from sfn_release.canonical import decoded, loads
from sfn_release.errors import BuildError, DefinitionError, NotFoundError
from sfn_release.project.modules.foreign_templates import refuse_template

_LFS = b"version https://git-lfs.github.com/spec/"
_LFS_LONGEST = 1024  # bytes of a pointer, by the specification of Git LFS
_JSON = ".asl.json"
_YAML = (".asl.yaml", ".asl.yml")
_PLAIN = (".json", ".yaml", ".yml")  # also allowed outside the folder


@dataclass(frozen=True)
class Module:
    """A workflow module: the name that it is imported by, its file relative to the root."""

    name: str
    file: str


@dataclass(frozen=True)
class WorkflowFiles:
    """The files of a workflows folder, sorted by path; paths are relative to the root."""

    modules: tuple[Module, ...]
    documents: tuple[str, ...]


def find_workflow_files(root: Path, workflows: str) -> WorkflowFiles:
    """Return the workflow files of the folder *workflows* below *root*.

    Raises NotFoundError without that folder, and BuildError if it has no workflow, or a file that
    can't be imported by its name.
    """
    _refuse_links(root, workflows)
    if not (root / workflows).is_dir():
        raise NotFoundError(
            f"There is no folder {workflows!r} with workflow modules.",
            fix="Create it (`sfn-release init` does), or set `workflows` in releases.toml.",
        )
    files = sorted(_files(root, workflows))  # every file is checked before the first is read
    modules = tuple(Module(module_name(file), file) for file in files if file.endswith(".py"))
    documents = tuple(file for file in files if file.endswith((_JSON, *_YAML)))
    if not modules and not documents:
        raise BuildError(
            f"The folder {workflows!r} contains no workflow.",
            why="A workflow is a Python module, or a file *.asl.json or *.asl.yaml; names that"
            " begin with _ are helpers.",
            fix="`sfn-release init` creates a first one.",
        )
    return WorkflowFiles(modules, documents)


def source_named(root: Path, workflows: str, file: Path) -> str | None:
    """Return the path of *file* below *root* if it is a workflow file of the folder, else None."""
    folder = (root / workflows).resolve()
    whole = file.resolve()
    if not whole.is_relative_to(folder):
        return None
    inside = whole.relative_to(folder)
    helper = any(part.startswith(("_", ".")) for part in inside.parts)
    return None if helper else (PurePosixPath(workflows) / inside.as_posix()).as_posix()


def document_name(file: str) -> str:
    """Return the workflow's name: the name of the definition file, without the suffix."""
    name = PurePosixPath(file).name
    for suffix in (_JSON, *_YAML, *_PLAIN):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def read_document(root: Path, file: str) -> dict[str, Any]:
    """Return the definition in the file *file* below *root*.

    YAML needs the extra ``yaml``. Raises DefinitionError for a value that isn't an object.
    """
    try:
        content = (root / file).read_bytes()
    except OSError as error:
        raise BuildError(f"{file} can't be read: {error.strerror}.") from error
    return parse_document(content, file)


def parse_document(content: bytes, file: str) -> dict[str, Any]:
    """Return the definition in *content*: YAML if the name *file* ends so, else JSON.

    JSON may be a string with the definition inside, as ``aws stepfunctions describe-state-machine
    --query definition`` prints it.

    Raises DefinitionError for a value that isn't an object; the error names *file*.
    """
    try:
        return definition_in(content, yaml=file.endswith((".yaml", ".yml")))
    except DefinitionError as error:
        raise DefinitionError(f"{file}: {error.message}", why=error.why, fix=error.fix) from error


def definition_in(content: bytes, *, yaml: bool) -> dict[str, Any]:
    """Return the definition in *content*, as `parse_document`; errors don't name a file."""
    if yaml:
        from sfn_release.authoring.yaml_documents import load_yaml

        try:
            definition = load_yaml(content)
        except DefinitionError:
            refuse_template(content, None)
            raise
    else:
        definition = loads(quoted(decoded(content)))
    if isinstance(definition, str) and not yaml:  # as the AWS CLI prints --query definition
        definition = loads(quoted(definition))
    if not isinstance(definition, dict):
        raise DefinitionError(
            "This is not a definition in the Amazon States Language.",
            why='It must be an object with "StartAt" and "States".',
        )
    refuse_template(content, definition)
    return definition


def _files(root: Path, workflows: str) -> Iterator[str]:
    """Yield the files of the folder that aren't helpers, and check that all are plain files."""
    for folder, folders, names in os.walk(root / workflows):
        here = Path(folder)
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        inside = here.relative_to(root)
        for name in (*folders, *names):
            if not name.startswith("."):
                _refuse_special(here / name, inside / name)
        helpers = any(part.startswith("_") for part in here.relative_to(root / workflows).parts)
        for name in names:
            if not name.startswith(("_", ".")) and not helpers:
                yield (inside / name).as_posix()


def _refuse_links(root: Path, workflows: str) -> None:
    """Raise BuildError when the folder itself, or one above it in the project, is a link."""
    place = PurePosixPath(workflows)
    for part in (*reversed(place.parents), place):
        if part != PurePosixPath() and (root / part).is_symlink():
            raise _special(part.as_posix(), "a symbolic link")


def _refuse_special(path: Path, inside: Path) -> None:
    """Raise BuildError for anything that isn't a plain file or folder of the commit."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise _special(inside.as_posix(), "a symbolic link")
        if stat.S_ISDIR(status.st_mode):
            if (path / ".git").exists():
                raise _special(inside.as_posix(), "a submodule")
            return
        if not stat.S_ISREG(status.st_mode):
            raise _special(inside.as_posix(), "not a regular file")
        if status.st_size < _LFS_LONGEST:
            with path.open("rb") as file:
                if file.read(len(_LFS)) == _LFS:
                    raise _special(inside.as_posix(), "a pointer of Git LFS")
    except OSError as error:
        raise BuildError(f"{inside.as_posix()} can't be read: {error.strerror}.") from error


def refuse_submodules(submodules: Iterable[str], workflows: str) -> None:
    """Raise BuildError when one of the *submodules* of a commit is in the folder, or holds it."""
    for path in sorted(submodules):
        if f"{path}/".startswith(f"{workflows}/") or f"{workflows}/".startswith(f"{path}/"):
            raise _special(path, "a submodule")


def _special(path: str, kind: str) -> BuildError:
    return BuildError(
        f"{path} is {kind}, which can't be released.",
        why="A release is built from the files of one commit, byte for byte.",
        fix="Commit the file itself in its place, or move it out of the workflows folder.",
    )


def module_name(file: str) -> str:
    """Return the name that *file*, relative to the root, is imported by: from there or ``src``.

    Raises BuildError if that isn't possible.
    """
    parts = file.removesuffix(".py").split("/")
    if parts[0] == "src" and len(parts) > 2:  # noqa: PLR2004 - src, folder, module
        parts = parts[1:]  # src is on the path itself
    for part in parts:
        if "." in part:
            raise BuildError(
                f"{file} can't be imported: {part!r} contains a dot.",
                fix="Rename it, or begin its name with _ if it is not a workflow.",
            )
    if parts[0] in sys.stdlib_module_names and len(parts) > 1:
        raise BuildError(
            f"{file} can't be imported: {parts[0]!r} is a module of Python itself.",
            fix="Give the folder another name, and set `workflows` in releases.toml.",
        )
    return ".".join(parts)
