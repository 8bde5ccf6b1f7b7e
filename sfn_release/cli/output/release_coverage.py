"""Coverage of an environment: the gaps of each release, and the errors that it handled."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sfn_release.cli.output import terminal
from sfn_release.cli.output.coverage_tables import gap_lines, reached_cell
from sfn_release.cli.output.tables import write_table
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.verbs.coverage import ReleaseCoverage


def write_release_coverage(
    releases: Sequence[ReleaseCoverage], label: str, *, verbose: bool = False
) -> None:
    """Write a row for each workflow and release, then its dead branches and handled errors.

    *label* is the environment's name for output.
    """
    from sfn_release.testing.coverage.coverage_report import KINDS

    found = [release for release in releases if release.coverage is not None]
    if found:
        write_table(
            ("WORKFLOW", "VERSION", "EXECUTIONS", *(kind.upper() for kind in KINDS), "REACHED"),
            [
                (
                    terminal.Styled(release.workflow, "bold"),
                    release.version or "",
                    str(release.executions),
                    *(reached_cell(release.coverage.kinds[kind]) for kind in KINDS),
                    f"{release.coverage.percent} %",
                )
                for release in found
                if release.coverage is not None
            ],
        )
    for release in found:
        _write_details(release, verbose=verbose)
    rest = [release for release in releases if release.coverage is None]
    if found and rest:
        terminal.write()
    for release in rest:
        _write_unknown(release, label)


def _write_details(release: ReleaseCoverage, *, verbose: bool) -> None:
    name = f"{release.workflow} {release.version}"
    if release.coverage is not None and release.coverage.gaps:
        terminal.write()
        terminal.write(f"Never reached in {name}:", style="bold")
        for line in gap_lines(release.coverage, verbose=verbose):
            sys.stdout.write(line + "\n")
    if release.unseen:
        terminal.write()
        terminal.write(
            f"Not counted in {name}: {', '.join(release.unseen)} (EXPRESS child executions have no"
            " history)"
        )
    if release.handled:
        terminal.write()
        terminal.write(f"Errors handled in {name}:", style="bold")
        ranked = sorted(release.handled.items(), key=lambda item: (-item[1], item[0]))
        write_table(
            ("STATE", "ERROR", "HANDLED", "TIMES"),
            [(error.state, error.error, error.how, str(times)) for error, times in ranked],
            indent=2,
        )


def _write_unknown(release: ReleaseCoverage, label: str) -> None:
    if release.problem:
        terminal.write(f"{release.workflow}: left out. {release.problem}")
    elif release.executions:
        number = count(release.executions, "execution")
        terminal.write(f"{release.workflow}: {number} of a version that no release made, left out")
    else:
        terminal.write(f"{release.workflow}: no finished executions in {label}")
