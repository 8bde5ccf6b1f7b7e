"""Deployment records in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.project import Environment
    from sfn_release.release.record import Record

_DONE = {
    "publish": "deployed {version} to {where}",
    "deploy": "deployed {version} to {where}",
    "promote": "promoted {version} to {where}",
    "rollback": "rolled back {where} from {from_version} to {version}",
    "delete": "deleted from {where}",
    "handover": "handed over from {where} to {handed_to}",
    "acknowledge": "acknowledged in {where}",
    "adopt": "recorded what was in {where} as {version}",
}
_GONE = ("deleted", "handed-over")
YIELDED = "(your trial, not the release)"
"""Follows the version of a local trial whose number another release has taken."""
_RESTORED = "restored {version} in {where}"  # after an attempt that did not finish


def show_deployment(
    session: Session,
    command: str,
    record: Record | None,
    environment: Environment,
    *,
    otherwise: str,
) -> None:
    """Show the result of a command that makes one deployment; without one, say *otherwise*."""
    members = {"deployments": [record.to_json()] if record else []}
    session.show(
        command, members, lambda: terminal.write_parts(*line(record, environment, otherwise))
    )


def line(record: Record | None, environment: Environment, otherwise: str) -> list[str]:
    """Return the line about a deployment; without one, *otherwise* describes the environment."""
    where = environment.label
    if record is None:
        return [f"{otherwise} in {where}: nothing to do"]
    restored = record.action == "rollback" and record.version == record.from_version
    sentence = (_RESTORED if restored else _DONE[record.action]).format(
        where=where,
        version=record.version,
        from_version=record.from_version,
        handed_to=record.handed_to,
    )
    return [terminal.Styled(sentence, "green"), f": {changes(record)}"]


def name(actor: str) -> str:
    """Return an actor's name, without the e-mail address."""
    return actor.partition(" <")[0]


def action(record: Record) -> str:
    """Return a deployment's action, with a workflow that it took away: ``delete hello``."""
    return " ".join([record.action, *_taken_away(record)])


def _taken_away(record: Record) -> list[str]:
    """Return the workflows that a deletion or a handover was about."""
    if record.action not in {"delete", "handover"}:
        return []
    return [name for name, outcome in record.workflows.items() if outcome.change in _GONE]


def changes(record: Record) -> str:
    """Return how many workflows were created, updated, and so on; a single one by name.

    The action says what happened to a workflow that was taken away.
    """
    if gone := _taken_away(record):
        return ", ".join(gone)
    counted = Counter(outcome.change for outcome in record.workflows.values())
    names = {outcome.change: name for name, outcome in record.workflows.items()}
    return ", ".join(
        f"{names[change]} {change}" if count == 1 else f"{count} {change}"
        for change, count in counted.items()
    )
