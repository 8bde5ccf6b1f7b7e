"""Builds a project: loads its workflow modules and reads its definition files.

A work tree is built once, because you only look at it. A commit is built twice, under conditions
that differ in everything that a build must not depend on: a release has to come out the same when
you build its commit again.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_release import __version__
from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import digest
from sfn_release.errors import BuildError, DefinitionError
from sfn_release.project.modules.build_process import (
    FIRST,
    SECOND,
    TIMEOUT,
    BuildConditions,
    BuildJob,
    BuildProcess,
)
from sfn_release.project.modules.declared_workflows import DeclaredWorkflow, declared_workflows
from sfn_release.project.modules.hidden_environment import hidden_environment
from sfn_release.project.modules.reproducibility import builds_once, require_equal
from sfn_release.project.modules.workflow_files import (
    WorkflowFiles,
    document_name,
    find_workflow_files,
    read_document,
    refuse_submodules,
)

if TYPE_CHECKING:
    from sfn_release.checks.silence import Silence


@dataclass(frozen=True)
class Toolchain:
    """The versions that a build depends on: compare them when a commit builds differently."""

    python: str
    sfn_release: str
    distributions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Build:
    """The workflows that a project declares, sorted by name.

    *output* is the text that its modules printed. *warnings* counts the findings about its
    definitions that are neither errors nor silenced.
    """

    declarations: tuple[Declaration, ...]
    toolchain: Toolchain
    output: str = field(default="", compare=False)
    warnings: int = field(default=0, compare=False)

    @property
    def digest(self) -> str:
        """The release digest: over the workflows' names and digests."""
        return digest({workflow.name: workflow.digest for workflow in self.declarations})


def build(
    root: Path,
    workflows: str,
    *,
    work_tree: Path | None = None,
    python: str | None = None,
    environ: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    silences: Sequence[Silence] = (),
    refused: dict[str, DefinitionError] | None = None,
) -> Build:
    """Build the folder *workflows* below *root* as it is now.

    Modules can't import from *work_tree* (default: *root*), except from *root* and its ``src``.
    ``PATH`` and a few similar variables come from *environ*. *timeout* is in seconds. Findings that
    *silences* cover don't stop the build. With *refused*, the error of a faulty definition goes
    there by its workflow's name, and the others are built.

    Raises NotFoundError without that folder, BuildError for a module that doesn't load, and
    DefinitionError for a definition that Step Functions would refuse.
    """
    with ExitStack() as stack:
        stack.enter_context(hidden_environment())
        options = _Options(workflows, work_tree, python, environ, timeout)
        result = _start(stack, root, FIRST, options).result(refused)
        return _accepted(result, silences, refused)


def build_commit(
    export: Callable[[Sequence[Path]], Sequence[str]],
    workflows: str,
    *,
    work_tree: Path | None = None,
    python: str | None = None,
    environ: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    silences: Sequence[Silence] = (),
    meanwhile: Callable[[], None] = lambda: None,
) -> Build:
    """Build the project of a commit, twice at once, and compare the two builds.

    *export* writes the project's files into each of the folders that it gets, which don't exist
    yet, and returns the paths of submodules. The builds run in different folders, with different
    hash seeds, time zones and users. *work_tree* is the repository's: modules can't import from it.
    *meanwhile* is called when both are running. The other arguments and errors are those of
    `build`.

    Raises NonDeterministicError, with the first difference, when the two builds differ.
    """
    options = _Options(workflows, work_tree, python, environ, timeout)
    return _accepted(_built_twice(export, options, meanwhile), silences)


def rebuild_commit(
    export: Callable[[Sequence[Path]], Sequence[str]],
    workflows: str,
    *,
    work_tree: Path | None = None,
    python: str | None = None,
    environ: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Build:
    """Build the project of a released commit again, as `build_commit` does, without the checks.

    A release passed the checks of its day. Later versions of sfn-release have more of them, and
    they must not keep an old release from being compared.
    """
    options = _Options(workflows, work_tree, python, environ, timeout)
    result = _built_twice(export, options, lambda: None)
    declarations = [workflow.declaration for workflow in result.workflows]
    declarations.sort(key=lambda declaration: str(declaration.name))
    return Build(tuple(declarations), result.toolchain, result.output)


def _built_twice(
    export: Callable[[Sequence[Path]], Sequence[str]],
    options: _Options,
    meanwhile: Callable[[], None],
) -> _BuildResult:
    """Build a commit twice at once, under different conditions; return the first of two equals."""
    with ExitStack() as stack:
        stack.enter_context(hidden_environment())
        places = ((FIRST, "project"), (SECOND, "some/other/place"))
        roots = [_temporary(stack) / folder for _, folder in places]
        refuse_submodules(export(roots), options.workflows)
        runs = [
            _start(stack, root, conditions, options)
            for (conditions, _), root in zip(places, roots, strict=True)
        ]
        meanwhile()
        first = runs[0].result()
        try:
            second = runs[1].result()
        except BuildError as error:
            raise builds_once(error) from error
    require_equal(
        [workflow.declaration for workflow in first.workflows],
        [workflow.declaration for workflow in second.workflows],
    )
    return first


@dataclass(frozen=True)
class _Options:
    workflows: str
    work_tree: Path | None
    python: str | None
    environ: Mapping[str, str] | None
    timeout: float


@dataclass(frozen=True)
class _BuildResult:
    """The result of one build, unchecked."""

    workflows: tuple[DeclaredWorkflow, ...]
    toolchain: Toolchain
    output: str


class _BuildRun:
    """A build in progress, of modules and definition files."""

    def __init__(self, root: Path, files: WorkflowFiles, process: BuildProcess | None) -> None:
        self._root = root
        self._files = files
        self._process = process

    def result(self, refused: dict[str, DefinitionError] | None = None) -> _BuildResult:
        """Wait for the end, and return the declared workflows, unchecked.

        With *refused*, the error of a file that can't be read goes there.
        """
        loaded = self._process.result() if self._process else {}
        workflows = [*declared_workflows(loaded)]
        for file in self._files.documents:
            try:
                definition = read_document(self._root, file)
            except DefinitionError as error:
                if refused is None:
                    raise
                refused[document_name(file)] = error
                continue
            declaration = Declaration(document_name(file), definition, source=file)
            workflows.append(DeclaredWorkflow(declaration))
        versions = loaded.get("toolchain", {})
        toolchain = Toolchain(
            python=versions.get("python") or sys.version.partition(" ")[0],
            sfn_release=versions.get("sfn_release") or __version__,
            distributions=versions.get("distributions", {}),
        )
        output = self._process.output if self._process else ""
        return _BuildResult(tuple(workflows), toolchain, output)


def _start(
    stack: ExitStack, root: Path, conditions: BuildConditions, options: _Options
) -> _BuildRun:
    files = find_workflow_files(root, options.workflows)
    process = None
    if files.modules:
        job = BuildJob(
            root=root,
            work_tree=options.work_tree or root,
            workflows=options.workflows,
            modules=files.modules,
            scratch=_temporary(stack),
            conditions=conditions,
            python=options.python or sys.executable,
            environ=options.environ or {},
            timeout=options.timeout,
        )
        process = stack.enter_context(BuildProcess(job))
    return _BuildRun(root, files, process)


def _temporary(stack: ExitStack) -> Path:
    folder = tempfile.TemporaryDirectory(prefix="sfn-release-", ignore_cleanup_errors=True)
    return Path(stack.enter_context(folder)).resolve()


def _accepted(
    result: _BuildResult,
    silences: Sequence[Silence],
    refused: dict[str, DefinitionError] | None = None,
) -> Build:
    # The checks take long to import: the processes of the build run meanwhile.
    from sfn_release.project.modules.acceptance import accept

    declarations, warnings = accept(result.workflows, silences, refused)
    return Build(declarations, result.toolchain, result.output, warnings)
