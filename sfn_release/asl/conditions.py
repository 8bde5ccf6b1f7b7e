"""Choice rules: what is tested, by which operator, and where to go then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sfn_release.asl.given import NOT_GIVEN, NotGiven, plain, plain_object

if TYPE_CHECKING:
    from sfn_release.asl.state import State

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


class Condition:
    """Something that is true or false of a state's input.

    Combine conditions with ``&``, ``|`` and ``~`` (or `and_`, `or_`, `not_`), and say where to go
    with `next_then`.
    """

    __slots__ = ()

    def to_asl(self) -> dict[str, Any]:
        """Return the condition as the language writes it, without Next."""
        raise NotImplementedError

    def next_then(
        self,
        state: State | str,
        *,
        comment: str | NotGiven = NOT_GIVEN,
        extra: Mapping[str, Any] | None = None,
    ) -> ChoiceRule:
        """Return the rule "if this is true, go to *state*"."""
        return ChoiceRule(self, state, comment=comment, extra=extra or {})

    def __and__(self, other: Condition) -> Condition:
        return and_(self, other)

    def __or__(self, other: Condition) -> Condition:
        return or_(self, other)

    def __invert__(self) -> Condition:
        return not_(self)

    def __bool__(self) -> bool:
        raise TypeError("a condition is decided when the workflow runs; use & | ~ to combine")


@dataclass(frozen=True, slots=True)
class Comparison(Condition):
    """One operator applied to one variable, which is a path."""

    variable: str
    operator: str
    value: Any

    def to_asl(self) -> dict[str, Any]:
        """Return Variable and the operator."""
        return {"Variable": self.variable, self.operator: plain(self.value)}


@dataclass(frozen=True, slots=True)
class Combination(Condition):
    """And or Or over several conditions."""

    operator: str
    conditions: tuple[Condition, ...]

    def to_asl(self) -> dict[str, Any]:
        """Return the operator over its conditions."""
        return {self.operator: [condition.to_asl() for condition in self.conditions]}


@dataclass(frozen=True, slots=True)
class Negation(Condition):
    """The opposite of a condition."""

    condition: Condition

    def to_asl(self) -> dict[str, Any]:
        """Return Not over the condition."""
        return {"Not": self.condition.to_asl()}


@dataclass(frozen=True, slots=True)
class RawCondition(Condition):
    """A condition as it stands in the language: any operator, in any query language."""

    body: Mapping[str, Any]

    def to_asl(self) -> dict[str, Any]:
        """Return the condition as it was given."""
        return plain_object(self.body)


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """A condition and the state to go to; *next* is the state, or its id."""

    condition: Condition
    next: State | str
    comment: str | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    extra: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def to_asl(self, next_id: str) -> dict[str, Any]:
        """Return the rule as the language writes it; *next_id* is the id of `next`."""
        comment = {} if self.comment is NOT_GIVEN else {"Comment": self.comment}
        return comment | self.condition.to_asl() | plain_object(self.extra) | {"Next": next_id}


def and_(*conditions: Condition) -> Condition:
    """Return the condition that is true when all of *conditions* are."""
    return Combination("And", conditions)


def or_(*conditions: Condition) -> Condition:
    """Return the condition that is true when one of *conditions* is."""
    return Combination("Or", conditions)


def not_(condition: Condition) -> Condition:
    """Return the condition that is true when *condition* is not."""
    return Negation(condition)
