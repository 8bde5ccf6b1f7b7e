"""Every field of the language can be read, written by an attribute, and imported as that attribute.

The source is the tables in `asl.fields`. A field that is added there, but is missing in the states'
classes, in the reader or in the importer, fails here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from sfn_release.asl.fields import (
    CATCHER,
    FIELDS,
    NEEDED,
    NESTED,
    ONLY_JSONATA,
    PROCESSOR,
    RETRIER,
    ROOT,
    TWINS,
)
from sfn_release.canonical import digest
from support.written_modules import digest_of, written

DONE: dict[str, Any] = {"Type": "Succeed"}
GRAPH: dict[str, Any] = {"StartAt": "Done", "States": {"Done": DONE}}
RULE: dict[str, Any] = {"Variable": "$.a", "IsPresent": True, "Next": "Done"}
RETRY: dict[str, Any] = {"ErrorEquals": ["States.ALL"]}
CATCH: dict[str, Any] = {"ErrorEquals": ["States.ALL"], "Next": "Done"}
LAMBDA = "arn:aws:states:::lambda:invoke"

BODIES: Mapping[str, dict[str, Any]] = {
    "Pass": {"Next": "Done"},
    "Task": {"Resource": LAMBDA, "Next": "Done"},
    "Choice": {"Choices": [RULE]},
    "Wait": {"Seconds": 1, "Next": "Done"},
    "Succeed": {},
    "Fail": {},
    "Parallel": {"Branches": [GRAPH], "Next": "Done"},
    "Map": {"ItemProcessor": GRAPH, "Next": "Done"},
}
"""A state of each type that AWS takes, with nothing that it does not need."""

_WORDS = {"a": 1}
SAMPLES: Mapping[str, Any] = {
    "Arguments": _WORDS,
    "Assign": _WORDS,
    "BackoffRate": 1.5,
    "BatchInput": _WORDS,
    "Branches": [GRAPH],
    "CSVDelimiter": "PIPE",
    "CSVHeaderLocation": "GIVEN",
    "CSVHeaders": ["a"],
    "Catch": [CATCH],
    "Cause": "because",
    "CausePath": "$.cause",
    "Choices": [RULE],
    "Comment": "why",
    "Credentials": {"RoleArn": "arn:aws:iam::111111111111:role/other"},
    "Default": "Done",
    "End": True,
    "Error": "Broken",
    "ErrorEquals": ["Broken"],
    "ErrorPath": "$.error",
    "ExecutionType": "EXPRESS",
    "HeartbeatSeconds": 5,
    "HeartbeatSecondsPath": "$.beat",
    "InputPath": "$.in",
    "InputType": "JSON",
    "IntervalSeconds": 3,
    "ItemBatcher": {"MaxItemsPerBatch": 5},
    "ItemProcessor": GRAPH,
    "ItemReader": {"Resource": "arn:aws:states:::s3:getObject"},
    "ItemSelector": _WORDS,
    "Items": [1],
    "ItemsPath": "$.items",
    "ItemsPointer": "/items",
    "Iterator": GRAPH,
    "JitterStrategy": "FULL",
    "Label": "part",
    "ManifestType": "S3_INVENTORY",
    "MaxAttempts": 4,
    "MaxConcurrency": 7,
    "MaxConcurrencyPath": "$.most",
    "MaxDelaySeconds": 9,
    "MaxInputBytesPerBatch": 1000,
    "MaxInputBytesPerBatchPath": "$.bytes",
    "MaxItems": 10,
    "MaxItemsPath": "$.items",
    "MaxItemsPerBatch": 5,
    "MaxItemsPerBatchPath": "$.items",
    "Mode": "DISTRIBUTED",
    "Next": "Done",
    "Output": _WORDS,
    "OutputPath": "$.out",
    "OutputType": "JSONL",
    "Parameters": _WORDS,
    "ProcessorConfig": {"Mode": "INLINE"},
    "QueryLanguage": "JSONPath",
    "ReaderConfig": {"InputType": "JSON"},
    "Resource": "arn:aws:states:::sqs:sendMessage",
    "Result": _WORDS,
    "ResultPath": "$.result",
    "ResultSelector": _WORDS,
    "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject"},
    "Retry": [RETRY],
    "RoleArn": "arn:aws:iam::111111111111:role/other",
    "RoleArn.$": "$.role",
    "Seconds": 2,
    "SecondsPath": "$.seconds",
    "StartAt": "Done",
    "States": {"Done": DONE},
    "TimeoutSeconds": 60,
    "TimeoutSecondsPath": "$.timeout",
    "Timestamp": "2026-01-01T00:00:00Z",
    "TimestampPath": "$.when",
    "ToleratedFailureCount": 1,
    "ToleratedFailureCountPath": "$.count",
    "ToleratedFailurePercentage": 10,
    "ToleratedFailurePercentagePath": "$.share",
    "Transformation": "NONE",
    "Type": None,  # each state has its own
    "Version": "1.0",
    "WriterConfig": {"OutputType": "JSON"},
}

_HOMES: Mapping[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "Credentials": ("Task", lambda body: {"Credentials": body}),
    "ItemReader": ("Map", lambda body: {"ItemReader": body}),
    "ReaderConfig": ("Map", lambda body: {"ItemReader": {"ReaderConfig": body}}),
    "ItemBatcher": ("Map", lambda body: {"ItemBatcher": body}),
    "ResultWriter": ("Map", lambda body: {"ResultWriter": body}),
    "WriterConfig": ("Map", lambda body: {"ResultWriter": {"WriterConfig": body}}),
    "ProcessorConfig": ("Map", lambda body: {"ItemProcessor": {**GRAPH, "ProcessorConfig": body}}),
}


def definition(type: str, fields: Mapping[str, Any], **root: Any) -> dict[str, Any]:
    """Return a definition whose first state has the type *type* and *fields*."""
    body = {"Type": type, **BODIES[type]}
    alternatives = (*NEEDED.get(type, ()), *TWINS.get(type, ()), ("Next", "End"))
    for group in alternatives:
        if fields.keys() & {*group}:
            body = {key: value for key, value in body.items() if key not in group}
    return {"StartAt": "First", "States": {"First": {**body, **fields}, "Done": DONE}, **root}


def cases() -> Iterator[Any]:
    """Yield a definition for every field of the tables."""
    for type, known in FIELDS.items():
        for key in known:
            fields = {} if key == "Type" else {key: SAMPLES[key]}
            language = {"QueryLanguage": "JSONata"} if key in ONLY_JSONATA else {}
            if type == "Choice" and language:
                rule = {"Condition": "{% $states.input.a %}", "Next": "Done"}
                fields["Choices"] = [rule]
            yield pytest.param(definition(type, fields, **language), id=f"{type}.{key}")
    for name, known in NESTED.items():
        type, nested = _HOMES[name]
        for key in known:
            language = {"QueryLanguage": "JSONata"} if key in ONLY_JSONATA else {}
            made = definition(type, nested({key: SAMPLES[key]}), **language)
            yield pytest.param(made, id=f"{name}.{key}")
    for field, rule, known in (("Retry", RETRY, RETRIER), ("Catch", CATCH, CATCHER)):
        for key in known:
            language = {"QueryLanguage": "JSONata"} if key in ONLY_JSONATA else {}
            made = definition("Task", {field: [{**rule, key: SAMPLES[key]}]}, **language)
            yield pytest.param(made, id=f"{field}.{key}")
    for key in PROCESSOR:
        graph = {**GRAPH, key: SAMPLES[key]}
        yield pytest.param(definition("Map", {"ItemProcessor": graph}), id=f"processor.{key}")
    for key in sorted(ROOT.keys() - {"StartAt", "States"}):
        yield pytest.param({**GRAPH, key: SAMPLES[key]}, id=f"root.{key}")


@pytest.mark.parametrize("asked", [*cases()])
def test_a_field_is_an_attribute(asked: dict[str, Any]) -> None:
    """Read and imported, it is an argument of a state's class, which writes the field again."""
    text = written(asked)
    assert "sfn.Raw(" not in text, text
    assert "extra=" not in text, text
    assert digest(asked) == digest_of(text)


def test_samples_are_of_known_fields() -> None:
    """Each sample is for a field that exists."""
    tables = [*FIELDS.values(), *NESTED.values(), RETRIER, CATCHER, PROCESSOR, ROOT]
    assert {key for table in tables for key in table} == {*SAMPLES}
