"""One file to send back: answers as JSON, and as text, without anything that names your account."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Verdict = Literal["agrees", "differs", "unanswered"]


@dataclass(frozen=True)
class Answer:
    """A question with the assumed answer and its source, and the answer that was observed."""

    question: str
    text: str
    assumed: Any
    observed: Any
    verdict: Verdict
    source: str = "guess"


@dataclass(frozen=True)
class Step:
    """A step of the story: what was run, and what went wrong, "" if nothing did."""

    name: str
    ok: bool
    problem: str = ""


_REDACTED = (
    # A URL's host, unless it's AWS's own.
    (re.compile(r"\b(https?)://(?![\w.-]+\.(?:amazonaws\.com(?:\.cn)?|api\.aws)(?![\w.-]))"
                r"[^\s\"'<>/]+"), r"\1://HOST"),
    # A 12-digit number is an account, wherever it is. Requests and versions have other shapes.
    (re.compile(r"(?<!\d)(?:%[0-9A-F]{2})?(?:\d{12}|\d{4}-\d{4}-\d{4})(?!\d)"), "ACCOUNT"),
    # An id of IAM, and the session that STS appends to it.
    (re.compile(r"(?<![A-Za-z0-9])A[A-Z]{2}A[A-Z0-9]{12,}(?::[^\s\"',]+)?(?![A-Za-z0-9])"), "KEY"),
    (re.compile(r"(?<=assumed-role/)[^\s\"',]+"), "ROLE/SESSION"),
    (re.compile(r"(?<=:role/)[^\s\"',]+"), "ROLE"),
    (re.compile(r"(?<=[:-]user/)[^\s\"',]+"), "USER"),
    (re.compile(r"(?<=:)(group|instance-profile|policy|mfa|saml-provider)/[^\s\"',]+"), r"\1/NAME"),
    (re.compile(r"\bo-[a-z0-9]{10,32}\b"), "ORGANIZATION"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"), "ADDRESS"),
    (re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:{1,2}){3,7}[0-9A-Fa-f]{1,4}\b"), "ADDRESS"),
    (re.compile(r"(?<![\w.-])/(?:home|Users|root|tmp|var|private|opt|srv|mnt)/[^\s\"',)]+"),
     "PATH"),
    (re.compile(r"\b[A-Za-z]:\\+[^\s\"',)]+"), "PATH"),
    (re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*\b"), "EMAIL"),
    (re.compile(r"\b[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b"), "ID"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "SECRET"),
    # Secret keys have 40 of these characters. Tokens and texts in base64 are longer.
    (re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40,}={0,2}(?![A-Za-z0-9/+])"), "SECRET"),
)  # fmt: skip


def redacted(value: Any, secrets: Sequence[str] = ()) -> Any:
    """Return a JSON value without accounts, keys, users, addresses, paths and *secrets*.

    A number counts as a secret anywhere; a name doesn't if it's only a part of a longer word.
    """
    if isinstance(value, str):
        for secret in secrets:
            if secret.isdigit():
                value = value.replace(secret, "ACCOUNT")
            else:
                word = rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])"
                value = re.sub(word, "HIDDEN", value)
        for pattern, word in _REDACTED:
            value = pattern.sub(word, value)
        return value
    if isinstance(value, dict):
        return {redacted(key, secrets): redacted(item, secrets) for key, item in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = str(value)
        return value if redacted(text, secrets) == text else "ACCOUNT"
    return [redacted(item, secrets) for item in value] if isinstance(value, list) else value


def report(
    answers: Sequence[Answer],
    steps: Sequence[Step],
    about: dict[str, Any],
    secrets: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the report as JSON, redacted; ``text`` is the same for people."""
    safe = {
        "schema": "sfn-release/live/1",
        **about,
        # Only what AWS and the commands say: a user may be called "live", or "answers".
        "answers": [
            {**asdict(answer), "observed": redacted(answer.observed, secrets)} for answer in answers
        ],
        "story": [{**asdict(step), "problem": redacted(step.problem, secrets)} for step in steps],
    }
    return {**safe, "text": _lines(safe)}


def _lines(safe: dict[str, Any]) -> list[str]:
    lines = []
    for step in safe["story"]:
        lines.append(f"{'ok     ' if step['ok'] else 'FAILED '} story: {step['name']}")
        lines += [f"          {line}" for line in step["problem"].splitlines()]
    for answer in safe["answers"]:
        lines.append(f"{answer['verdict']:10} {answer['question']}: {answer['text']}")
        if answer["verdict"] != "agrees":
            lines.append(
                f"           assumed:  {json.dumps(answer['assumed'])} ({answer['source']})"
            )
            lines.append(f"           observed: {json.dumps(answer['observed'])}")
    return lines


def write_report(path: Path, found: dict[str, Any]) -> None:
    """Write the one file."""
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
