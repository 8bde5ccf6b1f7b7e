"""Converts requests and answers between Step Functions' spelling and the API's, by its model.

A definition writes members as the AWS SDK for Java does (``TableName``, ``StateMachineArn``), and
has JSON alone: blobs are texts, and times are texts or numbers.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.checks.services import java_names
from sfn_release.checks.services.botocore_models import Service
from sfn_release.text import did_you_mean


class UnknownMember(Exception):  # noqa: N818 - names the thing, as `NoAnswer`
    """A request has a member that the service doesn't have; the message names it."""


def to_request(service: Service, shape: str | None, value: Any, *, sdk: bool) -> Any:
    """Return *value* as botocore takes it for a *shape* of the model. Null members are left out.

    Where the model has a text and *value* is an object or a list, you get its JSON, as on AWS.
    Raises UnknownMember.
    """
    if shape is None:
        return {}
    model = service.shapes[shape]
    match model["type"]:
        case "structure" if isinstance(value, Mapping) and not model.get("document"):
            return _structure_to_request(service, shape, value, sdk=sdk)
        case "list" if isinstance(value, list):
            inner = model["member"]["shape"]
            return [to_request(service, inner, item, sdk=sdk) for item in value]
        case "map" if isinstance(value, Mapping):
            inner = model["value"]["shape"]
            return {key: to_request(service, inner, item, sdk=sdk) for key, item in value.items()}
        case "blob" | "string":
            text = value if isinstance(value, str) else compact(value)
            return text.encode("utf-8", "surrogatepass") if model["type"] == "blob" else text
        case _:
            return value


def _structure_to_request(
    service: Service, shape: str, value: Mapping[str, Any], *, sdk: bool
) -> dict[str, Any]:
    known = service.members(shape, sdk=sdk)
    for name in value:
        if name not in known:
            problem = f"The field {json.dumps(name)} is not supported by Step Functions."
            raise UnknownMember(f"{problem} {did_you_mean(name, known)}".rstrip())
    return {
        known[name][0]: to_request(service, known[name][1], member, sdk=sdk)
        for name, member in value.items()
        if member is not None
    }


def from_answer(service: Service, shape: str | None, value: Any, *, sdk: bool) -> Any:
    """Return botocore's *value* of a *shape* of the model as a task's result shows it.

    SDK integrations show times as texts, optimized integrations as milliseconds since 1970.
    """
    known = shape is not None and value is not None
    model: Mapping[str, Any] = service.shapes[str(shape)] if known else {"type": ""}
    match model["type"]:
        case "structure" if shape and isinstance(value, Mapping) and not model.get("document"):
            return _structure_from_answer(service, shape, value, sdk=sdk)
        case "list":
            inner = model["member"]["shape"]
            return [from_answer(service, inner, item, sdk=sdk) for item in value]
        case "map":
            inner = model["value"]["shape"]
            return {key: from_answer(service, inner, item, sdk=sdk) for key, item in value.items()}
        case "blob":
            return _text(value)
        case "timestamp":
            return _time(value, sdk=sdk)
        case _:
            return value


def _structure_from_answer(
    service: Service, shape: str, value: Mapping[str, Any], *, sdk: bool
) -> dict[str, Any]:
    members = service.shapes[shape].get("members", {})
    spell = java_names.sdk_parameter if sdk else java_names.optimized_parameter
    return {
        spell(name): from_answer(service, members[name]["shape"], member, sdk=sdk)
        for name, member in value.items()
        if name in members and member is not None
    }


def _text(value: Any) -> Any:
    """Return a blob, or the stream of one, as text: as it is, or in base64 if it isn't UTF-8."""
    data = value.read() if hasattr(value, "read") else value
    if not isinstance(data, bytes):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()


def _time(value: Any, *, sdk: bool) -> Any:
    if isinstance(value, int | float):
        value = datetime.fromtimestamp(value, UTC)
    if not isinstance(value, datetime):
        return value
    if not sdk:
        return round(value.timestamp() * 1000)
    text = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z").replace(".000Z", "Z")
