"""Draws numbers that fit the bounds of a JSON Schema, for hypothesis."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

Part = Mapping[str, Any]

_SAFE: Final = 2**53 - 1  # beyond, JSON numbers aren't exact


class _Bounds(NamedTuple):
    """The least and the greatest number, None without one, and whether they are excluded."""

    least: float | None
    above: bool
    most: float | None
    below: bool


class SchemaNumbers:
    """Makes strategies for numbers; *strategies* is the module ``hypothesis.strategies``."""

    def __init__(self, strategies: Any) -> None:
        self._st = strategies

    def integers(self, parts: Sequence[Part]) -> Any:
        """Return a strategy for the integers that all *parts* accept."""
        bounds = _bounds(parts)
        least, most = _whole_bounds(bounds)
        factors = _factors(parts)
        step = math.lcm(*(factor.numerator for factor in factors)) if factors else 1
        return self._multiples(least, most, Fraction(step))

    def numbers(self, parts: Sequence[Part]) -> Any:
        """Return a strategy for the numbers that all *parts* accept."""
        factors = _factors(parts)
        bounds = _bounds(parts)
        if factors:
            return self._multiples(*_whole_bounds(bounds), factors[0])
        least, most = _float_bounds(bounds)
        if least > most:
            return self._st.nothing()
        floats = self._st.floats(least, most, allow_nan=False, allow_infinity=False)
        return self._st.one_of(self.integers(parts), floats)

    def _multiples(self, least: int, most: int, factor: Fraction) -> Any:
        low, high = math.ceil(least / factor), math.floor(most / factor)
        if low > high:
            return self._st.nothing()
        counts = self._st.integers(low, high)
        return counts if factor == 1 else counts.map(lambda count: _json_number(count * factor))


def _bounds(parts: Sequence[Part]) -> _Bounds:
    least, above = _narrowest(parts, "minimum", "exclusiveMinimum", 1)
    most, below = _narrowest(parts, "maximum", "exclusiveMaximum", -1)
    return _Bounds(least, above, most, below)


def _narrowest(
    parts: Sequence[Part], included: str, excluded: str, sign: int
) -> tuple[float | None, bool]:
    """Return the narrowest bound, and whether it's excluded.

    In draft 4, an exclusive bound is a flag beside the bound.
    """
    found: list[tuple[float, bool]] = []
    for part in parts:
        if included in part:
            found.append((part[included], part.get(excluded) is True))
        if isinstance(part.get(excluded), int | float) and not isinstance(part[excluded], bool):
            found.append((part[excluded], True))
    if not found:
        return None, False
    return max(found, key=lambda bound: (sign * bound[0], bound[1]))


def _float_bounds(bounds: _Bounds) -> tuple[float, float]:
    """Return the least and the greatest float within the bounds."""
    least, most = -sys.float_info.max, sys.float_info.max
    if bounds.least is not None:
        least = _as_float(bounds.least)
        least = math.nextafter(least, math.inf) if bounds.above else least
    if bounds.most is not None:
        most = _as_float(bounds.most)
        most = math.nextafter(most, -math.inf) if bounds.below else most
    return least, most


def _as_float(number: float) -> float:
    """Return a number of any size as a finite float. 0 has no sign, as hypothesis wants it."""
    largest = sys.float_info.max
    return float(max(min(number, largest), -largest)) + 0.0


def _whole_bounds(bounds: _Bounds) -> tuple[int, int]:
    least, most = -_SAFE, _SAFE
    if bounds.least is not None:
        lower = math.floor(bounds.least) + 1 if bounds.above else math.ceil(bounds.least)
        least = max(least, lower)
    if bounds.most is not None:
        upper = math.ceil(bounds.most) - 1 if bounds.below else math.floor(bounds.most)
        most = min(most, upper)
    return least, most


def _factors(parts: Sequence[Part]) -> list[Fraction]:
    return [Fraction(str(part["multipleOf"])) for part in parts if "multipleOf" in part]


def _json_number(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)
