"""What ``${`` may mean in a definition: a parameter, a literal, or nothing that can be filled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

REFERENCE: Final = re.compile(
    r"(?P<escape>\$\$\{)|\$\{(?P<name>[A-Za-z][A-Za-z0-9_]*)\}|(?P<other>\$\{)"
)
A_PARAMETER: Final = "A parameter is written ${Name}: a letter, then letters, digits and '_'."
_SHOWN = 40  # characters of what cannot be used


def no_parameters(text: str) -> Iterator[str]:
    """Yield each ``${…}`` of *text* that can't be filled: it is no name, and not escaped.

    In a JSONata expression (``{% … %}``) ``${"a": 1}`` has a meaning of its own.
    """
    if text.startswith("{%") and text.rstrip().endswith("%}"):
        return
    for match in REFERENCE.finditer(text):
        if match["other"]:
            rest = text[match.start() :]
            shown = rest[: rest.find("}") + 1] or rest
            yield shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
