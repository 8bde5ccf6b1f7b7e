"""The JSONata of a definition: the texts in ``{% %}``, each parsed once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sfn_release.asl.field_types import is_open
from sfn_release.asl.jsonata import JsonataError, JsonataExpression, is_jsonata, parse
from sfn_release.asl.placeholders import as_filled
from sfn_release.checks.definition import JsonataText, ParsedState
from sfn_release.checks.location import Location, entries

_FIELDS: Final = (
    *("Arguments", "Output", "Assign", "Items", "ItemSelector", "ItemReader", "ItemBatcher"),
    *("ResultWriter", "Credentials", "TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency"),
    *("ToleratedFailureCount", "ToleratedFailurePercentage", "Seconds", "Timestamp"),
    *("Error", "Cause"),
)
_RULES: Final = {"Choices": ("Condition", "Assign", "Output"), "Catch": ("Assign", "Output")}
MOST: Final = 250_000
"""Characters of JSONata that are parsed in a definition. The parser needs seconds for more."""
INVALID: Final = "This is not valid JSONata: "
TOO_MUCH: Final = f"the definition has more than {MOST:,} characters of JSONata"


class JsonataReader:
    """Reads the JSONata of one definition, up to `MOST` characters in all."""

    def __init__(self) -> None:
        self._left = MOST

    def texts_of(self, state: ParsedState) -> list[JsonataText]:
        """Return every text of a JSONata state in a field that is evaluated."""
        return [
            self._parsed(JsonataText(state.shape, field, caught, text, place))
            for field, caught, text, place in _texts(state)
        ]

    def _parsed(self, text: JsonataText) -> JsonataText:
        """Parse a text, if it is an expression.

        A placeholder may stand for anything: the text is valid if one way to fill it is.
        """
        if not is_jsonata(text.text):
            return text
        self._left -= len(text.text) * len(as_filled(text.text))
        if self._left < 0:
            return text._replace(expression=JsonataExpression(unread=TOO_MUCH))
        errors: list[str] = []
        for filled in as_filled(text.text[2:-2]):
            try:
                expression = parse(filled)
            except JsonataError as error:
                errors.append(f"{error} (character {max(error.position, 1)})")
            else:
                return text if is_open(text.text) else text._replace(expression=expression)
        return text._replace(problem=f"{INVALID}{errors[0]}.")


def _texts(state: ParsedState) -> Iterator[tuple[str, bool, str, Location]]:
    """Yield each text: the field it is in, whether a catcher has it, the text and its place."""
    body, place = state.body, state.place
    for key in _FIELDS:
        if key in body:
            for text, here in _below(body[key], place.at(key)):
                yield key, False, text, here
    for holder, keys in _RULES.items():
        for index, rule in entries(body.get(holder)):
            for key in keys if isinstance(rule, dict) else ():
                if key in rule:
                    for text, here in _below(rule[key], place.at(holder, index, key)):
                        yield key, holder == "Catch", text, here


def _below(value: Any, place: Location) -> Iterator[tuple[str, Location]]:
    queue = [(value, place)]
    while queue:
        node, here = queue.pop()
        if isinstance(node, str):
            yield node, here
        elif isinstance(node, dict):
            queue.extend((item, here.at(key)) for key, item in node.items())
        else:
            queue.extend((item, here.at(index)) for index, item in entries(node))
