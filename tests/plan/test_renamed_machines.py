"""Renamed workflows in the record: found by the state machine that they go on with."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from sfn_release.plan.renamed_machines import (
    displaced,
    record_with_names,
    renamed_in,
    with_new_names,
)
from sfn_release.release.record import Record, WorkflowOutcome
from support.plans import served, serving, target


def test_a_workflow_is_renamed_when_it_has_the_machine_of_one_that_is_gone() -> None:
    """Also when the other one takes a third machine; not when it has that machine already."""
    now = target(new="a")
    workflow = replace(
        now.workflows["new"], rendered=replace(now.workflows["new"].rendered, name="old")
    )
    now = replace(now, workflows={"new": workflow})
    before = serving(served("old"))
    assert renamed_in(now, before) == {"new": "old"}
    assert {*with_new_names(before, {"new": "old"}).workflows} == {"new"}
    moved = target(old="a").workflows["old"]
    moved = replace(moved, rendered=replace(moved.rendered, name="new"))
    both = replace(now, workflows={**now.workflows, "old": moved})
    assert renamed_in(both, before) == {"new": "old"}
    swapped = {"new": "old", "old": "new"}
    pair = serving(served("old"), served("new"))
    assert renamed_in(both, pair) == swapped
    after = with_new_names(pair, swapped).workflows
    assert {name: one.settings["state_machine"] for name, one in after.items()} == swapped
    assert displaced(pair, swapped) == {}
    assert displaced(pair, {"new": "old"}) == {"new": pair.workflows["new"]}
    assert renamed_in(now, with_new_names(before, {"new": "old"})) == {}
    assert renamed_in(now, None) == {}


def test_outcomes_of_attempts_go_by_their_machine() -> None:
    """An attempt under the other name counts; one that made no machine keeps its name."""
    before = serving(served("old"))
    arn = before.workflows["old"].state_machine_arn
    outcomes = {
        "new": WorkflowOutcome("d", "r", arn, None, None, "updated"),
        "else": WorkflowOutcome("d", "r", None, None, None, "created"),
    }
    record = Record(**{**dict.fromkeys(Record.__dataclass_fields__), "workflows": outcomes})  # type: ignore[arg-type]
    named: Any = SimpleNamespace(workflows=before.workflows)
    assert record_with_names(record, named).workflows == {
        "old": outcomes["new"],
        "else": outcomes["else"],
    }
