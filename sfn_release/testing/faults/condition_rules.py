"""Reads a JSONata Condition as a JSONPath rule, as far as it compares with constants. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Rule = Mapping[str, Any]

_COMPARISON: Final = re.compile(
    r"(\$?[A-Za-z_][\w.$]*)\s*(!=|<=|>=|=|<|>)\s*"
    r"(\"[^\"]*\"|'[^']*'|-?\d+(?:\.\d+)?|true\b|false\b|null\b)"
)
_BARE: Final = re.compile(r"\{%\s*(\$?[A-Za-z_][\w.$]*)\s*%\}")
_SIGNS: Final = {
    "=": "Equals",
    "!=": "Equals",
    "<": "LessThan",
    ">": "GreaterThan",
    "<=": "LessThanEquals",
    ">=": "GreaterThanEquals",
}


def rule_of(condition: Any, *, wanted: bool) -> Rule:
    """Return a rule that is like a Condition: where the rule is *wanted*, so is the Condition.

    It has no part for whatever isn't a comparison with a constant. How ``and`` and ``or`` are
    nested isn't read: the rule asks for every comparison where one could be enough.
    """
    if not isinstance(condition, str):
        return {"Or": []}
    bare = _BARE.fullmatch(condition)
    if bare:
        return {"Variable": bare[1], "BooleanEquals": True}
    every = wanted and re.search(r"\band\b", condition) is not None
    return {"And" if every else "Or": [*_comparisons(condition)]}


def _comparisons(condition: str) -> Iterator[Rule]:
    for path, sign, text in _COMPARISON.findall(condition):
        operator, constant = _operator(sign, text)
        rule = {"Variable": path, operator: constant}
        yield {"Not": rule} if sign == "!=" else rule


def _operator(sign: str, text: str) -> tuple[str, Any]:
    value = text[1:-1] if text[0] in "\"'" else json.loads(text)
    if value is None:
        return "IsNull", True
    if isinstance(value, bool):
        return "BooleanEquals", value
    return f"{'String' if isinstance(value, str) else 'Numeric'}{_SIGNS[sign]}", value
