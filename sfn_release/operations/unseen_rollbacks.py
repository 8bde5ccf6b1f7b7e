"""Rollbacks that succeeded and whose outcome was never shown.

A rollback without a version goes one release further back each time. When its process is killed
after the success is recorded and before the output is written, you run the same command again to
find out, and that must not go back twice. So the clone notes which rollback is pending until its
outcome was shown; a later attempt of the same CI run finds the rollbacks of the earlier ones in the
ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sfn_release.deployment.site import Site
from sfn_release.ledger.rollback_note import RollbackNote, read_note, write_note
from sfn_release.release.record import Record
from sfn_release.release.serving import RecordedState

_EVENTS = 40  # how far back the rollbacks of a CI run are looked for


def expect(site: Site, deployment: str) -> None:
    """Note that a rollback is about to begin. Raises GitError for a folder that isn't writable."""
    path = _path(site)
    write_note(path, replace(read_note(path), pending=deployment))


def shown(site: Site, record: Record | None) -> None:
    """Note that the outcome of a rollback was shown."""
    path = _path(site)
    note, attempt = read_note(path), _attempt(site.runtime.ci)
    seen = note.shown if note.attempt == attempt else ()
    shown = (*seen, record.id) if record and attempt else ()
    write_note(path, RollbackNote(None, attempt, shown))


def may_have_unseen(site: Site) -> bool:
    """Report whether there can be an outcome that was not shown, without reading the ledger."""
    ci = site.runtime.ci
    return read_note(_path(site)).pending is not None or bool(ci and ci["attempt"] > 1)


def unshown(site: Site, state: RecordedState) -> Record | None:
    """Return the rollback that succeeded and whose outcome was not shown, None if there is none.

    Of several by earlier attempts of this CI run, the first: each repeated command shows one.
    """
    note, last = read_note(_path(site)), state.record
    if last is not None and _succeeded(last) and last.id == note.pending:
        return last
    seen = note.shown if note.attempt == _attempt(site.runtime.ci) else ()
    found = [record for record in _of_run(site, state) if record.id not in seen]
    return found[-1] if found else None


def _of_run(site: Site, state: RecordedState) -> list[Record]:
    """Return the rollbacks by earlier attempts of this CI run, newest first.

    Only as long as nothing else was deployed since.
    """
    ours = site.runtime.ci
    if ours is None or state.tip is None:
        return []
    events = site.ledger.deployments.latest_events(site.name, state.tip, limit=_EVENTS)
    locks = {event.id: event.lock.ci for event in events if event.lock}
    ends: dict[str, Record] = {}
    for event in events:
        ends.setdefault(event.id, event)
    found = []
    for record in ends.values():
        ci = locks.get(record.id)
        if ci is None or ci["run"] != ours["run"] or ci["attempt"] >= ours["attempt"]:
            break
        if _succeeded(record):
            found.append(record)
        elif record.status == "succeeded":
            break  # it deployed something else in between
    return found


def _succeeded(record: Record) -> bool:
    return record.action == "rollback" and record.status == "succeeded"


def _attempt(ci: Mapping[str, Any] | None) -> str | None:
    return f"{ci['run']} {ci['attempt']}" if ci else None


def _path(site: Site) -> Path:
    return site.notes.parent / "outcomes" / site.project / site.name
