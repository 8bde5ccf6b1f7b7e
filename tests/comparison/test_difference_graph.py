"""Both sides of a change as one Mermaid graph."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from sfn_release.comparison.difference_graph import (
    ComparedDefinition,
    difference_graph,
    difference_picture,
)
from sfn_release.comparison.semantic_change import SemanticChange
from sfn_release.comparison.structure_changes import definition_changes
from support.random_machines import machines

BEFORE = {"Type": "Task", "Resource": "b", "End": True}
AFTER = {"Type": "Wait", "Seconds": 1, "End": True}
OLD = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": BEFORE}}
NEW = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "C"}, "C": AFTER}}


def test_added_removed_and_changed_parts_differ_without_colour() -> None:
    """Each has a sign in its text, and a shape or a line of its own."""
    change = SemanticChange("orders", "A", "transition", "results", "text", "reason")
    text = difference_graph("1 → 2", [ComparedDefinition("orders", OLD, NEW, [change])])
    assert text.startswith('flowchart TD\n  subgraph n6["orders"]\n')
    assert '[\\"A<br/>Pass<br/>#126; transition"\\]' in text
    assert '[/"C<br/>Wait<br/>1 s<br/>#43; added"/]' in text
    assert '>"B<br/>Task<br/>b<br/>#45; removed"]' in text
    assert text.count(' ==>|"added"| ') == 2
    assert text.count(' -.->|"removed"| ') == 2
    assert text.count(" --> ") == 1  # the start


def test_a_workflow_can_be_on_one_side_only() -> None:
    """All of it is added, or removed."""
    for old, new, word in ((None, NEW, "added"), (OLD, None, "removed")):
        text = difference_graph("t", [ComparedDefinition("orders", old, new)])
        assert text.count(f'| {word}"') + text.count(f' {word}"') == 2
        assert text.count(f'|"{word}"|') == 3


def choice(total: int, *more: dict[str, Any], target: str = "Big") -> dict[str, Any]:
    """Return a workflow with a choice, whose first rule compares *total*."""
    rules = [{"Variable": "$.total", "NumericGreaterThan": total, "Next": target}, *more]
    return {
        "StartAt": "Size?",
        "States": {
            "Size?": {"Type": "Choice", "Choices": rules, "Default": "Small"},
            target: {"Type": "Task", "Resource": "big", "Next": "Small"},
            "Small": {"Type": "Succeed"},
        },
    }


def marked(old: dict[str, Any], new: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Return the texts of the marks of states and of transitions, with their names."""
    changes = [*definition_changes("orders", old, new)]
    picture = difference_picture(ComparedDefinition("orders", old, new, changes))
    names = {node.key: node.id for node in picture.diagram.nodes()}
    nodes = ((node.id, picture.marks.node(node)) for node in picture.diagram.nodes())
    edges = (
        (f"{names[edge.source]} → {names[edge.target]}", picture.marks.edge(edge))
        for edge in picture.diagram.edges
    )
    states, ways = ({f"{name}: {it.text}" for name, it in side if it} for side in (nodes, edges))
    return states, ways


def test_a_way_between_the_same_states_is_changed() -> None:
    """It says its former condition; a second rule to the state is added beside it."""
    assert marked(choice(10), choice(20)) == (
        {"Size?: ~ choice"},
        {"Size? → Big: was $.total > 10"},
    )
    other = {"Variable": "$.vip", "BooleanEquals": True, "Next": "Big"}
    states, ways = marked(choice(10), choice(20, other))
    assert ways == {"Size? → Big: was $.total > 10", "Size? → Big: added"}
    assert marked(choice(10, other), choice(20))[1] == {
        "Size? → Big: was $.total > 10",
        "Size? → Big: removed",
    }
    assert states == {"Size?: ~ choice"}


def test_a_long_condition_is_compared_as_a_whole() -> None:
    """Its label is cut off, so both look alike."""
    start = {"Variable": "$.total", "NumericGreaterThan": 1}
    old, new = (choice(10), choice(10))
    for side, last in ((old, "a"), (new, "b")):
        long = {"Variable": "$.text", "StringEquals": "long " * 30 + last}
        side["States"]["Size?"]["Choices"] = [{"And": [start, long], "Next": "Big"}]
    assert marked(old, new)[1] == {"Size? → Big: changed"}
    old["States"]["Size?"]["Choices"][0]["Comment"] = "said"
    assert marked(old, {**old, "Comment": "other"}) == (set(), set())


def test_a_renamed_state_says_its_former_name() -> None:
    """And the ways to it are the same ones."""
    assert marked(choice(10), choice(10, target="Large")) == ({"Large: ~ was Big"}, set())


def test_a_state_with_a_new_branch_is_not_an_added_state() -> None:
    """The branch was added."""
    branches = [{"StartAt": name, "States": {name: {"Type": "Succeed"}}} for name in "xyz"]

    def both(number: int) -> dict[str, Any]:
        state = {"Type": "Parallel", "Branches": branches[:number], "End": True}
        return {"StartAt": "Both", "States": {"Both": state}}

    assert marked(both(2), both(3))[0] == {"Both: ~ branch added", "z: + added"}
    assert marked(both(3), both(2))[0] == {"Both: ~ branch removed", "z: - removed"}


def test_a_state_that_was_moved_leaves_its_former_ways_behind() -> None:
    """Else the way between two states of a branch would lead out of the branch."""
    first, second = ({**BEFORE, "Resource": name, "Next": "x"} for name in ("first", "second"))
    del second["Next"], first["End"]
    inner = {"StartAt": "first", "States": {"first": {**first, "Next": "second"}, "second": second}}
    old = {
        "StartAt": "Both",
        "States": {"Both": {"Type": "Parallel", "Branches": [inner], "End": True}},
    }
    both = {"Type": "Parallel", "Branches": [{"StartAt": "first", "States": {
        "first": {**BEFORE, "Resource": "first"}}}], "Next": "second"}  # fmt: skip
    new = {"StartAt": "Both", "States": {"Both": both, "second": second}}
    states, ways = marked(old, new)
    assert "second: ~ moved" in states
    assert "first → second: removed" not in ways
    assert "Both → second: added" in ways
    guard = {"Type": "Parallel", "Branches": [OLD], "End": True}
    wrapped = {"StartAt": "Guard", "States": {"Guard": guard}}
    assert marked(OLD, wrapped) == (
        {"Guard: + added", "A: ~ moved", "B: ~ moved"},
        {"Start → Guard: added", "Guard → End: added", "Guard → A: added"},
    )


@given(machines(), machines())
def test_every_state_is_drawn_once(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Equal definitions have no mark, and every arrow leads to a node."""
    same = difference_graph("t", [ComparedDefinition("orders", old, old)])
    assert "added" not in same
    assert "removed" not in same
    text = difference_graph("t", [ComparedDefinition("orders", old, new)])
    lines = [line.strip() for line in text.splitlines()]
    nodes = [line.split('"')[0].rstrip("[]({</\\>") for line in lines if line.startswith("n")]
    drawn = {name for name in nodes if " " not in name}
    for line in lines:
        if any(arrow in line for arrow in (" --> ", " ==>", " -.->", " -->|")):
            assert {line.split()[0], line.split()[-1]} <= drawn, line
