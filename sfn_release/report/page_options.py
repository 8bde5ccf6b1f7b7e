"""Reads the executions, the coverage and the pairs of releases that a report is asked to show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from sfn_release.errors import FileError
from sfn_release.operations.execution_arns import is_execution, parse_execution_arn
from sfn_release.operations.verbs.explain import explain_execution, explain_file
from sfn_release.operations.workspace import Workspace
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.pages.execution_page import ReportedExecution
from sfn_release.report.views.compared_pairs import read_pair
from sfn_release.report.views.coverage_sources import CoveredWorkflow, read_coverage_text
from sfn_release.testing.histories.history_files import parse_history


@dataclass(frozen=True)
class PageOptions:
    """The wishes beside the ledger.

    *executions* are ARNs, links of the AWS console, or history files; *environment* is theirs, None
    to find it. Without *data*, no input or output is in the report. *coverage* are files, and
    *compare* pairs of releases, ``A..B``. Files are relative to *directory*.
    """

    directory: Path
    executions: Sequence[str] = ()
    coverage: Sequence[str] = ()
    compare: Sequence[str] = ()
    environment: str | None = None
    data: bool = True


def with_options(facts: ReportFacts, workspace: Workspace, options: PageOptions) -> ReportFacts:
    """Return *facts* with everything that *options* ask for.

    Raises FileError and UsageError for a file that can't be read or holds something else,
    NotFoundError for an unknown release or execution, and AccessError with the IAM action that you
    need to read an execution.
    """
    extra = {
        "executions": tuple(_executions(workspace, options)),
        "coverage": tuple(_coverage(options)),
        "compare": tuple(read_pair(pair, facts) for pair in options.compare),
    }
    return replace(facts, extra={**facts.extra, **extra})


def _executions(workspace: Workspace, options: PageOptions) -> Iterator[ReportedExecution]:
    for text in options.executions:
        if is_execution(text):
            name = parse_execution_arn(text).text.rpartition(":")[2]
            explained = explain_execution(workspace, text, environment=options.environment)
        else:
            file = parse_history(_read(options.directory / text), file=text)
            explained = explain_file(file, workspace=lambda: workspace)
            arn = explained.execution_arn
            name = arn.rpartition(":")[2] if arn else PurePath(text).stem
        yield ReportedExecution(name, explained, options.data)


def _coverage(options: PageOptions) -> Iterator[CoveredWorkflow]:
    for text in options.coverage:
        content = _read(options.directory / text)
        yield from read_coverage_text(content.decode("utf-8", "replace"), text)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"Can't read {path}: {error.strerror or error}.") from error
