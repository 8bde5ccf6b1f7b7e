"""How far this machine's clock is from AWS's, which dates each of its answers.

AWS's clock counts as the right one. The service in this process sends no date, because its clock is
this machine's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass
class ClockSkew:
    """Compares clocks at every answer to a client, without a call of its own.

    *ahead* is how far our clock was ahead of AWS's at the last answer (negative: behind). It's
    None before the first answer.
    """

    ahead: timedelta | None = None
    _client: Any = None

    def listen(self, client: Any, now: Callable[[], datetime]) -> None:
        """Compare the date of each answer to a boto3 *client* with *now*, our clock."""
        events = getattr(getattr(client, "meta", None), "events", None)
        if client is self._client or events is None:
            return
        self._client = client

        def compare(parsed: Any, **_: Any) -> None:
            theirs = answer_date(parsed)
            if theirs is not None:
                self.ahead = now() - theirs

        events.register("after-call.stepfunctions", compare)


def answer_date(answer: Any) -> datetime | None:
    """Return the date of an HTTP answer; None if it has no date."""
    from email.utils import parsedate_to_datetime

    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
