"""The messages of Jackson, AWS's JSON parser, for invalid JSON.

Python's parser finds the fault; `_described` says it in Jackson's words. Jackson's column is one
after the fault, counted from 1.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from sfn_release.errors import DefinitionError

_TOKEN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"?|[][{}]', re.DOTALL)
_SHOWN = 500  # characters of the text
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


class _Fault(NamedTuple):
    """Jackson's message, and the fault's index in the text."""

    message: str
    at: int


def not_json(text: str, error: DefinitionError) -> tuple[str, str | None]:
    """Return the message and the place of the fault in *error*, which `canonical.loads` raised.

    Faults that Jackson doesn't have keep our message, without a place.
    """
    decoding = error.__cause__
    if not isinstance(decoding, json.JSONDecodeError):
        return error.message, None
    if not text.strip():
        fault = _Fault("No content to map due to end-of-input", len(text) - 1)
    else:
        fault = _described(text, decoding)
    place = _place(text, fault.at)
    return f"{fault.message}\n at {place}", place


_EXPECTED = {
    "Expecting property name enclosed in double quotes": (
        "was expecting double-quote to start field name"
    ),
    "Illegal trailing comma before end of object": "was expecting double-quote to start field name",
    "Expecting ':' delimiter": "was expecting a colon to separate field name and value",
}
"""The expectations of Jackson, by Python's message. All others expect a value."""


def _described(text: str, error: json.JSONDecodeError) -> _Fault:
    """Say a fault of Python's parser in Jackson's words."""
    at, message = error.pos, error.msg
    if message.startswith("Unterminated string"):
        missing = ": was expecting closing quote for a string value"
    elif at >= len(text.rstrip()):
        missing = _missing(text, message)
    elif message.startswith("Invalid "):
        return _bad_character(text, at, message)
    else:
        return _unexpected(text, at, message)
    return _Fault(f"Unexpected end-of-input{missing}", len(text) - 1)


def _bad_character(text: str, at: int, message: str) -> _Fault:
    """Describe a control character in a string, or an unknown escape."""
    if message.startswith("Invalid control character"):
        code = ord(text[at])
        return _Fault(
            f"Illegal unquoted character ((CTRL-CHAR, code {code})): has to be escaped using"
            " backslash to be included in string value",
            at,
        )
    after = text[at + 1 : at + 2] or " "
    return _Fault(f"Unrecognized character escape '{after}' (code {ord(after)})", at + 1)


def _unexpected(text: str, at: int, message: str) -> _Fault:
    """Describe a character, or a word, that can't stand at its place."""
    token = _TOKEN.match(text, at)
    if token and message in ("Expecting value", "Extra data"):
        named = f"Unrecognized token '{token[0]}': was expecting {_VALUES}"
        return _Fault(named, at + len(token[0]) - 1)
    if message.startswith("Illegal trailing comma"):
        after = text[at + 1 :]
        at += 1 + len(after) - len(after.lstrip())
    if message == "Expecting ',' delimiter":
        scope = "Object" if _open_bracket(text, at)[1] == "{" else "Array"
        expected = f"was expecting comma to separate {scope} entries"
    else:
        expected = _EXPECTED.get(message, f"expected a valid value {_VALUES}")
    return _Fault(f"Unexpected character ('{text[at]}' (code {ord(text[at])})): {expected}", at)


def _missing(text: str, message: str) -> str:
    """Name the missing end of a text that ends too early."""
    at, bracket = _open_bracket(text, len(text))
    if message == "Expecting value" and text.rstrip().endswith(":"):
        return " within/between Object entries"
    if not bracket:
        return ""
    scope = "Object" if bracket == "{" else "Array"
    return f": expected close marker for {scope} (start marker at {_place(text, at - 1)})"


def _open_bracket(text: str, end: int) -> tuple[int, str]:
    """Return the index and the innermost bracket that is open before *end*; "" if none is."""
    opened: list[tuple[int, str]] = []
    for part in _STRING_OR_BRACKET.finditer(text, 0, end):
        if part[0] in "[{":
            opened.append((part.start(), part[0]))
        elif part[0] in "]}" and opened:
            opened.pop()
    return opened[-1] if opened else (0, "")


def _place(text: str, at: int) -> str:
    """Return the place after index *at* as Jackson writes it."""
    before = text[: at + 1]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    cut = f"[truncated {len(text) - _SHOWN} chars]" if len(text) > _SHOWN else ""
    return f'[Source: (String)"{text[:_SHOWN]}"{cut}; line: {line}, column: {column}]'
