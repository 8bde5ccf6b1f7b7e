"""Which state became which: by name, content and place."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_release.comparison.state_matching import matched_states


def task(function: str, next: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a Task that calls a function."""
    follows = {"Next": next} if next else {"End": True}
    return {"Type": "Task", "Resource": f"arn:aws:lambda:::{function}", **more, **follows}


def scope(start: str, **states: Any) -> dict[str, Any]:
    """Return a definition, or a branch."""
    return {"StartAt": start, "States": states}


def parallel(*branches: Any, **more: Any) -> dict[str, Any]:
    """Return a Parallel state that ends its scope."""
    return {"Type": "Parallel", "Branches": [*branches], "End": True, **more}


def each(processor: Any) -> dict[str, Any]:
    """Return a Map state that ends its scope."""
    return {"Type": "Map", "ItemProcessor": processor, "End": True}


PASS: dict[str, Any] = {"Type": "Pass"}
A, B, C = task("a", "B"), task("b", "C"), task("c")

CASES: dict[str, tuple[Any, Any, list[str]]] = {
    "a renamed start": (
        scope("A", A=A, B=task("b")),
        scope("X", X=A, B=task("b")),
        ["A → X", "B → B"],
    ),
    "renamed and edited": (
        scope("A", A=task("a", "B", TimeoutSeconds=3), B=task("b")),
        scope("X", X=task("a", "B", TimeoutSeconds=4), B=task("b")),
        ["A → X", "B → B"],
    ),
    "another task is no rename": (
        scope("A", A=A, B=task("b")),
        scope("X", X=task("x", "B"), B=task("b")),
        ["+ X", "B → B", "- A"],
    ),
    "exchanged names": (
        scope("A", A=A, B=task("b")),
        scope("B", B=task("a", "A"), A=task("b")),
        ["A → B", "B → A"],
    ),
    "three names go round": (
        scope("A", A=A, B=B, C=C),
        scope("B", B=task("a", "C"), C=task("b", "A"), A=task("c")),
        ["A → B", "B → C", "C → A"],
    ),
    "two equal states are told apart by their neighbours": (
        scope("A", A=task("x", "B"), B=task("b", "C"), C=task("x")),
        scope("P", Q=task("x"), B=task("b", "Q"), P=task("x", "B")),
        ["C → Q", "B → B", "A → P"],
    ),
    "all names of empty states": (
        scope("A", A={**PASS, "Next": "B"}, B={**PASS, "Next": "C"}, C={**PASS, "End": True}),
        scope("Z", X={**PASS, "End": True}, Y={**PASS, "Next": "X"}, Z={**PASS, "Next": "Y"}),
        ["C → X", "B → Y", "A → Z"],
    ),
    "a rename in a branch": (
        scope("P", P=parallel(scope("A", A=task("a")), scope("B", B=task("b")))),
        scope("P", P=parallel(scope("A", A=task("a")), scope("X", X=task("b")))),
        ["P → P", "P › branch 1 › A → P › branch 1 › A", "P › branch 2 › B → P › branch 2 › X"],
    ),
    "branches change places": (
        scope("P", P=parallel(scope("A", A=task("a")), scope("B", B=task("b")))),
        scope("P", P=parallel(scope("B", B=task("b")), scope("A", A=task("a")))),
        ["P → P", "P › branch 2 › B → P › branch 1 › B", "P › branch 1 › A → P › branch 2 › A"],
    ),
    "a renamed Map keeps its states": (
        scope("M", M=each(scope("A", A=task("a")))),
        scope("N", N=each(scope("A", A=task("a")))),
        ["M → N", "M › A → N › A"],
    ),
    "moved into a branch": (
        scope("A", A=task("a")),
        scope("P", P=parallel(scope("A", A=task("a")), scope("B", B=task("b")))),
        ["+ P", "A → P › branch 1 › A (moved)", "+ P › branch 2 › B"],
    ),
    "moved out of a Map": (
        scope("M", M=each(scope("A", A=task("a")))),
        scope("A", A=task("a")),
        ["M › A → A (moved)", "- M"],
    ),
    "moved and renamed": (
        scope("A", A=task("a")),
        scope("M", M=each(scope("X", X=task("a")))),
        ["+ M", "A → M › X (moved)"],
    ),
    "an old name for another state": (
        scope("A", A=task("a", "B", Parameters={"x": 1, "y": 2}), B=task("b")),
        scope("A", A=task("n", "Z"), Z=task("a", "B", Parameters={"x": 1, "y": 2}), B=task("b")),
        ["+ A", "A → Z", "B → B"],
    ),
    "exchanged names of nearly equal states": (
        scope("A", A=task("a", "B", Retry=[{}], x=1, y=2), B=task("b", Retry=[{}], x=1, y=2)),
        scope("B", B=task("a", "A", Retry=[{}], x=1, y=2), A=task("b", Retry=[{}], x=1, y=2)),
        ["A → B", "B → A"],
    ),
    "an empty state in another place is another state": (
        scope("A", A={**PASS, "Next": "B"}, B=task("b")),
        scope("B", B=task("b", "Z"), Z=task("z", "Y"), Y={**PASS, "End": True}),
        ["B → B", "+ Z", "+ Y", "- A"],
    ),
    "another type under the same name": (
        scope("A", A=task("a")),
        scope("A", A={**PASS, "End": True}),
        ["A → A"],
    ),
    "states that aren't objects": (
        scope("A", A=None, B=1),
        scope("A", A=None, C=[]),
        ["A → A", "+ C", "- B"],
    ),
    "no states at all": ({"States": 3}, {}, []),
}


@pytest.mark.parametrize("case", CASES)
def test_states_are_matched(case: str) -> None:
    """Names, then content and neighbours decide."""
    old, new, expected = CASES[case]
    found = []
    for pair in matched_states(old, new).pairs:
        if pair.old is None or pair.new is None:
            label = pair.new.label if pair.new else pair.old.label if pair.old else ""
            found.append(f"{'+' if pair.new else '-'} {label}")
        else:
            moved = " (moved)" if pair.moved else ""
            found.append(f"{pair.old.label} → {pair.new.label}{moved}")
    assert found == expected


def test_the_new_name_of_a_state_can_be_asked() -> None:
    """It is what follows a state through releases."""
    matched = matched_states(scope("A", A=A, B=task("b")), scope("X", X=A))
    assert [matched.new_label(name) for name in ("A", "B", "Z")] == ["X", None, None]
