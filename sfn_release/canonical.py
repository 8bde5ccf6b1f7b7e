"""Canonical JSON and digests.

A digest is SHA-256 over the RFC 8785 form of a JSON value. It doesn't depend on layout or key
order, and it is the same in every programming language. Values that this form can't carry exactly
are errors, never rounded: integers beyond 2^53, NaN, infinities, lone surrogates, duplicate keys.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, NoReturn

from sfn_release.errors import DefinitionError

_EXACT = 2**53 - 1  # the largest integer that is exact in an IEEE 754 double (I-JSON)
_WRITABLE = 1024  # bits of the largest number that an error shows
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
)
_SURROGATES = "\ud800"  # from here on, code points and UTF-16 sort differently
_SIMPLEST = frozenset({str, bool, NoneType})
_STEP = re.compile(r'\.([A-Za-z0-9_]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]')


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 form of *value* in UTF-8.

    Raises DefinitionError, with the JSON path, for a value that RFC 8785 can't carry exactly.
    """
    import rfc8785

    try:
        if _is_simple(value):
            return _ENCODER.encode(value).encode()
        return rfc8785.dumps(value)
    except RecursionError as error:
        raise DefinitionError("This value contains itself, or is nested too deeply.") from error
    except ValueError as error:  # from rfc8785, from a surrogate, or from thousands of digits
        _check(value, "$")
        raise DefinitionError(f"This value has no canonical JSON form: {error}.") from error


def _is_simple(value: Any) -> bool:
    """Whether Python's own encoder writes the RFC 8785 form of *value*, ten times as fast.

    Both escape strings in the same way. They differ in floats, large integers and the order of
    keys with rare characters.
    """
    kind = type(value)
    if kind in _SIMPLEST:
        return True
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not (key.isascii() or max(key) < _SURROGATES):
                return False
            if type(item) not in _SIMPLEST and not _is_simple(item):
                return False
        return True
    if kind is list:
        return all(map(_is_simple, value))
    return kind is int and -_EXACT <= value <= _EXACT


def digest(value: Any) -> str:
    """Return the digest of a JSON value: ``sha256:`` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def short(digest: str) -> str:
    """Return the first 12 hexadecimal digits of a *digest*, for people."""
    return digest.removeprefix("sha256:")[:12]


def loads(text: str | bytes, *, unique_keys: bool = True) -> Any:
    """Read JSON strictly: duplicate keys, NaN, infinities and 1e999 are a DefinitionError.

    Bytes must be UTF-8 (RFC 8259). A byte order mark is skipped. Without *unique_keys* the last of
    several equal keys counts, as in most JSON readers.
    """
    try:
        return json.loads(
            decoded(text),
            object_pairs_hook=_unique if unique_keys else None,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except ValueError as error:  # also for thousands of digits, where it goes on after a semicolon
        raise DefinitionError(f"Invalid JSON: {str(error).partition(';')[0]}.") from error
    except RecursionError as error:
        raise DefinitionError("Invalid JSON: nested too deeply.") from error


def decoded(text: str | bytes) -> str:
    """Return JSON as text. Raises DefinitionError for bytes that aren't UTF-8."""
    try:
        return text if isinstance(text, str) else text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DefinitionError(
            f"Invalid JSON: byte {error.start + 1} is not UTF-8.", fix="Save it as UTF-8."
        ) from error


def dumps(value: Any) -> str:
    """Return *value* as indented JSON, keys in their order, for people and for ``git diff``."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def first_difference(left: Any, right: Any, path: str = "$") -> str | None:
    """Return the JSON path of the first difference between two JSON values; None if equal.

    >>> first_difference({"a": [1, 2]}, {"a": [1, 3]})
    '$.a[1]'
    """
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in [*left, *(key for key in right if key not in left)]:
            if key not in left or key not in right:
                return member(path, key)
            found = first_difference(left[key], right[key], member(path, key))
            if found:
                return found
        return None
    if _is_array(left) and _is_array(right):
        for index, items in enumerate(zip(left, right, strict=False)):
            found = first_difference(*items, f"{path}[{index}]")
            if found:
                return found
        return None if len(left) == len(right) else f"{path}[{min(len(left), len(right))}]"
    same = type(left) is type(right) or (_is_number(left) and _is_number(right))
    return None if same and left == right else path


def member(path: str, key: str) -> str:
    """Return the JSON path of member *key* below *path*."""
    plain = key.replace("_", "a").isalnum() and key.isascii()
    return f"{path}.{key}" if plain else f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def keys_of(path: str) -> tuple[str | int, ...]:
    """Return the keys of a JSON *path* that `member` wrote.

    >>> keys_of('$.States["Two words"].Retry[0]')
    ('States', 'Two words', 'Retry', 0)
    """
    return tuple(
        int(index) if index else name or str(json.loads(quoted))
        for name, index, quoted in _STEP.findall(path)
    )


def _is_array(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise DefinitionError(
                    f"Invalid JSON: the key {json.dumps(key)} appears twice in one object."
                )
            seen.add(key)
    return members


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_constant(text)


def _refuse_constant(name: str) -> NoReturn:
    raise DefinitionError(f"Invalid JSON: {name} is not a number.")


def _check(value: Any, path: str) -> None:
    """Raise DefinitionError with the path of the first value that RFC 8785 can't carry."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise DefinitionError(f"{path}: the key {key!r} is not a string.")
            _check(key, path)
            _check(item, member(path, key))
    elif _is_array(value):
        for index, item in enumerate(value):
            _check(item, f"{path}[{index}]")
    elif not isinstance(value, str | int | float | None):
        raise DefinitionError(f"{path}: {type(value).__name__} is not a JSON type.")
    else:
        _check_scalar(value, path)


def _shown(number: int) -> str:
    """Return a number as text, or its size: Python refuses to write thousands of digits."""
    bits = number.bit_length()
    return str(number) if bits < _WRITABLE else f"a number of {bits} bits"


def _check_scalar(value: Any, path: str) -> None:
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise DefinitionError(f"{path}: the text has a lone surrogate, which UTF-8 can't carry.")
    if isinstance(value, int) and abs(value) > _EXACT:
        raise DefinitionError(
            f"{path}: {_shown(value)} is beyond 2^53, and other JSON readers would round it.",
            fix="Write it as a string.",
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise DefinitionError(f"{path}: {value} is not a JSON number.")
