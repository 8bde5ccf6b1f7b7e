"""Rules of expressions that are sent as text, because nothing evaluates them where they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from sfn_release.asl.jsonata import CLOSING, OPENING, is_jsonata
from sfn_release.checks.definition import JsonataText, Member, ParsedState
from sfn_release.checks.location import Location, entries
from sfn_release.checks.payload_templates import COMPUTED
from sfn_release.checks.rule import Issue
from sfn_release.text import shorten

_PATH_INSIDE = re.compile(r"(?<=[/=&?{])\$\$?\.[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_PATH_LIKE = re.compile(r"\$\$?(\.[A-Za-z_]|\[)|States\.[A-Z][A-Za-z0-9]*\(")
_READS_PATHS: Final = frozenset(
    (
        *("InputPathsMap", "InputPath", "InputTemplate"),  # EventBridge: rules, pipes
        *("FilterPattern", "MetricTransformations"),  # CloudWatch Logs
        *("JsonPath", "RecordRowPath", "Mapping"),  # Glue's classifiers, Kinesis Analytics
    )
)
"""Parameters of AWS's services that hold JSONPath of their own, which the service reads."""


def literal_path(state: ParsedState) -> Iterator[Issue]:
    """Report texts that are a path or contain one, and are sent as they are."""
    for member in state.members:
        value = member.value
        if isinstance(value, str) and _may_be_literal(member.key, value):
            yield from _literal(state, member, value)


def _may_be_literal(key: str, value: str) -> bool:
    """Whether a text needs a closer look: a quick answer for most."""
    if key.endswith(COMPUTED):
        return value.startswith(OPENING)
    return "$." in value or "$[" in value or value.startswith(("States.", OPENING))


def _literal(state: ParsedState, member: Member, value: str) -> Iterator[Issue]:
    key, place = member.key, member.place
    if not _READS_PATHS.isdisjoint(place.keys[len(state.place.keys) :]):
        return
    if is_jsonata(value):
        yield Issue(
            place,
            "This looks like JSONata but is sent as text: the query language here is JSONPath.",
            'Add "QueryLanguage": "JSONata" to the state.',
        )
    elif key.endswith(COMPUTED):
        return
    elif _PATH_LIKE.match(value):
        yield Issue(
            place,
            f"{shorten(value)!r} looks like a path but is sent as text.",
            f"Rename the key to {key}.$ to send the value at that path.",
        )
    else:
        yield from _path_in_text(key, value, place)


def _path_in_text(key: str, value: str, place: Location) -> Iterator[Issue]:
    """Report a path in the middle of a URL or of another text, where nothing evaluates it."""
    found = _PATH_INSIDE.search(value)
    if found:
        template = shorten(value[: found.start()]).replace("'", "\\'") + "{}"
        template += "…" if found.end() < len(value) else ""
        yield Issue(
            place,
            f"{found[0]!r} looks like a path but is sent as text: a path inside a string is not"
            " evaluated.",
            f"Use {key}.$ with States.Format('{template}', {found[0]}).",
        )


def literal_result(state: ParsedState) -> Iterator[Issue]:
    """Report expressions in the Result of a Pass, which is sent as it is."""
    queue: list[tuple[Any, Location]] = [(state.body["Result"], state.place.at("Result"))]
    while queue:
        node, here = queue.pop()
        if isinstance(node, dict):
            paths = [key for key in node if key.endswith(COMPUTED)]
            for key in paths:
                yield _static(here.at(key), "paths in it are not evaluated")
            queue.extend((item, here.at(key)) for key, item in node.items() if key not in paths)
        elif is_jsonata(node):
            yield _static(here, "JSONata in it is not evaluated")
        elif isinstance(node, str):
            if _PATH_LIKE.match(node):
                yield _static(here, "paths in it are not evaluated")
        else:
            queue.extend((item, here.at(index)) for index, item in entries(node))


def _static(place: Location, why: str) -> Issue:
    message = f"The Result of a Pass is sent as it is: {why}."
    return Issue(place, message, "Use Parameters instead, or Output in JSONata.")


def literal_key(state: ParsedState) -> Iterator[Issue]:
    """Report keys that end in ``.$`` in a state whose query language is JSONata."""
    for field in ("Arguments", "Output", "Assign", "ItemSelector"):
        queue = [(state.body.get(field), state.place.at(field))]
        while queue:
            node, here = queue.pop()
            if isinstance(node, dict):
                for key, value in node.items():
                    queue.append((value, here.at(key)))
                    if key.endswith(COMPUTED) and field != "Assign":
                        message = f"The key {key} is sent as it is: JSONata doesn't evaluate paths."
                        name = key.removesuffix(COMPUTED)
                        yield Issue(here.at(key), message, f'Use "{name}": "{{% … %}}".')
            else:
                queue.extend((item, here.at(index)) for index, item in entries(node))


def literal_expression(text: JsonataText) -> Iterator[Issue]:
    """Report JSONata in the middle of a text, which is sent as it is."""
    value = text.text
    if OPENING in value and not value.startswith(OPENING) and not value.endswith(CLOSING):
        yield Issue(
            text.place,
            "JSONata inside a string is not evaluated: the string is sent as it is.",
            "Make the whole string an expression: {% 'a' & $states.input.b & 'c' %}.",
        )
