"""The values of JSONPath states that are read when they run: paths, calls, payload templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sfn_release.asl import intrinsic_types, intrinsics, paths
from sfn_release.asl.field_types import JSONPATH, is_open
from sfn_release.asl.intrinsic_functions import FUNCTIONS
from sfn_release.asl.intrinsics import is_call
from sfn_release.checks.choices import conditions
from sfn_release.checks.definition import ParsedDefinition, ParsedState
from sfn_release.checks.rule import Issue, Location, entries
from sfn_release.text import did_you_mean

_PATHS = (
    *("InputPath", "OutputPath", "ItemsPath", "SecondsPath", "TimestampPath"),
    *("TimeoutSecondsPath", "HeartbeatSecondsPath"),
)
_NUMBERS = ("MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath")
"""The numbers of a Map, which AWS takes from the input or a variable only."""
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign", "Credentials")


_CALLED = re.compile(r"States\.\w{1,40}(?=\s*\()")


class Expression(NamedTuple):
    """A path or a call of a *state*: the field's name, its text, its place.

    *reference* says that it names a place to write to, *single* that it reads one place of the
    input or of a variable, *callable* that an intrinsic may stand here.
    """

    state: ParsedState
    key: str
    text: Any
    place: Location
    callable: bool = False
    reference: bool = False
    single: bool = False


def expressions(state: ParsedState) -> Iterator[Expression]:
    """Yield every path and call of a JSONPath state that begins as one of them must."""
    for one in _written(state):
        heads = ("$", "States.") if one.callable else ("$",)
        if isinstance(one.text, str) and one.text.startswith(heads) and not is_open(one.text):
            yield one


def _written(state: ParsedState) -> Iterator[Expression]:
    body, place = state.body, state.place
    yield from _members(state, body, place, _PATHS)
    yield from _members(state, body, place, _NUMBERS, single=True)
    for key in ("ErrorPath", "CausePath"):
        if key in body:
            yield Expression(state, key, body[key], place.at(key), callable=True)
    yield from _results(state)
    yield from _limits(state)
    if state.type == "Choice":
        for condition in conditions(state):
            if isinstance(condition.body, dict):
                keys = [key for key in condition.body if key == "Variable" or key.endswith("Path")]
                yield from _members(state, condition.body, condition.place, keys)
    for _, key, value, at in template_members(state):
        if key.endswith(".$"):
            yield Expression(state, key, value, at, callable=True)


def _members(
    state: ParsedState,
    body: Mapping[str, Any],
    place: Location,
    keys: Iterable[str],
    *,
    single: bool = False,
) -> Iterator[Expression]:
    for key in keys:
        if key in body:
            yield Expression(state, key, body[key], place.at(key), single=single)


def _limits(state: ParsedState) -> Iterator[Expression]:
    """Yield the paths to the limits of a distributed Map's reader and batches."""
    batcher, reader = state.body.get("ItemBatcher"), state.body.get("ItemReader")
    if isinstance(batcher, dict):
        keys = ("MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath")
        yield from _members(state, batcher, state.place.at("ItemBatcher"), keys, single=True)
    config = reader.get("ReaderConfig") if isinstance(reader, dict) else None
    if isinstance(config, dict):
        place = state.place.at("ItemReader", "ReaderConfig")
        yield from _members(state, config, place, ("MaxItemsPath",), single=True)


def _results(state: ParsedState) -> Iterator[Expression]:
    key = "ResultPath"
    if key in state.body:
        yield Expression(state, key, state.body[key], state.place.at(key), reference=True)
    for index, rule in entries(state.body.get("Catch")):
        if isinstance(rule, dict) and key in rule:
            yield Expression(
                state, key, rule[key], state.place.at("Catch", index, key), reference=True
            )


def template_roots(state: ParsedState) -> Iterator[tuple[str, Any, Location]]:
    """Yield the payload templates of a JSONPath state with the names of their fields."""
    body, place = state.body, state.place
    for key in _TEMPLATES:
        if key in body:
            yield key, body[key], place.at(key)
    for key, inner in (
        ("ItemReader", "Parameters"),
        ("ResultWriter", "Parameters"),
        ("ItemBatcher", "BatchInput"),
    ):
        holder = body.get(key)
        if isinstance(holder, dict) and inner in holder:
            yield inner, holder[inner], place.at(key, inner)
    for key in ("Catch", "Choices"):
        for index, rule in entries(body.get(key)):
            if isinstance(rule, dict) and "Assign" in rule:
                yield "Assign", rule["Assign"], place.at(key, index, "Assign")


def template_members(state: ParsedState) -> Iterator[tuple[Mapping[str, Any], str, Any, Location]]:
    """Yield the members of every object of the payload templates: object, key, value, place.

    What a key that ends in ``.$`` holds is an expression, and not looked into.
    """
    for _, root, at in template_roots(state):
        queue: list[tuple[Any, Location]] = [(root, at)]
        while queue:
            node, here = queue.pop()
            if isinstance(node, dict):
                for key, value in node.items():
                    yield node, key, value, here.at(key)
                    if not key.endswith(".$"):
                        queue.append((value, here.at(key)))
            else:
                queue.extend((item, here.at(index)) for index, item in entries(node))


def not_a_path(document: ParsedDefinition) -> Iterator[Issue]:
    """Report template keys that end in ``.$`` and hold neither a path nor a call."""
    for state in document.in_language(JSONPATH):
        for _, key, value, place in template_members(state):
            if not key.endswith(".$") or is_open(value):
                continue
            if not isinstance(value, str) or not value.startswith(("$", "States.")):
                yield Issue(
                    place,
                    f"The value for the field '{key}' must be a valid JSONPath or a valid intrinsic"
                    " function call: it starts with $ or States.",
                    f"A constant stands under the key {key[:-2]!r}.",
                )


def syntax(document: ParsedDefinition) -> Iterator[Issue]:
    """Report paths and calls that can't be read."""
    for one in document.once(all_expressions):
        problem = _problem(one)
        if problem and not _doubtful(one.text):
            kind = "valid JSONPath or a valid intrinsic function call"
            wanted = kind if one.callable else "valid JSONPath"
            yield Issue(
                one.place,
                f"The value for the field '{one.key}' must be a {wanted}: {problem}",
                _function(one.text),
            )


def _function(text: str) -> str:
    """Name the function that was meant by the first one that does not exist."""
    unknown = next((name for name in _CALLED.findall(text) if name not in FUNCTIONS), None)
    return did_you_mean(unknown, FUNCTIONS) if unknown and is_call(text) else ""


def arguments(document: ParsedDefinition) -> Iterator[Issue]:
    """Report calls whose function can't take their constants."""
    for one in document.once(all_expressions):
        if is_call(one.text) and not intrinsics.problem(one.text):
            for problem in intrinsic_types.problems(intrinsics.parse(one.text)):
                yield Issue(one.place, problem)


def doubtful_path(document: ParsedDefinition) -> Iterator[Issue]:
    """Report filters and brackets that this program can't read, and AWS perhaps can."""
    for one in document.once(all_expressions):
        if _doubtful(one.text):
            problem = _problem(one)
            if problem:
                yield Issue(one.place, f"{one.key} looks wrong: {problem}")


def reference_path(document: ParsedDefinition) -> Iterator[Issue]:
    """Report places to write to that may be several, or none at all."""
    for one in document.once(all_expressions):
        if not (one.reference or one.single) or _problem(one):
            continue
        path = paths.parse(one.text)
        if one.single and (path.root == "$$" or not path.is_reference):
            yield Issue(
                one.place,
                f"{one.key} must be a Reference Path, a path to one place in the input or in a"
                " variable.",
                "Copy the value of the context object to the input first, or to a variable."
                if path.root == "$$"
                else "Names and single indexes only: no wildcard, slice, filter or function.",
            )
        elif one.reference and (path.root != "$" or not path.is_reference):
            yield Issue(
                one.place,
                f"{one.key} must be a Reference Path, a path to one place in the input, or null.",
                "Names and single indexes only: no wildcard, slice, filter, function or variable.",
            )


def duplicate_key(document: ParsedDefinition) -> Iterator[Issue]:
    """Report template objects that hold a key as a constant and as an expression."""
    for state in document.in_language(JSONPATH):
        for node, key, _, place in template_members(state):
            if key.endswith(".$") and key[:-2] in node:
                message = f"The keys {key} and {key[:-2]} are one: {key[:-2]} stands twice here."
                yield Issue(place, message, "Remove one of the two.")


def all_expressions(document: ParsedDefinition) -> Iterator[Expression]:
    """Yield every path and call of the JSONPath states."""
    return (one for state in document.in_language(JSONPATH) for one in expressions(state))


def _problem(one: Expression) -> str | None:
    return intrinsics.problem(one.text) if is_call(one.text) else paths.problem(one.text)


def _doubtful(text: str) -> bool:
    """Whether it holds what AWS's parser reads more generously than the specification has it."""
    return "?(" in text or "[(" in text


def paths_in(text: str) -> Iterator[paths.Path]:
    """Yield the paths of an expression: itself, or those in a call; none of one with an error."""
    queue: list[Any] = []
    if is_call(text):
        queue += [] if intrinsics.problem(text) else [intrinsics.parse(text)]
    elif not paths.problem(text):
        queue.append(paths.parse(text))
    while queue:
        node = queue.pop()
        if isinstance(node, intrinsics.IntrinsicCall):
            queue.extend(reversed(node.arguments))
        elif isinstance(node, paths.Path):
            yield node
