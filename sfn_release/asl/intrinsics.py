"""The 18 intrinsic functions of JSONPath states: ``States.Format('Hello {}', $.name)``.

    parse(text) → IntrinsicCall        IntrinsicCall.evaluate(resolve, random) → value
    problem(text)                      the mistake in a call, in words

Arguments are text in single quotes (a backslash escapes the next character), numbers, ``true``,
``false``, ``null``, paths, and other calls, nested up to ten deep. Source: "Intrinsics
for JSONPath states in Step Functions" in AWS's developer guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any, assert_never

from sfn_release.asl.intrinsic_functions import FUNCTIONS, IntrinsicError
from sfn_release.asl.paths import NUMBER, Path, PathError
from sfn_release.asl.paths import parse as parse_path
from sfn_release.asl.scanner import TextScanner

__all__ = [
    "ArgumentNotFoundError",
    "IntrinsicCall",
    "IntrinsicError",
    "IntrinsicSyntaxError",
    "is_call",
    "parse",
    "problem",
]

_MAX_DEPTH = 10
_ANY = 10_000  # no limit


class ArgumentNotFoundError(LookupError):
    """A path among a call's arguments selects nothing. *resolve* raises it, with a message."""


class IntrinsicSyntaxError(ValueError):
    """Text is not a call of an intrinsic function. The message says why and where."""


@dataclass(frozen=True)
class IntrinsicLiteral:
    """A constant argument."""

    value: Any


@dataclass(frozen=True)
class IntrinsicCall:
    """A parsed call."""

    text: str
    name: str
    arguments: tuple[IntrinsicLiteral | Path | IntrinsicCall, ...]

    def evaluate(self, resolve: Callable[[Path], Any], random: Random) -> Any:
        """Return the call's value. *resolve* reads paths, *random* makes UUIDs and numbers.

        Raises IntrinsicError for wrong arguments, and the ArgumentNotFoundError of *resolve*. Both
        name the whole call, also for a mistake in a call inside it.
        """
        try:
            return self._apply(resolve, random)
        except (IntrinsicError, ArgumentNotFoundError) as error:
            raise type(error)(
                f"The function '{self.text}' had the following error: {error}"
            ) from error

    def _apply(self, resolve: Callable[[Path], Any], random: Random) -> Any:
        values = [self._value(argument, resolve, random) for argument in self.arguments]
        return FUNCTIONS[self.name].apply(values, random)

    def _value(
        self,
        argument: IntrinsicLiteral | Path | IntrinsicCall,
        resolve: Callable[[Path], Any],
        random: Random,
    ) -> Any:
        match argument:
            case IntrinsicLiteral():
                return argument.value
            case IntrinsicCall():
                return argument._apply(resolve, random)  # noqa: SLF001 - of the same class
            case Path():
                return resolve(argument)
            case _:
                assert_never(argument)


def is_call(text: str) -> bool:
    """Whether the text of a payload template is meant as an intrinsic function."""
    return text.startswith("States.")


@lru_cache(maxsize=4096)
def parse(text: str) -> IntrinsicCall:
    """Parse a call. Raises IntrinsicSyntaxError."""
    return _CallParser(text).whole()


def problem(text: object) -> str | None:
    """Return the mistake in a call, None without one."""
    if not isinstance(text, str):
        return "An intrinsic function is written as a text."
    try:
        parse(text)
    except IntrinsicSyntaxError as error:
        return str(error)
    return None


class _CallParser(TextScanner):
    """Reads one call, left to right."""

    what = "intrinsic function"
    error = IntrinsicSyntaxError

    def whole(self) -> IntrinsicCall:
        """Read the whole text as a call."""
        self._match(r"\s+")
        call = self._call(1)
        self._match(r"\s+")
        if self._at < len(self._text):
            self._fail(f"unexpected {self._text[self._at]!r}")
        return call

    def _call(self, depth: int) -> IntrinsicCall:
        begin = self._at
        if depth > _MAX_DEPTH:
            self._fail(f"functions are nested more than {_MAX_DEPTH} deep")
        name = self._match(r"States\.\w+")
        if name not in FUNCTIONS:
            self._fail(f"there is no function {name or self._text[begin:]}")
        if not self._match(r"\s*\(\s*"):
            self._fail("'(' is expected")
        arguments: list[IntrinsicLiteral | Path | IntrinsicCall] = []
        while not self._match(r"\s*\)"):
            if arguments and not self._match(r"\s*,\s*"):
                self._fail("',' or ')' is expected")
            arguments.append(self._argument(depth))
        low, high = FUNCTIONS[name].arity
        if not low <= len(arguments) <= (_ANY if high is None else high):
            self._fail(f"{name} does not take {len(arguments)} arguments")
        return IntrinsicCall(self._text[begin : self._at], name, tuple(arguments))

    def _argument(self, depth: int) -> IntrinsicLiteral | Path | IntrinsicCall:
        if self._text.startswith("States.", self._at):
            return self._call(depth + 1)
        if self._text.startswith("$", self._at):
            return self._path()
        if self._text.startswith("'", self._at):
            quoted = self._match(r"'(?:\\.|[^\\'])*'", re.DOTALL)
            if not quoted:
                self._fail("the quote is not closed")
            if re.search(r"\\[^'{}\\]", re.sub(r"\\\\", "", quoted)):
                self._fail("a backslash can only escape ', {, } or \\")
            return IntrinsicLiteral(_unquote(quoted[1:-1]))
        if word := self._match(rf"(?:true|false|null)\b|{NUMBER}"):
            return IntrinsicLiteral(json.loads(word))
        return self._fail("an argument is expected: a text in single quotes, a number or a path")

    def _path(self) -> Path:
        """Read a path, up to a comma or parenthesis outside its brackets, quotes and calls."""
        text = self._match(
            r"(?:\\.|\((?:[^()']|'[^']*')*\)"
            r"|\[(?:\\.|'(?:\\'|[^'])*'|\"(?:\\\"|[^\"])*\"|[^\[\]'\"]|\[[^\[\]]*\])*\]|[^\\,()\[\]])+",
            re.DOTALL,
        ).rstrip()
        try:
            return parse_path(text or self._text[self._at :])
        except PathError as error:
            raise IntrinsicSyntaxError(str(error)) from error


def _unquote(text: str) -> str:
    r"""Resolve the backslashes of quoted text, but leave ``\{`` and ``\}`` for States.Format."""
    return re.sub(r"\\([^{}])", r"\1", text, flags=re.DOTALL)
