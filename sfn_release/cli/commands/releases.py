"""releases, history and show: what the ledger remembers. Git only, no AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sfn_release.canonical import short
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.records import YIELDED, action, name
from sfn_release.cli.output.tables import write_table
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.operations.releases import ListedRelease
    from sfn_release.release.record import Record
    from sfn_release.release.release import Release
    from sfn_release.release.yank_list import Yank


@command("releases")
@click.option(
    "--format", "form", type=click.Choice(["text", "toml"]), default="text", help="toml: manifests."
)
def releases(session: Session, form: str) -> None:
    """Show what was released.

    The highest version first. With --format toml, the manifests of all releases as one document.
    """
    from sfn_release.operations.releases import releases as find

    found = find(session.workspace())

    def text() -> None:
        if form == "toml":
            _write_toml(found)
        elif found:
            _write_releases(found)
        else:
            terminal.write("nothing is released yet: sfn-release publish 1.0.0")

    session.show("releases", {"releases": [one.to_json() for one in found]}, text)


@command("history")
@click.option("-n", "limit", type=click.IntRange(min=1), default=20, show_default=True)
def history(session: Session, limit: int) -> None:
    """Show what was deployed to an environment.

    The newest first, at most -n deployments.
    """
    from sfn_release.operations.history import history as find
    from sfn_release.operations.history import yielded_trials

    workspace = session.workspace()
    records = find(workspace, environment=session.environment, limit=limit)
    environment = workspace.environment(session.environment)

    def text() -> None:
        if records:
            _write_history(records, yielded_trials(workspace, records))
        else:
            terminal.write(f"nothing was ever deployed to {environment.label}")

    members = {
        "environment": environment.name,
        "deployments": [record.to_json() for record in records],
    }
    session.show("history", members, text)


@command("show")
@click.argument("version")
@click.argument("workflow", required=False)
def show(session: Session, version: str, workflow: str | None) -> None:
    """Show one release, or one definition of it."""
    from sfn_release.operations.releases import shown

    workspace = session.workspace()
    release, yank = shown(workspace, version, workflow)
    trial = workspace.ledger.is_trial(release.version)
    members: dict[str, Any] = dict(release.manifest.to_json())
    members["yanked"] = yank.to_json() if yank else None
    members["trial"] = trial
    if trial:
        members["tag"] = None
    if workflow is not None:
        declaration = release.declarations[workflow]
        members = {
            "version": release.version,
            "workflow": workflow,
            "digest": declaration.digest,
            "definition_digest": declaration.definition_digest,
            "definition": declaration.definition,
        }

    def text() -> None:
        if workflow is None:
            _write_release(release, yank, trial=trial)
        else:
            terminal.write_block(terminal.json_text(release.declarations[workflow].definition))

    session.show("show", members, text)


def _write_releases(found: list[ListedRelease]) -> None:
    write_table(
        ("VERSION", "DATE", "COMMIT", "WORKFLOWS", "LIVE IN", "AUTHOR", "NOTE"),
        [
            (
                terminal.Styled(one.manifest.version, "bold"),
                one.manifest.date,
                "found" if one.manifest.found else one.manifest.commit[:12],
                str(len(one.manifest.workflows)),
                terminal.Styled(", ".join(one.live_in), "green"),
                name(one.manifest.author),
                _note(one),
            )
            for one in found
        ],
    )


def _note(one: ListedRelease) -> str:
    notes = [f"found in {one.manifest.found}"] if one.manifest.found else []
    notes += [] if one.pushed else ["local trial" if one.trial else "only in this clone"]
    return "; ".join(notes + ([f"yanked: {one.yank.reason}"] if one.yank else []))


def _write_history(records: list[Record], yielded: frozenset[str]) -> None:
    write_table(
        ("STARTED", "ACTION", "VERSION", "FROM", "STATUS", "BY", "REASON", "OVERRIDE"),
        [
            (
                record.started_at,
                action(record) + (f" from {record.promoted_from}" if record.promoted_from else ""),
                terminal.Styled(
                    f"{record.version} {YIELDED}" if record.id in yielded else record.version,
                    "bold",
                ),
                record.from_version or "",
                terminal.state(record.status),
                name(record.actor),
                record.reason or (record.error or "").partition("\n")[0],
                record.override or "",
            )
            for record in records
        ],
    )


def _write_release(release: Release, yank: Yank | None, *, trial: bool) -> None:
    manifest = release.manifest
    terminal.write_parts(terminal.Styled(f"{manifest.project} {manifest.version}", "bold"))
    tag = "none yet: a local trial" if trial else manifest.tag
    origin = ("found", f"in {manifest.found}") if manifest.found else ("tag", tag)
    for what, value in (
        origin,
        ("commit", manifest.commit),
        ("date", manifest.date),
        ("author", manifest.author),
        ("digest", manifest.release_digest),
    ):
        terminal.write_parts(terminal.Styled(f"  {what:<8}", "dim"), terminal.one_line(value))
    if yank is not None:
        terminal.write_parts(terminal.Styled(f"  {yank}", "red"))
    terminal.write()
    write_table(
        ("WORKFLOW", "TYPE", "STATES", "SINCE", "DIGEST", "MODULE"),
        [
            (
                workflow,
                entry.type,
                str(entry.states),
                entry.since,
                short(entry.digest),
                entry.source,
            )
            for workflow, entry in manifest.workflows.items()
        ],
        indent=2,
    )


def _write_toml(found: list[ListedRelease]) -> None:
    import tomli_w

    manifests = [_without_none(one.manifest.to_json()) for one in found]
    text = tomli_w.dumps({"releases": manifests}).rstrip("\n")
    terminal.write_block(terminal.toml_text(text))


def _without_none(value: Any) -> Any:
    """Return a JSON value without its nulls, which TOML has no word for."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


COMMANDS = {"releases": releases, "history": history, "show": show}
