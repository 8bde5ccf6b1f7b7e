"""Reads the expression of ``-k``: words with ``and``, ``or``, ``not`` and parentheses, as pytest's.

    declined or "sold out" and not express

A word matches a test whose name contains it, in any case. A word in quotes may have spaces. ``not``
binds closer than ``and``, and ``and`` closer than ``or``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sfn_release.errors import UsageError

Matches = Callable[[Iterable[str]], bool]
"""Returns whether the names of a test match an expression."""

_TOKEN = re.compile(
    r"""\s*(?: (?P<mark>[()])
             | "(?P<double>[^"]+)" | '(?P<single>[^']+)'
             | (?P<word>[^\s()"']+) )""",
    re.VERBOSE,
)
_OPERATORS = frozenset({"and", "or", "not"})
_DEEPEST = 100  # parentheses and `not` inside each other


@dataclass(frozen=True)
class _Token:
    text: str
    is_word: bool
    column: int


def read_expression(text: str) -> Matches:
    """Return the function that an expression describes. Raises UsageError with the column."""
    reader = _ExpressionReader(text, [*_tokens(text)])
    matches = reader.either(0)
    if reader.next is not None:
        raise reader.fail("expected `and`, `or` or the end")

    def of_names(names: Iterable[str]) -> bool:
        return matches([name.casefold() for name in names])

    return of_names


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None:
            raise _fault(text, len(text[:position]) + 1, "a quote isn't closed")
        column = found.start(found.lastgroup or 0) + 1
        quoted = found["double"] or found["single"]
        word = found["word"]
        operator = found["mark"] or (word if word in _OPERATORS else None)
        yield _Token(operator or quoted or word, operator is None, column)
        position = found.end()


def _fault(text: str, column: int, problem: str) -> UsageError:
    return UsageError(
        f"-k {text!r}: {problem}, at column {column}.",
        fix="For example:  -k 'declined or \"sold out\" and not express'",
    )


class _ExpressionReader:
    """Reads an expression by recursive descent."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._at = 0

    @property
    def next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def fail(self, problem: str) -> UsageError:
        column = self.next.column if self.next else len(self._text) + 1
        return _fault(self._text, column, problem)

    def _takes(self, operator: str) -> bool:
        found = self.next is not None and not self.next.is_word and self.next.text == operator
        self._at += found
        return found

    def either(self, depth: int) -> Callable[[list[str]], bool]:
        options = [self._both(depth)]
        while self._takes("or"):
            options.append(self._both(depth))
        return options[0] if len(options) == 1 else lambda names: any(o(names) for o in options)

    def _both(self, depth: int) -> Callable[[list[str]], bool]:
        parts = [self._single(depth)]
        while self._takes("and"):
            parts.append(self._single(depth))
        return parts[0] if len(parts) == 1 else lambda names: all(part(names) for part in parts)

    def _single(self, depth: int) -> Callable[[list[str]], bool]:
        if depth > _DEEPEST:
            raise self.fail("it is nested too deeply")
        if self._takes("not"):
            inner = self._single(depth + 1)
            return lambda names: not inner(names)
        if self._takes("("):
            inside = self.either(depth + 1)
            if not self._takes(")"):
                raise self.fail("expected a closing parenthesis")
            return inside
        token = self.next
        if token is None or not token.is_word:
            raise self.fail("expected a word")
        self._at += 1
        word = token.text.casefold()
        return lambda names: any(word in name for name in names)
