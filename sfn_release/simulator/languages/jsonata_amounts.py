"""The JSONata fields that have to be a number or a text, with the limits of their values."""

from __future__ import annotations

from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.asl.quotas import MAX_SECONDS
from sfn_release.simulator.languages.jsonata_fields import JsonataFields, Place, written

_ALL = 100  # percent


def duration(fields: JsonataFields, value: Any, field: str) -> int:
    """Compute a number of seconds: whole, and not negative."""
    number = fields.typed(value, (field,), "number")
    if number != int(number):
        raise fields.refusal(
            field, f"The {field} field cannot be parsed as a long value: {compact(number)}"
        )
    if number < 0:
        raise fields.refusal(
            field, f"The {field} field references a negative value: {compact(number)}"
        )
    if number > MAX_SECONDS:
        raise fields.refusal(
            field, f"The {field} field references too large a value: {compact(number)}"
        )
    return int(number)


def amount(fields: JsonataFields, value: Any, place: Place) -> float:
    """Compute a number of a Map: MaxConcurrency, a tolerance, MaxItems, a size of batches."""
    number: float = fields.typed(value, place, "number")
    field = str(place[-1])
    if "Percentage" in field:
        if not 0 <= number <= _ALL:
            raise fields.refusal(written(place), f"{field} must be between 0 and {_ALL}.")
        return number
    if field == "MaxItems" and number == int(number):
        return number  # the map run refuses a negative one
    if number < 0 and field == "ToleratedFailureCount":
        raise fields.refusal(written(place), f"{field} cannot be negative.")
    if number < 0 or number != int(number):
        raise fields.refusal(
            written(place),
            f"Expected non-negative integer for {field}, got '{compact(number)}' instead.",
        )
    return number


def text_of(fields: JsonataFields, field: str) -> str | None:
    """Compute a text of a Fail state; None when the state doesn't have it."""
    if field not in fields.visit.definition:
        return None
    return str(fields.typed(fields.visit.definition[field], (field,), "string"))
