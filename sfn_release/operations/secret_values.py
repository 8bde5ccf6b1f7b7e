"""Finds parameters whose values look like secrets.

A parameter's value is recorded in the ledger and sent in a definition. Everyone who can read either
can read the value. Pass the ARN of a secret instead, and let your tasks read the secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.project import Environment
from sfn_release.project.parameter_sources import StoredParameter, subject

_NAME = re.compile(
    r"(?i)pass(?![a-z])|passw(or)?d|passphrase|secret|token|credential|api[-_]?key|private[-_]?key|access[-_]?key"
)
_VALUE = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}"  # an AWS access key's id
    r"|(?:ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|sk_live|rk_live)[-_]\w{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"  # a JSON web token
    r"|\w+://[^/\s:@]+:[^/\s@]+@"  # a URL with a password
)
_HARMLESS = re.compile(r"arn:.*|(?=.{1,39}$|.{41,}$)(/[\w.-]+)+/?", re.DOTALL)
"""An ARN or a path, but not of 40 characters: an AWS secret key may look like a path."""


def secret_notes(environment: Environment, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield a note for each looked-up value that looks like a secret."""
    for name, source in sorted(environment.sources(values).items()):
        # Parameter Store marks its secrets itself, as SecureString.
        if isinstance(source, StoredParameter):
            continue
        if _looks_like_one(values[name], f"{name} {subject(source)}"):
            yield (
                f"the parameter {name}, from {source}, looks like a secret. Everyone who"
                " can read the ledger can read it. Pass the ARN of a secret instead"
            )


def _looks_like_one(value: Any, names: str) -> bool:
    """Whether a value, or a part of it, looks like a secret. *names* are what it's called."""
    if isinstance(value, Mapping):
        return any(_looks_like_one(item, f"{names} {key}") for key, item in value.items())
    if isinstance(value, list):
        return any(_looks_like_one(item, names) for item in value)
    if not isinstance(value, str) or _HARMLESS.fullmatch(value):
        return False
    return bool(_VALUE.search(value) or _NAME.search(names))
