"""How far this machine's clock is from AWS's, which dates each of its answers and is right.

Answers of the service in this process have no date: its clock is this machine's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any


@dataclass
class ClockSkew:
    """Compares clocks with every answer to a client, without a call of its own.

    *ahead* is how far our clock was ahead of AWS's at the last answer (negative: behind), None
    before the first one.
    """

    ahead: timedelta | None = None
    _client: Any = None

    def listen(self, client: Any, now: Callable[[], datetime]) -> None:
        """Compare the date of each answer that a boto3 *client* gets with *now*, ours."""
        events = getattr(getattr(client, "meta", None), "events", None)
        if client is self._client or events is None:
            return
        self._client = client

        def heard(parsed: Any, **_: Any) -> None:
            theirs = answer_date(parsed)
            if theirs is not None:
                self.ahead = now() - theirs

        events.register("after-call.stepfunctions", heard)


def answer_date(answer: Any) -> datetime | None:
    """Return the date of an answer over HTTP, None for an answer without one."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
