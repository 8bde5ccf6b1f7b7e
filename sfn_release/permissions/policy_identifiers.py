"""Names of least policies in Terraform and CloudFormation, from the name of a workflow alone.

A tool replaces a resource whose name changes. So a name doesn't depend on which other workflows
exist: whatever isn't a plain identifier gets a hash, and so do names that a resource beside it has.
"""

from __future__ import annotations

import hashlib
import re

_LONGEST = 100  # characters; a logical id of CloudFormation has 255 at most
_WORDS = re.compile(r"[A-Za-z0-9]+")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ALPHANUMERIC = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_TAKEN = re.compile(r"(_trust|_[0-9]+|[0-9a-f]{8})\Z")  # the ends of other names: parts and hashes


def terraform_name(subject: str) -> str:
    """Return the name of a workflow's or role's resources in Terraform.

    ``orders`` stays ``orders``; ``a-b`` becomes ``a_b_`` and a hash of eight characters.
    """
    if _unchanged(_PLAIN, subject):
        return subject
    words = "_".join(_WORDS.findall(subject)) or "workflow"
    return f"{_lettered(words, 'w_')}_{_hash(subject)}"


def logical_id(subject: str) -> str:
    """Return the beginning of the logical ids of a workflow or role in CloudFormation.

    ``orders`` stays ``orders``; ``a-b`` becomes ``aB`` and a hash of eight characters.
    """
    if _unchanged(_ALPHANUMERIC, subject):
        return subject
    first, *rest = _WORDS.findall(subject) or ["workflow"]
    words = first + "".join(word[0].upper() + word[1:] for word in rest)
    return f"{_lettered(words, 'w')}{_hash(subject)}"


def _unchanged(form: re.Pattern[str], text: str) -> bool:
    if len(text) > _LONGEST or not form.fullmatch(text):
        return False
    return not _TAKEN.search(text)


def _lettered(words: str, otherwise: str) -> str:
    """Return words that begin with a letter and leave space for more."""
    return (words if words[0].isalpha() else otherwise + words)[:_LONGEST]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
