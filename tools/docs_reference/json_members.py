"""The members of JSON results, as a shape that is merged from several results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_NAMED = 40  # a longer name of a member is an id or an ARN from data
_DOCUMENTS = frozenset(
    # members that hold a document of another language: ASL, IAM, in-toto, JSON Schema, your data
    {"definition", "policy", "trust", "statement", "json_schema", "input_schema", "input", "output"}
)
SHARED = {"deployments": "record", "plans": "plan"}
"""Arrays whose items have a section of their own on the page."""

_KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "number",
    float: "number",
    str: "text",
    type(None): "null",
}


@dataclass
class Shape:
    """What is known of a value: its simple *kinds*, its *members*, the shape of its *items*."""

    kinds: set[str] = field(default_factory=set)
    members: dict[str, Shape] = field(default_factory=dict)
    items: Shape | None = None

    def add(self, value: Any, names: frozenset[str]) -> None:
        """Add a result. Objects whose members are all in *names*, or look like ids, map names."""
        match value:
            case Mapping():
                self.kinds.add("object")
                for name, member in value.items():
                    whole = name in _DOCUMENTS and isinstance(member, Mapping)
                    own = name in names or len(name) > _NAMED or ":" in name
                    key = "NAME" if own else name
                    self.members.setdefault(key, Shape()).add({} if whole else member, names)
            case list():
                self.kinds.add("array")
                self.items = self.items or Shape()
                for item in value:
                    self.items.add(item, names)
            case _:
                self.kinds.add(_KINDS[type(value)])

    def lines(self, indent: int = 0) -> list[str]:
        """Return the shape as lines: each member with its kind, its own members below it."""
        found = []
        for name, member in self.members.items():
            if name in SHARED and member.items is not None:
                found.append(f"{'  ' * indent}{name}: array of {SHARED[name]}s")
                continue
            found.append(f"{'  ' * indent}{name}: {member.kind}")
            found += member.below(indent + 1)
        return found

    def below(self, indent: int) -> list[str]:
        """Return the lines of the members of an object, or of the objects in an array."""
        if self.items is not None and self.items.members:
            return self.items.lines(indent)
        return self.lines(indent)

    @property
    def kind(self) -> str:
        """The kinds of value in words."""
        simple = sorted(self.kinds - {"null", "array"}) + ["null"] * ("null" in self.kinds)
        if "array" not in self.kinds:
            return " or ".join(simple)
        inner = f" of {self.items.kind}s" if self.items is not None and self.items.kinds else ""
        return " or ".join([f"array{inner}", *simple])
