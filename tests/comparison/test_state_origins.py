"""Which of several definitions in a row brought each state its present form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.comparison.state_origins import StateOrigin, state_origins


def passing(following: str | None, **fields: Any) -> dict[str, Any]:
    way = {"Next": following} if following else {"End": True}
    return {"Type": "Pass", **fields, **way}


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states), ""), "States": states}


def origins(*newest_first: Mapping[str, Any]) -> dict[str, tuple[int, str | None]]:
    return {origin.label: (origin.index, origin.former) for origin in state_origins(newest_first)}


def test_a_state_comes_from_the_last_definition_that_changed_it() -> None:
    """A change back to an older form is a change; an untouched state is as old as the row."""
    row = [
        machine(A=passing("B", Result=1), B=passing("C", Result="b"), C=passing(None, Result="c")),
        machine(A=passing("B", Result=2), B=passing("C", Result="b"), C=passing(None, Result="c")),
        machine(A=passing("B", Result=1), B=passing("C", Result="x"), C=passing(None, Result="c")),
        machine(A=passing("B", Result=1), B=passing("C", Result="x"), C=passing(None, Result="c")),
    ]
    assert origins(*row) == {"A": (0, None), "B": (1, None), "C": (3, None)}


def test_a_renamed_state_is_followed_and_its_neighbours_do_not_change() -> None:
    """The rename is the state's last change; the way to its new name is none."""
    old = machine(A=passing("B", Result=1), B=passing("C", Result=2), C=passing(None, Result=3))
    new = machine(A=passing("Z", Result=1), Z=passing("C", Result=2), C=passing(None, Result=3))
    assert origins(new, old) == {"A": (1, None), "Z": (0, "B"), "C": (1, None)}


def test_a_state_renamed_long_ago_has_no_former_name_of_later_changes() -> None:
    """The change after the rename is the last one."""
    first = machine(A=passing("B", Result=1), B=passing(None, Result=2))
    second = machine(A=passing("Z", Result=1), Z=passing(None, Result=2))
    third = machine(A=passing("Z", Result=1), Z=passing(None, Result=2, Comment="why"))
    assert origins(third, second, first) == {"A": (2, None), "Z": (0, None)}
    assert origins(second, first)["Z"] == (0, "B")


def test_another_way_is_a_change() -> None:
    """Next, Default and the targets of rules and catchers belong to the state."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Catch": catch}
    old = machine(A={**task, "Next": "B"}, B=passing("C"), C=passing(None, Result=3))
    caught = {**task, "Catch": [{**catch[0], "Next": "C"}], "Next": "B"}
    new = machine(A=caught, B=passing("C"), C=passing(None, Result=3))
    assert origins(new, old) == {"A": (0, None), "B": (1, None), "C": (1, None)}


def test_true_is_not_one() -> None:
    """JSON tells them apart, though Python doesn't."""
    origin = origins(machine(A=passing(None, Result=True)), machine(A=passing(None, Result=1)))
    assert origin == {"A": (0, None)}


def test_states_inside_are_told_apart_from_the_state_around_them() -> None:
    """A change in a branch isn't a change of the Parallel, and the other way round."""

    def parallel(inner: int, **fields: Any) -> dict[str, Any]:
        branches = [machine(X=passing(None, Result=inner)), machine(Y=passing(None, Result="y"))]
        return machine(All={"Type": "Parallel", "Branches": branches, **fields, "End": True})

    inside = origins(parallel(2), parallel(1))
    assert inside == {
        "All": (1, None),
        "All › branch 1 › X": (0, None),
        "All › branch 2 › Y": (1, None),
    }
    around = origins(parallel(1, ResultPath="$.x"), parallel(1))
    assert {label for label, (index, _) in around.items() if index == 0} == {"All"}


def test_only_what_is_needed_is_read() -> None:
    """Older definitions are not read when every state changed in the first."""

    def row() -> Iterator[Mapping[str, Any]]:
        yield machine(A=passing(None, Result=2))
        yield machine(A=passing(None, Result=1))
        raise AssertionError

    assert state_origins(row()) == [StateOrigin("A", 0)]


def test_odd_rows() -> None:
    """No definition, no states, and states that aren't objects."""
    assert state_origins([]) == []
    assert state_origins([{}, machine(A=passing(None))]) == []
    assert origins({"States": {"A": 1}}, {"States": {"A": 1}}, {"States": {"A": 2}})["A"][0] == 1
