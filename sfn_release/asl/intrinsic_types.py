"""Check the arguments of intrinsic functions, as far as they are known before a workflow runs.

    problems(call) → the wrong constants of a call, and of the calls inside it

Sources: "Intrinsic functions for JSONPath states in Step Functions" in AWS's developer guide, and
the States Language, "Intrinsic Functions".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from sfn_release.asl.intrinsic_functions import FUNCTIONS, HASHES, IntrinsicError
from sfn_release.asl.intrinsics import IntrinsicCall, IntrinsicLiteral
from sfn_release.asl.paths import Path
from sfn_release.text import count, shorten

_ANY: Final = ""
_ARRAY, _OBJECT, _TEXT, _NUMBER, _BOOLEAN, _NULL = (
    *("an array", "an object", "a text", "a number", "true or false"),
    "null",
)


@dataclass(frozen=True, slots=True)
class Signature:
    """The kinds of a function's arguments and of its result. *rest* is for all other arguments.

    A kind is text for messages, ``""`` for any value.
    """

    takes: tuple[str, ...]
    gives: str
    rest: str = _ANY


SIGNATURES: Final[Mapping[str, Signature]] = {
    "States.Array": Signature((), _ARRAY),
    "States.ArrayPartition": Signature((_ARRAY, _NUMBER), _ARRAY),
    "States.ArrayContains": Signature((_ARRAY, _ANY), _BOOLEAN),
    "States.ArrayRange": Signature((_NUMBER, _NUMBER, _NUMBER), _ARRAY),
    "States.ArrayGetItem": Signature((_ARRAY, _NUMBER), _ANY),
    "States.ArrayLength": Signature((_ARRAY,), _NUMBER),
    "States.ArrayUnique": Signature((_ARRAY,), _ARRAY),
    "States.Base64Encode": Signature((_TEXT,), _TEXT),
    "States.Base64Decode": Signature((_TEXT,), _TEXT),
    "States.Hash": Signature((_ANY, _TEXT), _TEXT),
    "States.JsonMerge": Signature((_OBJECT, _OBJECT, _BOOLEAN), _OBJECT),
    "States.StringToJson": Signature((_TEXT,), _ANY),
    "States.JsonToString": Signature((_ANY,), _TEXT),
    "States.MathRandom": Signature((_NUMBER, _NUMBER, _NUMBER), _NUMBER),
    "States.MathAdd": Signature((_NUMBER, _NUMBER), _NUMBER),
    "States.StringSplit": Signature((_TEXT, _TEXT), _ARRAY),
    "States.UUID": Signature((), _TEXT),
    "States.Format": Signature((_TEXT,), _TEXT),
}


def problems(call: IntrinsicCall) -> Iterator[str]:
    """Describe the wrong arguments of a call, and of the calls inside it."""
    queue = [call]
    while queue:
        call = queue.pop()
        inner = [argument for argument in call.arguments if isinstance(argument, IntrinsicCall)]
        queue.extend(reversed(inner))
        problem = _wrong_kind(call) or _wrong_value(call)
        if problem:
            yield f"{shorten(call.text)}: {problem}"


def _wrong_kind(call: IntrinsicCall) -> str:
    signature = SIGNATURES[call.name]
    for number, argument in enumerate(call.arguments, 1):
        wanted = signature.takes[number - 1] if number <= len(signature.takes) else signature.rest
        given = _kind(argument)
        if wanted and given and given != wanted:
            return f"argument {number} must be {wanted}, not {given}."
    return ""


def _kind(argument: IntrinsicLiteral | Path | IntrinsicCall) -> str:
    if isinstance(argument, IntrinsicCall):
        return SIGNATURES[argument.name].gives
    if isinstance(argument, Path):
        return _ANY
    return _kind_of_value(argument.value)


def _kind_of_value(value: Any) -> str:
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return _BOOLEAN
    return _TEXT if isinstance(value, str) else _NUMBER


def _wrong_value(call: IntrinsicCall) -> str:
    """Describe a wrong constant of a call whose other arguments are unknown."""
    constants = [
        argument.value for argument in call.arguments if isinstance(argument, IntrinsicLiteral)
    ]
    if len(constants) == len(call.arguments):
        try:
            FUNCTIONS[call.name].apply(constants, Random(0))  # noqa: S311 - the result is dropped
        except IntrinsicError as error:
            return str(error)
        return ""
    check = _PARTLY.get(call.name)
    return check(call) if check else ""


def _constant(call: IntrinsicCall, index: int) -> Any:
    argument = call.arguments[index]
    return argument.value if isinstance(argument, IntrinsicLiteral) else None


def _format(call: IntrinsicCall) -> str:
    template = _constant(call, 0)
    if not isinstance(template, str):
        return ""
    places = template.replace(r"\{", "").replace(r"\}", "").count("{}")
    given = len(call.arguments) - 1
    if places == given:
        return ""
    return f"the template has {count(places, 'place')} ({{}}) for {count(given, 'value')}."


def _hash(call: IntrinsicCall) -> str:
    algorithm = _constant(call, 1)
    if algorithm is None or algorithm in HASHES:
        return ""
    return f"the algorithm must be one of {', '.join(HASHES)}, not {algorithm!r}."


def _merge(call: IntrinsicCall) -> str:
    deep = _constant(call, 2)
    return "only shallow merging exists: argument 3 must be false." if deep else ""


def _partition(call: IntrinsicCall) -> str:
    size = _constant(call, 1)
    return "the size of a part must be at least 1." if size is not None and size < 1 else ""


def _range(call: IntrinsicCall) -> str:
    return "the step must not be 0." if _constant(call, 2) == 0 else ""


def _item(call: IntrinsicCall) -> str:
    index, array = _constant(call, 1), call.arguments[0]
    if index is None:
        return ""
    if index < 0:
        return "the index must be at least 0."
    match array:
        case IntrinsicCall(name="States.Array", arguments=items) if index >= len(items):
            return f"the array has {count(items, 'item')}, so there is no index {index}."
        case _:
            return ""


_PARTLY: Final = {
    "States.Format": _format,
    "States.Hash": _hash,
    "States.JsonMerge": _merge,
    "States.ArrayPartition": _partition,
    "States.ArrayRange": _range,
    "States.ArrayGetItem": _item,
}
"""The checks of constants that stand beside paths and calls. The kinds are right already."""
