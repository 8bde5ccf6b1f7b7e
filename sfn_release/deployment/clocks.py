"""Holding our clock against AWS's, before a lock counts as expired.

A deployer whose clock is ahead would take over a deployment that still runs: a canary, say. AWS
dates each of its answers, and its clock is right.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from sfn_release.aws.calling import call
from sfn_release.deployment.model import Site
from sfn_release.errors import LockedError
from sfn_release.project.rules import duration_text
from sfn_release.record import SKEW, Record

_WORTH_A_WORD = timedelta(minutes=1)


def refuse_fast_clock(site: Site, record: Record) -> None:
    """Raise LockedError when *record* has expired only because our clock is ahead of AWS's.

    A difference of over a minute is said, one beyond the skew that locks allow is refused. Where
    answers have no date (the service in this process), the clock is the same.
    """
    answer = call(site.client.list_state_machines, maxResults=1)
    theirs = _date(answer)
    if theirs is None:
        return
    ours = site.around.now()
    ahead = abs(ours - theirs)
    if ahead <= _WORTH_A_WORD:
        return
    side = "ahead of" if ours > theirs else "behind"
    told = f"this machine's clock is {duration_text(ahead)} {side} AWS's"
    if ahead <= SKEW:
        site.around.watcher.say(told)
        return
    raise LockedError(
        f"{site.name} is being deployed to, and {told}: the lock isn't called expired by it.",
        why=f"{record.action} {record.version} by {record.actor} on {record.host} may run until"
        f" {record.expires_at}. Here it is {ours:%Y-%m-%dT%H:%M:%SZ}, and AWS says"
        f" {theirs:%Y-%m-%dT%H:%M:%SZ}.",
        fix="Set the clock of this machine (it should follow NTP), then run the command again.",
    )


def _date(answer: Any) -> datetime | None:
    """Return the date of an answer over HTTP, None for an answer without one."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
