"""The language's fields: the fields of each type of state, and the type of each field.

Source: the states-language specification and AWS's developer guide, "Amazon States Language".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfn_release.asl.field_types import (
    JSONATA,
    JSONPATH,
    FieldType,
    anything,
    array,
    boolean,
    filled_array,
    instant,
    integer,
    mapping,
    number,
    one_of,
    path,
    path_or_call,
    path_or_null,
    pointer,
    text,
)
from sfn_release.asl.quotas import MAX_DATA_BYTES, MAX_ITEMS, MAX_SECONDS

_COMMON: Mapping[str, FieldType] = {
    "Type": text,
    "Comment": text,
    "QueryLanguage": one_of(JSONPATH, JSONATA),
}
_STEP: Mapping[str, FieldType] = {"Next": text, "End": boolean, "Assign": mapping}
_DATA: Mapping[str, FieldType] = {
    "InputPath": path_or_null,
    "OutputPath": path_or_null,
    "Output": anything,
}
_WORK: Mapping[str, FieldType] = {
    "Parameters": anything,
    "ResultSelector": mapping,
    "ResultPath": path_or_null,
    "Retry": array,
    "Catch": array,
}

FIELDS: Final[Mapping[str, Mapping[str, FieldType]]] = {
    "Pass": {
        **_COMMON,
        **_STEP,
        **_DATA,
        "Parameters": anything,
        "Result": anything,
        "ResultPath": path_or_null,
    },
    "Task": {
        **_COMMON,
        **_STEP,
        **_DATA,
        **_WORK,
        "Resource": text,
        "Arguments": anything,
        "Credentials": mapping,
        "TimeoutSeconds": integer(1, MAX_SECONDS),
        "TimeoutSecondsPath": path,
        "HeartbeatSeconds": integer(1, MAX_SECONDS),
        "HeartbeatSecondsPath": path,
    },
    "Choice": {
        **_COMMON,
        **_DATA,
        "Assign": mapping,
        "Choices": filled_array,
        "Default": text,
    },
    "Wait": {
        **_COMMON,
        **_STEP,
        **_DATA,
        "Seconds": integer(0, MAX_SECONDS),
        "Timestamp": instant,
        "SecondsPath": path,
        "TimestampPath": path,
    },
    "Succeed": {**_COMMON, **_DATA},
    "Fail": {
        **_COMMON,
        "Error": text,
        "ErrorPath": path_or_call,
        "Cause": text,
        "CausePath": path_or_call,
    },
    "Parallel": {
        **_COMMON,
        **_STEP,
        **_DATA,
        **_WORK,
        "Arguments": anything,
        "Branches": filled_array,
    },
    "Map": {
        **_COMMON,
        **_STEP,
        **_DATA,
        **_WORK,
        "ItemProcessor": mapping,
        "Iterator": mapping,
        "ItemsPath": path,
        "Items": anything,
        "ItemSelector": anything,
        "ItemReader": mapping,
        "ItemBatcher": mapping,
        "ResultWriter": mapping,
        "MaxConcurrency": integer(0),
        "MaxConcurrencyPath": path,
        "ToleratedFailureCount": integer(0),
        "ToleratedFailureCountPath": path,
        "ToleratedFailurePercentage": number(0, 100),
        "ToleratedFailurePercentagePath": path,
        "Label": text,
    },
}
"""The fields of each type of state, in both query languages."""

KNOWN: Final = frozenset(key for fields in FIELDS.values() for key in fields)
"""Every field that a state can have."""

ROOT: Final[Mapping[str, FieldType]] = {
    "Comment": text,
    "QueryLanguage": one_of(JSONPATH, JSONATA),
    "StartAt": text,
    "States": mapping,
    "TimeoutSeconds": integer(1, MAX_SECONDS),
    "Version": text,
}
BRANCH: Final[Mapping[str, FieldType]] = {
    key: ROOT[key] for key in ("Comment", "StartAt", "States")
}
"""A branch or a processor can't name a query language, only a definition and a state can.

Source: "Transforming data with JSONata" in AWS's guide; AWS refuses it elsewhere.
"""
PROCESSOR: Final[Mapping[str, FieldType]] = {
    **BRANCH,
    "ProcessorConfig": mapping,
}

ONLY_JSONPATH: Final = frozenset(
    (
        *("InputPath", "OutputPath", "Parameters", "Result", "ResultSelector", "ResultPath"),
        *("ItemsPath", "SecondsPath", "TimestampPath", "ErrorPath", "CausePath"),
        *("TimeoutSecondsPath", "HeartbeatSecondsPath", "MaxConcurrencyPath"),
        *("ToleratedFailureCountPath", "ToleratedFailurePercentagePath"),
    )
)
ONLY_JSONATA: Final = frozenset({"Arguments", "Output", "Items", "Condition"})
ONLY_JSONPATH_INSIDE: Final = frozenset(
    ("RoleArn.$", "MaxItemsPath", "MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath")
)
"""The same for the objects inside a Task or Map."""

NEEDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "Task": (("Resource",),),
    "Choice": (("Choices",),),
    "Wait": (("Seconds", "Timestamp", "SecondsPath", "TimestampPath"),),
    "Parallel": (("Branches",),),
    "Map": (("ItemProcessor", "Iterator"),),
}
"""Groups of fields. A state needs exactly one field of each."""

TWINS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "Task": (
        ("TimeoutSeconds", "TimeoutSecondsPath"),
        ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ),
    "Fail": (("Error", "ErrorPath"), ("Cause", "CausePath")),
    "Map": (
        ("MaxConcurrency", "MaxConcurrencyPath"),
        ("ToleratedFailureCount", "ToleratedFailureCountPath"),
        ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
        ("ItemSelector", "Parameters"),
    ),
}
"""Pairs of fields. A state can have at most one of each."""

TWINS_INSIDE: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "ReaderConfig": (("MaxItems", "MaxItemsPath"),),
    "ItemBatcher": (
        ("MaxItemsPerBatch", "MaxItemsPerBatchPath"),
        ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"),
    ),
}
"""Pairs of fields. An object inside a Map can have at most one of each."""

COUNTERPARTS: Final[Mapping[str, str]] = {
    "InputPath": "Arguments or Output",
    "OutputPath": "Output",
    "Parameters": "Arguments",
    "Result": "Output",
    "ResultSelector": "Output",
    "ResultPath": "Output",
    "ItemsPath": "Items",
    "SecondsPath": "Seconds",
    "TimestampPath": "Timestamp",
    "ErrorPath": "Error",
    "CausePath": "Cause",
    "TimeoutSecondsPath": "TimeoutSeconds",
    "HeartbeatSecondsPath": "HeartbeatSeconds",
    "MaxConcurrencyPath": "MaxConcurrency",
    "ToleratedFailureCountPath": "ToleratedFailureCount",
    "ToleratedFailurePercentagePath": "ToleratedFailurePercentage",
    "MaxItemsPath": "MaxItems",
    "MaxItemsPerBatchPath": "MaxItemsPerBatch",
    "MaxInputBytesPerBatchPath": "MaxInputBytesPerBatch",
    "RoleArn.$": "RoleArn",
    "Variable": "Condition",
    "Arguments": "Parameters",
    "Output": "ResultSelector, ResultPath or OutputPath",
    "Items": "ItemsPath",
    "Condition": "Variable and an operator",
}
"""The field that takes a field's place in the other query language."""

RETRIER: Final[Mapping[str, FieldType]] = {
    "ErrorEquals": filled_array,
    "IntervalSeconds": integer(1, MAX_SECONDS),
    "MaxAttempts": integer(0, MAX_SECONDS),
    "BackoffRate": number(1),
    "MaxDelaySeconds": integer(1, 31_622_399),
    "JitterStrategy": one_of("FULL", "NONE"),
    "Comment": text,
}
CATCHER: Final[Mapping[str, FieldType]] = {
    "ErrorEquals": filled_array,
    "Next": text,
    "ResultPath": path_or_null,
    "Output": anything,
    "Assign": mapping,
    "Comment": text,
}

_ITEM_PLACE: Mapping[str, FieldType] = {
    "Resource": text,
    "Parameters": anything,
    "Arguments": anything,
}
NESTED: Final[Mapping[str, Mapping[str, FieldType]]] = {
    "Credentials": {"RoleArn": anything, "RoleArn.$": path_or_call},
    "ProcessorConfig": {
        "Mode": one_of("INLINE", "DISTRIBUTED"),
        "ExecutionType": one_of("STANDARD", "EXPRESS"),
    },
    "ItemReader": {**_ITEM_PLACE, "ReaderConfig": mapping},
    "ReaderConfig": {
        "InputType": one_of("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"),
        "CSVHeaderLocation": one_of("FIRST_ROW", "GIVEN"),
        "CSVHeaders": filled_array,
        "CSVDelimiter": one_of("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
        "MaxItems": integer(0, MAX_ITEMS),
        "MaxItemsPath": path,
        "ItemsPointer": pointer,
        "Transformation": one_of("NONE", "LOAD_AND_FLATTEN"),
        "ManifestType": one_of("ATHENA_DATA", "S3_INVENTORY"),
    },
    "ItemBatcher": {
        "MaxItemsPerBatch": integer(0),
        "MaxItemsPerBatchPath": path,
        "MaxInputBytesPerBatch": integer(0, MAX_DATA_BYTES),
        "MaxInputBytesPerBatchPath": path,
        "BatchInput": anything,
    },
    "ResultWriter": {**_ITEM_PLACE, "WriterConfig": mapping},
    "WriterConfig": {
        "Transformation": one_of("NONE", "COMPACT", "FLATTEN"),
        "OutputType": one_of("JSON", "JSONL"),
    },
}
"""The fields of the objects inside a Task or Map."""

DISTRIBUTED: Final = frozenset(
    (
        *("ItemReader", "ItemBatcher", "ResultWriter", "Label"),
        *("ToleratedFailureCount", "ToleratedFailureCountPath"),
        *("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    )
)
"""The fields that only a distributed Map has."""
