"""Evaluates the Condition of a policy's statement, where its keys are known. Pure.

Source: "IAM JSON policy elements: Condition operators" in the IAM user guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_Test = Callable[[str, str], bool]


def condition_holds(
    condition: Any, context: Mapping[str, Sequence[str]]
) -> tuple[bool | None, str]:
    """Return whether a Condition holds; None if it depends on a key that isn't in *context*.

    The text names that key: ``aws:SourceIp``. Keys of *context* are in lower case. All operators
    and keys of a Condition must hold, and one value of each key.
    """
    if not isinstance(condition, Mapping) or not condition:
        return (True, "") if not condition else (None, "its Condition holds")
    depends = ""
    for operator, keys in condition.items():
        for key, given in keys.items() if isinstance(keys, Mapping) else [(str(keys), ())]:
            holds = _holds(str(operator), str(key), given, context)
            if holds is False:
                return False, ""
            if holds is None:
                depends = depends or f"{key} meets {operator}"
    return (None, depends) if depends else (True, "")


def _holds(
    operator: str, key: str, given: Any, context: Mapping[str, Sequence[str]]
) -> bool | None:
    name = re.sub(r"^(?:ForAllValues|ForAnyValue):", "", operator)
    several = name != operator
    name = name.removesuffix("IfExists")
    wanted = [_text(value) for value in (given if isinstance(given, list | tuple) else [given])]
    actual = context.get(key.lower())
    if actual is None or any("${" in value for value in wanted):
        return None
    if name == "Null":
        return "false" in [value.lower() for value in wanted]
    negated = name.startswith(("StringNot", "ArnNot"))
    test = _TESTS.get(name.replace("Not", "", 1) if negated else name)
    if test is None or (several and len(actual) != 1):
        return None
    found = any(test(value, pattern) for value in actual for pattern in wanted)
    return not found if negated else found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _like(value: str, pattern: str) -> bool:
    parts = re.split(r"(\*|\?)", pattern)
    expression = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _equal(value: str, wanted: str) -> bool:
    return value == wanted


def _equal_in_any_case(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


_TESTS: Mapping[str, _Test] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_in_any_case,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _equal_in_any_case,
}
