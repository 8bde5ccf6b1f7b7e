"""The tree of what `verify` and `env check` looked at: OK, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from sfn_release.cli.output import terminal
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.verification import Check


def write_checks(checks: Iterable[Check], done: str) -> None:
    """Write the checks below what they are about, and how many problems there were."""
    found = list(checks)
    for subject, group in groupby(found, key=lambda one: one.subject):
        terminal.write(subject, style="bold")
        for one in group:
            if one.unknown:
                terminal.write_parts(
                    "  ", terminal.Styled("NOT CHECKED", "yellow"), f"  {one.text}"
                )
            elif one.error is None:
                terminal.write_parts("  ", terminal.Styled("OK", "green"), f"  {one.text}")
            else:
                _write_problem(one)
    problems = sum(one.error is not None for one in found)
    terminal.write(
        count(problems, "problem") if problems else f"{done}: all OK",
        style="red" if problems else "green",
    )


def _write_problem(one: Check) -> None:
    error = one.error
    assert error is not None  # noqa: S101 - the caller looked
    code = terminal.Styled(error.code, "red")
    about = "" if one.text.lower() in error.message.lower() else f"{one.text}: "
    terminal.write_parts("  ", code, f"  {about}{error.message}")
    for line in [*error.why.split("\n"), *error.fix.split("\n")]:
        if line.strip():
            terminal.write(f"      {line.strip()}")
