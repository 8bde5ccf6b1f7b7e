"""Rules for single values of releases.toml: texts, numbers, times, names.

A rule takes a value, and returns a sentence that says what is wrong with it, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from sfn_release.asl.placeholders import NAME, REFERENCE, no_parameters
from sfn_release.names import ENVIRONMENT_NAME
from sfn_release.project.parameter_values import problem
from sfn_release.text import parse_duration

ValueRule = Callable[[Any], str | None]

GIVEN = frozenset({"AWS::Region", "AWS::AccountId", "AWS::Partition"})
"""The parameters that every environment has without declaring them."""

_FACTOR = re.compile(r"[1-9][0-9]?(\.[0-9]{1,2})?x")
_PROJECT = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_DURATION = re.compile(r"(?:\d{1,4}[dhms])+")
_LONGEST = timedelta(days=30)
_MAX_PROJECT = 63


def anything(_: Any) -> None:
    """Accept every value."""


def always(_: Any) -> bool:
    """Accept every table."""
    return True


def filled(rule: ValueRule) -> ValueRule:
    """Return *rule* for a text whose placeholders are filled later, as short values may do it."""

    def of_template(value: str) -> str | None:
        if next(no_parameters(value), None):
            return rule(value)
        return rule(REFERENCE.sub(lambda match: "${" if match["escape"] else "x", value))

    return of_template


def one_of(*words: str) -> ValueRule:
    """Return the rule that a value is one of *words*."""

    def rule(value: str) -> str | None:
        return None if value in words else f"It is one of {', '.join(words)}."

    return rule


def between(low: int, high: int) -> ValueRule:
    """Return the rule that a number is *low* to *high*."""

    def rule(value: int) -> str | None:
        return None if low <= value <= high else f"It is a number from {low} to {high}."

    return rule


def has(key: str) -> ValueRule:
    """Return the rule that a table has the member *key*."""

    def rule(value: dict[str, Any]) -> str | None:
        return None if key in value else f"`{key}` is missing in it."

    return rule


def text(value: str) -> str | None:
    """Check that a text holds something and no control characters."""
    return None if value and value.isprintable() else "It is empty or holds control characters."


def factor(value: str) -> str | None:
    """Check a multiple: ``2x``, ``1.5x``."""
    if _FACTOR.fullmatch(value):
        return None
    return "It is a number from 1 to 99 with an x, like 2x or 1.5x."


def duration(value: str) -> str | None:
    """Check a span of time."""
    if not _DURATION.fullmatch(value) or not timedelta() < parse_duration(value) <= _LONGEST:
        return "A span of time is written like 90s, 5m, 2h, 1h30m or 2d; 30 days at most."
    return None


def timeout(value: object) -> str | None:
    """Check a limit of time: a whole number of seconds, or a span of time."""
    if isinstance(value, str):
        return duration(value)
    if type(value) is not int or not 0 < value <= _LONGEST.total_seconds():
        return "It must be a whole number of seconds, or a span of time such as 90s or 5m."
    return None


def variable(value: str) -> str | None:
    """Check the name of an environment variable."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        return "It is the name of an environment variable: letters, digits and '_'."
    return None


def project_name(value: str) -> str | None:
    """Check a project's name: a part of Git refs and the value of an AWS tag.

    Lower case only: on file systems that ignore case, refs that differ by it are one file.
    """
    if len(value) > _MAX_PROJECT or not _PROJECT.fullmatch(value) or value.endswith(".lock"):
        return (
            "It names Git branches and an AWS tag: lower-case letters and digits, with single"
            f" '-', '_' or '.' between them, at most {_MAX_PROJECT} characters, not ending .lock."
        )
    return None


def environment_name(value: str) -> str | None:
    """Check an environment's name: a part of Git refs, the value of an AWS tag, an argument."""
    return None if ENVIRONMENT_NAME.accepts(value) else ENVIRONMENT_NAME.form


def workflows(value: str) -> str | None:
    """Check the workflows folder: a path below the folder of releases.toml."""
    path = PurePosixPath(value)
    if path.is_absolute() or re.match(r"[A-Za-z]:|\\", value):
        return "It is relative to the folder of releases.toml."
    if "\\" in value or not value.isprintable():
        return "Its folders are separated by '/', and it holds no control characters."
    if not path.parts:
        return "The modules need a folder of their own."
    if ".." in path.parts:
        return "It may not lead out of the folder of releases.toml."
    if ".git" in path.parts:
        return "It may not lie in Git's folder."
    return None


def all_at_once(value: str) -> str | None:
    """Check a strategy that is no table."""
    if value == "all-at-once":
        return None
    return 'As a text it says "all-at-once"; "canary" and "linear" stand in a table.'


def parameter_name(value: str) -> str | None:
    """Check the name in ``${Name}``."""
    if not NAME.fullmatch(value):
        return (
            "It begins with a letter or '_' and holds letters, digits, '_', and '.' or '::' between"
            " them."
        )
    if value in GIVEN:
        return f"${{{value}}} is always there: it follows from the environment."
    return None


def parameter(value: Any) -> str | None:
    """Check the value of a parameter."""
    return problem(value)


def one_source(value: dict[str, Any]) -> str | None:
    """Check that a parameter comes from one place."""
    if len({"env", "ssm"} & value.keys()) != 1:
        return 'A value comes from { env = "VARIABLE" } or { ssm = "/name" }: one of them.'
    return None
