"""The points of a definition, and counting what runs reach of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.authoring.diagrams import graph_of
from sfn_release.canonical import digest, loads
from sfn_release.errors import DefinitionError, UsageError
from sfn_release.simulator import Mocks, Stretch
from sfn_release.testing.coverage.coverage_counter import CoverageCounter
from sfn_release.testing.coverage.coverage_data import (
    CoverageData,
    WorkflowCounts,
    data_from_json,
    data_from_text,
    merged,
)
from sfn_release.testing.coverage.coverage_report import (
    KINDS,
    Reached,
    coverage_of,
    marks_of,
    percent,
    total_percent,
    workflow_coverage,
)
from sfn_release.testing.coverage.points import Step, points_of
from sfn_release.testing.run_definition import run_definition
from support.executions import SEED, machine
from support.places import CORPUS

LAMBDA = "arn:aws:states:::lambda:invoke"
CHARGE: dict[str, Any] = machine(
    Charge={
        "Type": "Task",
        "Resource": LAMBDA,
        "Retry": [
            {"ErrorEquals": ["Busy", "Slow"], "IntervalSeconds": 1},
            {"ErrorEquals": ["Never"], "MaxAttempts": 0},
        ],
        "Catch": [
            {"ErrorEquals": ["Lambda.TooManyRequestsException"], "Next": "Tell Customer"},
            {"ErrorEquals": ["States.ALL"], "Next": "Is It Paid"},
        ],
        "OutputPath": "$.Payload",
        "Next": "Is It Paid",
    },
    **{  # type: ignore[arg-type]  # names with spaces
        "Is It Paid": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.status", "StringEquals": "PAID", "Next": "Done"},
                {"Variable": "$.status", "StringEquals": "DECLINED", "Next": "Tell Customer"},
                {"Variable": "$.status", "StringEquals": "EXPIRED", "Next": "Tell Customer"},
            ],
            "Default": "Failed",
        },
        "Tell Customer": {"Type": "Pass", "Next": "Failed"},
        "Done": {"Type": "Succeed"},
        "Failed": {"Type": "Fail"},
    },
)
NESTED: dict[str, Any] = machine(
    Both={
        "Type": "Parallel",
        "Branches": [
            machine(Left={"Type": "Wait", "Seconds": 1}),
            machine(
                Each={
                    "Type": "Map",
                    "ItemsPath": "$.items",
                    "ItemProcessor": {
                        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                        **machine(Item={"Type": "Pass"}),
                    },
                }
            ),
        ],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End Of It"}],
        "End": True,
    },
    **{"End Of It": {"Type": "Pass", "End": True}},
)


def counted(definition: Mapping[str, Any], *runs: tuple[Any, dict[str, Any]]) -> WorkflowCounts:
    """Count runs on an input with mocks."""
    counter = CoverageCounter()
    counter.expect("orders", definition)
    for input, mocks in runs:
        done = run_definition(definition, input, tasks=Mocks(mocks), context=SEED)
        counter.add("orders", done)
    return counter.data().workflows["orders"]


def paid(status: str) -> tuple[Any, dict[str, Any]]:
    return {}, {"Charge": {"payload": {"status": status}}}


def numbers(counts: WorkflowCounts) -> dict[str, tuple[int, int]]:
    kinds = workflow_coverage("orders", counts).kinds
    return {kind: (kinds[kind].reached, kinds[kind].total) for kind in KINDS}


def test_a_run_reaches_these_points() -> None:
    """The numbers are counted by hand; a retrier that never retries is not a point."""
    assert numbers(counted(CHARGE, paid("DECLINED"))) == {
        "states": (4, 5),
        "transitions": (4, 8),
        "choices": (1, 4),
        "catches": (0, 2),
        "retries": (0, 1),
    }
    failing: tuple[Any, dict[str, Any]] = ({}, {"Charge": [{"error": "Busy"}, {"error": "Other"}]})
    assert numbers(counted(CHARGE, paid("PAID"), failing)) == {
        "states": (3, 5),
        "transitions": (4, 8),
        "choices": (1, 4),
        "catches": (1, 2),
        "retries": (1, 1),
    }


def test_what_is_missing_has_the_words_of_the_definition() -> None:
    """States, conditions and errors."""
    covered = workflow_coverage("orders", counted(CHARGE, paid("PAID")))
    assert covered.kinds["transitions"].missing == (
        "Charge → Tell Customer (catch of Lambda.TooManyRequestsException)",
        'Is It Paid → Tell Customer (rule 2: $.status = "DECLINED"; rule 3: $.status = "EXPIRED")',
        "Is It Paid → Failed (default)",
        "Tell Customer → Failed",
    )
    assert covered.kinds["retries"].missing == ("Charge: retry of Busy, Slow",)
    assert covered.gaps == (
        "Tell Customer",
        "Failed",
        "Charge: retry of Busy, Slow",
        "Charge → Tell Customer (catch of Lambda.TooManyRequestsException)",
        "Charge → Is It Paid (catch of States.ALL)",
        'Is It Paid: rule 2 ($.status = "DECLINED")',
        'Is It Paid: rule 3 ($.status = "EXPIRED")',
        "Is It Paid: default",
    )


def test_nested_machines_have_points() -> None:
    """Branches, iterations and child executions; each has a start of its own."""
    counts = counted(NESTED, ({"items": [1, 2]}, {}))
    assert numbers(counts) == {
        "states": (4, 5),
        "transitions": (8, 10),
        "choices": (0, 0),
        "catches": (0, 1),
        "retries": (0, 0),
    }
    assert counts.states == {"Both": 1, "Left": 1, "Each": 1, "Item": 2}
    missing = (
        workflow_coverage("orders", WorkflowCounts(counts.points)).kinds["transitions"].missing
    )
    assert missing == (
        "start → Both",
        "Both → End Of It (catch of States.ALL)",
        "Both → end",
        "End Of It → end",
        "Both: branch 1 → Left",
        "Left → end",
        "Both: branch 2 → Each",
        "Each → end",
        "Each: each item → Item",
        "Item → end",
    )


def test_express_child_executions_are_no_points_of_histories() -> None:
    """They have none."""
    assert "Item" not in points_of(NESTED, of_histories=True).states
    assert "Each" in points_of(NESTED, of_histories=True).states


def test_a_run_of_a_stretch_counts_what_it_ran() -> None:
    """From the entry of its first state to the exit of its last one."""
    counter = CoverageCounter()
    counter.expect("orders", CHARGE)
    tasks = Mocks(paid("DECLINED")[1])
    stretch = Stretch("Charge", "Is It Paid")
    counter.add("orders", run_definition(CHARGE, {}, tasks=tasks, context=SEED, stretch=stretch))
    counts = counter.data().workflows["orders"]
    assert counts.states == {"Charge": 1, "Is It Paid": 1}
    assert counts.steps == {
        Step("next", "Charge", "Is It Paid"): 1,
        Step("choice", "Is It Paid", "Tell Customer", 1): 1,
    }


def test_percent_is_rounded_down() -> None:
    """100 % means everything, also of nothing."""
    assert percent([]) == 100
    assert percent([Reached(999, 1000)]) == 99
    covered = coverage_of(CoverageData({"a": counted(CHARGE, paid("DECLINED"))}))
    assert covered[0].percent == total_percent(covered) == 45


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"States": 3},
        {"States": {"A": None, "B": {"Type": 3, "Next": []}}},
        {"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [3, {}], "Default": 4}}},
        {"States": {"A": {"Type": "Task", "Retry": {}, "Catch": [None, {"ErrorEquals": 3}]}}},
        {"States": {"A": {"Type": "Map", "ItemProcessor": [], "Retry": [3, {}]}}},
    ],
)
def test_any_object_has_points(definition: dict[str, Any]) -> None:
    """Parts that aren't of the language have none."""
    points_of(definition)


COUNTS = st.builds(
    lambda states, steps, runs: WorkflowCounts(
        points_of(CHARGE),
        {state: count for state, count in states.items() if count},
        {step: count for step, count in steps.items() if count},
        runs,
    ),
    st.dictionaries(st.sampled_from(points_of(CHARGE).states), st.integers(0, 3)),
    st.dictionaries(st.sampled_from([*points_of(CHARGE).steps]), st.integers(0, 3)),
    st.integers(0, 9),
)
DATA = st.builds(CoverageData, st.dictionaries(st.sampled_from(["a", "b", "c"]), COUNTS))


@given(DATA, DATA, DATA)
def test_merging_is_adding(first: CoverageData, second: CoverageData, third: CoverageData) -> None:
    """In any order, and in any groups: workers of one test run end in any order."""
    assert merged([first, second]) == merged([second, first])
    assert first.plus(second).plus(third) == first.plus(second.plus(third))
    assert merged([first]) == first


@given(DATA)
def test_data_survives_a_file(data: CoverageData) -> None:
    """And no more is reached than there is."""
    assert data_from_text(json.dumps(data.to_json()), "file") == data
    for covered in coverage_of(data):
        for kind in covered.kinds.values():
            assert 0 <= kind.reached <= kind.total
            assert len(kind.missing) == kind.total - kind.reached
        assert (covered.percent == 100) == (not covered.gaps)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_other_json_is_refused(value: Any) -> None:
    """With an error, never a traceback; also inside of the right form."""
    with pytest.raises(ValueError, match="it"):
        data_from_json(value)
    schema = CoverageData().to_json()["schema"]
    for part in (value, {"a": value}, {"a": {"runs": 1, "states": value, "steps": value}}):
        try:
            data_from_json({"schema": schema, "workflows": part})
        except ValueError:
            continue


def test_a_file_of_something_else_is_named() -> None:
    """The error says which file, and how to write it."""
    for text in ("", "[]", "{", '{"schema": "x"}', "[" * 100_000):
        with pytest.raises(UsageError, match=r"here\.json doesn't hold coverage data"):
            data_from_text(text, "here.json")


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_the_points_are_the_parts_of_the_picture() -> None:
    """Of every published definition, valid or not: both find the same states and transitions."""
    found = 0
    for path in sorted(CORPUS.rglob("*.json")):
        try:
            definition = loads(path.read_bytes())
            graph = graph_of(definition)
        except DefinitionError:
            continue
        found += 1
        points = points_of(definition)
        everything = WorkflowCounts(
            points, dict.fromkeys(points.states, 1), dict.fromkeys(points.steps, 1)
        )
        marks, bare = marks_of(everything), marks_of(WorkflowCounts(points))
        nodes = [node for node in graph.nodes() if node.type not in {"Missing", "Unknown"}]
        assert [node.id for node in nodes if marks.node(node)] == [], path
        assert [edge for edge in graph.edges if marks.edge(edge)] == [], path
        assert all(bare.edge(edge) for edge in graph.edges)
        assert {node.id for node in graph.nodes()} >= {*points.states}, path
    assert found > 400


def test_data_has_the_digest_of_the_definition_and_the_failed_tests() -> None:
    """Sums of two definitions belong to neither of them."""
    counter = CoverageCounter()
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    counter.expect("orders", definition)
    counter.add_failure("orders")
    data = data_from_json(counter.data().to_json())
    assert data.workflows["orders"].definition == digest(definition)
    assert data.workflows["orders"].failed == 1
    twice = data.plus(data).workflows["orders"]
    assert (twice.definition, twice.failed) == (digest(definition), 2)
    other = CoverageCounter()
    other.expect("orders", {**definition, "Comment": "changed"})
    assert data.plus(other.data()).workflows["orders"].definition == ""
