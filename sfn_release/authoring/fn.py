"""The 18 intrinsic functions of JSONPath states, exported as ``sfn_release.fn``.

Arguments are values of the running workflow (`path`, `Context`, other calls) or constants. Text is
always a constant, even if it starts with ``$``. It is quoted and escaped for you.
Source: "Intrinsics for JSONPath states in Step Functions", AWS's developer guide.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import TypeAlias

from sfn_release.asl import intrinsics
from sfn_release.asl.placeholders import REFERRED
from sfn_release.authoring.expressions import Intrinsic, JsonPath, Portable
from sfn_release.errors import DefinitionError
from sfn_release.text import count as _count

_BRACE = re.compile(rf"(\$\{{(?:{REFERRED})\}})|([{{}}])")

AnyArgument: TypeAlias = JsonPath | Intrinsic | Portable | str | float | bool | None
TextArgument: TypeAlias = JsonPath | Intrinsic | Portable | str
NumberArgument: TypeAlias = JsonPath | Intrinsic | Portable | float
JsonArgument: TypeAlias = JsonPath | Intrinsic | Portable


def array(*items: AnyArgument) -> Intrinsic:
    """Return an array of *items*.

    >>> array("a", 1, None).text
    "States.Array('a', 1, null)"
    """
    return _call("Array", *items)


def array_partition(array: JsonArgument, size: NumberArgument) -> Intrinsic:
    """Return *array* cut into arrays of *size* items."""
    return _call("ArrayPartition", array, size)


def array_contains(array: JsonArgument, value: AnyArgument) -> Intrinsic:
    """Return whether *value* is in *array*."""
    return _call("ArrayContains", array, value)


def array_range(first: NumberArgument, last: NumberArgument, step: NumberArgument) -> Intrinsic:
    """Return the numbers from *first* to *last*, both included, *step* apart: at most 1,000."""
    return _call("ArrayRange", first, last, step)


def array_get_item(array: JsonArgument, index: NumberArgument) -> Intrinsic:
    """Return the item at *index*, counted from 0."""
    return _call("ArrayGetItem", array, index)


def array_length(array: JsonArgument) -> Intrinsic:
    """Return the number of items in *array*."""
    return _call("ArrayLength", array)


def array_unique(array: JsonArgument) -> Intrinsic:
    """Return *array* without duplicates."""
    return _call("ArrayUnique", array)


def base64_encode(text: TextArgument) -> Intrinsic:
    """Return *text* in Base64. It may have up to 10,000 characters."""
    return _call("Base64Encode", text)


def base64_decode(text: TextArgument) -> Intrinsic:
    """Decode *text* from Base64."""
    return _call("Base64Decode", text)


def hash(value: AnyArgument, algorithm: TextArgument = "SHA-256") -> Intrinsic:
    """Return the digest of *value*: MD5, SHA-1, SHA-256, SHA-384 or SHA-512, in hexadecimal."""
    return _call("Hash", value, algorithm)


def json_merge(left: JsonArgument, right: JsonArgument, *, deep: bool = False) -> Intrinsic:
    """Return *left* overlaid by *right*. Step Functions has no *deep* merge yet."""
    return _call("JsonMerge", left, right, deep)


def string_to_json(text: TextArgument) -> Intrinsic:
    """Return the value of the JSON *text*."""
    return _call("StringToJson", text)


def json_to_string(value: AnyArgument) -> Intrinsic:
    """Return *value* as JSON text."""
    return _call("JsonToString", value)


def math_random(
    low: NumberArgument, high: NumberArgument, seed: NumberArgument | None = None
) -> Intrinsic:
    """Return a random whole number from *low* to *high*, without *high* itself."""
    return _call("MathRandom", low, high, *(() if seed is None else (seed,)))


def math_add(left: NumberArgument, right: NumberArgument) -> Intrinsic:
    """Return the sum of two whole numbers."""
    return _call("MathAdd", left, right)


def string_split(text: TextArgument, delimiters: TextArgument) -> Intrinsic:
    """Return the pieces of *text* between any of the characters of *delimiters*."""
    return _call("StringSplit", text, delimiters)


def uuid() -> Intrinsic:
    """Return a random UUID, version 4, a new one each time."""
    return _call("UUID")


def format(template: TextArgument, *values: AnyArgument) -> Intrinsic:
    r"""Return *template* with each ``{}`` replaced by one of *values*. Other braces are text.

    A ``${Parameter}`` stays a parameter. The template may be a path or a call, which is read when
    the workflow runs. Raises DefinitionError if there are more or fewer values than ``{}``.

    >>> format("Order {}: {total}", JsonPath("$.id")).text
    "States.Format('Order {}: \\{total\\}', $.id)"
    """
    if not isinstance(template, str):
        return _call("Format", template, *values)
    places = template.count("{}")
    if places != len(values):
        raise DefinitionError(
            f"{template!r} has {_count(places, 'place')} {{}}, but got {_count(values, 'value')}.",
            fix="Give one value for each {}.",
        )
    quoted = "'" + "{}".join(map(_braced, template.split("{}"))) + "'"
    return Intrinsic(f"States.Format({', '.join([quoted, *map(_argument, values)])})")


def call(text: str) -> Intrinsic:
    """Return a call that you have as text already.

    Raises DefinitionError for text that isn't a call.

    >>> call("States.Format( 'Hello {}' , $.name )").text
    "States.Format( 'Hello {}' , $.name )"
    """
    why = intrinsics.problem(text)
    if why is not None:
        raise DefinitionError(f"{text!r} is not a call of an intrinsic function: {why}.")
    return Intrinsic(text)


def _call(name: str, *arguments: AnyArgument) -> Intrinsic:
    return Intrinsic(f"States.{name}({', '.join(map(_argument, arguments))})")


def _argument(value: AnyArgument) -> str:
    match value:
        case JsonPath() | Intrinsic():
            return value.text
        case Portable():
            return value.jsonpath
        case str():
            return f"'{_escaped(value)}'"
        case None | bool() | int() | float() if value is None or isfinite(value):
            return json.dumps(value)
        case _:
            raise DefinitionError(
                f"{value!r} can't be an argument of an intrinsic function.",
                fix="Arguments are texts, numbers, true, false, null, paths and calls.",
            )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _braced(text: str) -> str:
    """Escape a piece of a template, except the braces of a ``${Parameter}``."""
    return _BRACE.sub(lambda found: found[1] or f"\\{found[2]}", _escaped(text))
