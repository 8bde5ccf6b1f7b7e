r"""JSONPath and Reference Paths as the Amazon States Language uses them.

A path starts at ``$`` (the data), ``$$`` (the context object) or ``$name`` (a variable). It goes on
with names, indexes, wildcards, slices, ``..``, filters and functions such as ``length()``. In a
dotted name you can escape any character with a backslash, and write ``\uXXXX`` for a character
(States Language, "Reference Paths"). In a quoted name you can only escape the quote.

    parse(text) → Path            Path.find(document) → value
    put(document, path, value)    a document with a value at the path, as ResultPath does
    problem(text)                 the mistake in a path, in words
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sfn_release.asl.linear_patterns import PatternError
from sfn_release.asl.path_budget import Budget, PathBudgetError
from sfn_release.asl.path_filters import ABSENT, COMPARISONS
from sfn_release.asl.path_patterns import PathPattern
from sfn_release.asl.path_steps import (
    FUNCTIONS,
    Descent,
    Filter,
    Indexes,
    IndexPastEndError,
    NotAnArrayError,
    Path,
    PathFunction,
    PathNames,
    PathNotFoundError,
    PathStep,
    Slice,
    Wildcard,
)
from sfn_release.asl.path_writing import put
from sfn_release.asl.scanner import TextScanner, unescape

__all__ = [
    "IndexPastEndError",
    "NotAnArrayError",
    "Path",
    "PathBudgetError",
    "PathError",
    "PathNotFoundError",
    "PatternError",
    "parse",
    "problem",
    "put",
]

_PathTest = Callable[[Any, Any, Budget], bool]
_PathOperand = Callable[[Any, Any, Budget], Any]
_NAME = r"(?:\\.|[^\\.\[\]()\s])+"
_NAME_IN_FILTER = r"(?:\\.|[^\\.\[\]()\s,=<>!&|~])+"
_INDEX = "-?[0-9]{1,18}"
NUMBER = r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][-+]?[0-9]{1,9})?"
"""A number in JSON, of a reasonable length."""

_MAX_NESTING = 50  # of parentheses and lists in a filter, where the parser recurses
_MAX_PATTERN = 1000  # characters of a regular expression, because compiling takes time


class PathError(ValueError):
    """Text is not a path. The message names the mistake and the character."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Path:
    """Parse a path. Raises PathError."""
    if not isinstance(text, str):
        raise PathError(f"{text!r} is not a path: a path is text.")
    return _PathParser(text).path()


def problem(text: Any, *, reference: bool = False) -> str | None:
    """Return the mistake in a path, None without one. *reference* requires a Reference Path."""
    try:
        path = parse(text)
    except TypeError:  # unhashable, so it isn't text
        return f"{text!r} is not a path: a path is text."
    except PathError as error:
        return str(error)
    if reference and not path.is_reference:
        return f"{text!r} is not a Reference Path: it may select more than one value."
    return None


class _PathParser(TextScanner):
    """Reads one path, left to right."""

    what = "path"
    error = PathError

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nesting = 0

    def path(self) -> Path:
        """Read the whole text as a path."""
        path = self._path_here("$")
        self._blank()  # AWS accepts spaces at the end of a path, and its samples have some
        if self._at < len(self._text):
            self._fail(f"unexpected {self._text[self._at]!r}")
        return path

    def _path_here(self, start: str) -> Path:
        """Read a path that begins with *start* here, up to its last step."""
        begin = self._at
        if not self._skip(start):
            self._fail(f"a path begins with {start}")
        root = start
        if start == "$":
            if self._skip("$"):
                root = "$$"
            elif name := self._match(r"[^\W\d]\w*"):
                root = f"${name}"
        steps: list[PathStep] = []
        while self._peek() in (".", "["):
            if steps and isinstance(steps[-1], PathFunction):
                self._fail("a path ends with a function")
            self._step(steps)
        return Path(self._text[begin : self._at], root, tuple(steps))

    def _step(self, steps: list[PathStep]) -> None:
        if self._peek() == "[":
            steps.append(self._bracket())
            return
        self._at += 1
        if self._skip("."):
            steps.append(Descent())
        if self._peek() == "[":
            steps.append(self._bracket())
        elif self._skip("*"):
            steps.append(Wildcard())
        else:
            steps.append(self._dotted())

    def _dotted(self) -> PathStep:
        """Read a name after a dot, or a function."""
        # Within a filter, an operator ends the name.
        raw = self._match(_NAME_IN_FILTER if self._nesting else _NAME, re.DOTALL)
        if not raw:
            self._fail("a name is expected")
        if raw in FUNCTIONS and self._match(r"\(\s*\)"):
            return PathFunction(raw)
        if self._peek() == "(":
            self._fail(f"there is no function {raw}()")
        return PathNames((unescape(raw),))

    def _bracket(self) -> PathStep:
        self._at += 1
        self._blank()
        if self._skip("?"):
            step: PathStep = Filter(self._filter())
        elif self._skip("*"):
            step = Wildcard()
        elif self._peek() in ("'", '"'):
            names = [self._quoted()]
            while self._blank() or self._skip(","):
                self._blank()
                names.append(self._quoted())
            step = PathNames(tuple(names))
        else:
            step = self._numbers()
        self._blank()
        if not self._skip("]"):
            self._fail("']' is expected")
        return step

    def _numbers(self) -> PathStep:
        text = self._match(r"[-0-9:,\s]+").replace(" ", "")
        if re.fullmatch(rf"{_INDEX}(,{_INDEX})*", text):
            return Indexes(tuple(map(int, text.split(","))))
        if re.fullmatch(rf"({_INDEX})?:({_INDEX})?(:-?[1-9][0-9]{{0,17}})?", text):
            bounds = [int(part) if part else None for part in text.split(":")]
            return Slice(slice(*bounds), text)
        return self._fail("an index, a slice, a quoted name, '*' or '?(' is expected")

    def _quoted(self) -> str:
        quote = self._peek()
        if quote not in ("'", '"'):
            self._fail("a quoted name is expected")
        raw = self._match(rf"{quote}((?:\\{quote}|[^{quote}])*){quote}", re.DOTALL)
        if not raw:
            self._fail("the quote is not closed")
        return raw[1:-1].replace(f"\\{quote}", quote)

    # Filters: ?( or ), or := and || and, and := term && term, term := !term | (or) | comparison

    def _filter(self) -> _PathTest:
        self._blank()
        if not self._skip("("):
            self._fail("'(' is expected after '?'")
        return self._group()

    def _group(self) -> _PathTest:
        self._nesting += 1
        if self._nesting > _MAX_NESTING:
            self._fail("the filter is nested too deeply")
        alternatives = [self._conjunction()]
        while self._operator("||"):
            alternatives.append(self._conjunction())
        if not self._operator(")"):
            self._fail("')' is expected")
        self._nesting -= 1
        return lambda item, root, budget: any(test(item, root, budget) for test in alternatives)

    def _conjunction(self) -> _PathTest:
        tests = [self._term()]
        while self._operator("&&"):
            tests.append(self._term())
        return lambda item, root, budget: all(test(item, root, budget) for test in tests)

    def _term(self) -> _PathTest:
        negative = False
        while self._operator("!"):
            negative = not negative
        if not self._operator("("):
            return self._comparison(negative=negative)
        test = self._group()
        return (lambda item, root, budget: not test(item, root, budget)) if negative else test

    def _comparison(self, *, negative: bool) -> _PathTest:
        """Read a comparison, or a path alone, which is true if it selects something.

        For a negated path alone, null counts as nothing: where ``@.x`` is null, both ``[?(@.x)]``
        and ``[?(!@.x)]`` match. The second was measured with Step Functions Local 2.0.0, not AWS.
        Source: https://github.com/floci-io/floci/issues/3480.
        """
        left = self._operand()
        self._blank()
        sign = self._match(
            r"==|!=|<=|>=|=~|<|>|\b(?:in|nin|subsetof|anyof|noneof|contains|size|empty)\b"
        )
        if not sign:
            if negative:
                return lambda item, root, budget: left(item, root, budget) in (ABSENT, None)
            return lambda item, root, budget: left(item, root, budget) is not ABSENT
        right = self._operand()
        compare = COMPARISONS[sign]

        def test(item: Any, root: Any, budget: Budget) -> bool:
            operands = left(item, root, budget), right(item, root, budget)
            budget.compare(sign, *operands)
            return compare(*operands) is not negative

        return test

    def _operand(self) -> _PathOperand:
        self._blank()
        if self._peek() in ("@", "$"):
            return self._operand_path()
        if self._peek() in ("'", '"'):
            literal: Any = self._quoted()
        elif pattern := self._match(r"/(?:\\.|[^/\\])*/[a-z]*"):
            literal = self._pattern(pattern)
        elif self._skip("["):
            literal = self._list()
        elif word := self._match(rf"{NUMBER}|(?:true|false|null)\b"):
            literal = json.loads(word)
        elif word := self._match(r"[^\W\d][\w-]*"):  # AWS's samples compare with unquoted words
            literal = word
        else:
            self._fail("a value or a path is expected")
        return lambda _item, _root, _budget: literal

    def _operand_path(self) -> _PathOperand:
        at_item = self._peek() == "@"
        path = self._path_here("@" if at_item else "$")

        def operand(item: Any, root: Any, budget: Budget) -> Any:
            try:
                return path.find(item if at_item else root, budget)
            except PathNotFoundError:
                return ABSENT

        return operand

    def _pattern(self, text: str) -> PathPattern:
        body, _, flags = text[1:].rpartition("/")
        if len(body) > _MAX_PATTERN:
            self._fail(f"the regular expression is longer than {_MAX_PATTERN} characters")
        try:
            return PathPattern(body, ignores_case="i" in flags)
        except ValueError as error:
            return self._fail(f"the regular expression is not valid: {error}")

    def _list(self) -> list[Any]:
        values: list[Any] = []
        self._nesting += 1
        if self._nesting > _MAX_NESTING:
            self._fail("the list is nested too deeply")
        while not self._operator("]"):
            if values and not self._operator(","):
                self._fail("',' or ']' is expected")
            operand = self._operand()
            values.append(operand(None, None, Budget()))
        self._nesting -= 1
        return values
