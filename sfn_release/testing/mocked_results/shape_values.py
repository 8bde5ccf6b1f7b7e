"""Plausible values of the shapes in a service's model, always the same ones.

Each member is filled: lists have one item, numbers are 1, enumerations have their first value
that isn't a failure, and texts have the member's name. Left out are members about more pages or
failures, members that you get on request alone, and a shape inside itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_release.checks.services.botocore_models import Service

_DEEPEST: Final = 6  # members; below, only required ones are filled
_TIME, _MILLISECONDS = "2026-01-01T00:00:00Z", 1_767_225_600_000
_UUID: Final = "00000000-0000-0000-0000-000000000001"
_MD5: Final = "d41d8cd98f00b204e9800998ecf8427e"
_KNOWN: Final = {
    "ContentType": "application/json",
    "ETag": f'"{_MD5}"',
    "ExecutedVersion": "$LATEST",
    "StatusText": "OK",
}
"""Texts of members that many tests look at."""

_UNUSUAL: Final = re.compile(
    r"(?i)next.*|.*continuationtoken|.*nextmarker|lastevaluated.*|unprocessed.*|.*truncated"
    r"|.*(error|failure|exception|failed)(s|code|type|message|reason|details)*|cause"
    r"|consumedcapacity|itemcollectionmetrics|logresult|durableexecution.*|redrive.*|deletemarker"
    r"|checksum.*"
)
_ZERO: Final = re.compile(r"(?i).*(fail|error|exitcode|throttl|retr).*")
_JSON_TEXT: Final = ("Input", "Output", "Payload")
_STATUS: Final = ("Status", "State")
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class ShapeValues:
    """Makes values of a *service*'s shapes.

    *sdk* says how members are spelled, and times written. *preferred* are the values of
    enumerations that are taken before the first one.
    """

    service: Service
    sdk: bool
    preferred: Collection[str] = ()

    def value(self, shape: str) -> Any:
        """Return a value of a shape."""
        return self._value(shape, "", ())

    def _value(self, shape: str, name: str, around: tuple[str, ...]) -> Any:
        model = self.service.shapes[shape]
        value: Any
        match model["type"]:
            case "structure":
                value = {} if model.get("document") else self._structure(shape, around)
            case "list":
                count = max(1, model.get("min", 1))
                item = model["member"]["shape"]
                value = [self._value(item, name, (*around, shape)) for _ in range(count)]
            case "map":
                value = self._map(model, name, (*around, shape))
            case "boolean":
                value = False
            case "integer" | "long" | "float" | "double":
                value = self._number(model, name)
            case "timestamp":
                value = _TIME if self.sdk else _MILLISECONDS
            case _:
                value = self._text(model, name or shape)
        return value

    def _structure(self, shape: str, around: tuple[str, ...]) -> dict[str, Any]:
        model = self.service.shapes[shape]
        members = self.service.members(shape, sdk=self.sdk)
        required = {*model.get("required", ())}
        inside = (*around, shape)
        filled = {
            name: self._value(of, name, inside)
            for name, (own, of) in members.items()
            if own in required or self._is_usual(model["members"][own], name, of, inside)
        }
        one_of = model.get("union") or self._is_recursive(shape)
        return dict([*filled.items()][:1]) if one_of and not required else filled

    def _is_usual(
        self, member: Mapping[str, Any], name: str, shape: str, inside: tuple[str, ...]
    ) -> bool:
        model = self.service.shapes[shape]
        return not (
            len(inside) > _DEEPEST
            or self._leaf(shape) in inside
            or (model["type"] not in ("integer", "long") and _UNUSUAL.fullmatch(name))
            or member.get("deprecated")
            or model.get("deprecated")
            or model.get("eventstream")
        )

    def _leaf(self, shape: str) -> str:
        """Return the shape inside lists and maps."""
        model = self.service.shapes[shape]
        while model["type"] in ("list", "map"):
            shape = model["member" if model["type"] == "list" else "value"]["shape"]
            model = self.service.shapes[shape]
        return shape

    def _is_recursive(self, shape: str) -> bool:
        """Whether a structure's members can have the structure itself, as DynamoDB's values."""
        members = self.service.shapes[shape].get("members", {}).values()
        return any(self._leaf(member["shape"]) == shape for member in members)

    def _map(self, model: Mapping[str, Any], name: str, inside: tuple[str, ...]) -> dict[str, Any]:
        key = self._value(model["key"]["shape"], "key", inside)
        value = model["value"]["shape"]
        if self._leaf(value) in inside:
            return {}
        return {key: self._value(value, name, inside)}

    def _number(self, model: Mapping[str, Any], name: str) -> int | float:
        usual = 200 if name.endswith("StatusCode") else 0 if _ZERO.fullmatch(name) else 1
        least: int | float = max(usual, model.get("min", usual))
        number: int | float = min(least, model.get("max", least))
        return number

    def _text(self, model: Mapping[str, Any], name: str) -> str:
        words: list[str] = model.get("enum", [])
        if words:
            good = [word for word in words if not _UNUSUAL.fullmatch(word)]
            return next(filter(self.preferred.__contains__, words), (good or words)[0])
        text = self._words(name)
        short, long = model.get("min", 0), model.get("max", len(text))
        return (text * (short // len(text) + 1))[:short] if len(text) < short else text[:long]

    def _words(self, name: str) -> str:
        """Return the text of a member by its name."""
        if len(self.preferred) == 1 and name.endswith(_STATUS):
            return next(iter(self.preferred))
        plain = "-".join(_CAPITAL.split(name)).lower()
        if name.endswith("Arn"):
            kind = plain.removesuffix("-arn") or "resource"
            return f"arn:aws:{self.service.id}:us-east-1:123456789012:{kind}/example"
        if name.endswith(("Url", "Uri")):
            return f"https://example.com/{plain}"
        if name.endswith("Id"):
            return _UUID
        if name in _JSON_TEXT:
            return "{}"
        return _MD5 if name.startswith("MD5") else _KNOWN.get(name, plain)
