"""The pull request or merge request of this job, found in the variables of the CI service.

https://docs.github.com/actions/reference/workflows-and-actions/variables
https://docs.gitlab.com/ci/variables/predefined_variables/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from sfn_release.errors import UsageError

TOKENS: Final = {
    "github": ("GH_TOKEN", "GITHUB_TOKEN"),
    "gitlab": ("SFN_RELEASE_GITLAB_TOKEN", "GITLAB_TOKEN"),
}
"""The variables with a token, by host. GitLab's CI_JOB_TOKEN can't write notes."""
MOST: Final = {"github": 65_536, "gitlab": 1_000_000}
"""The most characters of a comment, by host."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_TOKEN: Final = re.compile(r"[!-~]*")
_REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class ReviewPage:
    """A pull request or merge request. *comments* is the URL of its comments, *one* of one of them.

    *one* has ``{id}``. *viewer* is the URL of GitHub's GraphQL, "" on GitLab. *token* is "" without
    one.
    """

    host: Literal["github", "gitlab"]
    name: str
    comments: str
    one: str
    user: str
    viewer: str = ""
    token: str = field(default="", repr=False)


def review_page(environ: Mapping[str, str]) -> ReviewPage | None:
    """Return the page that this job runs for; None if it runs for no pull or merge request.

    Raises UsageError for variables that can't be used.
    """
    if environ.get("GITLAB_CI") == "true":
        return _gitlab(environ)
    return _github(environ) if environ.get("GITHUB_ACTIONS") == "true" else None


def _github(environ: Mapping[str, str]) -> ReviewPage | None:
    number = _number(environ)
    repository = environ.get("GITHUB_REPOSITORY", "")
    if number is None or not _REPOSITORY.fullmatch(repository):
        return None
    api = _api(environ.get("GITHUB_API_URL") or "https://api.github.com")
    issues = f"{api}/repos/{repository}/issues"
    return ReviewPage(
        "github",
        f"{repository}#{number}",
        f"{issues}/{number}/comments",
        issues + "/comments/{id}",
        f"{api}/user",
        _api(environ.get("GITHUB_GRAPHQL_URL") or f"{api.removesuffix('/v3')}/graphql"),
        _token(environ, "github"),
    )


def _number(environ: Mapping[str, str]) -> int | None:
    """Return the pull request's number, from the event or the ref that started the job."""
    path = environ.get("GITHUB_EVENT_PATH")
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
        number = event["pull_request"]["number"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        found = re.fullmatch(r"refs/pull/(\d+)/\w+", environ.get("GITHUB_REF", ""))
        return int(found[1]) if found else None
    return number if isinstance(number, int) else None


def _gitlab(environ: Mapping[str, str]) -> ReviewPage | None:
    number = environ.get("CI_MERGE_REQUEST_IID", "")
    project = environ.get("CI_MERGE_REQUEST_PROJECT_ID") or environ.get("CI_PROJECT_ID", "")
    if not (number.isdecimal() and project.isdecimal()):
        return None
    api = _api(environ.get("CI_API_V4_URL") or "https://gitlab.com/api/v4")
    notes = f"{api}/projects/{project}/merge_requests/{number}/notes"
    name = f"{environ.get('CI_MERGE_REQUEST_PROJECT_PATH') or project}!{number}"
    token = _token(environ, "gitlab")
    return ReviewPage("gitlab", name, notes, notes + "/{id}", f"{api}/user", token=token)


def _token(environ: Mapping[str, str], host: str) -> str:
    name = next((name for name in TOKENS[host] if environ.get(name, "").strip()), None)
    token = environ[name].strip() if name else ""
    if not _TOKEN.fullmatch(token):  # it can't be sent, and an error of the sender would show it
        raise UsageError(
            f"{name} isn't a token: it has a space, a line end, or a letter that isn't ASCII.",
            fix="Check how the secret was stored.",
        )
    return token


def _api(url: str) -> str:
    """Return the URL of an API without a slash at its end. A token is never sent in plain text."""
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not (safe and parts.hostname):
        raise UsageError(f"{url!r} isn't the https address of an API.")
    return url.rstrip("/")
