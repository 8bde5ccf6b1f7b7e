"""Builds a project: workflow modules to declarations.

Modules run in a process of their own (`process`, `worker`, `imports`), where
they find no credentials and cannot mix with us; definition files are read here (`files`).
A work tree is built once, for looking at it. A commit is built twice, in surroundings that differ
in everything that must make no difference, because what is released has to be the same when
somebody builds that commit again.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfn_release import __version__
from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import digest, first_difference, keys_of
from sfn_release.checks.silence import Silence
from sfn_release.errors import BuildError, NonDeterministicError
from sfn_release.project.modules.acceptance import accept, content
from sfn_release.project.modules.entries import Entry, entries_of
from sfn_release.project.modules.files import (
    Sources,
    document_name,
    find_sources,
    read_document,
    refuse_submodules,
)
from sfn_release.project.modules.hiding import hidden
from sfn_release.project.modules.process import FIRST, SECOND, Job, Running, Surroundings

TIMEOUT = 120.0  # seconds that all modules together may take to load
_SHOWN = 200  # characters of a value in an error


@dataclass(frozen=True)
class Toolchain:
    """The versions that a build depends on: what to compare when a commit builds differently."""

    python: str
    sfn_release: str
    distributions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Build:
    """What a project declares, sorted by name; *output* is what its modules printed.

    *warnings* is how many findings about the definitions are no errors and are not silenced.
    """

    declarations: tuple[Declaration, ...]
    toolchain: Toolchain
    output: str = field(default="", compare=False)
    warnings: int = field(default=0, compare=False)

    @property
    def digest(self) -> str:
        """The release digest: over the workflows' names and digests."""
        return digest({one.name: one.digest for one in self.declarations})


def build(
    root: Path,
    workflows: str,
    *,
    work_tree: Path | None = None,
    python: str | None = None,
    environ: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    silences: Sequence[Silence] = (),
) -> Build:
    """Return what the folder *workflows* below *root* declares, as it lies there.

    *work_tree* is the folder that imports may not lead into, other than *root* and its ``src``;
    by default *root*. *environ* gives ``PATH`` and the like, nothing else is taken from it.
    *timeout* is in seconds. What *silences* cover is no reason to refuse a definition.

    Raises NotFoundError without that folder, BuildError for modules that do not load and
    DefinitionError for definitions that Step Functions would refuse.
    """
    with ExitStack() as stack:
        stack.enter_context(hidden())
        options = _Options(workflows, work_tree or root, python, environ, timeout)
        return _checked(_start(stack, root, FIRST, options).result(), silences)


def build_commit(
    export: Callable[[Sequence[Path]], Sequence[str]],
    workflows: str,
    *,
    work_tree: Path | None = None,
    python: str | None = None,
    environ: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    silences: Sequence[Silence] = (),
) -> Build:
    """Return what a commit's project declares.

    *export* writes the project's files into each of the folders that it gets, which don't exist
    yet, and returns the paths of submodules. The project is built twice at once, in different
    folders, with different hash seeds, time zones and users. *work_tree* is the repository's, into
    which imports may not lead back. The other arguments and errors are those of `build`.

    Raises NonDeterministicError, with the first difference, when the two builds differ.
    """
    with ExitStack() as stack:
        stack.enter_context(hidden())
        places = ((FIRST, "project"), (SECOND, "some/other/place"))
        roots = [_temporary(stack) / below for _, below in places]
        refuse_submodules(export(roots), workflows)
        runs = []
        for (surroundings, _), root in zip(places, roots, strict=True):
            options = _Options(workflows, work_tree or root, python, environ, timeout)
            runs.append(_start(stack, root, surroundings, options))
        first = runs[0].result()
        try:
            second = runs[1].result()
        except BuildError as error:
            raise NonDeterministicError(
                f"This commit builds once and not a second time: {error.message}",
                why=error.why,
                fix=_ADVICE,
            ) from error
    _require_equal(first, second)
    return _checked(first, silences)


@dataclass(frozen=True)
class _Options:
    workflows: str
    work_tree: Path
    python: str | None
    environ: Mapping[str, str] | None
    timeout: float


@dataclass(frozen=True)
class _Declared:
    """What one build gave, unchecked."""

    entries: tuple[Entry, ...]
    toolchain: Toolchain
    output: str


class _Run:
    """A build under way, of modules and definition files."""

    def __init__(self, root: Path, sources: Sources, running: Running | None) -> None:
        self._root = root
        self._sources = sources
        self._running = running

    def result(self) -> _Declared:
        """Wait for it and return what was declared, unchecked."""
        result = self._running.result() if self._running else {}
        entries = [*entries_of(result)]
        for file in self._sources.documents:
            definition = read_document(self._root, file)
            entries.append(Entry(Declaration(document_name(file), definition, source=file)))
        told = result.get("toolchain", {})
        toolchain = Toolchain(
            python=told.get("python") or sys.version.partition(" ")[0],
            sfn_release=told.get("sfn_release") or __version__,
            distributions=told.get("distributions", {}),
        )
        output = self._running.output if self._running else ""
        return _Declared(tuple(entries), toolchain, output)


def _start(stack: ExitStack, root: Path, surroundings: Surroundings, options: _Options) -> _Run:
    sources = find_sources(root, options.workflows)
    running = None
    if sources.modules:
        job = Job(
            root=root,
            work_tree=options.work_tree,
            workflows=options.workflows,
            modules=sources.modules,
            scratch=_temporary(stack),
            surroundings=surroundings,
            python=options.python or sys.executable,
            environ=options.environ or {},
            timeout=options.timeout,
        )
        running = stack.enter_context(Running(job))
    return _Run(root, sources, running)


def _temporary(stack: ExitStack) -> Path:
    folder = tempfile.TemporaryDirectory(prefix="sfn-release-", ignore_cleanup_errors=True)
    return Path(stack.enter_context(folder)).resolve()


def _checked(declared: _Declared, silences: Sequence[Silence]) -> Build:
    declarations, warnings = accept(declared.entries, silences)
    return Build(declarations, declared.toolchain, declared.output, warnings)


def _require_equal(first: _Declared, second: _Declared) -> None:
    one = {entry.declaration.name: entry.declaration for entry in first.entries}
    other = {entry.declaration.name: entry.declaration for entry in second.entries}
    for name in sorted(one.keys() ^ other.keys(), key=str):  # not accepted yet: any type
        raise NonDeterministicError(
            f"The workflow {name!r} is there in one build of this commit and not in another.",
            why=f"It comes from {(one.get(name) or other[name]).source}.",
            fix=_ADVICE,
        )
    for name, declaration in one.items():
        left, right = content(declaration), content(other[name])
        path = first_difference(left, right)
        if path:
            shown = path.removeprefix("$.definition")
            raise NonDeterministicError(
                f"The workflow {name!r} of {declaration.source} comes out differently each time.",
                why=f"at {'$' + shown if shown != path else path.removeprefix('$.')}\n"
                f"  once:  {_at(left, path)}\n  again: {_at(right, path)}",
                fix=_ADVICE,
            )


_ADVICE = (
    "Take out what changes from run to run: the time, random numbers, the order of a set, names of"
    " users, hosts and folders."
)


def _at(value: Any, path: str) -> str:
    """Return the value at a JSON *path* that `first_difference` gave, as short JSON."""
    for key in keys_of(path):
        try:
            value = value[key]
        except (KeyError, IndexError):
            return "(nothing)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
