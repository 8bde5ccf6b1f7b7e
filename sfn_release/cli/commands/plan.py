"""plan: show what a deployment, rollback, promotion or deletion would do."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from sfn_release.cli.exits import DIFFERENT, FAILED
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from sfn_release.authoring.declaration import Declaration
    from sfn_release.cli.output.markdown_sections import Section
    from sfn_release.errors import SfnReleaseError
    from sfn_release.operations.workspace import Workspace
    from sfn_release.plan import Plan


@command("plan")
@click.argument("version", required=False)
@click.option("--rollback", "back", is_flag=True, help="Plan a rollback, to VERSION if given.")
@click.option(
    "--rerender",
    is_flag=True,
    help="With --rollback: use today's parameters, not the recorded ones.",
)
@click.option("--delete", "workflow", metavar="WORKFLOW", help="Plan the deletion of a workflow.")
@click.option("--from", "source", metavar="ENV", help="Plan a promotion from this environment.")
@click.option(
    "--adopt",
    is_flag=True,
    help="Plan to take over a state machine that another tool or ledger made.",
)
@click.option("--exit-code", is_flag=True, help="Exit 3 if there is something to change.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown"]),
    default="text",
    help="markdown: for a comment on a pull request.",
)
@click.option(
    "--coverage",
    "coverage_files",
    multiple=True,
    metavar="FILE",
    help="With --format markdown: also show the coverage of tests, from .sfn-coverage.",
)
@click.option(
    "--replay",
    "replay_files",
    multiple=True,
    metavar="FILE",
    help="With --format markdown: also show a replay, from its --json output.",
)
def run(
    session: Session,
    version: str | None,
    back: bool,
    rerender: bool,
    workflow: str | None,
    source: str | None,
    adopt: bool,
    exit_code: bool,
    form: str,
    coverage_files: tuple[str, ...],
    replay_files: tuple[str, ...],
) -> int:
    """Show what a deployment would change.

    Plans to deploy release VERSION, or without it, to publish the work tree. Shows the changes by
    state and field. --rollback, --delete and --from plan what `rollback`, `delete` and `promote`
    would do. Changes nothing. Repeat --env to plan for several environments.
    """
    from sfn_release.cli.deployments import errors_json, report_failure
    from sfn_release.cli.output.markdown_sections import COMMENT, SUMMARY, size
    from sfn_release.cli.output.plan_markdown import hidden_head, plan_markdown
    from sfn_release.operations.each_environment import Attempts
    from sfn_release.operations.verbs import plan
    from sfn_release.operations.verbs.promote import plan_promotion, serves_a_release

    _one_plan(version, workflow, source, back=back, rerender=rerender, adopt=adopt)
    others = _results(session, form, coverage_files, replay_files)
    workspace = session.workspace()
    names = session.names(workspace)
    if source is not None and not serves_a_release(workspace, source):
        return _nothing_to_promote(session, source, names)

    of_work_tree = version is None and workflow is None and source is None and not back
    built = _built(workspace, names) if of_work_tree else None

    def made(name: str) -> Plan:
        if workflow is not None:
            return plan.plan_delete(workspace, workflow, environment=name)
        if source is not None:
            return plan_promotion(workspace, version, source=source, environment=name, adopt=adopt)
        if back:
            return plan.plan_rollback(
                workspace, version, environment=name, rerender=rerender, adopt=adopt
            )
        return plan.plan_version(
            workspace, version, environment=name, adopt=adopt, declarations=built
        )

    attempts = Attempts(len(names), lambda *failure: report_failure(session, *failure))
    plans, errors = attempts.each(names, made), attempts.errors

    def summary(most: int = SUMMARY) -> str:
        return plan_markdown(
            plans,
            labels={name: workspace.environment(name).label for name in names},
            errors=errors_json(errors),
            others=others,
            verbose=session.verbose,
            most=most,
        )

    def text() -> None:
        if form == "markdown":
            head = hidden_head(workspace.project.name, plans, names, extra=bool(errors or others))
            room = COMMENT - size(f"{head}\n")
            terminal.write_block(f"{head}\n{summary(room)}")
        else:
            _write(session, workspace, names, plans, errors)

    found = [planned.to_json() for planned in plans.values()]
    changes = any(planned.changes for planned in plans.values())
    members = {"changes": changes, "plans": found, "errors": errors_json(errors)}
    session.show("plan", found[0] if len(names) == 1 else members, text, summary=summary)
    return FAILED if errors else DIFFERENT if exit_code and changes else 0


def _built(workspace: Workspace, names: Sequence[str]) -> dict[str, Declaration]:
    """Build the work tree. Raises ConflictError if environments would share a state machine."""
    from sfn_release.operations.name_clashes import refuse_shared
    from sfn_release.operations.verbs import plan

    built = plan.work_tree(workspace)
    refuse_shared([workspace.environment(name) for name in names], built.values())
    return built


def _results(
    session: Session, form: str, coverage_files: Sequence[str], replay_files: Sequence[str]
) -> list[Section]:
    """Return the sections of results that stand below the plan. Raises UsageError."""
    if not coverage_files and not replay_files:
        return []
    if form != "markdown":
        raise UsageError(
            "--coverage and --replay need --format markdown.",
            fix="To see them alone:  sfn-release coverage  or  sfn-release replay",
        )
    from sfn_release.cli.output.result_sections import coverage_sections, replay_section
    from sfn_release.operations.replaying.saved_reports import read_replay
    from sfn_release.operations.verbs.coverage import read_test_coverage
    from sfn_release.testing.coverage.coverage_report import coverage_of

    found: list[Section] = []
    if coverage_files:
        paths = [session.directory / file for file in coverage_files]
        found += coverage_sections(coverage_of(read_test_coverage(session.directory, paths)))
    found += (replay_section(read_replay(session.directory / file)) for file in replay_files)
    return found


def _nothing_to_promote(session: Session, source: str, names: Sequence[str]) -> int:
    """Say that no release can be promoted yet, as a plan without steps."""
    note = f"no release has succeeded in {source} yet: there is nothing to promote"
    found = [
        {"environment": name, "action": "promote", "version": None, "changes": False}
        | {"steps": [], "notes": [note], "refusals": []}
        for name in names
    ]
    members = {"changes": False, "plans": found, "errors": []}
    shown = found[0] if len(names) == 1 else members
    session.show("plan", shown, lambda: terminal.write(note), summary=lambda: note)
    return 0


def _write(
    session: Session,
    workspace: Workspace,
    names: Sequence[str],
    plans: Mapping[str, Plan],
    errors: Mapping[str, SfnReleaseError],
) -> None:
    from sfn_release.cli.deployments import write_failure
    from sfn_release.cli.output.plans import plan_lines
    from sfn_release.cli.output.tables import folded_lines

    for name in names:
        if name in errors:
            write_failure(workspace, name, errors[name])
            continue
        label = workspace.environment(name).label
        for line in plan_lines(plans[name], label=label, verbose=session.verbose):
            for part in folded_lines(line, sys.stdout):
                terminal.write(part)
        if not plans[name].changes:
            terminal.write("nothing to change")


def _one_plan(
    version: str | None,
    workflow: str | None,
    source: str | None,
    *,
    back: bool,
    rerender: bool,
    adopt: bool,
) -> None:
    """Raise UsageError for options that do not go together."""
    if workflow is not None and (back or version is not None or source is not None or adopt):
        raise UsageError(
            "--delete can't be combined with VERSION, --rollback, --from or --adopt.",
            fix="Remove one of them.",
        )
    if source is not None and back:
        raise UsageError("--from can't be combined with --rollback.", fix="Remove one of them.")
    if rerender and not back:
        raise UsageError("--rerender needs --rollback.", fix="Add --rollback.")
