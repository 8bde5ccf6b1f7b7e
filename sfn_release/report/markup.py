"""Small pieces of HTML that many templates need, with every text in them escaped."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sfn_release.release.record import timestamp
from sfn_release.report.texts import age, day, moment_of

if TYPE_CHECKING:
    from markupsafe import Markup


def time_of(at: datetime | str | None) -> Markup:
    """Return a ``time`` element with a time in UTC, such as a record's; "" for none."""
    from markupsafe import Markup

    text = timestamp(at) if isinstance(at, datetime) else at
    return _element(text, f"{day(text)} UTC") if text else Markup()


def ago(at: str | None, now: datetime) -> Markup:
    """Return a ``time`` element that shows the age of a time at *now*; "" for none."""
    from markupsafe import Markup

    return _element(at, age(at, now), title=f"{day(at)} UTC") if at else Markup()


def _element(at: str, text: str, title: str = "") -> Markup:
    from markupsafe import Markup

    if moment_of(at) is None:
        return Markup("<bdi>{}</bdi>").format(at)
    if title:
        return Markup('<time datetime="{}" title="{}">{}</time>').format(at, title, text)
    return Markup('<time datetime="{}">{}</time>').format(at, text)
