"""Reads and writes the comments of a pull request or merge request, over HTTP."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sfn_release.errors import AccessError, NetworkError
from sfn_release.operations.pull_requests.review_page import ReviewPage

_TIMEOUT: Final = 30  # seconds
_PAGE: Final = 100
_PAGES: Final = 50
_UNKNOWN: Final = 401
_LIMITED: Final = 429
_BROKEN: Final = 500
_DENIED: Final = frozenset({_UNKNOWN, 403, 404})  # both hosts hide what a token may not see
_ACTIONS: Final = "github-actions[bot]"


class RevokedTokenError(AccessError):
    """The host doesn't know the token: a mistake of the set-up, unlike a right that it lacks."""


class BusyHostError(NetworkError):
    """The host has no time now. It may answer after *seconds*; None if it doesn't say when."""

    seconds: float | None = None


class _NoRedirects(HTTPRedirectHandler):
    """Follows no redirect: it would take the token to another host."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


def own_comments(page: ReviewPage) -> Iterator[tuple[int, str]]:
    """Yield the id and the text of each comment that this token's user wrote, the oldest first.

    Raises AccessError and NetworkError.
    """
    name, me = _me(page)
    for number in range(1, _PAGES + 1):
        order = "&sort=asc&order_by=created_at" if page.host == "gitlab" else ""
        found = _send(page, "GET", f"{page.comments}?per_page={_PAGE}&page={number}{order}")
        if not isinstance(found, list):
            raise _nonsense(page)
        for comment in found:
            yield from _own(comment, name, me)
        if len(found) < _PAGE:
            return


def write_comment(page: ReviewPage, text: str, replaced: int | None) -> None:
    """Write a comment, or replace the text of one. Raises AccessError and NetworkError."""
    if replaced is None:
        _send(page, "POST", page.comments, {"body": text})
    else:
        method = "PATCH" if page.host == "github" else "PUT"
        _send(page, method, page.one.format(id=replaced), {"body": text})


def _me(page: ReviewPage) -> tuple[str, object]:
    """Return the field of an author that names the token's user, and its value."""
    try:
        user = _send(page, "GET", page.user)
    except AccessError:
        if not page.viewer:
            raise
        return "login", _app(page)
    if not isinstance(user, Mapping) or user.get("id") is None:
        raise _nonsense(page)
    return "id", user["id"]


def _app(page: ReviewPage) -> str:
    """Return the login of the app that a token belongs to: by default GitHub Actions.

    An app's token may not read its user, and GraphQL alone says whose it is.
    """
    try:
        answer = _send(page, "POST", page.viewer, {"query": "{ viewer { login } }"})
        login = answer["data"]["viewer"]["login"]
    except (AccessError, KeyError, TypeError):
        return _ACTIONS
    return login if isinstance(login, str) else _ACTIONS


def _own(comment: object, name: str, me: object) -> Iterator[tuple[int, str]]:
    if not isinstance(comment, Mapping):
        return
    author = comment.get("user") or comment.get("author")
    mine = isinstance(author, Mapping) and author.get(name) == me
    number, body = comment.get("id"), comment.get("body")
    if mine and isinstance(number, int) and isinstance(body, str):
        yield number, body


def _send(page: ReviewPage, method: str, url: str, body: Mapping[str, str] | None = None) -> Any:
    # GitLab takes its personal, project and group tokens, and OAuth's, in this form too.
    headers = {
        "User-Agent": "sfn-release",
        "Accept": "application/json",
        "Authorization": f"Bearer {page.token}",
    }
    if page.host == "github":
        headers["X-GitHub-Api-Version"] = "2022-11-28"
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers["Content-Type"] = "application/json"
    request = Request(url, data, headers, method=method)  # noqa: S310 - https, by review_page
    try:
        with build_opener(_NoRedirects).open(request, timeout=_TIMEOUT) as answer:
            return json.loads(answer.read())
    except HTTPError as error:
        raise _refused(page, error) from error
    except (URLError, OSError, http.client.HTTPException) as error:
        raise BusyHostError(
            f"Can't reach {url.partition('?')[0]}: {error}.", fix="Run the job again."
        ) from error
    except (ValueError, RecursionError) as error:
        raise _nonsense(page) from error


def _refused(page: ReviewPage, error: HTTPError) -> AccessError | NetworkError:
    """Return the error for an answer that isn't a success."""
    limited = error.headers.get("Retry-After") or error.headers.get("X-RateLimit-Remaining") == "0"
    if error.code in _DENIED and not limited:
        unknown = error.code == _UNKNOWN
        refusal = RevokedTokenError if unknown else AccessError
        return refusal(
            f"The token may not write comments on {page.name}: HTTP {error.code}.",
            why="The token is expired, revoked, or of another kind." if unknown else "",
            fix=_FIXES[page.host],
        )
    text = f"Can't write a comment on {page.name}: HTTP {error.code}."
    limited = limited or error.code == _LIMITED
    if not (limited or error.code >= _BROKEN):
        return NetworkError(text, fix="Run the job again.")
    busy = BusyHostError(
        f"{text} Its API limits how many requests you send." if limited else text,
        fix="Run the job again later." if limited else "Run the job again.",
    )
    busy.seconds = _seconds(error.headers.get("Retry-After") or "")
    return busy


def _seconds(text: str) -> float | None:
    """Return the seconds of ``Retry-After``; None for its other form, a date."""
    return float(text) if re.fullmatch(r"[0-9]{1,9}", text.strip()) else None


def _nonsense(page: ReviewPage) -> NetworkError:
    return NetworkError(f"The answer about {page.name} isn't from the API of its host.")


_FIXES: Final = {
    "github": "Give the job `permissions: pull-requests: write`. A fork's job gets no such token.",
    "gitlab": "Set SFN_RELEASE_GITLAB_TOKEN to a project access token with the scope `api` and at"
    " least the role Reporter.",
}
