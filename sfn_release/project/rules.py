"""What the single values of releases.toml must look like.

Each rule takes a value and returns what is wrong with it, as a sentence, or None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import PurePosixPath
from typing import Any

from sfn_release.asl.placeholders import NAME, REFERENCE, no_parameters
from sfn_release.names import ENVIRONMENT_NAME, MAX_NAME, NOT_IN_NAME
from sfn_release.project.values import problem
from sfn_release.text import parse_duration

Rule = Callable[[Any], str | None]

_FACTOR = re.compile(r"[1-9][0-9]?(\.[0-9]{1,2})?x")
_PROJECT = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]+")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+")
_ALIAS = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_REMOTE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_TAG_TEXT = re.compile(r"[\w .:/=+@-]*")  # letters and digits of every script

_NOT_IN_NAME = re.compile(f"[{NOT_IN_NAME}]")
# git-check-ref-format(1), rules 3 to 10.
_NOT_IN_REF = re.compile(
    r"\.\.|[\x00-\x20\x7f~^:?*\[\\]|@\{|//|^/|/$|\.$|^@$|(?:^|/)\.|\.lock(?:/|$)"
)

_OWN_REFS = frozenset(
    {"heads", "tags", "remotes", "replace", "stash", "notes", "bisect", "worktree", "rewritten"}
)
GIVEN = frozenset({"AWS::Region", "AWS::AccountId", "AWS::Partition"})
"""The parameters that every environment has without declaring them."""

_MAX_PROJECT = 63
_MAX_TAG_KEY = 128
_MAX_TAG_VALUE = 256


def anything(_: Any) -> None:
    """Accept every value."""


def filled(rule: Rule) -> Rule:
    """Return *rule* for a text whose placeholders are filled later, as short values may do it."""

    def of_template(value: str) -> str | None:
        if next(no_parameters(value), None):
            return rule(value)
        return rule(REFERENCE.sub(lambda match: "${" if match["escape"] else "x", value))

    return of_template


def always(_: Any) -> bool:
    """Accept every table."""
    return True


def one_of(*words: str) -> Rule:
    """Return the rule that a value is one of *words*."""

    def rule(value: str) -> str | None:
        return None if value in words else f"It is one of {', '.join(words)}."

    return rule


def toml(value: Any) -> str:
    """Return a value as TOML writes it on one line.

    >>> toml({"ssm": "/shop/charge", "path": ["a", True]})
    '{ ssm = "/shop/charge", path = ["a", true] }'
    """
    if isinstance(value, dict):
        members = (f"{toml_key(key)} = {toml(item)}" for key, item in value.items())
        return f"{{ {', '.join(members)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)  # strings, numbers and booleans are JSON's


def toml_key(key: str) -> str:
    """Return a key as TOML writes it: in quotes unless it is a bare key.

    >>> toml_key("Pause"), toml_key("_x.y::z")
    ('Pause', '"_x.y::z"')
    """
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def all_at_once(value: str) -> str | None:
    """Check a strategy that is no table."""
    if value == "all-at-once":
        return None
    return 'As a text it says "all-at-once"; "canary" and "linear" stand in a table.'


def between(low: int, high: int) -> Rule:
    """Return the rule that a number is *low* to *high*."""

    def rule(value: int) -> str | None:
        return None if low <= value <= high else f"It is a number from {low} to {high}."

    return rule


def factor(value: str) -> str | None:
    """Check a multiple: ``2x``, ``1.5x``."""
    if _FACTOR.fullmatch(value):
        return None
    return "It is a number from 1 to 99 with an x, like 2x or 1.5x."


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


def state_machine_name(value: str) -> str | None:
    """Check a name against the rules of CreateStateMachine."""
    if not value:
        return "It is empty."
    if len(value) > MAX_NAME:
        return f"It has {len(value)} characters; AWS takes at most {MAX_NAME}."
    found = _NOT_IN_NAME.search(value)
    if found:
        return (
            f"It holds {found[0]!r}; AWS takes no white space, control characters, brackets, and"
            ' none of ? * " # % \\ ^ | ~ ` $ & , ; : /'
        )
    return None


def name_template(value: str) -> str | None:
    """Check the template of state machine names."""
    if value.count("{workflow}") != 1:
        return "It must hold {workflow} once, which becomes the workflow's name."
    return filled(state_machine_name)(value.replace("{workflow}", "x"))


def alias(value: str) -> str | None:
    """Check an alias against the rules of CreateStateMachineAlias; "" means: no alias."""
    if value and (not _ALIAS.fullmatch(value) or value.isdigit()):
        return (
            "AWS takes letters, digits, '_', '.' and '-', at most 80 characters, and not digits"
            ' alone. "" is for no alias.'
        )
    return None


def ref(value: str) -> str | None:
    """Check that Git takes *value* as the name of a ref."""
    found = _NOT_IN_REF.search(value)
    if not value or found:
        return (
            f"Git does not take it as the name of a ref: {found[0]!r}." if found else "It is empty."
        )
    return None


def tag_template(value: str) -> str | None:
    """Check the template of release tags."""
    if value.count("{version}") != 1:
        return "It must hold {version} once, which becomes the release version."
    if value.startswith("-"):
        return "Git takes a name that begins with '-' for an option."
    example = value.replace("{version}", "1.2.0")
    if "{" in example or "}" in example:
        return "It may hold no other braces than those of {version}."
    return ref(example)


def remote(value: str) -> str | None:
    """Check the name of a Git remote; "" means: the ledger stays in this clone."""
    if value and (not _REMOTE.fullmatch(value) or ref(f"refs/remotes/{value}/x")):
        return (
            "It is the name of a Git remote, not a URL (`git remote add NAME URL` makes one)."
            ' "" keeps the ledger in this clone.'
        )
    return None


def ledger(value: str) -> str | None:
    """Check the prefix of the ledger's refs."""
    _, *parts = value.split("/")
    if not value.startswith("refs/") or ref(value):
        return ref(value) or 'It is the beginning of a ref\'s full name: "refs/…".'
    if parts[0] in _OWN_REFS and (parts[0] != "heads" or len(parts) == 1):
        return f"refs/{parts[0]} holds Git's own refs."
    return None


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


def region(value: str) -> str | None:
    """Check the shape of an AWS region's name."""
    return None if _REGION.fullmatch(value) else "An AWS region is written like eu-west-1."


def role_arn(value: str) -> str | None:
    """Check the shape of an IAM role's ARN."""
    if not _ROLE.fullmatch(value):
        return "An IAM role's ARN is written like arn:aws:iam::111111111111:role/shop-workflows."
    return None


def endpoint_url(value: str) -> str | None:
    """Check a URL that a client can be pointed at."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none, an unclosed [ of IPv6
        usable = False
    if not usable or not value.isprintable() or " " in value:
        return "An endpoint is written like http://127.0.0.1:8083."
    if "@" in parts.netloc:
        return "It would be recorded in Git: credentials do not belong into it."
    if parts.query or parts.fragment:
        return "An endpoint has neither a query nor a fragment."
    return None


def text(value: str) -> str | None:
    """Check that a text holds something and no control characters."""
    return None if value and value.isprintable() else "It is empty or holds control characters."


def tag_key(value: str) -> str | None:
    """Check the key of an AWS tag that a user may set."""
    if not 0 < len(value) <= _MAX_TAG_KEY or not _TAG_TEXT.fullmatch(value):
        return (
            f"A tag's key has 1 to {_MAX_TAG_KEY} characters: letters, digits, spaces and"
            " _ . : / = + - @"
        )
    for prefix, owner in (("aws:", "AWS"), ("sfn-release:", "sfn-release")):
        if value.lower().startswith(prefix):
            return f"Keys that begin with {prefix} are reserved for {owner}."
    return None


def tag_value(value: str) -> str | None:
    """Check the value of an AWS tag."""
    if len(value) > _MAX_TAG_VALUE or not _TAG_TEXT.fullmatch(value):
        return (
            f"A tag's value has at most {_MAX_TAG_VALUE} characters: letters, digits, spaces and"
            " _ . : / = + - @"
        )
    return None


def account(value: str) -> str | None:
    """Check an AWS account's id."""
    if not re.fullmatch(r"[0-9]{12}", value):
        return "An AWS account's id has twelve digits; it is a string, as it may begin with 0."
    return None


def external_id(value: str) -> str | None:
    """Check the external id of a role's trust policy (AssumeRole, parameter ``ExternalId``)."""
    if not re.fullmatch(r"[\w+=,.@:/-]{2,1224}", value, re.ASCII):
        return "It has 2 to 1224 characters: letters, digits and _ + = , . @ : / -"
    return None


def variable(value: str) -> str | None:
    """Check the name of an environment variable."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        return "It is the name of an environment variable: letters, digits and '_'."
    return None


def ssm_name(value: str) -> str | None:
    """Check the name of a parameter in Parameter Store, with a version or label if it has one."""
    if not re.fullmatch(r"(?:arn:[^\s]+|[\w./-]+)(?::[\w.-]+)?", value, re.ASCII):
        return "A name in Parameter Store is written like /shop/charge, with a version :3."
    return None


def one_source(value: dict[str, Any]) -> str | None:
    """Check that a parameter comes from one place."""
    if len({"env", "ssm"} & value.keys()) != 1:
        return 'A value comes from { env = "VARIABLE" } or { ssm = "/name" }: one of them.'
    return None


def has(key: str) -> Rule:
    """Return the rule that a table has the member *key*."""

    def rule(value: dict[str, Any]) -> str | None:
        return None if key in value else f"`{key}` is missing in it."

    return rule


def branch(value: str) -> str | None:
    """Check a branch's name, or a pattern with ``*`` for several."""
    return ref(f"refs/heads/{value.replace('*', 'x')}")


_DURATION = re.compile(r"(?:\d{1,4}[dhms])+")
_LONGEST = timedelta(days=30)


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
