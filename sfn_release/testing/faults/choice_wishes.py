"""The values with which a Choice takes each of its ways: for every rule, and for its Default.

A rule that compares with constants says itself which values it wants. A rule that compares two
paths doesn't, and neither does a JSONata expression that isn't made of comparisons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain, islice, product
from typing import Any, Final

from sfn_release.asl.paths import PathNotFoundError
from sfn_release.simulator.languages.choice import holds
from sfn_release.testing.faults.condition_rules import Rule, rule_of


class Absent(Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT
"""The value of a member that has to be missing."""

Values = Mapping[str, Any]
"""Wanted values by the path that a rule reads, as it's written."""


@dataclass(frozen=True)
class Wish:
    """*values* with which a Choice goes by the *rule* with that index; None is its Default."""

    rule: int | None
    values: Values


_MOST: Final = 4  # alternatives of a rule
_COMBINED: Final = 64  # combinations of alternatives to look at
_EARLY, _LATE = "1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
_NO_MATCH: Final = ("something else", "")


def wishes(choice: Mapping[str, Any]) -> Iterator[Wish]:
    """Yield the wishes of a Choice state, a few for each rule, and a few for its Default.

    With the values of a rule, no rule before it holds.
    """
    rules = [rule for rule in choice.get("Choices", []) if isinstance(rule, Mapping)]
    for index, rule in enumerate(rules):
        before = rules[:index]
        own = _solve(rule, wanted=True)
        others = [values for other in before if (values := _solve(other, wanted=False))]
        found = chain(own, _merged([own, *others]) if others else ())
        yield from (Wish(index, values) for values in _fitting(found, before, rule))
    last = _merged([_solve(rule, wanted=False) for rule in rules])
    yield from (Wish(None, values) for values in _fitting(last, rules))


def _fitting(
    found: Iterable[Values], refused: Sequence[Rule], taken: Rule | None = None
) -> Iterator[Values]:
    """Yield the first few values with which none of *refused* has to hold, and *taken* can."""
    fitting = (
        values
        for values in found
        if all(_can(rule, values, wanted=False) for rule in refused)
        and (taken is None or _can(taken, values, wanted=True))
    )
    yield from islice(fitting, _MOST)


def read_paths(rule: Rule) -> list[str]:
    """Return the paths that a rule reads, each once, in their order."""
    return [*dict.fromkeys(_read(rule))]


def path_names(path: str) -> tuple[str, ...]:
    """Return the names of members in a path.

    >>> path_names("$.payment.status"), path_names("$states.input.order['id']")
    (('payment', 'status'), ('order', 'id'))
    """
    names = re.findall(r"[A-Za-z_][\w-]*", path)
    return tuple(names[2:] if names[:1] == ["states"] else names)


def _read(rule: Rule) -> Iterator[str]:
    if "Condition" in rule:
        yield from _read(rule_of(rule["Condition"], wanted=True))
    if isinstance(rule.get("Variable"), str):
        yield rule["Variable"]
    for key in ("And", "Or"):
        for part in rule.get(key, ()):
            yield from _read(part)
    if isinstance(rule.get("Not"), Mapping):
        yield from _read(rule["Not"])


def _solve(rule: Rule, *, wanted: bool) -> list[Values]:
    """Return values with which a rule holds, or with which it doesn't."""
    if "Condition" in rule:
        rule = rule_of(rule["Condition"], wanted=wanted)
    found = _candidates(rule, wanted=wanted)
    return [*islice((values for values in found if _can(rule, values, wanted=wanted)), _MOST)]


def _candidates(rule: Rule, *, wanted: bool) -> Iterator[Values]:
    for key, every in (("And", True), ("Or", False)):
        if key in rule:
            parts = [_solve(part, wanted=wanted) for part in rule[key]]
            yield from _merged(parts) if wanted is every else _alternatives(parts)
    if "Not" in rule:
        yield from _solve(rule["Not"], wanted=not wanted)
    path = rule.get("Variable")
    for operator, constant in rule.items():
        if operator in _OPERATORS and isinstance(path, str):
            for value in _values(operator, constant, wanted=wanted):
                yield {path: value}


class _UnknownValueError(Exception):
    """A rule reads a path without a wanted value."""


def _can(rule: Rule, values: Values, *, wanted: bool) -> bool:
    """Whether a rule can hold, or not hold, with *values*, which may be only some of its values."""
    if "Condition" in rule:
        rule = rule_of(rule["Condition"], wanted=wanted)

    def resolve(path: str) -> Any:
        if path not in values:
            raise _UnknownValueError
        if values[path] is ABSENT:
            raise PathNotFoundError(path)
        return values[path]

    try:
        return holds(rule, resolve) is wanted
    except _UnknownValueError:
        return True
    except PathNotFoundError:
        return False  # the Choice fails


def _alternatives(parts: Sequence[list[Values]]) -> Iterator[Values]:
    return (values for part in parts for values in part)


def _merged(parts: Sequence[list[Values]]) -> Iterator[Values]:
    """Yield combinations of one alternative of each part.

    Where parts want several values of one path, each is tried: one may do for all of them.
    """
    if not parts or not all(parts):
        return
    combinations = (
        dict(zip(wanted, chosen, strict=True))
        for alternatives in product(*parts)
        for wanted in [_wanted(alternatives)]
        for chosen in product(*wanted.values())
    )
    yield from islice(combinations, _COMBINED)


def _wanted(alternatives: Sequence[Values]) -> dict[str, list[Any]]:
    """Return every value that is wanted of a path, each once. JSON's 1 isn't true."""
    wanted: dict[str, dict[tuple[type, Any], Any]] = {}
    for values in alternatives:
        for path, value in values.items():
            wanted.setdefault(path, {})[type(value), value] = value
    return {path: [*values.values()] for path, values in wanted.items()}


_NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    # what to add to the constant so that the comparison holds, and so that it doesn't
    "Equals": (0, 1),
    "LessThan": (-1, 0),
    "GreaterThan": (1, 0),
    "LessThanEquals": (0, 1),
    "GreaterThanEquals": (0, -1),
}
_KINDS: Final[Mapping[str, tuple[Any, Any]]] = {
    "IsNull": (None, "x"),
    "IsPresent": ("x", ABSENT),
    "IsNumeric": (1, "x"),
    "IsString": ("x", 1),
    "IsBoolean": (True, "x"),
    "IsTimestamp": (_EARLY, "x"),
}
_COMPARED: Final = ("String", "Numeric", "Timestamp")
_OPERATORS: Final = frozenset(
    {f"{kind}{name}" for kind in _COMPARED for name in _NUMBERS}
    | {"BooleanEquals", "StringMatches", *_KINDS}
)


def _values(operator: str, constant: Any, *, wanted: bool) -> tuple[Any, ...]:
    """Return values with which a comparison could hold, or couldn't."""
    if operator in _KINDS:
        return (_KINDS[operator][0 if wanted is (constant is True) else 1],)
    if operator == "BooleanEquals":
        return (constant if wanted else not constant,)
    if operator == "StringMatches":
        return (_matching(str(constant)),) if wanted else _NO_MATCH
    kind = next(kind for kind in _COMPARED if operator.startswith(kind))
    step = _NUMBERS[operator.removeprefix(kind)][0 if wanted else 1]
    return (_stepped(kind, constant, step),)


def _matching(pattern: str) -> str:
    r"""Return a text that a pattern matches, in which ``\*`` and ``\\`` stand for themselves."""
    return re.sub(r"\\([*\\])|\*", lambda found: found[1] or "x", pattern)


def _stepped(kind: str, constant: Any, step: int) -> Any:
    """Return the constant, or a value that comes before or after it."""
    if kind == "Numeric" and isinstance(constant, int | float):
        return constant + step
    if not step or kind == "Numeric":
        return constant
    if kind == "Timestamp":
        return _LATE if step > 0 else _EARLY
    return f"{constant}~" if step > 0 else ""
