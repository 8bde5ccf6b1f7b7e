"""Small pieces of HTML that many templates need, with every text in them escaped."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sfn_release.release.record import timestamp
from sfn_release.report.texts import day, moment_of

if TYPE_CHECKING:
    from markupsafe import Markup


def time_of(at: datetime | str | None) -> Markup:
    """Return a ``time`` element with a time in UTC, such as a record's; "" for none."""
    return _time(at)


def aging(at: datetime | str | None) -> Markup:
    """Return a ``time`` element with a time in UTC, in whose place site.js puts its age."""
    return _time(at, "data-age")


def with_age(at: datetime | str | None, *, seconds: bool = False) -> Markup:
    """Return a ``time`` element with a time in UTC, beside which site.js puts its age."""
    return _time(at, "data-with-age", seconds=seconds)


def _time(at: datetime | str | None, attribute: str = "", *, seconds: bool = False) -> Markup:
    """Return a ``time`` element; "" for no time. A page never says an age itself: it gets older."""
    from markupsafe import Markup

    text = timestamp(at) if isinstance(at, datetime) else at
    if not text:
        return Markup()
    if moment_of(text) is None:
        return Markup("<bdi>{}</bdi>").format(text)
    element = Markup('<time{} datetime="{}">{} UTC</time>')
    return element.format(f" {attribute}" if attribute else "", text, day(text, seconds=seconds))
