"""A value in a state's input, and the 39 ways to test it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sfn_release.asl.conditions import Comparison
from sfn_release.asl.expressions import Intrinsic, JsonPath, Portable
from sfn_release.asl.given import timestamp


@dataclass(frozen=True, slots=True)
class Var:
    """A value in a state's input, named by its path, to be tested.

    >>> Var("$.total").numeric_greater_than(100).to_asl()
    {'Variable': '$.total', 'NumericGreaterThan': 100}

    What it is compared with is a constant, also a text that begins with ``$``, or a `path`, which
    makes the operator's twin: ``StringEqualsPath``.
    """

    path: str | JsonPath | Portable

    def _is(self, operator: str, value: Any) -> Comparison:
        if isinstance(value, JsonPath | Intrinsic | Portable):
            operator = operator if operator.endswith("Path") else f"{operator}Path"
            value = _text(value)
        return Comparison(_text(self.path), operator, value)

    def string_equals(self, value: str | JsonPath) -> Comparison:
        """Test for a text that equals *value*."""
        return self._is("StringEquals", value)

    def string_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a text that equals the one at *path*."""
        return self._is("StringEqualsPath", path)

    def string_less_than(self, value: str | JsonPath) -> Comparison:
        """Test for a text that sorts before *value*."""
        return self._is("StringLessThan", value)

    def string_less_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for a text that sorts before the one at *path*."""
        return self._is("StringLessThanPath", path)

    def string_greater_than(self, value: str | JsonPath) -> Comparison:
        """Test for a text that sorts after *value*."""
        return self._is("StringGreaterThan", value)

    def string_greater_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for a text that sorts after the one at *path*."""
        return self._is("StringGreaterThanPath", path)

    def string_less_than_equals(self, value: str | JsonPath) -> Comparison:
        """Test for a text that sorts before or equals *value*."""
        return self._is("StringLessThanEquals", value)

    def string_less_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a text that sorts before or equals the one at *path*."""
        return self._is("StringLessThanEqualsPath", path)

    def string_greater_than_equals(self, value: str | JsonPath) -> Comparison:
        """Test for a text that sorts after or equals *value*."""
        return self._is("StringGreaterThanEquals", value)

    def string_greater_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a text that sorts after or equals the one at *path*."""
        return self._is("StringGreaterThanEqualsPath", path)

    def numeric_equals(self, value: float | JsonPath) -> Comparison:
        """Test for a number that equals *value*."""
        return self._is("NumericEquals", value)

    def numeric_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a number that equals the one at *path*."""
        return self._is("NumericEqualsPath", path)

    def numeric_less_than(self, value: float | JsonPath) -> Comparison:
        """Test for a number that is less than *value*."""
        return self._is("NumericLessThan", value)

    def numeric_less_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for a number that is less than the one at *path*."""
        return self._is("NumericLessThanPath", path)

    def numeric_greater_than(self, value: float | JsonPath) -> Comparison:
        """Test for a number that is greater than *value*."""
        return self._is("NumericGreaterThan", value)

    def numeric_greater_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for a number that is greater than the one at *path*."""
        return self._is("NumericGreaterThanPath", path)

    def numeric_less_than_equals(self, value: float | JsonPath) -> Comparison:
        """Test for a number that is less than or equals *value*."""
        return self._is("NumericLessThanEquals", value)

    def numeric_less_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a number that is less than or equals the one at *path*."""
        return self._is("NumericLessThanEqualsPath", path)

    def numeric_greater_than_equals(self, value: float | JsonPath) -> Comparison:
        """Test for a number that is greater than or equals *value*."""
        return self._is("NumericGreaterThanEquals", value)

    def numeric_greater_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a number that is greater than or equals the one at *path*."""
        return self._is("NumericGreaterThanEqualsPath", path)

    def timestamp_equals(self, value: str | datetime | JsonPath) -> Comparison:
        """Test for an instant that is *value*."""
        return self._is("TimestampEquals", _instant(value))

    def timestamp_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for an instant that is the one at *path*."""
        return self._is("TimestampEqualsPath", path)

    def timestamp_less_than(self, value: str | datetime | JsonPath) -> Comparison:
        """Test for an instant that is before *value*."""
        return self._is("TimestampLessThan", _instant(value))

    def timestamp_less_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for an instant that is before the one at *path*."""
        return self._is("TimestampLessThanPath", path)

    def timestamp_greater_than(self, value: str | datetime | JsonPath) -> Comparison:
        """Test for an instant that is after *value*."""
        return self._is("TimestampGreaterThan", _instant(value))

    def timestamp_greater_than_path(self, path: str | JsonPath) -> Comparison:
        """Test for an instant that is after the one at *path*."""
        return self._is("TimestampGreaterThanPath", path)

    def timestamp_less_than_equals(self, value: str | datetime | JsonPath) -> Comparison:
        """Test for an instant that is not after *value*."""
        return self._is("TimestampLessThanEquals", _instant(value))

    def timestamp_less_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for an instant that is not after the one at *path*."""
        return self._is("TimestampLessThanEqualsPath", path)

    def timestamp_greater_than_equals(self, value: str | datetime | JsonPath) -> Comparison:
        """Test for an instant that is not before *value*."""
        return self._is("TimestampGreaterThanEquals", _instant(value))

    def timestamp_greater_than_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for an instant that is not before the one at *path*."""
        return self._is("TimestampGreaterThanEqualsPath", path)

    def boolean_equals(self, value: bool | JsonPath) -> Comparison:
        """Test for a boolean that equals *value*."""
        return self._is("BooleanEquals", value)

    def boolean_equals_path(self, path: str | JsonPath) -> Comparison:
        """Test for a boolean that equals the one at *path*."""
        return self._is("BooleanEqualsPath", path)

    def string_matches(self, pattern: str) -> Comparison:
        """Test for a text that fits *pattern*, where ``*`` stands for any characters."""
        return self._is("StringMatches", pattern)

    def is_null(self, value: bool = True) -> Comparison:
        """Test that it is null; with False, that it is not."""
        return self._is("IsNull", value)

    def is_not_null(self) -> Comparison:
        """Test that it is not null."""
        return self._is("IsNull", False)

    def is_present(self, value: bool = True) -> Comparison:
        """Test that it is present; with False, that it is not."""
        return self._is("IsPresent", value)

    def is_not_present(self) -> Comparison:
        """Test that it is not present."""
        return self._is("IsPresent", False)

    def is_numeric(self, value: bool = True) -> Comparison:
        """Test that it is a number; with False, that it is not."""
        return self._is("IsNumeric", value)

    def is_not_numeric(self) -> Comparison:
        """Test that it is not a number."""
        return self._is("IsNumeric", False)

    def is_string(self, value: bool = True) -> Comparison:
        """Test that it is a text; with False, that it is not."""
        return self._is("IsString", value)

    def is_not_string(self) -> Comparison:
        """Test that it is not a text."""
        return self._is("IsString", False)

    def is_boolean(self, value: bool = True) -> Comparison:
        """Test that it is a boolean; with False, that it is not."""
        return self._is("IsBoolean", value)

    def is_not_boolean(self) -> Comparison:
        """Test that it is not a boolean."""
        return self._is("IsBoolean", False)

    def is_timestamp(self, value: bool = True) -> Comparison:
        """Test that it is an RFC 3339 timestamp; with False, that it is not."""
        return self._is("IsTimestamp", value)

    def is_not_timestamp(self) -> Comparison:
        """Test that it is not an RFC 3339 timestamp."""
        return self._is("IsTimestamp", False)


def _text(value: str | JsonPath | Intrinsic | Portable) -> str:
    if isinstance(value, Portable):
        return value.jsonpath
    return value if isinstance(value, str) else value.text


def _instant(value: str | datetime | JsonPath) -> str | JsonPath:
    return value if isinstance(value, JsonPath) else timestamp(value)
