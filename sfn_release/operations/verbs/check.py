"""check: the findings about workflows and files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from sfn_release.authoring.declaration import Declaration, StateMachineType
from sfn_release.checks.checker import check_draft
from sfn_release.checks.finding import Finding
from sfn_release.checks.silence import Silence, unsilenced
from sfn_release.errors import NotFoundError, SfnReleaseError
from sfn_release.operations.draft_reader import DraftReader, refuse_other_files
from sfn_release.operations.filled_findings import filled_findings
from sfn_release.operations.workflow_schemas import check_tree_schemas, tree_schema
from sfn_release.project import FILE_NAME, Project, find_project, read_project
from sfn_release.project.modules.acceptance import as_released, name_problem, problems
from sfn_release.project.modules.drafts import (
    Draft,
)
from sfn_release.project.modules.finding_lines import line_finder
from sfn_release.project.modules.single_file import is_file

Ask = Callable[[Declaration], tuple[Finding, ...]]
"""Asks an environment's Step Functions for its own findings about a workflow."""


@dataclass(frozen=True)
class CheckedFinding:
    """A finding about a *workflow*, with its place: *line* counts from 1, None if unknown.

    *file* is the path to show: below the project, or as you typed it. *path* is the path on this
    machine, None for standard input.
    """

    workflow: str
    finding: Finding
    file: str
    line: int | None = None
    path: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        finding = asdict(self.finding)
        del finding["wanted"]  # for other code; the message says it too
        return {
            "workflow": self.workflow,
            **finding,
            "file": self.file,
            "line": self.line,
        }


@dataclass(frozen=True)
class Checked:
    """The result of `check`. *silenced* counts the findings that releases.toml silences.

    *failures*: the error for each file that couldn't be read. *renamed* are the checked workflows
    that have a former name in releases.toml.
    """

    workflows: tuple[str, ...]
    findings: tuple[CheckedFinding, ...]
    silenced: int
    failures: Mapping[str, SfnReleaseError] = field(default_factory=dict)
    renamed: frozenset[str] = frozenset()

    def count(self, severity: str) -> int:
        """Return the number of findings of a severity."""
        return sum(checked.finding.severity == severity for checked in self.findings)


def check(
    named: Sequence[str],
    directory: Path,
    *,
    stdin: Callable[[], bytes],
    environ: Mapping[str, str],
    ask: Ask | None = None,
) -> Checked:
    """Return the findings about the *named* workflows and files, or about all workflows.

    *named* are workflows, files (.json, .yaml, .py) and ``-`` for *stdin*. Files need no project.
    If *directory* is in a project, the project's silences apply to files too. *ask* makes Step
    Functions validate the definitions (`remote_validation`). Its findings are never silenced.

    Raises NotFoundError for an unknown name, ConfigError for an invalid releases.toml, and
    BuildError for a module that doesn't load. If you name several things, a file's error goes to
    the failures instead, so that you see the findings of the other files.
    """
    refuse_other_files(named, directory, environ)
    project = _project(directory, needed=not all(map(is_file, named)) or not named)
    reader = DraftReader(directory, project, stdin, environ)
    silences = project.silences if project else ()
    found: list[CheckedFinding] = []
    used: set[Silence] = set()
    silenced = 0
    names: list[str] = []
    owned: list[str] = []  # the project's
    for draft, released in reader.read(named):
        name = str(draft.declaration.name)
        names.append(name)
        owned += [name] if released else []
        findings = tuple(_findings(draft, released=released))
        if released and project is not None and _can_be_sent(draft):
            findings += filled_findings(draft.declaration, project, reader.workflow_names, findings)
        kept, covering = unsilenced(findings, silences, name)
        used |= covering
        silenced += len(findings) - len(kept)
        kept = _merged(kept, ask(draft.declaration)) if ask and _can_be_sent(draft) else kept
        line_of = line_finder(draft.text, draft.declaration.source) if kept else None
        for finding in kept:
            line = line_of(finding) if line_of else None
            found.append(CheckedFinding(name, finding, draft.declaration.source, line, draft.path))
    if project is not None:
        _check_schemas(project, named, owned, reader)
    found += _twins(names) if not named else ()
    found += [
        _unused(silence)
        for silence in silences
        if silence not in used and (not named or silence.workflow in names)
    ]
    renamed = frozenset(project.first_names if project else ()) & {*owned}
    return Checked(tuple(names), tuple(found), silenced, reader.failures, renamed)


def _check_schemas(
    project: Project, named: Sequence[str], workflows: Sequence[str], reader: DraftReader
) -> None:
    """Check the input schemas of workflows: all of the project, or the *named* ones.

    Raises ConfigError. If you name several things, the errors go to the failures.
    """
    if not named:
        check_tree_schemas(project, workflows)
    for workflow in workflows if named else ():
        try:
            tree_schema(project, workflow)
        except SfnReleaseError as error:
            if len(named) == 1:
                raise
            reader.failures[project.input_schemas[workflow].path] = error


def _project(directory: Path, *, needed: bool) -> Project | None:
    try:
        path = find_project(directory)
    except NotFoundError:
        if needed:
            raise
        return None
    return read_project(path)


def _findings(draft: Draft, *, released: bool) -> Iterator[Finding]:
    declaration = draft.declaration
    problem = name_problem(declaration.name) if released else None
    if problem:
        message = f"{declaration.name!r} can't be the name of a workflow. {problem}"
        yield Finding("settings", "error", "$", "", message, "Give it another name.")
    for text in problems(declaration):
        message = f"{text[:1].upper()}{text[1:]}"
        yield Finding("settings", "error", "$", "", message, "Correct the StateMachine.")
    for finding in check_draft(
        declaration.definition,
        draft.findings,
        type=declaration.type,
        logging=declaration.logging,
        services=True,
    ):
        yield as_released(finding) if released else finding


def _merged(ours: tuple[Finding, ...], theirs: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return our findings and AWS's, but AWS's errors only at places where we found no error."""
    known = {finding.path for finding in ours if finding.severity == "error"}
    return (*ours, *(their for their in theirs if their.rule != "aws" or their.path not in known))


def _can_be_sent(draft: Draft) -> bool:
    """Whether Step Functions can be asked about it: it has a definition and a type that exists."""
    declaration = draft.declaration
    given: Any = declaration.definition
    return (
        isinstance(given, Mapping)
        and bool(given)
        and declaration.type in get_args(StateMachineType)
    )


def _twins(names: Iterable[str]) -> Iterator[CheckedFinding]:
    for name, count in Counter(names).items():
        if count > 1:
            message = f"{count} workflows are named {name!r}."
            finding = Finding("settings", "error", "$", "", message, "Rename all but one.")
            yield CheckedFinding(name, finding, "")


def _unused(silence: Silence) -> CheckedFinding:
    finding = Finding(
        "unused-silence",
        "warning",
        "$",
        silence.state or "",
        f"The silence of {silence} matches no finding.",
        f"Remove it from {FILE_NAME}.",
    )
    return CheckedFinding(silence.workflow or "", finding, FILE_NAME)
