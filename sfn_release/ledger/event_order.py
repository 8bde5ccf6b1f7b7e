"""The order of an environment's events: which record may follow which."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_release.errors import TamperedError
from sfn_release.release.record import Record

_SAME = ("environment", "action", "version", "from_version", "commit", "release_digest", "actor")
"""Members that the end of a deployment shares with its beginning."""


def out_of_order(
    before: Record | None, record: Record, environment: str, where: str, *, number: int | None
) -> Iterator[TamperedError]:
    """Yield the reasons why *record* can't follow the record *before* it.

    *number* is the number of the event before, 0 for the first event, None if it is unreadable.
    """
    expected = None if number is None else number + 1
    if expected is not None and record.number not in {expected, None if expected == 1 else 0}:
        yield TamperedError(
            f"{where} is event {record.number or 'without a number'}, and event {expected} is"
            " expected: a commit is missing or was rewritten."
        )
    if record.environment != environment:
        yield TamperedError(f"{where} is a record of {record.environment}.")
    if record.status == "started":
        if before is not None and before.status == "started":
            yield TamperedError(
                f"{where} starts a deployment while {before.id} is still in progress."
            )
    elif before is not None and (before.status != "started" or before.id != record.id):
        yield TamperedError(f"{where} ends the deployment {record.id}, which never started.")
    elif before is not None:
        changed = [name for name in _SAME if getattr(before, name) != getattr(record, name)]
        if changed:
            yield TamperedError(
                f"{where} ends the deployment {record.id} with another {', '.join(changed)} than"
                " its start."
            )
