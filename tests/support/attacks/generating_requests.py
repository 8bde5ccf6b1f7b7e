"""Requests of Step Functions' API from a seed, by the shapes of botocore's model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from support.attacks.generating import KEYS, NAMES, NUMBERS, PREFIX, ROLE, TEXTS
from support.attacks.generating_definitions import DefinitionGenerator

_ARNS: Final = (
    ROLE,
    f"{PREFIX}:stateMachine:hello",
    f"{PREFIX}:stateMachine:hello:1",
    f"{PREFIX}:stateMachine:hello:live",
    f"{PREFIX}:stateMachine:hello/label",
    f"{PREFIX}:execution:hello:n",
    f"{PREFIX}:express:hello:n:1",
    f"{PREFIX}:activity:a",
    f"{PREFIX}:mapRun:hello/label:1",
    "arn:aws:states",
    "x",
)
_DOCUMENTS: Final = ("input", "output", "variables", "context", "result", "mapItemReaderData")


class RequestGenerator(DefinitionGenerator):
    """Draws requests. *known* are ARNs and tokens of earlier answers, by the end of their names."""

    known: Mapping[str, Sequence[str]] = {}

    def request(self, shape: Any) -> dict[str, Any]:
        """Return a request whose input has *shape*; members are often left out."""
        return {
            member: self._shaped(inner, member)
            for member, inner in shape.members.items()
            if self.chance(0.95 if member in shape.required_members else 0.35)
        }

    def _shaped(self, shape: Any, name: str) -> Any:
        if self.chance(self.wild):
            value = self.any()
        elif shape.type_name == "structure":
            value = self.request(shape)
        elif shape.type_name == "list":
            value = [self._shaped(shape.member, name) for _ in self.up_to(3)]
        elif shape.type_name == "map":
            value = {self.pick(KEYS): self._shaped(shape.value, name)}
        elif shape.type_name == "boolean":
            value = self.chance(0.5)
        elif shape.type_name == "string":
            value = self._text(shape, name)
        else:
            value = self.pick((0, 1, 100, self.pick(NUMBERS)))
        return value

    def _text(self, shape: Any, name: str) -> str:
        if shape.enum:
            return str(self.pick(shape.enum))
        if name == "definition":
            return json.dumps(self.definition() if self.chance(0.5) else self.alone())
        if name in _DOCUMENTS:
            return json.dumps(self.pick((self.input(), self.any(), {}, [])))
        kind = next((end for end in ("arn", "token") if name.lower().endswith(end)), "")
        if self.known.get(kind) and self.chance(0.6):
            return str(self.pick(self.known[kind]))
        if kind == "arn":
            return str(self.pick(_ARNS))
        return str(self.pick((*NAMES, *TEXTS, "hello", "1")))
