"""Rules of JSONPath: paths, intrinsic functions, and the payload templates around them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_release.asl import intrinsic_types
from sfn_release.asl.field_types import is_open
from sfn_release.asl.intrinsic_functions import FUNCTIONS
from sfn_release.asl.intrinsics import IntrinsicCall, is_call
from sfn_release.asl.paths import Path
from sfn_release.checks.definition import ParsedState, PathExpression, PathShape
from sfn_release.checks.payload_templates import COMPUTED
from sfn_release.checks.rule import Issue
from sfn_release.text import did_you_mean

_CALLED = re.compile(r"States\.\w{1,40}(?=\s*\()")


def invalid(shape: PathShape) -> bool:
    """Whether an expression has a syntax error, also for AWS."""
    return bool(shape.reading.problem) and not _lenient(shape.reading.text)


def doubtful(shape: PathShape) -> bool:
    """Whether an expression has a syntax error that AWS's parser may accept."""
    return bool(shape.reading.problem) and _lenient(shape.reading.text)


def has_wrong_arguments(shape: PathShape) -> bool:
    """Whether an intrinsic function has constants that it doesn't accept."""
    return any(_argument_problems(shape))


def _argument_problems(shape: PathShape) -> Iterator[str]:
    if isinstance(shape.reading.tree, IntrinsicCall):
        yield from intrinsic_types.problems(shape.reading.tree)


def no_reference(shape: PathShape) -> bool:
    """Whether an expression has to be a Reference Path and isn't one."""
    path = shape.reading.tree
    if not isinstance(path, Path):
        return False
    if shape.single:
        return path.root == "$$" or not path.is_reference
    return shape.reference and (path.root != "$" or not path.is_reference)


def _lenient(text: str) -> bool:
    """Whether a path holds a filter or a script, which AWS's parser reads more generously."""
    return "?(" in text or "[(" in text


def not_a_path(state: ParsedState) -> Iterator[Issue]:
    """Report template keys that end in ``.$`` without a path or an intrinsic function."""
    for member in state.members:
        key, value = member.key, member.value
        if not key.endswith(COMPUTED) or is_open(value):
            continue
        if not isinstance(value, str) or not value.startswith(("$", "States.")):
            yield Issue(
                member.place,
                f"The value for the field '{key}' must be a valid JSONPath or a valid intrinsic"
                " function call: it starts with $ or States.",
                f"For a constant, use the key {key[:-2]!r}.",
            )


def duplicate_key(state: ParsedState) -> Iterator[Issue]:
    """Report template objects that have a key as a constant and as an expression."""
    for member in state.members:
        key = member.key
        if key.endswith(COMPUTED) and key[:-2] in member.holder:
            message = f"{key} and {key[:-2]} are the same key, so {key[:-2]} is given twice."
            yield Issue(member.place, message, "Remove one of them.")


def syntax(expression: PathExpression) -> Iterator[Issue]:
    """Report a path or an intrinsic function with a syntax error."""
    kind = "valid JSONPath or a valid intrinsic function call"
    wanted = kind if expression.shape.callable else "valid JSONPath"
    yield Issue(
        expression.place,
        f"The value for the field '{expression.key}' must be a {wanted}:"
        f" {expression.reading.problem}",
        _nearest_function(expression.text),
    )


def _nearest_function(text: str) -> str:
    """Suggest a function in place of the first unknown one."""
    unknown = next((name for name in _CALLED.findall(text) if name not in FUNCTIONS), None)
    return did_you_mean(unknown, FUNCTIONS) if unknown and is_call(text) else ""


def arguments(expression: PathExpression) -> Iterator[Issue]:
    """Report constants that an intrinsic function doesn't accept."""
    for problem in _argument_problems(expression.shape):
        yield Issue(expression.place, problem)


def doubtful_path(expression: PathExpression) -> Iterator[Issue]:
    """Report a filter or a bracket that this program can't read, though AWS may."""
    message = f"{expression.key} looks wrong: {expression.reading.problem}"
    yield Issue(expression.place, message)


def reference_path(expression: PathExpression) -> Iterator[Issue]:
    """Report a place to write to, or to read one value from, that may be several or none."""
    key, path = expression.key, expression.reading.tree
    if expression.shape.single:
        context = isinstance(path, Path) and path.root == "$$"
        yield Issue(
            expression.place,
            f"{key} must be a Reference Path, a path to one place in the input or in a variable.",
            "Copy the value from the context object to the input or a variable first."
            if context
            else "Use names and single indexes only: no wildcard, slice, filter or function.",
        )
    else:
        yield Issue(
            expression.place,
            f"{key} must be a Reference Path, a path to one place in the input, or null.",
            "Use names and single indexes only: no wildcard, slice, filter, function or variable.",
        )
