"""Rules of fields that an object can't do without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sfn_release.asl.field_types import JSONATA
from sfn_release.asl.fields import NEEDED
from sfn_release.checks.definition import Element, ParsedState
from sfn_release.checks.field_rules import is_distributed
from sfn_release.checks.location import Location
from sfn_release.checks.rule import Issue
from sfn_release.checks.shapes import (
    BRANCH_NOUN,
    CATCHER_NOUN,
    CHOICE_RULE,
    DEFINITION,
    PROCESSOR_NOUN,
    RETRIER_NOUN,
    Shape,
)

_GRAPH: Final = ("StartAt", "States")
_REQUIRED: Final = {
    RETRIER_NOUN: ("ErrorEquals",),
    CATCHER_NOUN: ("ErrorEquals", "Next"),
    DEFINITION: _GRAPH,
    BRANCH_NOUN: _GRAPH,
    PROCESSOR_NOUN: _GRAPH,
    "ItemReader": ("Resource",),
}


def lacks_required(shape: Shape) -> bool:
    """Whether a scope or an object in a state lacks a required field."""
    return shape.is_object and not shape.keys.issuperset(_REQUIRED.get(shape.noun, ()))


def missing_field(element: Element) -> Iterator[Issue]:
    """Report the required fields that a scope or an object in a state lacks."""
    for key in _REQUIRED[element.shape.noun]:
        if key not in element.shape.keys:
            yield _missing(element.place, element.shape.noun, key)


def lacks_state_field(shape: Shape) -> bool:
    """Whether a state lacks its type, or a field that its type requires."""
    groups = NEEDED.get(shape.type, ())
    return "Type" not in shape.keys or any(shape.keys.isdisjoint(group) for group in groups)


def missing_state_field(state: ParsedState) -> Iterator[Issue]:
    """Report the type that a state lacks, and the fields that its type requires."""
    if "Type" not in state.shape.keys:
        yield _missing(state.place, "A state", "Type")
    for group in NEEDED.get(state.type, ()):
        if state.shape.keys.isdisjoint(group):
            yield _missing(state.place, f"A {state.type}", " or ".join(group))


def missing_role(state: ParsedState) -> Iterator[Issue]:
    """Report Credentials without a role."""
    credentials = state.body["Credentials"]
    if isinstance(credentials, dict) and not {"RoleArn", "RoleArn.$"} & credentials.keys():
        yield _missing(state.place.at("Credentials"), "Credentials", "RoleArn")


def lacks_rule_field(shape: Shape) -> bool:
    """Whether a choice rule lacks Next, or in JSONata Condition."""
    return shape.noun == CHOICE_RULE and shape.is_object and bool(_lacking(shape))


def _lacking(shape: Shape) -> list[str]:
    required = ("Next", "Condition") if shape.language == JSONATA else ("Next",)
    return [key for key in required if key not in shape.keys]


def missing_rule_field(condition: Element) -> Iterator[Issue]:
    """Report a choice rule without Next, or in JSONata without Condition."""
    for key in _lacking(condition.shape):
        noun = "A choice rule in JSONata" if key == "Condition" else "A choice rule"
        yield _missing(condition.place, noun, key)


def missing_in_map(state: ParsedState) -> Iterator[Issue]:
    """Report the fields that the reader, writer, batcher or processor of a Map lacks."""
    body, place = state.body, state.place
    reader = body.get("ItemReader")
    config: Any = reader.get("ReaderConfig") if isinstance(reader, dict) else None
    given = isinstance(config, dict) and config.get("CSVHeaderLocation") == "GIVEN"
    if given and "CSVHeaders" not in config:
        noun = "A ReaderConfig whose CSVHeaderLocation is GIVEN"
        yield _missing(place.at("ItemReader", "ReaderConfig"), noun, "CSVHeaders")
    writer, batcher = body.get("ResultWriter"), body.get("ItemBatcher")
    if isinstance(writer, dict) and not {"Resource", "WriterConfig"} & writer.keys():
        yield _missing(place.at("ResultWriter"), "A ResultWriter", "Resource or WriterConfig")
    if isinstance(batcher, dict) and not (batcher.keys() - {"BatchInput"}):
        which = "MaxItemsPerBatch or MaxInputBytesPerBatch"
        yield _missing(place.at("ItemBatcher"), "An ItemBatcher", which)
    processor = body.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    if is_distributed(state) and isinstance(config, dict) and "ExecutionType" not in config:
        yield _missing(
            place.at("ItemProcessor", "ProcessorConfig"), "A distributed Map", "ExecutionType"
        )


def _missing(place: Location, noun: str, key: str) -> Issue:
    return Issue(place, f"{noun} needs the field {key}: it is required but was missing.")
