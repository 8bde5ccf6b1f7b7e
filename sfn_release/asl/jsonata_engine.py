"""Runs JSONata: an expression, the variables that it reads → a value, `UNDEFINED` or an error.

    compiled("{% $states.input.id %}").evaluate({"states": {"input": {"id": 1}}}, ...)  →  1

The engine is jlens. benchmarks/jsonata_engines.py holds it against the others: it is right in most
cases of JSONata's own test suite, has the texts of AWS's causes, and ends every expression. What an
expression doesn't read isn't handed to it, and a plain path is read without it.

AWS has shown the same limits on depth and memory. An expression with more steps than
_MAX_STEPS ends in the same way on every machine; _SECONDS ends what has few long steps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from random import Random
from typing import Any, Final

from sfn_release.asl.jsonata import CLOSING, OPENING, TOO_DEEP, JsonataError, parsed
from sfn_release.asl.jsonata_functions import (
    ADDED,
    RANDOM,
    JsonataEvaluationError,
    memory_exceeded,
)

_MAX_DEPTH = 100  # as on AWS: 100 terms of a sum, 99 parentheses, a recursion of 31 calls
_MAX_ITEMS = 873_782  # as on AWS: [1..873782] is accepted
_MAX_TEXT = 6_990_256  # AWS accepts 2^22 characters and refuses 2^23
_MAX_STEPS = 5_000_000
_SECONDS = 2.0

_STACK = (
    "Stack overflow error: Check for non-terminating recursive function."
    " Consider rewriting as tail-recursive."
)
TIMEOUT: Final = "Expression evaluation timeout: Check for infinite loop"
"""The error of an expression that takes too long."""
_LIMITS: Final = {
    "D1011": _STACK,
    "D1012": TIMEOUT,
    "U1006": TIMEOUT,
}

_NAMES = re.compile(r"\$([^\W\d]\w*)")
_PATH = re.compile(r"\$[^\W\d]\w*(\.(?!(?:true|false|null|function|λ)\b)[^\W\d]\w*)*")
"""A variable and names after it. The excluded words aren't names."""


_WHOLE = re.compile(r'"(?:\\.|[^"\\])*"|(?<![\w.])(-?\d+)\.0(?![\w.])')
"""A text, or a whole number as the engine writes it; JSONata writes it without a point."""
_LONG = re.compile(r"\d{16}")
_EXACT, _LONGEST = 2**53, 2**63  # the whole numbers of a double, and of AWS


class Undefined(Enum):
    """The result of an expression that returns nothing."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED


class CompiledJsonata:
    """One expression, ready to run any number of times, in any thread.

    *source* is its text as AWS's causes show it. Raises JsonataError for invalid JSONata, and
    JsonataEvaluationError for an expression that is nested too deeply.
    """

    def __init__(self, text: str) -> None:
        self.source = text.removeprefix(OPENING).removesuffix(CLOSING).strip()
        self._names = frozenset(_NAMES.findall(self.source))
        self._path = self.source[1:].split(".") if _PATH.fullmatch(self.source) else None
        try:
            self._expression = parsed(self.source)
        except JsonataError as error:
            if error.code != TOO_DEEP:
                raise
            raise JsonataEvaluationError("", _STACK) from error
        reads = self._expression.reads()
        self._reads = {} if reads.get("everyBinding") else reads["bindings"]
        for name in self._names & ADDED.keys():
            self._expression.register_function(name, *ADDED[name])
        self._draws = bool(self._names & {"random", "uuid"})
        self._shuffles = "shuffle" in self._names
        self._dated = bool(self._names & {"now", "millis", "toMillis"})

    def evaluate(
        self, variables: Mapping[str, Any], *, random: Random, now: Callable[[], str]
    ) -> Any:
        """Return the value, or UNDEFINED.

        *variables* has the value of ``$states`` too. *now* returns the time of $now in ISO 8601.
        Raises JsonataEvaluationError.
        """
        if self._path is not None:
            found = _looked_up(variables, self._path)
            if found is not None:
                return found[0]
        bindings = {
            name: _part(variables[name], self._reads.get(name, True))
            for name in self._names
            if name in variables
        }
        if "eval" in self._names:
            bindings["eval"] = False  # AWS has no $eval: calling it calls no function
        options: dict[str, Any] = {}
        if self._dated:
            options["now"] = now()
        if self._shuffles:
            options["seed"] = random.getrandbits(63)
        if not self._draws:
            return self._run(bindings, options)
        token = RANDOM.set(random)
        try:
            return self._run(bindings, options)
        finally:
            RANDOM.reset(token)

    def _run(self, bindings: dict[str, Any], options: dict[str, Any]) -> Any:
        try:
            text = self._expression.evaluate_json(
                None,
                bindings,
                timeout=_SECONDS,
                max_depth=_MAX_DEPTH,
                max_steps=_MAX_STEPS,
                max_string_length=_MAX_TEXT,
                max_array_length=_MAX_ITEMS,
                **options,
            )
        except JsonataEvaluationError:
            raise
        except (TypeError, ValueError) as error:  # JSON that the engine can't hold
            raise JsonataEvaluationError("", str(error)) from error
        except Exception as error:
            raise _as_aws(error) from error
        if text is None:
            return UNDEFINED
        return json.loads(text) if _LONG.search(text) is None else _exact(text, bindings)


@lru_cache(maxsize=4096)
def compiled(text: str) -> CompiledJsonata:
    """Compile an expression once, with or without its ``{% %}``. Raises as CompiledJsonata."""
    return CompiledJsonata(text)


def _as_aws(error: Exception) -> JsonataEvaluationError:
    """Return an engine's error in AWS's words. Raises any other error again."""
    from jlens import JlensError

    if not isinstance(error, JlensError):
        raise error
    if error.code in _LIMITS:
        return JsonataEvaluationError("", _LIMITS[error.code])
    if error.code == "U1001":
        return memory_exceeded()
    text = _WHOLE.sub(lambda found: found[1] or found[0], str(error))
    if error.code == "T0410" and text.startswith('Argument 1 of function "partition"'):
        # AWS's own text, as its TestState has shown it
        return JsonataEvaluationError(
            "T0412", 'Argument 1 of function "partition" must be an array of undefined'
        )
    return JsonataEvaluationError(error.code, text)


def _exact(text: str, variables: Mapping[str, Any]) -> Any:
    """Read a result whose whole numbers may be rounded: the engine's numbers are doubles.

    On AWS, a whole number of 64 bits passes through an expression as it is. So a number that is the
    double of a variable's number is that number.
    """
    whole: dict[float, int] = {}
    pending: list[Any] = [variables]
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, int) and _EXACT < abs(value) < _LONGEST:
            whole[float(value)] = value
    return json.loads(text, parse_int=lambda digits: whole.get(float(digits), int(digits)))


def _looked_up(variables: Mapping[str, Any], path: list[str]) -> tuple[Any] | None:
    """Follow the names of a path; None where it meets an array, which JSONata maps over."""
    value: Any = variables
    for name in path:
        if isinstance(value, Mapping):
            if name not in value:
                return (UNDEFINED,)
            value = value[name]
        elif isinstance(value, list):
            return None
        else:
            return (UNDEFINED,)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return (int(value),)  # as on AWS, and by the engine: 1.0 is written as 1
    return (value,)


def _part(value: Any, reads: Any) -> Any:
    """Return the part of a value that an expression reads."""
    if reads is True:
        return value
    if isinstance(value, Mapping):
        return {name: _part(value[name], inner) for name, inner in reads.items() if name in value}
    if isinstance(value, list):
        return [_part(item, reads) for item in value]
    return value
