"""Rules of JSONata: what stands in ``{% %}``, and what it may read there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sfn_release.asl.finding import nearest
from sfn_release.asl.jsonata import CLOSING, OPENING, Expression, JsonataError, is_jsonata, parse
from sfn_release.asl.kinds import JSONATA, is_open
from sfn_release.asl.placeholders import as_filled
from sfn_release.checks.document import Document, State
from sfn_release.checks.rule import Place, Told, entries

_FIELDS = (
    *("Arguments", "Output", "Assign", "Items", "ItemSelector", "ItemReader", "ItemBatcher"),
    *("ResultWriter", "Credentials", "TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency"),
    *("ToleratedFailureCount", "ToleratedFailurePercentage", "Seconds", "Timestamp"),
    *("Error", "Cause"),
)
_RULES = {"Choices": ("Condition", "Assign", "Output"), "Catch": ("Assign", "Output")}
_AFTER = ("Output", "Assign")
_MEMBERS = ("input", "result", "errorOutput", "context")


class Text(NamedTuple):
    """A text in a field of a JSONata state that may hold an expression.

    *field* is the state's field that it is in, *caught* says that it belongs to a catcher.
    """

    state: State
    field: str
    caught: bool
    text: str
    place: Place


def texts(document: Document) -> Iterator[Text]:
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


def _below(state: State, field: str, value: Any, place: Place, *, caught: bool) -> Iterator[Text]:
    queue = [(value, place)]
    while queue:
        node, here = queue.pop()
        if isinstance(node, str):
            yield Text(state, field, caught, node, here)
        elif isinstance(node, dict):
            queue.extend((item, here.at(key)) for key, item in node.items())
        else:
            queue.extend((item, here.at(index)) for index, item in entries(node))


def expressions(document: Document) -> Iterator[tuple[Text, Expression]]:
    """Yield every expression that can be read, where it stands and what it reads."""
    for text in document.once(texts):
        if is_jsonata(text.text) and not is_open(text.text):
            try:
                yield text, parse(text.text[2:-2])
            except JsonataError:
                continue  # `syntax` tells


def syntax(document: Document) -> Iterator[Told]:
    """Tell of expressions that are not closed, or not opened, or can't be read."""
    for text in document.once(texts):
        opened, closed = text.text.startswith(OPENING), text.text.endswith(CLOSING)
        if opened != closed or (opened and not is_jsonata(text.text)):
            lacks = f"end with {CLOSING}" if opened else f"start with {OPENING}"
            yield Told(
                text.place,
                f"A JSONata expression must start with {OPENING} and end with {CLOSING}; this does"
                f" not {lacks}.",
                "Nothing may stand before or after, not even a space.",
            )
        elif opened:
            errors = [_error(one) for one in as_filled(text.text[2:-2])]
            if all(errors):
                yield Told(text.place, f"This is not valid JSONata: {errors[0]}.")


def _error(expression: str) -> str | None:
    try:
        parse(expression)
    except JsonataError as error:
        return str(error)
    return None


def context(document: Document) -> Iterator[Told]:
    """Tell of names that are read from nothing: the input is $states.input."""
    for text, expression in document.once(expressions):
        for name in expression.contexts:
            known = name.startswith("$") or not name.isidentifier()
            yield Told(
                text.place,
                f"Reference to '{name}' at the top level is not supported: there is nothing to read"
                " it from.",
                "The state's input is $states.input."
                if known
                else f"Write $states.input.{name}, or ${name} for a variable.",
            )


def states_member(document: Document) -> Iterator[Told]:
    """Tell of members of $states that do not exist, or not there."""
    for text, expression in document.once(expressions):
        for name in sorted(expression.members - {""}):
            if name not in _MEMBERS:
                message = f"Field '$states.{name}' does not exist."
                yield Told(text.place, message, nearest(name, _MEMBERS))
            elif name == "result" and not _has_result(text):
                yield Told(
                    text.place,
                    "Field '$states.result' does not exist here.",
                    "There is a result in the Output and Assign of a Task, Parallel or Map only.",
                )
            elif name == "errorOutput" and not text.caught:
                yield Told(
                    text.place,
                    "Field '$states.errorOutput' does not exist here.",
                    "There is an error in the Output and Assign of a catcher only.",
                )


def _has_result(text: Text) -> bool:
    """Whether the state has run when the text is evaluated, and has not failed."""
    works = text.state.type in ("Task", "Parallel", "Map")
    return works and text.field in _AFTER and not text.caught
