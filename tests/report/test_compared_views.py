"""The data of comparisons: lines side by side, the origins of states, folded graphs."""

from __future__ import annotations

import json
from collections.abc import Collection
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.authoring.diagrams.drawing import graph_of
from sfn_release.authoring.diagrams.marks import Mark, Marks
from sfn_release.comparison.state_origins import state_origins
from sfn_release.report.views.changed_states import changed_states
from sfn_release.report.views.folded_picture import folded_picture
from sfn_release.report.views.line_differences import line_differences
from sfn_release.report.views.state_history import origins_of_forms
from support.reports import report_facts


@given(st.lists(st.sampled_from("abc"), max_size=40), st.lists(st.sampled_from("abc"), max_size=40))
def test_lines_side_by_side_have_both_texts(old: list[str], new: list[str]) -> None:
    """Each line is there, in its order, or counted by a fold."""
    pairs = line_differences("\n".join(old), "\n".join(new))
    for side, lines in (("old", old), ("new", new)):
        shown = [getattr(pair, side) for pair in pairs]
        if not any(pair.folded for pair in pairs):
            assert [line for line in shown if line is not None] == lines
    same = sum(pair.kind == "same" for pair in pairs) + sum(pair.folded for pair in pairs)
    assert same <= max(len(old), len(new))


def test_equal_lines_far_from_a_difference_are_folded() -> None:
    """So that the difference is on the screen."""
    lines = [str(number) for number in range(40)]
    changed = [*lines[:20], "x", *lines[21:]]
    pairs = line_differences("\n".join(lines), "\n".join(changed))
    assert [pair.folded for pair in pairs if pair.folded] == [17, 16]
    assert [(pair.old, pair.new) for pair in pairs if pair.kind == "changed"] == [("20", "x")]


def test_the_json_of_changed_states_is_beside_each_other() -> None:
    """A removed state has an old side only, a renamed one says what it was."""
    old = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Task", "Resource": "r", "Parameters": {"a": 1, "b": 2}, "Next": "B"},
            "B": {"Type": "Succeed"},
            "C": {"Type": "Fail", "Error": "x"},
        },
    }
    new = json.loads(json.dumps(old).replace('"A"', '"First"'))
    del new["States"]["C"]
    new["States"]["First"]["TimeoutSeconds"] = 3
    found = {state.label: state for state in changed_states(old, new)}
    assert {label: (it.kind, it.was) for label, it in found.items()} == {
        "First": ("changed", "A"),
        "C": ("removed", ""),
    }
    assert all(pair.new is None for pair in found["C"].lines)
    assert any('"TimeoutSeconds": 3' in (pair.new or "") for pair in found["First"].lines)


def test_a_moved_state_is_changed_though_its_json_is_the_same() -> None:
    """It runs inside of a Parallel now."""
    state = {"Type": "Task", "Resource": "r", "End": True}
    old = {"StartAt": "A", "States": {"A": state}}
    both = {"Type": "Parallel", "Branches": [old], "End": True}
    found = {it.label: it for it in changed_states(old, {"StartAt": "P", "States": {"P": both}})}
    assert {label: (it.kind, it.was) for label, it in found.items()} == {
        "P": ("added", ""),
        "P › branch 1 › A": ("changed", "A"),
    }


def _definition(names: str, **timeouts: int) -> dict[str, Any]:
    following = {name: {"Next": after} for name, after in pairwise(names)}
    return {
        "StartAt": names[0],
        "States": {
            name: {
                "Type": "Task",
                "Resource": f"arn:aws:lambda:eu-west-1:111111111111:function:{name}",
                **({"TimeoutSeconds": timeouts[name]} if name in timeouts else {}),
                **following.get(name, {"End": True}),
            }
            for name in names
        },
    }


@pytest.mark.parametrize(
    "names",
    [
        ("orders", "orders", "orders", "orders"),
        ("sales", "sales", "orders", "orders"),
        ("orders", "sales", "orders", "orders"),
        ("orders", "", "orders", "orders"),
        ("sales", "", "", "orders"),
    ],
)
def test_the_history_of_states_agrees_with_blame(names: tuple[str, ...]) -> None:
    """Forward from form to form, or back from the newest, under all names of the workflow."""
    versions = ("1.0.0", "1.1.0", "1.2.0", "2.0.0")
    definitions = (
        _definition("abc"),
        _definition("abc", b=1),
        _definition("abxc", b=1),
        _definition("bxc", b=1, c=4),
    )
    rows = [row for row in zip(versions, names, definitions, strict=True) if row[1]]
    facts = report_facts(
        {
            version: {"other": _definition("o"), **({name: definition} if name else {})}
            for version, name, definition in zip(versions, names, definitions, strict=True)
        },
        first_names={"orders": "sales"},
    )
    found = [*origins_of_forms(facts, "orders")]
    assert len(found) == names.count("orders")
    for form, origins in zip(facts.forms["orders"], found, strict=True):
        row = [it for it in rows if it[0] <= form.since]
        backward = state_origins(definition for _, _, definition in reversed(row))
        assert {label: (it.version, it.former) for label, it in origins.items()} == {
            origin.label: (row[-1 - origin.index][0], origin.former) for origin in backward
        }


def shown_of_60(
    nodes: Collection[str], edges: Collection[tuple[str, str]] = ()
) -> tuple[list[str], int]:
    """Return what is drawn of a chain s0 to s59 with changed *nodes* and *edges*, and the rest."""
    names = [f"s{number}" for number in range(60)]
    states: dict[str, Any] = {
        name: {"Type": "Pass", "Next": after} for name, after in pairwise(names)
    }
    states["s59"] = {"Type": "Succeed"}
    diagram = graph_of({"StartAt": "s0", "States": states})
    known = {node.key: node.id for node in diagram.nodes()}
    marks = Marks(
        lambda node: Mark("changed") if node.id in nodes else None,
        lambda edge: Mark("changed") if (known[edge.source], known[edge.target]) in edges else None,
    )
    folded = folded_picture(diagram, marks)
    keys = {node.key for node in folded.diagram.nodes()}
    assert all({edge.source, edge.target} <= keys for edge in folded.diagram.edges)
    return [node.id for node in folded.diagram.nodes()], folded.hidden


def test_a_large_graph_folds_what_is_far_from_the_changes() -> None:
    """A change, its neighbours and the states around it stay; the fold says how many it has."""
    shown, hidden = shown_of_60({"s30"})
    assert {"s29", "s30", "s31", "Start"} <= {*shown}
    assert "… 29 unchanged states" in shown
    assert hidden + len([it for it in shown if it.startswith("s")]) == 60


def test_a_changed_way_keeps_its_ends() -> None:
    """Also where no state is changed."""
    shown, _ = shown_of_60((), {("s30", "s31")})
    assert {"s29", "s30", "s31", "s32"} <= {*shown}
    assert "s28" not in shown


def test_a_state_alone_is_not_folded() -> None:
    """The fold would be as large as the state."""
    shown, _ = shown_of_60({"s10", "s14"})
    assert "s12" in shown
    assert not any("1 unchanged" in name for name in shown)


def test_a_change_inside_keeps_what_is_around_it() -> None:
    """The Map of a changed state isn't folded, and a Map that is folded takes its inside along."""

    def mapped(name: str) -> dict[str, Any]:
        inner = {"Type": "Pass", "End": True}
        body = {"StartAt": f"{name}-in", "States": {f"{name}-in": inner}}
        return {"Type": "Map", "ItemProcessor": body}

    names = [f"m{number}" for number in range(30)]
    states = {name: {**mapped(name), "Next": f"m{at + 1}"} for at, name in enumerate(names)}
    states["m30"] = {"Type": "Succeed"}
    diagram = graph_of({"StartAt": "m0", "States": states})
    marks = Marks(lambda node: Mark("added") if node.id == "m15-in" else None, lambda _edge: None)
    folded = folded_picture(diagram, marks)
    shown = {node.id for node in folded.diagram.nodes()}
    assert {"m15", "m15-in"} <= shown
    assert "m3" not in shown
    assert "m3-in" not in shown
    owners = {cluster.owner for cluster in folded.diagram.root.inner}
    assert owners <= {node.key for node in folded.diagram.root.nodes}


def test_a_transition_that_follows_a_rename_is_no_change() -> None:
    """As in the graph; the same name in another scope is another state."""

    def definition(name: str) -> dict[str, Any]:
        first = {"Type": "Pass", "Next": name}
        last = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}
        return {"StartAt": "Prüfung", "States": {"Prüfung": first, name: last}}

    found = changed_states(definition("Pay"), definition("Charge"))
    assert [(state.label, state.was) for state in found] == [("Charge", "Pay")]
