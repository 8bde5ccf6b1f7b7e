"""Make variable names from any text: the same every time, and always valid."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections import Counter
from typing import Final

_TAKEN: Final = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "sfn", "path", "q", "Context", "fn"}
)
_WORDS = re.compile(r"(?:[A-Z]+(?![a-z])|[A-Z]?[a-z]+)\d*|\d+")
_LONGEST = 40


def identifier(text: str, otherwise: str = "state") -> str:
    """Return a variable for *text*, in snake_case and ASCII; *otherwise* if nothing is left of it.

    >>> identifier("Is It Überfällig?"), identifier("注文"), identifier("S3Copy"), identifier("end")
    ('is_it_uberfallig', 'state', 's3_copy', 'end')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = [word.lower() for word in _WORDS.findall(plain)]
    name = ""
    for word in words:
        longer = f"{name}_{word}" if name else word
        if len(longer) > _LONGEST:
            break
        name = longer
    name = name or (words[0][:_LONGEST] if words else otherwise)
    if name[0].isdigit():
        name = f"{otherwise}_{name}"
    return f"{name}_" if name in _TAKEN else name


class Identifiers:
    """The variables of one module, each of them unique."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._copies: Counter[str] = Counter()

    def new(self, text: str, otherwise: str = "state") -> str:
        """Return a new variable for *text*."""
        stem = name = identifier(text, otherwise)
        while name in self._given:
            self._copies[stem] += 1
            name = f"{stem.rstrip('_')}_{self._copies[stem] + 1}"
        self._given.add(name)
        return name
