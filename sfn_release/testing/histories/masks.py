"""Masks for values: of the same form, the same for the same value, and found inside texts. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any
from urllib.parse import quote

_SHORTEST_TEXT = 4  # characters: shorter values are masked as a whole, not inside other texts
_SHORTEST_NUMBER = 6  # digits
_HASHES = ("md5", "sha1", "sha256", "sha384", "sha512")


@dataclass
class Secrets:
    """The values to mask in one document, with their masks."""

    key: bytes
    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[float, float] = field(default_factory=dict)
    places: dict[str, set[Any]] = field(default_factory=dict)

    def add_place(self, container: Any, key: Any) -> None:
        """Take in the object or array whose member *key* a path selects."""
        self.places.setdefault(spelled(container), set()).add(key)

    def add(self, value: Any) -> None:
        """Take in one value that a path selects."""
        match value:
            case bool() | None | "":
                pass
            case str():
                self.texts[value] = mask_text(value, self.key)
            case int() | float():
                text = _number_text(value)
                masked = mask_text(text, self.key, number=True)
                self.numbers[value] = json.loads(masked)
                if sum(character.isdigit() for character in text) >= _SHORTEST_NUMBER:
                    self.texts[text] = masked
            case _:
                pass

    def replacer(self) -> Replacer:
        """Return what replaces these values and the forms that they may have in texts."""
        inside: dict[str, str] = {}
        for text, mask in self.texts.items():
            if len(text) >= _SHORTEST_TEXT:
                for form, masked in zip(_forms(text), _forms(mask), strict=True):
                    inside.setdefault(form, masked)
        return Replacer(self.key, self.texts, self.numbers, inside, self.places)


@dataclass(frozen=True)
class Replacer:
    """Replaces values by their masks: *texts* and *numbers* as a whole, *inside* in any text.

    *places* are the selected members of objects, by the spelling of the object.
    """

    key: bytes
    texts: Mapping[str, str]
    numbers: Mapping[float, float]
    inside: Mapping[str, str]
    places: Mapping[str, Collection[Any]]

    def text(self, value: str) -> str:
        """Return a text with all secrets in it masked."""
        if value in self.texts:
            return self.texts[value]
        if not self.inside:
            return value
        return self._pattern().sub(lambda found: self.inside[found[0]], value)

    def _pattern(self) -> re.Pattern[str]:
        # re keeps compiled patterns. The longest secret wins where one contains another.
        forms = sorted(self.inside, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, forms)))

    def number(self, value: Any) -> Any:
        """Return a number masked if it's a secret by itself: a long one."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        return self.numbers.get(value, value) if self._is_long(value) else value

    def _is_long(self, value: float) -> bool:
        return _number_text(value) in self.texts

    def selected(self, value: Any) -> Any:
        """Return a selected value with its numbers and booleans masked.

        Short ones are masked only here. Texts are masked wherever they are.
        """
        match value:
            case dict():
                return {key: self.selected(member) for key, member in value.items()}
            case list():
                return [self.selected(item) for item in value]
            case bool():
                return False
            case int() | float() if not self._is_long(value):
                return self.numbers.get(value, value)
            case _:
                return value


def spelled(container: Any) -> str:
    """Return an object or array as one text, the same for equal ones."""
    return json.dumps(container, sort_keys=True)


def mask_text(text: str, key: bytes, *, number: bool = False) -> str:
    """Return the mask of a text: of the same form, and always the same for the same *key*.

    >>> mask_text("bob@example.com", b"").count("@")
    1
    """
    for turn in range(8):
        stream = _stream(text, key, turn)
        masked = "".join(_masked_character(character, stream) for character in text)
        if number and masked.lstrip("-").startswith("0") and not text.lstrip("-").startswith("0"):
            masked = masked.replace("0", "7", 1)
        if masked != text:
            return masked
    return "*" * len(text)


def _masked_character(character: str, stream: Iterator[int]) -> str:
    for alphabet in (ascii_lowercase, ascii_uppercase, digits):
        if character in alphabet:
            return alphabet[next(stream) % len(alphabet)]
    if character.isalpha():
        return "x" if character.islower() or not character.isupper() else "X"
    return "0" if character.isdigit() else character


def _stream(text: str, key: bytes, turn: int) -> Iterator[int]:
    """Yield bytes that depend on the text and the key, without an end."""
    block = 0
    while True:
        message = f"{turn}:{block}:{text}".encode(errors="surrogatepass")
        yield from hmac.digest(key, message, "sha256")
        block += 1


def _forms(text: str) -> list[str]:
    """Return the forms that a value may have inside other texts, the same forms in each call."""
    raw = text.encode(errors="surrogatepass")
    return [
        text,
        text.lower(),
        text.upper(),
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        quote(raw, safe=""),
        base64.b64encode(raw).decode(),
        *(hashlib.new(name, raw, usedforsecurity=False).hexdigest() for name in _HASHES),
    ]


def _number_text(value: float) -> str:
    return json.dumps(value)
