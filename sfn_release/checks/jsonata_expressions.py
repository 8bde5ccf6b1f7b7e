"""Rules of JSONata: what stands in ``{% %}``, and what it may read there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from sfn_release.asl.field_types import JSONATA, is_open
from sfn_release.asl.jsonata import (
    CLOSING,
    OPENING,
    JsonataError,
    JsonataExpression,
    is_jsonata,
    parse,
)
from sfn_release.asl.placeholders import as_filled
from sfn_release.checks.definition import ParsedDefinition, ParsedState
from sfn_release.checks.rule import Issue, Location, entries
from sfn_release.text import did_you_mean

_FIELDS = (
    *("Arguments", "Output", "Assign", "Items", "ItemSelector", "ItemReader", "ItemBatcher"),
    *("ResultWriter", "Credentials", "TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency"),
    *("ToleratedFailureCount", "ToleratedFailurePercentage", "Seconds", "Timestamp"),
    *("Error", "Cause"),
)
_RULES = {"Choices": ("Condition", "Assign", "Output"), "Catch": ("Assign", "Output")}
_AFTER = ("Output", "Assign")
MOST: Final = 250_000
"""Characters of JSONata in a definition that are read: its parser needs seconds for more."""
_TOO_MUCH: Final = f"the definition has more than {MOST:,} characters of JSONata"
_MEMBERS = ("input", "result", "errorOutput", "context")


class JsonataText(NamedTuple):
    """A text in a field of a JSONata state that may hold an expression.

    *field* is the state's field that it is in, *caught* says that it belongs to a catcher.
    """

    state: ParsedState
    field: str
    caught: bool
    text: str
    place: Location


def texts(document: ParsedDefinition) -> Iterator[JsonataText]:
    """Yield every text of the JSONata states in a field that is evaluated."""
    for state in document.in_language(JSONATA):
        for key in _FIELDS:
            if key in state.body:
                yield from _below(state, key, state.body[key], state.place.at(key), caught=False)
        for holder, keys in _RULES.items():
            for index, rule in entries(state.body.get(holder)):
                for key in keys if isinstance(rule, dict) else ():
                    if key in rule:
                        place = state.place.at(holder, index, key)
                        yield from _below(state, key, rule[key], place, caught=holder == "Catch")


def _below(
    state: ParsedState, field: str, value: Any, place: Location, *, caught: bool
) -> Iterator[JsonataText]:
    queue = [(value, place)]
    while queue:
        node, here = queue.pop()
        if isinstance(node, str):
            yield JsonataText(state, field, caught, node, here)
        elif isinstance(node, dict):
            queue.extend((item, here.at(key)) for key, item in node.items())
        else:
            queue.extend((item, here.at(index)) for index, item in entries(node))


class Parsed(NamedTuple):
    """A text that is an expression: what it reads, or what is wrong with it.

    With a placeholder, what it reads is known when that is filled: *expression* is None.
    """

    text: JsonataText
    expression: JsonataExpression | None
    problem: str = ""


def parsed(document: ParsedDefinition) -> Iterator[Parsed]:
    """Yield every expression, read once; those beyond `MOST` characters in all are unread."""
    left = MOST
    for text in document.once(texts):
        if not is_jsonata(text.text):
            continue
        left -= len(text.text) * len(as_filled(text.text))
        yield _parsed(text) if left >= 0 else Parsed(text, JsonataExpression(unread=_TOO_MUCH))


def _parsed(text: JsonataText) -> Parsed:
    errors: list[str] = []
    for filled in as_filled(text.text[2:-2]):
        try:
            expression = parse(filled)
        except JsonataError as error:
            errors.append(str(error))
        else:
            return Parsed(text, None if is_open(text.text) else expression)
    return Parsed(text, None, f"This is not valid JSONata: {errors[0]}.")


def expressions(document: ParsedDefinition) -> Iterator[tuple[JsonataText, JsonataExpression]]:
    """Yield every expression that can be read, where it stands and what it reads."""
    for one in document.once(parsed):
        if one.expression is not None and not one.expression.unread:
            yield one.text, one.expression


def unread(document: ParsedDefinition) -> Iterator[Issue]:
    """Report the first expression that is not checked, and why."""
    for one in document.once(parsed):
        if one.expression is not None and one.expression.unread:
            yield Issue(
                one.text.place,
                f"This expression is not checked: {one.expression.unread}.",
                "Shorten it, or move a part of it to a variable or a Lambda function.",
            )
            if one.expression.unread == _TOO_MUCH:
                return


def syntax(document: ParsedDefinition) -> Iterator[Issue]:
    """Report expressions that are not closed, or not opened, or can't be read."""
    for text in document.once(texts):
        opened, closed = text.text.startswith(OPENING), text.text.endswith(CLOSING)
        if opened != closed or (opened and not is_jsonata(text.text)):
            lacks = f"end with {CLOSING}" if opened else f"start with {OPENING}"
            yield Issue(
                text.place,
                f"A JSONata expression must start with {OPENING} and end with {CLOSING}; this does"
                f" not {lacks}.",
                "Nothing may stand before or after, not even a space.",
            )
    for one in document.once(parsed):
        if one.problem:
            yield Issue(one.text.place, one.problem)


def context(document: ParsedDefinition) -> Iterator[Issue]:
    """Report names that are read from nothing: the input is $states.input."""
    for text, expression in document.once(expressions):
        for name in expression.contexts:
            known = name.startswith("$") or not name.isidentifier()
            yield Issue(
                text.place,
                f"Reference to '{name}' at the top level is not supported: there is nothing to read"
                " it from.",
                "The state's input is $states.input."
                if known
                else f"Write $states.input.{name}, or ${name} for a variable.",
            )


def states_member(document: ParsedDefinition) -> Iterator[Issue]:
    """Report members of $states that do not exist, or not there."""
    for text, expression in document.once(expressions):
        for name in sorted(expression.members - {""}):
            if name not in _MEMBERS:
                message = f"Field '$states.{name}' does not exist."
                yield Issue(text.place, message, did_you_mean(name, _MEMBERS))
            elif name == "result" and not _has_result(text):
                yield Issue(
                    text.place,
                    "Field '$states.result' does not exist here.",
                    "There is a result in the Output and Assign of a Task, Parallel or Map only.",
                )
            elif name == "errorOutput" and not text.caught:
                yield Issue(
                    text.place,
                    "Field '$states.errorOutput' does not exist here.",
                    "There is an error in the Output and Assign of a catcher only.",
                )


def _has_result(text: JsonataText) -> bool:
    """Whether the state has run when the text is evaluated, and has not failed."""
    works = text.state.type in ("Task", "Parallel", "Map")
    return works and text.field in _AFTER and not text.caught
