"""Rules of shape: which object has which fields, and what they hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sfn_release.asl.field_types import JSONATA, JSONPATH, type_for, wrong
from sfn_release.asl.fields import (
    COUNTERPARTS,
    DISTRIBUTED,
    FIELDS,
    KNOWN,
    NEEDED,
    ONLY_JSONATA,
    ONLY_JSONPATH,
    ONLY_JSONPATH_INSIDE,
    TWINS,
    TWINS_INSIDE,
)
from sfn_release.checks.definition import MAX_BYTES, ParsedDefinition, ParsedState
from sfn_release.checks.elements import Element, parts
from sfn_release.checks.rule import Issue, Location, entries
from sfn_release.text import did_you_mean

_NEEDED_INSIDE = {
    "A retrier": ("ErrorEquals",),
    "A catcher": ("ErrorEquals", "Next"),
    "A definition": ("StartAt", "States"),
    "A branch": ("StartAt", "States"),
    "An item processor": ("StartAt", "States"),
    "ItemReader": ("Resource",),
}


def nothing(_: ParsedDefinition) -> Iterator[Issue]:
    """Report nothing: `check` itself tells what cannot be taken apart."""
    return iter(())


def too_large(document: ParsedDefinition) -> Iterator[Issue]:
    """Report a definition that CreateStateMachine does not take for its length."""
    text = json.dumps(document.root.body, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode())
    if size > MAX_BYTES:
        yield Issue(
            Location(),
            f"The definition has {size:,} bytes; Step Functions takes {MAX_BYTES:,}.",
            "Move a part of it to a workflow of its own, and start that by a Task.",
        )


def unknown_field(document: ParsedDefinition) -> Iterator[Issue]:
    """Report fields that the language does not have anywhere."""
    for part in _objects(document):
        for key in part.body:
            if key not in part.fields and key not in KNOWN:
                yield Issue(
                    part.place.at(key),
                    f"{part.what} has no field {key}: it is not supported.",
                    did_you_mean(key, part.fields),
                )


def misplaced_field(document: ParsedDefinition) -> Iterator[Issue]:
    """Report fields that belong to another type of state, or to a distributed Map."""
    for part in _objects(document):
        for key in part.body:
            if key not in part.fields and key in KNOWN:
                homes = [type for type, fields in FIELDS.items() if key in fields]
                yield Issue(
                    part.place.at(key),
                    f"{part.what} can't have the field {key}: it is not supported there.",
                    _home(key, homes),
                )


def _home(key: str, homes: Sequence[str]) -> str:
    if key == "QueryLanguage":
        return "Name it at the top of the definition, or in each state."
    return f"It belongs to: {', '.join(homes)}." if len(homes) < len(FIELDS) else ""


def inline_map(document: ParsedDefinition) -> Iterator[Issue]:
    """Report fields that only do something in a distributed Map."""
    for state in document.of_type("Map"):
        if not _distributed(state):
            for key in sorted(DISTRIBUTED & state.body.keys()):
                yield Issue(
                    state.place.at(key),
                    f"{key} belongs to a distributed Map, and this one runs inline.",
                    "Give its ItemProcessor the ProcessorConfig of a distributed one.",
                )


def missing_field(document: ParsedDefinition) -> Iterator[Issue]:
    """Report fields that an object cannot do without."""
    for part in _objects(document):
        for key in _NEEDED_INSIDE.get(part.what, ()):
            if key not in part.body:
                yield _missing(part.place, part.what, key)
    for state in document.states:
        if "Type" not in state.body:
            yield _missing(state.place, "A state", "Type")
        for group in NEEDED.get(state.type, ()):
            if not any(key in state.body for key in group):
                yield _missing(state.place, f"A {state.type}", " or ".join(group))
        yield from _missing_inside(state)


def _missing_inside(state: ParsedState) -> Iterator[Issue]:
    body, place = state.body, state.place
    credentials = body.get("Credentials")
    if isinstance(credentials, dict) and not {"RoleArn", "RoleArn.$"} & credentials.keys():
        yield _missing(place.at("Credentials"), "Credentials", "RoleArn")
    for index, rule in entries(body.get("Choices") if state.type == "Choice" else None):
        if isinstance(rule, dict):
            if "Next" not in rule:
                yield _missing(place.at("Choices", index), "A choice rule", "Next")
            if state.language == JSONATA and "Condition" not in rule:
                what = "A choice rule in JSONata"
                yield _missing(place.at("Choices", index), what, "Condition")
    if state.type == "Map":
        yield from _missing_in_map(state)


def _missing_in_map(state: ParsedState) -> Iterator[Issue]:
    body, place = state.body, state.place
    reader = body.get("ItemReader")
    config: Any = reader.get("ReaderConfig") if isinstance(reader, dict) else None
    given = isinstance(config, dict) and config.get("CSVHeaderLocation") == "GIVEN"
    if given and "CSVHeaders" not in config:
        what = "A ReaderConfig whose CSVHeaderLocation is GIVEN"
        yield _missing(place.at("ItemReader", "ReaderConfig"), what, "CSVHeaders")
    writer, batcher = body.get("ResultWriter"), body.get("ItemBatcher")
    if isinstance(writer, dict) and not {"Resource", "WriterConfig"} & writer.keys():
        yield _missing(place.at("ResultWriter"), "A ResultWriter", "Resource or WriterConfig")
    if isinstance(batcher, dict) and not (batcher.keys() - {"BatchInput"}):
        which = "MaxItemsPerBatch or MaxInputBytesPerBatch"
        yield _missing(place.at("ItemBatcher"), "An ItemBatcher", which)
    processor = body.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    if _distributed(state) and isinstance(config, dict) and "ExecutionType" not in config:
        yield _missing(
            place.at("ItemProcessor", "ProcessorConfig"), "A distributed Map", "ExecutionType"
        )


def _missing(place: Location, what: str, key: str) -> Issue:
    return Issue(place, f"{what} needs the field {key}: it is required but was missing.")


def wrong_value(document: ParsedDefinition) -> Iterator[Issue]:
    """Report values of the wrong type, out of range, or not among the words that a field takes."""
    for part in document.once(parts):
        if not isinstance(part.body, dict):
            yield Issue(part.place, f"{part.what} must be an object.")
            continue
        for key, value in part.body.items():
            kind = part.fields.get(key)
            wanted = wrong(kind, value, part.language) if kind else None
            if kind and wanted:
                place = part.place.at(key)
                yield Issue(place, f"{key} must be {wanted}.", wanted=type_for(kind))
    for place in document.misshapen:
        yield Issue(place, "A branch or item processor must be an object with StartAt and States.")
    for scope in document.scopes:
        if isinstance(scope.body.get("States"), dict) and not scope.states:
            yield Issue(scope.place.at("States"), "A workflow needs at least one state.")
        for id, body in scope.states.items():
            if not isinstance(body, dict):
                yield Issue(scope.place_of(id), "A state must be an object.")


def unknown_type(document: ParsedDefinition) -> Iterator[Issue]:
    """Report states of a type that does not exist."""
    for state in document.states:
        if not state.type and "Type" in state.body:
            type = state.body["Type"]
            yield Issue(
                state.place.at("Type"),
                f"There is no state of type {type!r}: it should be one of {', '.join(FIELDS)}.",
                did_you_mean(type, FIELDS) if isinstance(type, str) else "",
            )


def language(document: ParsedDefinition) -> Iterator[Issue]:
    """Report JSONPath in a JSONata workflow, and of fields of the other query language."""
    for state in document.states:
        if document.root.language == JSONATA and state.language == JSONPATH:
            yield Issue(
                state.place.at("QueryLanguage"),
                "'QueryLanguage' can not be 'JSONPath' if it is 'JSONata' for the whole workflow.",
                "Remove it, or name the language in each state instead.",
            )
        foreign = ONLY_JSONPATH if state.language == JSONATA else ONLY_JSONATA
        known = FIELDS.get(state.type, {})
        for key in state.body:
            if key in foreign and key in known:
                yield _foreign(state.place.at(key), key, state.language)
        yield from _foreign_inside(state)
    for part in _objects(document):
        for key in part.body if part.language == JSONATA else ():
            if key in part.fields and key in ONLY_JSONPATH_INSIDE:
                yield _foreign(part.place.at(key), key, part.language)


def _foreign_inside(state: ParsedState) -> Iterator[Issue]:
    """Look for the other language in choice rules, catchers, readers and writers."""
    if state.type == "Choice":
        wrong = "Variable" if state.language == JSONATA else "Condition"
        keys = (wrong,) if state.language == JSONATA else (wrong, "Output")
        for index, rule in entries(state.body.get("Choices")):
            for key in keys:
                if isinstance(rule, dict) and key in rule:
                    yield _foreign(state.place.at("Choices", index, key), key, state.language)
    wrong = "ResultPath" if state.language == JSONATA else "Output"
    if state.type in ("Task", "Parallel", "Map"):
        for index, rule in entries(state.body.get("Catch")):
            if isinstance(rule, dict) and wrong in rule:
                yield _foreign(state.place.at("Catch", index, wrong), wrong, state.language)
    wrong = "Parameters" if state.language == JSONATA else "Arguments"
    for part in ("ItemReader", "ResultWriter") if state.type == "Map" else ():
        inner = state.body.get(part)
        if isinstance(inner, dict) and wrong in inner:
            yield _foreign(state.place.at(part, wrong), wrong, state.language)


def _foreign(place: Location, key: str, language: str) -> Issue:
    other = JSONPATH if language == JSONATA else JSONATA
    return Issue(
        place,
        f"The query language here is {language}, and {key} is only supported in {other}.",
        f"{language} has {COUNTERPARTS[key]} instead." if key in COUNTERPARTS else "",
    )


def one_of(document: ParsedDefinition) -> Iterator[Issue]:
    """Report fields that exclude each other."""
    for state in document.states:
        groups = (*NEEDED.get(state.type, ()), *TWINS.get(state.type, ()))
        for group in groups:
            given = [key for key in group if key in state.body]
            if len(given) > 1:
                message = f"A {state.type} has only one of {' and '.join(given)}."
                yield Issue(state.place, message, "Remove one of them.")
    for part in _objects(document):
        for pair in TWINS_INSIDE.get(part.what, ()):
            if all(key in part.body for key in pair):
                message = f"{part.what} has only one of {' and '.join(pair)}."
                yield Issue(part.place, message, "Remove one of them.")


def _objects(document: ParsedDefinition) -> Iterator[Element]:
    return (part for part in document.once(parts) if isinstance(part.body, dict))


def _distributed(state: ParsedState) -> bool:
    processor: Any = state.body.get("ItemProcessor", state.body.get("Iterator"))
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    return isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"
