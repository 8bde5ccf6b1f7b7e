"""The comparison operators of JSONPath Choice rules."""

from __future__ import annotations

from typing import Final

_COMPARED = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
_VALUES: Final = (
    *(kind + how for kind in ("String", "Numeric", "Timestamp") for how in _COMPARED),
    "BooleanEquals",
)
OPERATORS: Final = frozenset(
    (
        *_VALUES,
        *(operator + "Path" for operator in _VALUES),
        *("StringMatches", "IsNull", "IsPresent", "IsNumeric", "IsString"),
        *("IsBoolean", "IsTimestamp"),
    )
)
"""The 39 comparison operators (states-language.net, "Choice State")."""
