"""Rules of JSONata: the syntax in ``{% %}``, and the names that an expression can read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_release.asl.jsonata import CLOSING, OPENING, is_jsonata
from sfn_release.checks.definition import JsonataText, ParsedDefinition
from sfn_release.checks.elements import WORK
from sfn_release.checks.jsonata_expressions import TOO_MUCH
from sfn_release.checks.rule import Issue
from sfn_release.text import did_you_mean

_AFTER: Final = ("Output", "Assign")
_MEMBERS: Final = ("input", "result", "errorOutput", "context")


def unread(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report expressions that were not parsed, and why. Stop when the definition has too many."""
    for state in definition.states:
        for text in state.texts:
            if text.expression is not None and text.expression.unread:
                yield Issue(
                    text.place,
                    f"This expression can't be checked: {text.expression.unread}.",
                    "Shorten it, or move a part of it to a variable or a Lambda function.",
                )
                if text.expression.unread == TOO_MUCH:
                    return


def delimiters(text: JsonataText) -> Iterator[Issue]:
    """Report an expression that is not opened or not closed."""
    opened, closed = text.text.startswith(OPENING), text.text.endswith(CLOSING)
    if opened != closed or (opened and not is_jsonata(text.text)):
        lacks = f"end with {CLOSING}" if opened else f"start with {OPENING}"
        yield Issue(
            text.place,
            f"A JSONata expression must start with {OPENING} and end with {CLOSING}; this does"
            f" not {lacks}.",
            "Remove everything before and after, including spaces.",
        )


def syntax(text: JsonataText) -> Iterator[Issue]:
    """Report an expression with a syntax error."""
    if text.problem:
        yield Issue(text.place, text.problem)


def context(text: JsonataText) -> Iterator[Issue]:
    """Report names at the top of an expression: the input is $states.input."""
    for name in text.expression.contexts if text.expression else ():
        known = name.startswith("$") or not name.isidentifier()
        yield Issue(
            text.place,
            f"Reference to '{name}'{'' if name == '$$' else ' at the top level'} is not supported:"
            " an expression has no default input.",
            "Use $states.input for the state's input."
            if known
            else f"Write $states.input.{name}, or ${name} for a variable.",
        )


def states_member(text: JsonataText) -> Iterator[Issue]:
    """Report members of $states that don't exist, or not in this field."""
    for name in sorted(text.expression.members - {""}) if text.expression else ():
        if name not in _MEMBERS:
            message = f"Field '$states.{name}' does not exist."
            yield Issue(text.place, message, did_you_mean(name, _MEMBERS))
        elif name == "result" and not _has_result(text):
            yield Issue(
                text.place,
                "Field '$states.result' does not exist here.",
                "Only the Output and Assign of a Task, Parallel or Map have a result.",
            )
        elif name == "errorOutput" and not text.caught:
            yield Issue(
                text.place,
                "Field '$states.errorOutput' does not exist here.",
                "Only the Output and Assign of a catcher have an error.",
            )


def _has_result(text: JsonataText) -> bool:
    """Whether the state has run when the text is evaluated, and has not failed."""
    return text.state.type in WORK and text.field in _AFTER and not text.caught
