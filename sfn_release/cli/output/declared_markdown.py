"""Writes the results of declared tests as Markdown, for the summary of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfn_release.cli.output.markdown import code, table

if TYPE_CHECKING:
    from sfn_release.testing.declared.declared_report import DeclaredReport


def declared_tests_markdown(report: DeclaredReport) -> str:
    """Return the counts, and a table of the tests that failed or can't be read."""
    rows = [
        (code(result.test.workflow), code(result.test.name), code(_first(result.difference)))
        for result in report.results
        if result.status == "failed"
    ]
    rows += [
        (code(unread.file), "", code(_first(unread.error.message))) for unread in report.unread
    ]
    lines = [f"### Tests of workflows: {report.passed} passed, {report.failed} failed"]
    if rows:
        lines += ["", *table(("Workflow", "Test", "Difference"), rows)]
    return "\n".join(lines)


def _first(text: str | None) -> str:
    return " ".join((text or "").partition("\n")[0].split())
