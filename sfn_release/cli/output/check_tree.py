"""Writes the results of `verify` and `env check` as a tree: OK, WARNING, REFUSED, or a problem."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from sfn_release.cli.output import terminal
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.errors import SfnReleaseError
    from sfn_release.operations.verification import Check


def write_checks(checks: Iterable[Check], done: str) -> None:
    """Write the checks below their subjects, and the number of problems."""
    found = list(checks)
    for subject, group in groupby(found, key=lambda check: check.subject):
        terminal.write(subject, style="bold")
        for check in group:
            if check.unknown:
                terminal.write_parts(
                    "  ", terminal.Styled("NOT CHECKED", "yellow"), f"  {check.text}"
                )
            elif check.refused:
                terminal.write_parts("  ", terminal.Styled("REFUSED", "yellow"), f"  {check.text}")
            elif check.warning:
                terminal.write_parts("  ", terminal.Styled("WARNING", "yellow"), f"  {check.text}")
            elif check.error is None:
                terminal.write_parts("  ", terminal.Styled("OK", "green"), f"  {check.text}")
            else:
                _write_problem(check.text, check.error)
    problems = sum(check.error is not None for check in found)
    refused = sum(check.refused for check in found)
    warnings = sum(check.warning for check in found)
    if problems:
        terminal.write(count(problems, "problem"), style="red")
    elif refused:
        times = "" if refused == 1 else f" to {refused} environments"
        terminal.write(f"{done}: publishing{times} would be refused today", style="yellow")
    elif warnings:
        terminal.write(f"{done}: {count(warnings, 'warning')}", style="yellow")
    else:
        terminal.write(f"{done}: all OK", style="green")


def _write_problem(text: str, error: SfnReleaseError) -> None:
    subject = "" if text.lower() in error.message.lower() else f"{text}: "
    terminal.write_parts("  ", terminal.Styled(error.code, "red"), f"  {subject}{error.message}")
    for line in [*error.why.split("\n"), *error.fix.split("\n")]:
        if line.strip():
            terminal.write(f"      {line.strip()}")
