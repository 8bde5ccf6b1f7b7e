"""The key ``strategy`` of an environment: its schema, its rules, and the strategy made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sfn_release.project import value_rules
from sfn_release.project.strategy import STRATEGIES, Limits, Strategy
from sfn_release.project.table_rule import TableFault, table_rule
from sfn_release.project.toml_document import Expected
from sfn_release.text import parse_duration

_AT_ONCE: Final = "all-at-once"
_EXAMPLE: Final = 'strategy = { type = "canary", percent = 10, interval = "5m" }'
_NEEDED: Final = ("percent", "interval")
_SHIFTS: Final = {"properties": {"type": {"enum": [*STRATEGIES]}}, "required": ["type"]}


@table_rule({"if": _SHIFTS, "then": {"required": [*_NEEDED]}})
def _complete(table: Mapping[str, Any], _: str) -> TableFault | None:
    """Check that a shift has its steps."""
    for key in (key for key in _NEEDED if table["type"] in STRATEGIES and key not in table):
        return TableFault(
            (), f"`{key}` is missing in the strategy", fix=f"For example:  {_EXAMPLE}"
        )
    return None


@table_rule({"if": {"not": _SHIFTS}, "then": {"propertyNames": {"enum": ["type"]}}})
def _effective(table: Mapping[str, Any], _: str) -> TableFault | None:
    """Check that a strategy without a shift has no keys for one."""
    for key in (key for key in table if table["type"] not in STRATEGIES and key != "type"):
        return TableFault(
            (key,),
            f'`{key}` has no effect with  type = "{_AT_ONCE}": callers aren\'t shifted',
            fix=f"Remove it, or shift callers:  {_EXAMPLE}",
        )
    return None


@table_rule(
    {
        "if": {
            "properties": {"strategy": {"type": "object", **_SHIFTS}},
            "required": ["strategy"],
        },
        "then": {"properties": {"alias": {"not": {"enum": [""]}}}},
    }
)
def shifts_an_alias(table: Mapping[str, Any], _: str) -> TableFault | None:
    """Check that an environment with a shift has an alias."""
    strategy = table.get("strategy")
    shifts = isinstance(strategy, dict) and strategy["type"] in STRATEGIES
    if not shifts or table.get("alias") != "":
        return None
    return TableFault(
        ("strategy",),
        "a strategy shifts the callers of an alias, but this environment has none",
        fix='Leave out  alias = ""  or the strategy.',
    )


STRATEGY: Final = Expected(
    str,
    value_rules.all_at_once,
    _EXAMPLE,
    table=Expected(
        dict,
        value_rules.has("type"),
        example=_EXAMPLE,
        keys={
            "type": Expected(str, value_rules.one_of(_AT_ONCE, *STRATEGIES)),
            "percent": Expected(int, value_rules.between(1, 99), "percent = 10"),
            "interval": Expected(str, value_rules.duration, 'interval = "5m"'),
            "alarms": Expected(
                list, example='alarms = ["shop-failed"]', items=Expected(str, value_rules.text)
            ),
            "max_failures": Expected(int, value_rules.between(0, 1000), "max_failures = 0"),
            "max_failure_rate": Expected(str, value_rules.factor, 'max_failure_rate = "2x"'),
        },
        rules=(_complete, _effective),
    ),
)
"""The schema of the key."""


def read_strategy(value: str | Mapping[str, Any]) -> Strategy | None:
    """Return the strategy that a checked value describes; None: all callers at once."""
    if isinstance(value, str) or value["type"] not in STRATEGIES:
        return None
    rate = value.get("max_failure_rate")
    limits = Limits(
        alarms=tuple(value.get("alarms", ())),
        max_failures=value.get("max_failures"),
        max_failure_rate=float(rate.removesuffix("x")) if rate else None,
    )
    make = STRATEGIES[value["type"]]
    return make(value["percent"], parse_duration(value["interval"]), limits)
