"""prune: delete old state machine versions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from sfn_release.cli.exits import FAILED
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session, confirm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sfn_release.operations.verbs.prune import Pruned
    from sfn_release.plan.pruning import KeptVersion, PrunedVersion, PrunePlan

_KEEP = 10
_SHOWN = 12  # version numbers in a line


@command("prune")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=_KEEP,
    show_default=True,
    metavar="N",
    help="How many of the last live releases keep their versions.",
)
@click.option("--yes", is_flag=True, help="Don't ask.")
def run(session: Session, keep: int, yes: bool) -> int:
    """Delete old state machine versions that nothing needs.

    AWS allows 1,000 versions of a state machine. A version is kept if an alias routes to it, an
    execution of it is running or can be redriven, another workflow starts it, or no deployment made
    it. The last live releases keep their versions too. You can still roll back to any release: a
    deleted version is published again. Shows the plan first and asks you; -v shows why each version
    is kept.
    """
    from sfn_release.cli.output.error_text import error_json, write_error
    from sfn_release.operations.verbs.prune import prune

    workspace = session.workspace()
    environment = workspace.environment(session.environment)
    where = environment.label

    def ask(plan: PrunePlan) -> None:
        number = len(plan.deleted)
        say = terminal.say if yes else terminal.say_always  # you can't answer without the plan
        say(f"plan: delete {_versions(number)} from {where}, keep {_versions(len(plan.kept))}")
        for line in _lines(plan, verbose=session.verbose):
            say(f"  {line}")
        confirm(f"Delete {_versions(number)} from {where}?", yes=yes)

    pruned = prune(workspace, environment=environment.name, keep=keep, confirm=ask)
    members = pruned.to_json()
    if pruned.error is not None:
        members["error"] = error_json(pruned.error)
    session.show("prune", members, lambda: _show(pruned, where, verbose=session.verbose))
    if pruned.error is not None and not session.as_json:
        write_error(pruned.error, as_json=False, verbose=session.verbose)
    return FAILED if pruned.error else 0


def _show(pruned: Pruned, where: str, *, verbose: bool) -> None:
    """Write the result: a line, and the reasons of what stayed if you ask for them."""
    if pruned.deleted:
        terminal.write_parts(
            terminal.Styled(f"deleted {_versions(len(pruned.deleted))} from {where}", "green"),
            f", kept {_versions(len(pruned.kept) + len(pruned.stayed))}",
        )
    elif not pruned.stayed:
        terminal.write(f"No unneeded state machine versions in {where}: nothing was deleted")
    shown = pruned.stayed or (pruned.kept if verbose and not pruned.deleted else ())
    for line in _kept_lines(shown):
        terminal.write(f"  {line}")


def _lines(plan: PrunePlan, *, verbose: bool) -> Iterator[str]:
    """Yield a line for each workflow that loses versions, and on request the reasons of others."""
    for workflow, versions in groupby(plan.deleted, key=_workflow):
        yield f"{workflow}: delete {_numbers([version.version_arn for version in versions])}"
    if verbose:
        yield from _kept_lines(plan.kept)


def _kept_lines(kept: Iterable[KeptVersion]) -> Iterator[str]:
    """Yield a line for each workflow and reason."""
    for (workflow, because), versions in groupby(
        kept, key=lambda kept: (kept.workflow, kept.because)
    ):
        numbers = _numbers([version.version_arn for version in versions])
        yield f"{workflow}: keep {numbers}: {because}"


def _workflow(version: PrunedVersion) -> str:
    return version.workflow


def _numbers(arns: list[str]) -> str:
    """Return the numbers of versions, the first few of many: ``:1, :2 and 30 more``."""
    shown = ", ".join(":" + arn.rpartition(":")[2] for arn in arns[:_SHOWN])
    more = len(arns) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _versions(number: int) -> str:
    from sfn_release.text import count

    return count(number, "state machine version")
