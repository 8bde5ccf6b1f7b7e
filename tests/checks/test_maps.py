"""The fields of Maps: limits, headers, and the paths to numbers."""

from __future__ import annotations

from typing import Any

import pytest

import sfn_release as sfn


def map_state(**fields: Any) -> dict[str, Any]:
    """Return the definition of a distributed Map."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "I",
        "States": {"I": {"Type": "Pass", "End": True}},
    }
    body = {"Type": "Map", "ItemProcessor": processor, "MaxConcurrency": 5, "End": True}
    return {"StartAt": "M", "States": {"M": {**body, **fields}}}


def read(**config: Any) -> dict[str, Any]:
    """Return a definition that reads a file with the ReaderConfig *config*."""
    given = {"Bucket": "b", "Key": "k"}
    resource = "arn:aws:states:::s3:getObject"
    return map_state(ItemReader={"Resource": resource, "Parameters": given, "ReaderConfig": config})


def told(definition: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the rule, the severity and the path of each finding, below the Map."""
    found = sfn.check_definition(definition, services=True)
    return [
        (finding.rule, finding.severity, finding.path.removeprefix("$.States.M."))
        for finding in found
    ]


@pytest.mark.parametrize("number", ["MaxItemsPerBatch", "MaxInputBytesPerBatch"])
def test_zero_is_a_limit(number: str) -> None:
    """Every limit of a Map may be 0."""
    assert told(map_state(ItemBatcher={number: 0})) == []
    wrong = [("wrong-value", "error", f"ItemBatcher.{number}")]
    assert wrong == told(map_state(ItemBatcher={number: -1}))


@pytest.mark.parametrize(
    ("path", "good"),
    [
        *(("$.n", True), ("$limit", True), ("$.a[0].b", True), ("$$.Execution.Input.n", False)),
        *(("$.a[*]", False), ("$.a.length()", False), ("$..n", False)),
    ],
)
def test_the_path_to_a_number_is_a_reference_path(path: str, good: bool) -> None:
    """A number's path starts at the input or a variable; only ItemsPath may use the context."""
    assign = {"Type": "Pass", "Assign": {"limit": 1}, "Next": "M"}
    holders: dict[str, dict[str, Any]] = {
        "MaxConcurrencyPath": map_state(MaxConcurrencyPath=path),
        "ToleratedFailureCountPath": map_state(ToleratedFailureCountPath=path),
        "ToleratedFailurePercentagePath": map_state(ToleratedFailurePercentagePath=path),
        "ItemBatcher.MaxItemsPerBatchPath": map_state(ItemBatcher={"MaxItemsPerBatchPath": path}),
        "ItemReader.ReaderConfig.MaxItemsPath": read(InputType="JSON", MaxItemsPath=path),
    }
    for key, definition in holders.items():
        if key == "MaxConcurrencyPath":
            del definition["States"]["M"]["MaxConcurrency"]
        whole = {"StartAt": "S", "States": {"S": assign, **definition["States"]}}
        expected = [] if good else [("reference-path", "error", key)]
        assert expected == told(whole), key
    assert told(map_state(ItemsPath="$$.Execution.Input.items")) == []


def test_given_headers_are_given() -> None:
    """GIVEN without a list of headers has no names for the columns."""
    place = "ItemReader.ReaderConfig"
    config = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}
    assert [("missing-field", "error", place)] == told(read(**config))
    empty = [("wrong-value", "error", f"{place}.CSVHeaders")]
    assert empty == told(read(**config, CSVHeaders=[]))
    assert told(read(**config, CSVHeaders=["a"])) == []
    assert told(read(InputType="CSV", CSVHeaderLocation="FIRST_ROW")) == []
