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
    """A question with the assumed answer, and the one that was observed."""

    question: str
    text: str
    assumed: Any
    observed: Any
    verdict: Verdict


@dataclass(frozen=True)
class Step:
    """A step of the story: what was run, and what went wrong, "" if nothing did."""

    name: str
    ok: bool
    problem: str = ""


_REDACTED = (
    # A 12-digit number is an account, wherever it is. Requests and versions have other shapes.
    (re.compile(r"(?<!\d)\d{12}(?!\d)"), "ACCOUNT"),
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA|ANPA|AGPA|AIPA)[A-Z0-9]{12,}\b"), "KEY"),
    (re.compile(r"(?<=assumed-role/)[^\s\"',]+"), "ROLE/SESSION"),
    (re.compile(r"(?<=:role/)[^\s\"',]+"), "ROLE"),
    (re.compile(r"(?<=:user/)[^\s\"',]+"), "USER"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"), "ADDRESS"),
    (re.compile(r"(?<![\w/.-])/(?:home|Users|root|tmp|var|private)/[^\s\"',)]+"), "PATH"),
    (re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"), "EMAIL"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b[A-Za-z0-9/+]{40}\b(?=[\s\"']|$)"), "SECRET"),
)


def redacted(value: Any, secrets: Sequence[str] = ()) -> Any:
    """Return a JSON value without accounts, keys, users, addresses, paths and *secrets*."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "HIDDEN") if secret else value
        for pattern, word in _REDACTED:
            value = pattern.sub(word, value)
        return value
    if isinstance(value, dict):
        return {redacted(key, secrets): redacted(item, secrets) for key, item in value.items()}
    return [redacted(item, secrets) for item in value] if isinstance(value, list) else value


def report(
    answers: Sequence[Answer],
    steps: Sequence[Step],
    about: dict[str, Any],
    secrets: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the report as JSON, redacted; ``text`` is the same for people."""
    plain = {
        "schema": "sfn-release/live/1",
        **about,
        "answers": [asdict(answer) for answer in answers],
        "story": [asdict(step) for step in steps],
    }
    safe: dict[str, Any] = redacted(plain, secrets)
    return {**safe, "text": _lines(safe)}


def _lines(safe: dict[str, Any]) -> list[str]:
    lines = []
    for step in safe["story"]:
        lines.append(f"{'ok     ' if step['ok'] else 'FAILED '} story: {step['name']}")
        lines += [f"          {line}" for line in step["problem"].splitlines()]
    for answer in safe["answers"]:
        lines.append(f"{answer['verdict']:10} {answer['question']}: {answer['text']}")
        if answer["verdict"] != "agrees":
            lines.append(f"           assumed:  {json.dumps(answer['assumed'])}")
            lines.append(f"           observed: {json.dumps(answer['observed'])}")
    return lines


def write_report(path: Path, found: dict[str, Any]) -> None:
    """Write the one file."""
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
