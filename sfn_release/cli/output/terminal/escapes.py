"""Escapes what data must not write: control characters, and commands of a CI runner."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Any

# C0 and C1 controls but tab and newline; marks that reorder text or that nothing shows; lone
# surrogates
_UNSAFE = (
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    r"\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)


def safe(text: str) -> str:
    r"""Return *text* with the characters that control a terminal written as escapes.

    >>> safe("\x1b[31mred")
    '\\x1b[31mred'
    """
    if not (text.isascii() and text.isprintable()):
        text = _unsafe().sub(_escaped, text)
    if ("::" in text or "##[" in text) and in_github_actions():
        text = _commands().sub(_disarmed, text)
    return text


def one_line(text: str) -> str:
    """Return *text* safe and on one line."""
    return safe(text).replace("\n", "\\n").replace("\t", "\\t")


def json_text(value: Any) -> str:
    """Return JSON for people and programs: indented, controls escaped by JSON's own rules."""
    import json

    text = json.dumps(value, ensure_ascii=False, indent=2)
    if "##[" in text and in_github_actions():
        text = text.replace("##[", "\\u0023#[")
    return _unsafe().sub(lambda found: json.dumps(found[0])[1:-1], text)


def toml_text(text: str) -> str:
    """Return a TOML document with control characters escaped by TOML's own rules."""
    return _unsafe().sub(lambda found: f"\\U{ord(found[0]):08x}", text)


def in_github_actions() -> bool:
    """Return whether a runner of GitHub Actions reads the output, and runs commands in it."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


@cache
def _commands() -> re.Pattern[str]:
    """Match text that a runner of GitHub Actions runs as a command: ``::name`` and ``##[``."""
    return re.compile(r"(?m)^([^\S\n]*):(?=:)|#(?=#\[)")


@cache
def _unsafe() -> re.Pattern[str]:
    return re.compile(_UNSAFE)


def _disarmed(found: re.Match[str]) -> str:
    return f"{found[1] or ''}\\x{ord(found[0][-1]):02x}"


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code <= 0xFF:  # noqa: PLR2004 - one byte
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - two
