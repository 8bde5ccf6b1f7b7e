"""Choice rules: what is tested, by which operator, and where to go then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sfn_release.asl.given import NOT_GIVEN, NotGiven, plain, plain_object, timestamp

if TYPE_CHECKING:
    from sfn_release.asl.states import State

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


@dataclass(frozen=True, slots=True)
class Var:
    """A value in a state's input, named by its path, to be tested.

    >>> Var("$.total").numeric_greater_than(100).to_asl()
    {'Variable': '$.total', 'NumericGreaterThan': 100}
    """

    path: str

    def _is(self, operator: str, value: Any) -> Comparison:
        return Comparison(self.path, operator, value)

    def string_equals(self, value: str) -> Comparison:
        """Test for a text that equals *value*."""
        return self._is("StringEquals", value)

    def string_equals_path(self, path: str) -> Comparison:
        """Test for a text that equals the one at *path*."""
        return self._is("StringEqualsPath", path)

    def string_less_than(self, value: str) -> Comparison:
        """Test for a text that sorts before *value*."""
        return self._is("StringLessThan", value)

    def string_less_than_path(self, path: str) -> Comparison:
        """Test for a text that sorts before the one at *path*."""
        return self._is("StringLessThanPath", path)

    def string_greater_than(self, value: str) -> Comparison:
        """Test for a text that sorts after *value*."""
        return self._is("StringGreaterThan", value)

    def string_greater_than_path(self, path: str) -> Comparison:
        """Test for a text that sorts after the one at *path*."""
        return self._is("StringGreaterThanPath", path)

    def string_less_than_equals(self, value: str) -> Comparison:
        """Test for a text that sorts before or equals *value*."""
        return self._is("StringLessThanEquals", value)

    def string_less_than_equals_path(self, path: str) -> Comparison:
        """Test for a text that sorts before or equals the one at *path*."""
        return self._is("StringLessThanEqualsPath", path)

    def string_greater_than_equals(self, value: str) -> Comparison:
        """Test for a text that sorts after or equals *value*."""
        return self._is("StringGreaterThanEquals", value)

    def string_greater_than_equals_path(self, path: str) -> Comparison:
        """Test for a text that sorts after or equals the one at *path*."""
        return self._is("StringGreaterThanEqualsPath", path)

    def numeric_equals(self, value: float) -> Comparison:
        """Test for a number that equals *value*."""
        return self._is("NumericEquals", value)

    def numeric_equals_path(self, path: str) -> Comparison:
        """Test for a number that equals the one at *path*."""
        return self._is("NumericEqualsPath", path)

    def numeric_less_than(self, value: float) -> Comparison:
        """Test for a number that is less than *value*."""
        return self._is("NumericLessThan", value)

    def numeric_less_than_path(self, path: str) -> Comparison:
        """Test for a number that is less than the one at *path*."""
        return self._is("NumericLessThanPath", path)

    def numeric_greater_than(self, value: float) -> Comparison:
        """Test for a number that is greater than *value*."""
        return self._is("NumericGreaterThan", value)

    def numeric_greater_than_path(self, path: str) -> Comparison:
        """Test for a number that is greater than the one at *path*."""
        return self._is("NumericGreaterThanPath", path)

    def numeric_less_than_equals(self, value: float) -> Comparison:
        """Test for a number that is less than or equals *value*."""
        return self._is("NumericLessThanEquals", value)

    def numeric_less_than_equals_path(self, path: str) -> Comparison:
        """Test for a number that is less than or equals the one at *path*."""
        return self._is("NumericLessThanEqualsPath", path)

    def numeric_greater_than_equals(self, value: float) -> Comparison:
        """Test for a number that is greater than or equals *value*."""
        return self._is("NumericGreaterThanEquals", value)

    def numeric_greater_than_equals_path(self, path: str) -> Comparison:
        """Test for a number that is greater than or equals the one at *path*."""
        return self._is("NumericGreaterThanEqualsPath", path)

    def timestamp_equals(self, value: str | datetime) -> Comparison:
        """Test for an instant that is *value*."""
        return self._is("TimestampEquals", timestamp(value))

    def timestamp_equals_path(self, path: str) -> Comparison:
        """Test for an instant that is the one at *path*."""
        return self._is("TimestampEqualsPath", path)

    def timestamp_less_than(self, value: str | datetime) -> Comparison:
        """Test for an instant that is before *value*."""
        return self._is("TimestampLessThan", timestamp(value))

    def timestamp_less_than_path(self, path: str) -> Comparison:
        """Test for an instant that is before the one at *path*."""
        return self._is("TimestampLessThanPath", path)

    def timestamp_greater_than(self, value: str | datetime) -> Comparison:
        """Test for an instant that is after *value*."""
        return self._is("TimestampGreaterThan", timestamp(value))

    def timestamp_greater_than_path(self, path: str) -> Comparison:
        """Test for an instant that is after the one at *path*."""
        return self._is("TimestampGreaterThanPath", path)

    def timestamp_less_than_equals(self, value: str | datetime) -> Comparison:
        """Test for an instant that is not after *value*."""
        return self._is("TimestampLessThanEquals", timestamp(value))

    def timestamp_less_than_equals_path(self, path: str) -> Comparison:
        """Test for an instant that is not after the one at *path*."""
        return self._is("TimestampLessThanEqualsPath", path)

    def timestamp_greater_than_equals(self, value: str | datetime) -> Comparison:
        """Test for an instant that is not before *value*."""
        return self._is("TimestampGreaterThanEquals", timestamp(value))

    def timestamp_greater_than_equals_path(self, path: str) -> Comparison:
        """Test for an instant that is not before the one at *path*."""
        return self._is("TimestampGreaterThanEqualsPath", path)

    def boolean_equals(self, value: bool) -> Comparison:
        """Test for a boolean that equals *value*."""
        return self._is("BooleanEquals", value)

    def boolean_equals_path(self, path: str) -> Comparison:
        """Test for a boolean that equals the one at *path*."""
        return self._is("BooleanEqualsPath", path)

    def string_matches(self, pattern: str) -> Comparison:
        """Test for a text that fits *pattern*, where ``*`` stands for any characters."""
        return self._is("StringMatches", pattern)

    def is_null(self, value: bool = True) -> Comparison:
        """Test that it is null; with False, that it is not."""
        return self._is("IsNull", value)

    def is_present(self, value: bool = True) -> Comparison:
        """Test that it is present; with False, that it is not."""
        return self._is("IsPresent", value)

    def is_numeric(self, value: bool = True) -> Comparison:
        """Test that it is a number; with False, that it is not."""
        return self._is("IsNumeric", value)

    def is_string(self, value: bool = True) -> Comparison:
        """Test that it is a text; with False, that it is not."""
        return self._is("IsString", value)

    def is_boolean(self, value: bool = True) -> Comparison:
        """Test that it is a boolean; with False, that it is not."""
        return self._is("IsBoolean", value)

    def is_timestamp(self, value: bool = True) -> Comparison:
        """Test that it is an RFC 3339 timestamp; with False, that it is not."""
        return self._is("IsTimestamp", value)
