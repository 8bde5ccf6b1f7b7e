"""Where the pages of a report are: the one place that makes paths and anchors from names. Pure.

Paths are permalinks, so they never change. They consist of letters, digits and ``._-~``: every host
serves such a path as it is, every file system has such files, and no link needs an escape.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256

PathOf = Callable[[int], str]
"""Returns the path of a part of a list by its number."""

BOARD = "index.html"
TIMELINE = "timeline/index.html"
RELEASES = "releases/index.html"
WORKFLOWS = "workflows/index.html"
COVERAGE = "coverage/index.html"
EXECUTIONS = "executions/index.html"
EVERYTHING = "everything/index.html"
ASSETS = "assets"

_UNSAFE = re.compile(rb"^\.|\.$|[^A-Za-z0-9._-]")
_LONGEST = 120  # characters of a file's name; file systems allow 255 bytes
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")  # no file names on Windows


@lru_cache(maxsize=4096)
def segment(name: str) -> str:
    """Return *name* as one part of a path: its unusual bytes in UTF-8 as ``~`` and two hex digits.

    No two names have the same segment. A long one ends in a part of its digest.

    >>> segment("orders"), segment("1.2.0-rc.1"), segment("注文"), segment("..")
    ('orders', '1.2.0-rc.1', '~E6~B3~A8~E6~96~87', '~2E~2E')
    """
    content = name.encode("utf-8", "surrogatepass")
    text = _UNSAFE.sub(lambda found: b"~%02X" % found[0][0], content).decode()
    if _DEVICE.match(text):
        text = f"~{ord(text[0]):02X}{text[1:]}"
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}~~{sha256(content).hexdigest()[:16]}"
    return text or "~"


def release_path(version: str) -> str:
    """Return the path of a release's page."""
    return f"releases/{segment(version)}/index.html"


def workflow_path(workflow: str, since: str | None = None, part: int | None = None) -> str:
    """Return the path of a workflow's page: its newest form, or the form of release *since*.

    A large form has its states on pages of their own: *part* counts from 1.
    """
    form = f"/{segment(since)}" if since is not None else ""
    states = f"/states-{part}" if part is not None else ""
    return f"workflows/{segment(workflow)}{form}{states}/index.html"


def comparison_path(older: str, newer: str, workflow: str | None = None) -> str:
    """Return the path of the page that compares two releases, or of the part about a *workflow*.

    Only a long part has a page of its own.
    """
    part = f"/{segment(workflow)}" if workflow is not None else ""
    return f"compare/{segment(older)}...{segment(newer)}{part}/index.html"


def workflow_anchor(workflow: str) -> str:
    """Return the anchor of a workflow on the page that compares two releases."""
    return f"workflow-{segment(workflow)}"


def execution_path(name: str) -> str:
    """Return the path of an execution's page."""
    return f"executions/{segment(name)}/index.html"


def coverage_path(workflow: str, number: int) -> str:
    """Return the path of the *number*-th coverage of a report, which is of a *workflow*."""
    return f"coverage/{number}-{segment(workflow)}/index.html"


def environment_path(environment: str, number: int | None = None) -> str:
    """Return the path of an environment's page, or of part *number* of its deployments.

    Parts count from 1 for the oldest deployments, so that a full part never changes.
    """
    part = f"/{number}" if number is not None else ""
    return f"environments/{segment(environment)}{part}/index.html"


def board_path(number: int) -> str:
    """Return the path of part *number* of the board; the first one is the first page."""
    return BOARD if number == 1 else f"board/{number}/index.html"


def releases_path(number: int) -> str:
    """Return the path of part *number* of the list of releases; no version is called ``part``."""
    return RELEASES if number == 1 else f"releases/part/{number}/index.html"


def everything_path(number: int) -> str:
    """Return the path of part *number* of the list of all pages."""
    return EVERYTHING if number == 1 else f"everything/{number}/index.html"


def timeline_path(number: int | None = None) -> str:
    """Return the path of the timeline, or of its part *number*; 1 has the oldest deployments."""
    return TIMELINE if number is None else f"timeline/{number}/index.html"


def state_anchor(name: str) -> str:
    """Return the anchor of a state on a workflow's page."""
    return f"state-{segment(name)}"


def deployment_anchor(deployment: str) -> str:
    """Return the anchor of a deployment in a timeline."""
    return f"deployment-{segment(deployment)}"


def relative(target: str, *, start: str) -> str:
    """Return the relative link from the page *start* to *target*, which may have an anchor.

    >>> relative("index.html", start="releases/1.2.0/index.html")
    '../../index.html'
    """
    if target.startswith(f"{start}#"):
        return target.removeprefix(start)
    return "../" * start.count("/") + target
