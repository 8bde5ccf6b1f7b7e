"""comment: keep one comment up to date on the pull request or merge request of this job."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sfn_release.errors import AccessError, UsageError
from sfn_release.operations.pull_requests.comments_api import (
    BusyHostError,
    RevokedTokenError,
    own_comments,
    write_comment,
)
from sfn_release.operations.pull_requests.review_page import MOST, TOKENS, ReviewPage, review_page

CommentAction = Literal["created", "updated", "unchanged", "skipped"]
_MARKER: Final = re.compile(r"<!-- sfn-release [\w .,:-]+ -->")
_NAME: Final = re.compile(r"[\w .,-]{1,300}")
_PAUSES: Final = (1.0, 4.0)  # seconds between the tries
_LONGEST: Final = 30.0  # seconds that a job waits for a host
_NO_NEWS: Final = "<!-- sfn-release: nothing to say -->"
_QUICK_ACTION: Final = re.compile(r"(?m)^(\s*)/")


@dataclass(frozen=True)
class Commented:
    """The result: the *action* on the comment of the *page*; *why* it was skipped, or ""."""

    action: CommentAction
    page: str
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"action": self.action, "page": self.page or None, "why": self.why or None}


def comment(
    text: str, environ: Mapping[str, str], *, name: str = "", if_possible: bool = False
) -> Commented:
    """Show *text* as a comment on the pull request, and return the action and the page.

    If a comment has the same first line, it's updated. That line is a hidden mark, which `plan
    --format markdown` writes. With a *name*, the mark is made from the name, and replaces a mark in
    the text. So a text that another job wrote can't choose its comment. A plan without changes
    updates a comment, but doesn't create one. With *if_possible*, a missing pull request or a token
    that may not write isn't an error. If the host is busy, it is asked up to three times. Raises
    UsageError, AccessError and NetworkError.
    """
    text = _named(text, name) if name else text
    marker, _, rest = text.partition("\n")
    if not _MARKER.fullmatch(marker):
        raise UsageError(
            "The text doesn't begin with a mark, by which an earlier comment could be found.",
            fix="Write the text with  sfn-release plan --format markdown,  or add --name NAME.",
        )
    page = review_page(environ)
    why = _missing(page)
    if page is None or why:
        if not if_possible:
            raise UsageError(f"There is no comment to write: {why}.", fix=_fix(page))
        return Commented("skipped", page.name if page else "", why)
    try:
        return _patiently(page, marker, rest, _for_host(page, text))
    except RevokedTokenError:
        raise
    except AccessError as error:
        if not if_possible:
            raise
        return Commented("skipped", page.name, f"{error.message} {error.fix}")


def _named(text: str, name: str) -> str:
    """Return *text* with the mark that is made from *name* as its first line."""
    first, _, rest = text.partition("\n")
    body = rest if _MARKER.fullmatch(first.rstrip("\r")) else text
    return f"<!-- sfn-release comment: {_checked(name)} -->\n{body}"


def _patiently(page: ReviewPage, marker: str, rest: str, text: str) -> Commented:
    """Write the comment, and try again where the host is busy.

    Each try looks for the comment first, because a request that failed may have written it.
    """
    for pause in _PAUSES:
        try:
            return _written(page, marker, rest, text)
        except BusyHostError as error:
            wait = pause if error.seconds is None else error.seconds
            if wait > _LONGEST:
                raise
            time.sleep(wait)
    return _written(page, marker, rest, text)


def _written(page: ReviewPage, marker: str, rest: str, text: str) -> Commented:
    found = next(
        (
            (at, body)
            for at, body in own_comments(page)
            if body.partition("\n")[0].strip() == marker
        ),
        None,
    )
    if found is None and rest.startswith(_NO_NEWS):
        return Commented("skipped", page.name, "there is nothing to say")
    if found is not None and _lines(found[1]) == _lines(text):
        return Commented("unchanged", page.name)
    write_comment(page, text, found[0] if found else None)
    return Commented("updated" if found else "created", page.name)


def _for_host(page: ReviewPage, text: str) -> str:
    """Return the text as its host takes it. Raises UsageError for one that is too long."""
    if page.host == "gitlab":
        # A line that begins with / is a command, such as /merge; a space without a width isn't.
        text = _QUICK_ACTION.sub("\\1\u200b/", text)
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 > MOST[page.host]:
        raise UsageError(
            f"The text is too long: a comment has at most {MOST[page.host]:,} characters."
        )
    return text


def _missing(page: ReviewPage | None) -> str:
    if page is None:
        return "this isn't a job for a pull request or merge request"
    return "" if page.token else f"the job has no token ({' or '.join(TOKENS[page.host])})"


def _fix(page: ReviewPage | None) -> str:
    if page is None:
        return "Run it in a job for a pull request, or add --if-possible."
    return f"Set {TOKENS[page.host][0]}, or add --if-possible."


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} can't name a comment.", fix="Use up to 300 letters, digits and  . , - _"
        )
    return name
