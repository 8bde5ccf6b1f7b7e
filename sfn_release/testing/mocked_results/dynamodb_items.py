"""DynamoDB's attribute values, written as Python values."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from sfn_release.checks.services import java_names


def dynamodb_item(values: Mapping[str, Any], /, *, sdk: bool = False) -> dict[str, Any]:
    """Return an item of DynamoDB, with a type for each value.

    *sdk* spells the types as the SDK integrations do (``Bool``), for ``aws-sdk:dynamodb``. Sets of
    texts, numbers or bytes are DynamoDB's sets. Raises TypeError for a value without a type there.

    >>> dynamodb_item({"order_id": "7", "total": 3, "tags": ["new"]})
    {'order_id': {'S': '7'}, 'total': {'N': '3'}, 'tags': {'L': [{'S': 'new'}]}}
    """
    return {name: _attribute(value, sdk=sdk) for name, value in values.items()}


def _attribute(value: Any, *, sdk: bool) -> dict[str, Any]:
    type, written = _typed(value, sdk=sdk)
    return {java_names.sdk_parameter(type) if sdk else type: written}


def _typed(value: Any, *, sdk: bool) -> tuple[str, Any]:
    """Return the type of a value in DynamoDB, and the value as it is written there."""
    typed: tuple[str, Any]
    match value:
        case None:
            typed = "NULL", True
        case bool():
            typed = "BOOL", value
        case str():
            typed = "S", value
        case int() | float() | Decimal():
            typed = "N", str(value)
        case bytes():
            typed = "B", base64.b64encode(value).decode()
        case Mapping():
            typed = "M", dynamodb_item(value, sdk=sdk)
        case list() | tuple():
            typed = "L", [_attribute(item, sdk=sdk) for item in value]
        case set() | frozenset() if value:
            typed = _set(value, sdk=sdk)
        case _:
            raise TypeError(f"DynamoDB has no type for {value!r}.")
    return typed


def _set(values: Collection[Any], *, sdk: bool) -> tuple[str, Any]:
    pairs = [_typed(value, sdk=sdk) for value in values]
    types = {type for type, _ in pairs}
    if len(types) > 1 or not types <= {"S", "N", "B"}:
        raise TypeError(f"DynamoDB has sets of texts, of numbers and of bytes, not {values!r}.")
    return f"{types.pop()}S", sorted(written for _, written in pairs)
