"""at: show what was live in an environment at a given time. Git only, no AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.canonical import short
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.records import action, name
from sfn_release.cli.output.tables import write_table
from sfn_release.cli.output.web_pages import WebPages, web_pages
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.operations.verbs.at import LiveAt


@command("at")
@click.argument("time")
def run(session: Session, time: str) -> None:
    """Show what was live in an environment at a given time.

    TIME is ISO 8601, such as 2026-01-31T09:00, in UTC unless it has an offset. A date means its
    start. A duration, such as 3h or 2d, is a time before now. The answer comes from the records of
    the deployments. Changes that were made outside of sfn-release aren't in it.
    """
    from sfn_release.operations.verbs.at import at

    workspace = session.workspace()
    then = at(workspace, time, environment=session.environment)
    label = workspace.environment(session.environment).label
    session.show("at", then.to_json(), lambda: _write(session, web_pages(workspace), then, label))


def _write(session: Session, pages: WebPages, then: LiveAt, label: str) -> None:
    from sfn_release.operations.verbs.at import happened
    from sfn_release.release.record import timestamp

    moment = session.when(timestamp(then.at), exact=True)
    if then.serving is None or then.deployed is None:
        terminal.write(f"Nothing was live in {label} at {moment}")
    else:
        terminal.write_parts(
            f"{label} at {moment}: ", terminal.Styled(then.serving.version, "bold")
        )
        deployed = then.deployed
        by = f"{_time(session, happened(deployed))} by {name(deployed.actor)}: {action(deployed)}"
        came = f" from {deployed.from_version}" if deployed.from_version else ""
        _row("deployed", by + came)
        _row("commit", pages.commit(then.serving.commit, then.serving.commit))
    if then.until is not None:
        event = f"{action(then.until)} {then.until.version}"
        by = f"{_time(session, happened(then.until))} by {name(then.until.actor)}"
        _row("until" if then.serving else "then", f"{by}: {event}")
    elif then.serving is not None:
        _row("until", "now")
    _write_attempt(session, then)
    if then.serving is None:
        return
    terminal.write()
    if then.serving.workflows:
        write_table(
            ("WORKFLOW", "RELEASE", "STATE MACHINE VERSION", "DIGEST"),
            [
                (
                    workflow,
                    served.version + (" (retained)" if served.retained else ""),
                    served.version_arn or "$LATEST",
                    short(served.rendered_digest),
                )
                for workflow, served in then.serving.workflows.items()
            ],
            indent=2,
        )
    for workflow, project in sorted(then.serving.handed_over.items()):
        terminal.write(f"  {workflow}: handed over to {project}")


def _write_attempt(session: Session, then: LiveAt) -> None:
    """Write the last attempt, if it wasn't a success: callers may have got its release."""
    last = then.last
    if last is None or last.status == "succeeded":
        return
    attempt = f"{action(last)} {last.version} by {name(last.actor)}"
    if then.under_way is None:
        _row(last.status, f"{_time(session, last.finished_at)}, {attempt}")
        return
    since, ended = _time(session, last.started_at), "it has no end yet"
    if then.next is not None:
        ended = f"it {then.next.status} at {_time(session, then.next.finished_at)}"
    _row("under way", f"{attempt}, since {since}; {ended}: callers may have got either")


def _time(session: Session, text: str | None) -> str:
    return "an unknown time" if text is None else session.when(text, exact=True)


def _row(label: str, value: str) -> None:
    terminal.write_parts(terminal.Styled(f"  {label:<10}", "dim"), value)
