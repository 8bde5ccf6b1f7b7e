"""Finds the deployments that an execution can come from, by the content that it ran. Pure.

The content decides, not the clock: just after a switch, an execution may still run the old
definition. The clock only orders deployments that sent the same content.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sfn_release.plan.steps import number
from sfn_release.release.record import SAME_RELEASE, Record, WorkflowOutcome, timestamp
from sfn_release.release.rendering import Rendered

_NO_RELEASE = {"retained", "deleted"}  # a record names these for a release that lacks them


@dataclass(frozen=True)
class Ran:
    """The known facts of an execution. *content* is the form that it ran, None if it can't be read.

    *version_arn* is the state machine version that it was started with, None for none. *started* is
    None if its start isn't known.
    """

    content: Rendered | None
    version_arn: str | None
    started: datetime | None


@dataclass(frozen=True)
class Origins:
    """The deployments that an execution can come from, the likeliest first, one for each release.

    *notes* say how sure that is.
    """

    records: tuple[Record, ...]
    notes: tuple[str, ...] = ()


def deployments_of(
    workflow: str, records: Iterable[Record]
) -> list[tuple[Record, WorkflowOutcome]]:
    """Return the deployments whose release has a workflow, with its result, in their order."""
    return [
        (record, record.workflows[workflow])
        for record in records
        if workflow in record.workflows
        and record.action not in SAME_RELEASE
        and record.workflows[workflow].change not in _NO_RELEASE
    ]


def origins(
    ran: Ran, deployments: Sequence[tuple[Record, WorkflowOutcome]], *, same: frozenset[str]
) -> Origins:
    """Return the deployments that sent the content that *ran*; none if no record names it.

    *deployments* are those of its workflow, newest first. *same* are further rendered digests
    whose definition is the one that it ran, with other settings.
    """
    notes = []
    content = ran.content
    if content is not None:
        found = [(record, made) for record, made in deployments if made.is_of(content)]
        if not found and same:
            found = [(record, made) for record, made in deployments if made.rendered_digest in same]
            notes.append("It ran that definition with settings that differ from the record.")
    elif ran.version_arn is not None:
        found = [(record, made) for record, made in deployments]
        notes.append("Its definition can't be read, so the version of its state machine decides.")
    else:
        found = [(record, made) for record, made in deployments if record.status == "succeeded"]
        if ran.started is not None:
            notes.append("Its definition can't be read, so the time of its start decides.")
    if ran.version_arn is not None:
        named = [(record, made) for record, made in found if made.version_arn == ran.version_arn]
        if not named and content is not None and found:
            notes.append(
                f"No record names {number(ran.version_arn)}: someone published it by hand, with the"
                " content of a release."
            )
        elif named or content is None:
            found = named
    ordered = _ordered([record for record, _ in found], ran.started)
    if content is None and ran.version_arn is None and ran.started is not None:
        ordered = ordered[:1]
    if ordered and ordered[0].status != "succeeded":
        notes.append(f"That deployment {_outcome(ordered[0])}.")
    return Origins(tuple(ordered), tuple(notes))


def _ordered(records: Sequence[Record], started: datetime | None) -> list[Record]:
    """Return one record for each release: the release at the start of the execution first."""
    at = timestamp(started.astimezone(UTC)) if started else None

    def begun(record: Record) -> bool:
        return at is None or record.started_at <= at

    earlier = [record for record in records if begun(record)]
    later = [record for record in records if not begun(record)]
    succeeded = [record for record in earlier if record.status == "succeeded"]
    rest = [record for record in earlier if record.status != "succeeded"]
    found: dict[str, Record] = {}
    for record in (*succeeded, *rest, *reversed(later)):
        found.setdefault(record.release_digest + record.version, record)
    return list(found.values())


def _outcome(record: Record) -> str:
    return "is still in progress" if record.status == "started" else record.status
