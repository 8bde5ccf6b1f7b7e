"""show: print one release, or one definition of it. Git only, no AWS."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Any

import click

from sfn_release.canonical import short
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.tables import write_table
from sfn_release.cli.output.web_pages import WebPages, web_pages
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError
from sfn_release.text import listing

if TYPE_CHECKING:
    from sfn_release.release.manifest import ReleaseTests
    from sfn_release.release.release import Release
    from sfn_release.release.yank_list import Yank


@command("show")
@click.argument("version")
@click.argument("workflow", required=False)
@click.option("--input-schema", is_flag=True, help="Show the JSON Schema of the workflow's input.")
def run(session: Session, version: str, workflow: str | None, *, input_schema: bool) -> None:
    """Show a release, or one of its definitions."""
    from sfn_release.operations.verbs.show import shown, shown_notes, shown_schema

    if input_schema and workflow is None:
        raise UsageError("--input-schema needs the name of a workflow.")
    workspace = session.workspace()
    release, yank = shown(workspace, version, workflow)
    trial = workspace.ledger.releases.is_trial(release.version)
    members: dict[str, Any] = dict(release.manifest.to_json())
    members["yanked"] = yank.to_json() if yank else None
    members["trial"] = trial
    members["input_schemas"] = sorted(release.schemas)
    if trial:
        members["tag"] = None
    notes = shown_notes(workspace, release) if workflow is None else None
    members["notes"] = notes
    if workflow is not None:
        declaration = release.declarations[workflow]
        members = {
            "version": release.version,
            "workflow": workflow,
            "digest": declaration.digest,
            "definition_digest": declaration.definition_digest,
            "definition": declaration.definition,
            "input_schema": release.schemas.get(workflow),
        }

    def text() -> None:
        if workflow is None:
            _write_release(session, web_pages(workspace), release, yank, trial=trial)
            if notes:
                terminal.write()
                terminal.write_parts(terminal.Styled("  notes", "dim"))
                terminal.write_block(indent(notes, "    "))
        else:
            definition = release.declarations[workflow].definition
            shown = shown_schema(release, workflow) if input_schema else definition
            terminal.write_block(terminal.json_text(shown))

    session.show("show", members, text)


def tests_text(tests: ReleaseTests) -> str:
    """Return the tests of a release as a line."""
    failed = f", {tests.failed} failed" if tests.failed else ""
    without = [name for name, ran in tests.workflows.items() if not ran.passed + ran.failed]
    none = f", none of {listing(without)}" if without else ""
    why = f"; overridden: {tests.override}" if tests.override else ""
    return f"{tests.passed} passed{failed}{none}{why}"


def _write_release(
    session: Session, pages: WebPages, release: Release, yank: Yank | None, *, trial: bool
) -> None:
    manifest = release.manifest
    terminal.write_parts(terminal.Styled(f"{manifest.project} {manifest.version}", "bold"))
    tag = "none yet: a local trial" if trial else manifest.tag
    tagged = pages.tag(None if trial else manifest.tag, tag)
    where = session.label(manifest.found or "")
    origin = ("found", f"in {where}") if manifest.found else ("tag", tagged)
    tests = [("tests", tests_text(manifest.tests))] if manifest.tests else []
    for label, value in (
        origin,
        ("commit", pages.commit(manifest.commit, manifest.commit)),
        ("date", session.when(manifest.date)),
        ("author", manifest.author),
        ("digest", manifest.release_digest),
        *tests,
    ):
        terminal.write_parts(terminal.Styled(f"  {label:<8}", "dim"), value)
    if yank is not None:
        subject = f"{yank.subject(manifest.version)} was "
        own = yank.version == manifest.version
        terminal.write_parts(terminal.Styled(f"  {'' if own else subject}{yank}", "red"))
    terminal.write()
    schema = ("INPUT",) if release.schemas else ()
    write_table(
        ("WORKFLOW", "TYPE", "STATES", "SINCE", "DIGEST", "MODULE", *schema),
        [
            (
                workflow,
                entry.type,
                str(entry.states),
                entry.since,
                short(entry.digest),
                entry.source,
                *(("schema" if workflow in release.schemas else "",) if schema else ()),
            )
            for workflow, entry in manifest.workflows.items()
        ],
        indent=2,
    )
