"""Addresses of Terraform: a resource, one of its instances, a nested attribute. Pure.

Source: "Resource address reference" and "Identifiers" in Terraform's documentation.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal

Key = int | str
"""The key of an instance or of an item: a number, or a text such as a key of `for_each`."""

Module = tuple[str, Key | None]
"""A module's name, and the key of its instance."""

_NAME = re.compile(r"[^\W\d][\w-]*")
_NUMBER = re.compile(r"\d{1,9}(?![\w-])")
_INDEX = re.compile(r'\[(?:(\d{1,9})|("(?:[^"\\]|\\.)*"))\]')

_Step = tuple[Key, bool]  # a name or key, and whether it's in brackets


@dataclass(frozen=True)
class ResourceAddress:
    """The address of a resource, or of one *instance* of it. *modules* are around it."""

    modules: tuple[Module, ...]
    mode: Literal["managed", "data"]
    type: str
    name: str
    instance: Key | None = None

    def __str__(self) -> str:
        """Return the address as Terraform writes it: ``module.shop["eu"].aws_sqs_queue.q[0]``."""
        modules = "".join(f"module.{name}{in_brackets(key)}." for name, key in self.modules)
        data = "data." if self.mode == "data" else ""
        return f"{modules}{data}{self.type}.{self.name}{in_brackets(self.instance)}"


def parse_address(text: str) -> ResourceAddress | None:
    """Return the address that *text* is, or None.

    >>> parse_address("data.aws_sqs_queue.orders[0]")
    ResourceAddress(modules=(), mode='data', type='aws_sqs_queue', name='orders', instance=0)
    """
    steps = _steps(text) or []
    modules, steps = _modules(steps)
    mode: Literal["managed", "data"] = "managed"
    if steps[:1] == [("data", False)]:
        mode, steps = "data", steps[1:]
    match steps:
        case [(str(type), False), (str(name), False)]:
            return ResourceAddress(modules, mode, type, name)
        case [(str(type), False), (str(name), False), (key, True)]:
            return ResourceAddress(modules, mode, type, name, key)
        case _:
            return None


def parse_modules(text: str) -> tuple[Module, ...] | None:
    """Return the modules in the text that a state has, or None.

    >>> parse_modules('module.shop["eu"].module.queue')
    (('shop', 'eu'), ('queue', None))
    """
    modules, rest = _modules(_steps(text) or [])
    return None if rest or not modules else modules


def parse_attribute(text: str) -> tuple[Key, ...] | None:
    """Return the steps of a nested attribute, or None.

    >>> parse_attribute('vpc_config.0.tags["a.b"]')
    ('vpc_config', 0, 'tags', 'a.b')
    """
    steps = _steps(text, numbers=True)
    return tuple(key for key, _ in steps) if steps else None


def in_brackets(key: Key | None) -> str:
    """Return the key of an instance as an address shows it, "" without one."""
    return "" if key is None else f"[{json.dumps(key, ensure_ascii=False)}]"


def _modules(steps: list[_Step]) -> tuple[tuple[Module, ...], list[_Step]]:
    """Return the modules at the beginning of an address, and the other steps."""
    found: list[Module] = []
    while True:
        match steps:
            case [("module", False), (str(name), False), (key, True), *rest]:
                found.append((name, key))
            case [("module", False), (str(name), False), *rest]:
                found.append((name, None))
            case _:
                return tuple(found), steps
        steps = rest


def _steps(text: str, *, numbers: bool = False) -> list[_Step] | None:
    """Return the steps of an address, None for other text. With *numbers*, ``a.0`` is one too."""
    steps: list[_Step] = []
    place = 0
    while place < len(text):
        index = _INDEX.match(text, place) if steps else None
        if index:
            key = int(index[1]) if index[1] else _unquoted(index[2])
            if key is None:
                return None
            steps.append((key, True))
            place = index.end()
            continue
        if steps and text[place] != ".":
            return None
        place += bool(steps)
        number = _NUMBER.match(text, place) if numbers and steps else None
        found = number or _NAME.match(text, place)
        if not found:
            return None
        steps.append((int(found[0]) if number else found[0], False))
        place = found.end()
    return steps or None


def _unquoted(text: str) -> str | None:
    """Return the value of a quoted text. HCL's escapes are JSON's, and ``$${`` is ``${``."""
    try:
        return str(json.loads(text)).replace("$${", "${").replace("%%{", "%{")
    except ValueError:
        return None
