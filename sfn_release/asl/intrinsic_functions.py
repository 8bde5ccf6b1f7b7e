"""The intrinsic functions themselves.

Functions take a list of JSON values and a source of randomness, and raise IntrinsicError for wrong
arguments. The limits are AWS's: 1,000 elements for ArrayRange, 10,000 characters for encodings and
hashes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

_MAX_RANGE = 1000
_MAX_TEXT = 10_000
_MAX_FORMATTED = 1_048_576  # four times the limit of a state's output
HASHES = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


class IntrinsicError(ValueError):
    """An intrinsic function got a wrong argument."""


@dataclass(frozen=True)
class IntrinsicFunction:
    """A function, with the minimum and maximum number of its arguments (None: no maximum)."""

    apply: Callable[[list[Any], Random], Any]
    arity: tuple[int, int | None]


def java_text(value: Any) -> str:
    """Write *value* as States.Format does: like Java's maps and lists, with text unquoted."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={java_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(java_text, value)) + "]"
    return json.dumps(value)


def _format(values: list[Any], _random: Random) -> str:
    template = _string(values[0])
    parts = re.split(r"(\\[{}]|\{\})", template)
    if parts.count("{}") != len(values) - 1:
        raise IntrinsicError("The number of arguments does not match the occurrences of {}.")
    rest = iter(values[1:])
    escapes = {r"\{": "{", r"\}": "}"}
    formatted: list[str] = []
    length = 0
    for part in parts:
        formatted.append(java_text(next(rest)) if part == "{}" else escapes.get(part, part))
        length += len(formatted[-1])
        if length > _MAX_FORMATTED:
            raise IntrinsicError(f"The text is longer than {_MAX_FORMATTED} characters.")
    return "".join(formatted)


def _partition(values: list[Any], _random: Random) -> list[Any]:
    array, size = _array(values[0]), _integer(values[1])
    if size < 1:
        raise IntrinsicError("The chunk size must be a positive integer.")
    return [array[start : start + size] for start in range(0, len(array), size)]


def _range(values: list[Any], _random: Random) -> list[int]:
    start, stop, step = map(_integer, values)
    if step == 0:
        raise IntrinsicError("The increment must not be 0.")
    numbers = range(start, stop + (1 if step > 0 else -1), step)
    if numbers[_MAX_RANGE:]:
        raise IntrinsicError(f"The range must not contain more than {_MAX_RANGE} elements.")
    return list(numbers)


def _get_item(values: list[Any], _random: Random) -> Any:
    array, index = _array(values[0]), _integer(values[1])
    if not 0 <= index < len(array):
        raise IntrinsicError(f"The index {index} is out of bounds.")
    return array[index]


def _unique(values: list[Any], _random: Random) -> list[Any]:
    kept: dict[str, Any] = {}
    for item in _array(values[0]):
        kept.setdefault(_identity(item), item)
    return list(kept.values())


def _contains(values: list[Any], _random: Random) -> bool:
    return _identity(values[1]) in map(_identity, _array(values[0]))


def _encode(values: list[Any], _random: Random) -> str:
    return base64.b64encode(_utf8(_short(values[0]))).decode()


def _decode(values: list[Any], _random: Random) -> str:
    try:
        return base64.b64decode(_short(values[0]), validate=True).decode()
    except ValueError as error:  # not Base64, not ASCII or not UTF-8
        raise IntrinsicError("The text is not valid Base64.") from error


def _utf8(text: str) -> bytes:
    """Encode a text as Java does: half of a surrogate pair becomes a question mark."""
    return text.encode(errors="replace")


def _hash(values: list[Any], _random: Random) -> str:
    data, algorithm = values
    name = HASHES.get(algorithm) if isinstance(algorithm, str) else None
    if name is None:
        raise IntrinsicError(f"The algorithm must be one of {', '.join(HASHES)}.")
    text = _short(data if isinstance(data, str) else compact(data))
    return hashlib.new(name, _utf8(text), usedforsecurity=False).hexdigest()


def _merge(values: list[Any], _random: Random) -> dict[str, Any]:
    left, right, deep = values
    if not isinstance(left, Mapping) or not isinstance(right, Mapping):
        raise IntrinsicError("The values to merge must be JSON objects.")
    if deep is not False:
        raise IntrinsicError("Only shallow merging is supported: the third argument must be false.")
    return {**left, **right}


def _parse(values: list[Any], _random: Random) -> Any:
    """Read JSON text. Blank text is null, as executions on AWS show."""
    text = _string(values[0])
    if not text.strip():
        return None
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise IntrinsicError("The text is not valid JSON.") from error


def _stringify(values: list[Any], _random: Random) -> str:
    text = compact(values[0])
    if len(text) > _MAX_FORMATTED:  # quotes double the text with each nested call
        raise IntrinsicError(f"The text is longer than {_MAX_FORMATTED} characters.")
    return text


def _random_number(values: list[Any], random: Random) -> int:
    start, end = _integer(values[0]), _integer(values[1])
    if end <= start:
        raise IntrinsicError("The end must be greater than the start.")
    source = Random(_integer(values[2])) if len(values) > 2 else random  # noqa: PLR2004, S311
    return source.randrange(start, end)


def _split(values: list[Any], _random: Random) -> list[str]:
    text, delimiters = _string(values[0]), _string(values[1])
    if not delimiters:
        return [text]
    return [part for part in re.split(f"[{re.escape(delimiters)}]", text) if part]


def _uuid(_values: list[Any], random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def _writer() -> Callable[[Any], str]:
    """Return the encoder of `compact`.

    `json.JSONEncoder` makes its writer in C anew for each value; a short text takes as long again.
    """
    encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # no CPython
        return encoder.encode
    strings = json.encoder.encode_basestring
    write = make(None, encoder.default, strings, None, ":", ",", False, False, True)
    return lambda value: "".join(write(value, 0))


_COMPACT = _writer()


def compact(value: Any) -> str:
    """Write *value* as JSON without white space, as Step Functions does.

    Raises RecursionError for a value that contains itself, or is nested too deeply.
    """
    return _COMPACT(value)


def _identity(value: Any) -> str:
    """Return the same text for equal JSON values: 1 equals 1.0, but not true."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise IntrinsicError("A string is expected.")
    return value


def _short(value: Any) -> str:
    if len(_string(value)) > _MAX_TEXT:
        raise IntrinsicError(f"The text must not be longer than {_MAX_TEXT} characters.")
    return str(value)


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise IntrinsicError("An array is expected.")
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise IntrinsicError("A number is expected.")
    return value


def _integer(value: Any) -> int:
    """Round half up, as Step Functions does where it needs a whole number."""
    number = _number(value)
    if isinstance(number, float):
        if not math.isfinite(number):
            raise IntrinsicError("The number is too large.")
        return math.floor(number + 0.5)
    return number


def _add(values: list[Any], _random: Random) -> int:
    return _integer(values[0]) + _integer(values[1])


def _no_constant(name: str) -> Any:
    raise ValueError(name)


FUNCTIONS: Mapping[str, IntrinsicFunction] = {
    "States.Array": IntrinsicFunction(lambda values, _: list(values), (0, None)),
    "States.ArrayPartition": IntrinsicFunction(_partition, (2, 2)),
    "States.ArrayContains": IntrinsicFunction(_contains, (2, 2)),
    "States.ArrayRange": IntrinsicFunction(_range, (3, 3)),
    "States.ArrayGetItem": IntrinsicFunction(_get_item, (2, 2)),
    "States.ArrayLength": IntrinsicFunction(lambda values, _: len(_array(values[0])), (1, 1)),
    "States.ArrayUnique": IntrinsicFunction(_unique, (1, 1)),
    "States.Base64Encode": IntrinsicFunction(_encode, (1, 1)),
    "States.Base64Decode": IntrinsicFunction(_decode, (1, 1)),
    "States.Hash": IntrinsicFunction(_hash, (2, 2)),
    "States.JsonMerge": IntrinsicFunction(_merge, (3, 3)),
    "States.StringToJson": IntrinsicFunction(_parse, (1, 1)),
    "States.JsonToString": IntrinsicFunction(_stringify, (1, 1)),
    "States.MathRandom": IntrinsicFunction(_random_number, (2, 3)),
    "States.MathAdd": IntrinsicFunction(_add, (2, 2)),
    "States.StringSplit": IntrinsicFunction(_split, (2, 2)),
    "States.UUID": IntrinsicFunction(_uuid, (0, 0)),
    "States.Format": IntrinsicFunction(_format, (1, None)),
}
