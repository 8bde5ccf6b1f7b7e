"""The functions that Step Functions adds to JSONata.

$partition, $range, $hash, $random (with a seed), $uuid and $parse.

Sources: "JSONata functions provided by Step Functions" in AWS's developer guide. TestState on AWS
has shown the edge cases and the texts. The engine checks the arguments against a signature first.
An undefined argument is None, like a missing one.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from random import Random
from typing import Any, Final
from uuid import UUID

from sfn_release.asl.intrinsic_functions import HASHES

RANDOM: Final[ContextVar[Random]] = ContextVar("RANDOM")
"""The source of $random and $uuid for the evaluation that runs."""

_MAX_RANGE = 360_145  # measured: AWS answers its memory error for one element more
_MEMORY = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
_MULTIPLIER, _MASK = 0x5DEECE66D, (1 << 48) - 1  # java.util.Random


class JsonataEvaluationError(ValueError):
    """An expression failed. *code* is JSONata's, such as T1006; "" for an exceeded limit."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


def wrong_argument(function: str, number: int) -> JsonataEvaluationError:
    """Return the error for an argument that the signature refuses; the first has the number 1."""
    return JsonataEvaluationError(
        "T0410", f'Argument {number} of function "{function}" does not match function signature'
    )


def memory_exceeded() -> JsonataEvaluationError:
    """Return the error for a value that is too large."""
    return JsonataEvaluationError("", _MEMORY)


def _partition(array: list[Any] | None, size: float | None) -> Any:
    """Split an array; the last part may be shorter. Without a size, it is one part."""
    if not array:
        return None
    if size is None:
        return [array]
    length = math.trunc(size)
    if length < 0:
        raise JsonataEvaluationError("D3137", "Second argument must be zero or greater")
    if length == 0:
        return None
    return [array[start : start + length] for start in range(0, len(array), length)]


def _range(start: float | None, end: float | None, step: float | None) -> Any:
    """Return the numbers from start to end, both included. One number isn't put into an array."""
    for number, bound in enumerate((start, end), 1):
        if bound is None:
            raise wrong_argument("range", number)
    if step is None or math.trunc(step) == 0:
        return None
    direction = 1 if step > 0 else -1
    numbers = range(math.trunc(start or 0), math.trunc(end or 0) + direction, math.trunc(step))
    if numbers[_MAX_RANGE:]:
        raise memory_exceeded()
    found = list(numbers)
    return found[0] if len(found) == 1 else found or None


def _hash(text: str | None, algorithm: str | None) -> str | None:
    """Return the digest of a text in hexadecimal digits."""
    if text is None:
        raise wrong_argument("hash", 1)
    if algorithm is None:
        return None
    name = HASHES.get(algorithm)
    if name is None:
        raise JsonataEvaluationError(
            "D3137",
            f"Hash algorithm '{algorithm}' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5",
        )
    data = text.encode("utf-8", "replace")
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()


def _random(seed: float | None) -> float:
    """Return a number from 0 to 1; with a seed, the first of java.util.Random."""
    if seed is None:
        return RANDOM.get().random()
    state = (math.trunc(seed) ^ _MULTIPLIER) & _MASK
    first = state = (state * _MULTIPLIER + 0xB) & _MASK
    second = (state * _MULTIPLIER + 0xB) & _MASK
    return float(((first >> 22 << 27) + (second >> 21)) / (1 << 53))


def _uuid() -> str:
    return str(UUID(int=RANDOM.get().getrandbits(128), version=4))


def _parse(text: str | None) -> Any:
    """Read JSON text."""
    if text is None:
        return None
    try:
        found = json.loads(
            text,
            parse_constant=_refuse,
            parse_float=_finite,
            object_pairs_hook=_unrepeated,
        )
    except (ValueError, RecursionError) as error:
        raise JsonataEvaluationError("D3137", "Invalid JSON") from error
    return math.nan if found is None else found  # the engine reads NaN as null, None as undefined


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a repeated key")
    return found


ADDED: Final[Mapping[str, tuple[Callable[..., Any], str]]] = {
    "partition": (_partition, "<(a)?n?:a>"),
    "range": (_range, "<nnn?:x>"),
    "hash": (_hash, "<ss?:s>"),
    "random": (_random, "<n?:n>"),
    "uuid": (_uuid, "<:s>"),
    "parse": (_parse, "<s?:x>"),
}
"""Each function with its signature, as JSONata writes signatures."""
