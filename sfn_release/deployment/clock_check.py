"""Comparing our clock with AWS's, before a lock is taken and before one counts as expired.

A lock carries the time at which it expires. A deployer whose clock is ahead would take over a
deployment that still runs: a canary, say. One whose clock is behind would write a lock that has
already expired for everybody else.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sfn_release.aws.api_calls import call
from sfn_release.aws.clock_skew import answer_date
from sfn_release.deployment.site import Site
from sfn_release.errors import LockedError
from sfn_release.release.record import SKEW, Record
from sfn_release.text import duration_text

_WORTH_A_WORD = timedelta(minutes=1)
_SET = "Set the clock of this machine (it should follow NTP), then run the command again."


def refuse_wrong_clock(site: Site) -> None:
    """Raise LockedError, before a deployment starts, when our clock differs from AWS's.

    A difference of over a minute is said, one beyond the skew that locks allow is refused. The
    answers that preparing got are compared: nothing is asked.
    """
    ahead = site.aws.clock_skew.ahead
    if ahead is None or abs(ahead) <= _WORTH_A_WORD:
        return
    skew = f"this machine's clock is {_difference(ahead)} AWS's"
    if abs(ahead) <= SKEW:
        site.runtime.watcher.say(f"warning: {skew}")
        return
    ours = site.runtime.now()
    raise LockedError(
        f"The deployment to {site.name} can't start: {skew}.",
        why="Its lock would expire at the wrong time, and another deployer could take it over while"
        f" it runs. Here it is {_text(ours)}, and AWS says {_text(ours - ahead)}.",
        fix=_SET,
    )


def aws_time(site: Site) -> datetime:
    """Return the time by AWS's clock, or by ours as long as AWS has answered nothing."""
    return site.runtime.now() - (site.aws.clock_skew.ahead or timedelta())


def refuse_fast_clock(site: Site, record: Record) -> None:
    """Raise LockedError when *record* has expired only because our clock is ahead of AWS's.

    A difference beyond the skew that locks allow is refused.
    """
    theirs = answer_date(call(site.client.list_state_machines, maxResults=1))
    if theirs is None:
        return
    ours = site.runtime.now()
    if abs(ours - theirs) <= SKEW:
        return
    skew = f"this machine's clock is {_difference(ours - theirs)} AWS's"
    raise LockedError(
        f"{site.name} is being deployed to. The lock looks expired, but {skew}.",
        why=f"{record.action} {record.version} by {record.actor} on {record.host} may run until"
        f" {record.expires_at}. Here it is {_text(ours)}, and AWS says {_text(theirs)}.",
        fix=_SET,
    )


def _difference(ahead: timedelta) -> str:
    """Return a difference of clocks in words, as they stand before the other clock's name."""
    side = "ahead of" if ahead > timedelta() else "behind"
    return f"{duration_text(timedelta(seconds=round(abs(ahead).total_seconds())))} {side}"


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
