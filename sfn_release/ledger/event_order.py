"""The order of an environment's events: which record may follow which."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_release.errors import TamperedError
from sfn_release.release.record import Record

_KEPT = ("environment", "action", "version", "from_version", "commit", "release_digest", "actor")
"""What the end of a deployment says as its beginning did."""


def out_of_order(
    begun: Record | None, record: Record, environment: str, where: str, *, number: int | None
) -> Iterator[TamperedError]:
    """Yield why *record* cannot follow the record *begun* in an environment's branch.

    *number* is that of the event before, 0 where there is none, None where it could not be read.
    """
    expected = None if number is None else number + 1
    if expected is not None and record.number not in {expected, None if expected == 1 else 0}:
        yield TamperedError(
            f"{where} is event {record.number or 'without a number'}, and event {expected} is"
            " the next one: a commit is missing or was rewritten."
        )
    if record.environment != environment:
        yield TamperedError(f"{where} is a record of {record.environment}.")
    if record.status == "started":
        if begun is not None and begun.status == "started":
            yield TamperedError(f"{where} began while {begun.id} was under way, which never ended.")
    elif begun is not None and (begun.status != "started" or begun.id != record.id):
        yield TamperedError(f"{where} ends the deployment {record.id}, which never began.")
    elif begun is not None:
        changed = [name for name in _KEPT if getattr(begun, name) != getattr(record, name)]
        if changed:
            yield TamperedError(
                f"{where} ends the deployment {record.id} with another"
                f" {', '.join(changed)} than it began with."
            )
