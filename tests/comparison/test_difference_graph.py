"""Both sides of a change as one Mermaid graph."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from sfn_release.comparison.difference_graph import ComparedDefinition, difference_graph
from sfn_release.comparison.semantic_change import SemanticChange
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
