"""`Var`: a value in a state's input, and the 39 operators that test it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeAlias

from sfn_release.asl.placeholders import Parameter
from sfn_release.authoring.conditions import Comparison, Condition, not_, or_
from sfn_release.authoring.expressions import Intrinsic, JsonPath, Portable
from sfn_release.authoring.json_values import timestamp
from sfn_release.authoring.operator_choice import operator_for, path_text
from sfn_release.errors import DefinitionError

Ordered: TypeAlias = str | float | datetime
Comparable: TypeAlias = Ordered | bool | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Var:
    """A value in a state's input, at a path, for the conditions of a Choice.

    >>> (Var("$.total") > 100).to_asl()
    {'Variable': '$.total', 'NumericGreaterThan': 100}
    >>> Var("$.total").numeric_greater_than(JsonPath("$.limit")).to_asl()
    {'Variable': '$.total', 'NumericGreaterThanPath': '$.limit'}

    ``== != < <= > >=`` choose the operator by the constant's type: text, number, bool, `datetime`,
    or None for IsNull. ``!=`` becomes Not. The methods name the operator. You can also give them a
    `path`, which chooses the operator's twin: ``StringEqualsPath``. Text is always a constant, even
    if it starts with ``$``.
    """

    path: str | JsonPath | Portable

    def __eq__(self, value: Comparable) -> Condition:  # type: ignore[override] # returns a condition
        return self._compared("Equals", value, "==")

    def __ne__(self, value: Comparable) -> Condition:  # type: ignore[override] # returns a condition
        if value is None:
            return self.is_not_null()
        return not_(self._compared("Equals", value, "!="))

    def __lt__(self, value: Ordered) -> Condition:
        return self._compared("LessThan", value, "<")

    def __le__(self, value: Ordered) -> Condition:
        return self._compared("LessThanEquals", value, "<=")

    def __gt__(self, value: Ordered) -> Condition:
        return self._compared("GreaterThan", value, ">")

    def __ge__(self, value: Ordered) -> Condition:
        return self._compared("GreaterThanEquals", value, ">=")

    def __repr__(self) -> str:
        return f"Var({path_text(self.path)!r})"

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __contains__(self, _: object) -> NoReturn:
        raise TypeError(f'Python\'s "in" can\'t test a Var: write {self!r}.is_in("a", "b")')

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self!r} is read when the workflow runs: compare it, as in {self!r} == 1")

    def __rand__(self, _: object) -> NoReturn:
        raise _without_parentheses("&")

    def __ror__(self, _: object) -> NoReturn:
        raise _without_parentheses("|")

    def is_in(self, *values: Comparable) -> Condition:
        """Test for one of *values*: Or over ``==``. Raises DefinitionError without a value."""
        if not values:
            raise DefinitionError(
                f"{self!r}.is_in() has no value to compare with.", fix='Write is_in("a", "b").'
            )
        tests = [self == value for value in values]
        return tests[0] if len(tests) == 1 else or_(*tests)

    def _compared(self, how: str, value: Any, sign: str) -> Comparison:
        """Return the comparison by the operator of the *value*'s type."""
        constant = JsonPath(path_text(value.path)) if isinstance(value, Var) else value
        return self._is(*operator_for(repr(self), sign, how, constant))

    # -- the 39 operators ---------------------------------------------------------------------

    def _is(self, operator: str, value: Any) -> Comparison:
        if isinstance(value, JsonPath | Intrinsic | Portable):
            operator = operator if operator.endswith("Path") else f"{operator}Path"
            value = path_text(value)
        return Comparison(path_text(self.path), operator, value)

    def string_equals(self, value: str | JsonPath) -> Comparison:
        """Test for text that equals *value*."""
        return self._is("StringEquals", value)

    def string_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for text that equals the text at *path*."""
        return self._is("StringEqualsPath", path)

    def string_less_than(self, value: str | JsonPath) -> Comparison:
        """Test for text that sorts before *value*."""
        return self._is("StringLessThan", value)

    def string_less_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for text that sorts before the text at *path*."""
        return self._is("StringLessThanPath", path)

    def string_greater_than(self, value: str | JsonPath) -> Comparison:
        """Test for text that sorts after *value*."""
        return self._is("StringGreaterThan", value)

    def string_greater_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for text that sorts after the text at *path*."""
        return self._is("StringGreaterThanPath", path)

    def string_less_than_equals(self, value: str | JsonPath) -> Comparison:
        """Test for text that sorts before or equals *value*."""
        return self._is("StringLessThanEquals", value)

    def string_less_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for text that sorts before or equals the text at *path*."""
        return self._is("StringLessThanEqualsPath", path)

    def string_greater_than_equals(self, value: str | JsonPath) -> Comparison:
        """Test for text that sorts after or equals *value*."""
        return self._is("StringGreaterThanEquals", value)

    def string_greater_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for text that sorts after or equals the text at *path*."""
        return self._is("StringGreaterThanEqualsPath", path)

    def numeric_equals(self, value: float | Parameter | JsonPath) -> Comparison:
        """Test for a number that equals *value*."""
        return self._is("NumericEquals", value)

    def numeric_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a number that equals the number at *path*."""
        return self._is("NumericEqualsPath", path)

    def numeric_less_than(self, value: float | Parameter | JsonPath) -> Comparison:
        """Test for a number that is less than *value*."""
        return self._is("NumericLessThan", value)

    def numeric_less_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for a number that is less than the number at *path*."""
        return self._is("NumericLessThanPath", path)

    def numeric_greater_than(self, value: float | Parameter | JsonPath) -> Comparison:
        """Test for a number that is greater than *value*."""
        return self._is("NumericGreaterThan", value)

    def numeric_greater_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for a number that is greater than the number at *path*."""
        return self._is("NumericGreaterThanPath", path)

    def numeric_less_than_equals(self, value: float | Parameter | JsonPath) -> Comparison:
        """Test for a number that is less than or equals *value*."""
        return self._is("NumericLessThanEquals", value)

    def numeric_less_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a number that is less than or equals the number at *path*."""
        return self._is("NumericLessThanEqualsPath", path)

    def numeric_greater_than_equals(self, value: float | Parameter | JsonPath) -> Comparison:
        """Test for a number that is greater than or equals *value*."""
        return self._is("NumericGreaterThanEquals", value)

    def numeric_greater_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a number that is greater than or equals the number at *path*."""
        return self._is("NumericGreaterThanEqualsPath", path)

    def timestamp_equals(self, value: str | datetime | JsonPath) -> Comparison:
        """Test for a timestamp that is *value*."""
        return self._is("TimestampEquals", _instant(value))

    def timestamp_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a timestamp that is the timestamp at *path*."""
        return self._is("TimestampEqualsPath", path)

    def timestamp_less_than(self, value: str | datetime | JsonPath) -> Comparison:
        """Test for a timestamp that is before *value*."""
        return self._is("TimestampLessThan", _instant(value))

    def timestamp_less_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for a timestamp that is before the timestamp at *path*."""
        return self._is("TimestampLessThanPath", path)

    def timestamp_greater_than(self, value: str | datetime | JsonPath) -> Comparison:
        """Test for a timestamp that is after *value*."""
        return self._is("TimestampGreaterThan", _instant(value))

    def timestamp_greater_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for a timestamp that is after the timestamp at *path*."""
        return self._is("TimestampGreaterThanPath", path)

    def timestamp_less_than_equals(self, value: str | datetime | JsonPath) -> Comparison:
        """Test for a timestamp that is not after *value*."""
        return self._is("TimestampLessThanEquals", _instant(value))

    def timestamp_less_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a timestamp that is not after the timestamp at *path*."""
        return self._is("TimestampLessThanEqualsPath", path)

    def timestamp_greater_than_equals(self, value: str | datetime | JsonPath) -> Comparison:
        """Test for a timestamp that is not before *value*."""
        return self._is("TimestampGreaterThanEquals", _instant(value))

    def timestamp_greater_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a timestamp that is not before the timestamp at *path*."""
        return self._is("TimestampGreaterThanEqualsPath", path)

    def boolean_equals(self, value: bool | Parameter | JsonPath) -> Comparison:
        """Test for a boolean that equals *value*."""
        return self._is("BooleanEquals", value)

    def boolean_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a boolean that equals the boolean at *path*."""
        return self._is("BooleanEqualsPath", path)

    def string_matches(self, pattern: str) -> Comparison:
        """Test for text that matches *pattern*, where ``*`` stands for any characters."""
        return self._is("StringMatches", pattern)

    def is_null(self, value: bool = True) -> Comparison:
        """Test that the value is null; with False, that it isn't."""
        return self._is("IsNull", value)

    def is_not_null(self) -> Comparison:
        """Test that the value is not null."""
        return self._is("IsNull", False)

    def is_present(self, value: bool = True) -> Comparison:
        """Test that the value is present; with False, that it isn't."""
        return self._is("IsPresent", value)

    def is_not_present(self) -> Comparison:
        """Test that the value is not present."""
        return self._is("IsPresent", False)

    def is_numeric(self, value: bool = True) -> Comparison:
        """Test that the value is a number; with False, that it isn't."""
        return self._is("IsNumeric", value)

    def is_not_numeric(self) -> Comparison:
        """Test that the value is not a number."""
        return self._is("IsNumeric", False)

    def is_string(self, value: bool = True) -> Comparison:
        """Test that the value is text; with False, that it isn't."""
        return self._is("IsString", value)

    def is_not_string(self) -> Comparison:
        """Test that the value is not text."""
        return self._is("IsString", False)

    def is_boolean(self, value: bool = True) -> Comparison:
        """Test that the value is a boolean; with False, that it isn't."""
        return self._is("IsBoolean", value)

    def is_not_boolean(self) -> Comparison:
        """Test that the value is not a boolean."""
        return self._is("IsBoolean", False)

    def is_timestamp(self, value: bool = True) -> Comparison:
        """Test that the value is an RFC 3339 timestamp; with False, that it isn't."""
        return self._is("IsTimestamp", value)

    def is_not_timestamp(self) -> Comparison:
        """Test that the value is not an RFC 3339 timestamp."""
        return self._is("IsTimestamp", False)


def _without_parentheses(sign: str) -> TypeError:
    return TypeError(
        f"{sign} binds more tightly than a comparison: write (a == 1) {sign} (b == 2), with"
        " parentheses around each"
    )


def _instant(value: str | datetime | JsonPath) -> str | JsonPath:
    return value if isinstance(value, JsonPath) else timestamp(value)
