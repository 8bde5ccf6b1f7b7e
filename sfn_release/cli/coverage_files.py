"""The files of coverage: the data of the last test run, and reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_release.cli.files import make_folder, write_text
from sfn_release.cli.output.coverage_markdown import coverage_markdown
from sfn_release.cli.output.coverage_tables import coverage_members

if TYPE_CHECKING:
    from sfn_release.testing.coverage.coverage_report import WorkflowCoverage

SCHEMA = "sfn-release/coverage/1"


def write_json_report(path: Path, workflows: Sequence[WorkflowCoverage]) -> None:
    """Write a report as JSON, in the form of ``coverage --json``. Raises FileError."""
    members = {"schema": SCHEMA, **coverage_members(workflows)}
    _write(path, json.dumps(members, ensure_ascii=False, indent=2) + "\n")


def write_markdown_report(path: Path, workflows: Sequence[WorkflowCoverage]) -> None:
    """Write a report as Markdown. Raises FileError."""
    _write(path, coverage_markdown(workflows))


def _write(path: Path, text: str) -> None:
    make_folder(path.parent)
    write_text(path, text)
