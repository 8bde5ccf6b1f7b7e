"""Drift: how what AWS has differs from what the record says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support import ROLE, definition

from sfn_release.drift import compare
from sfn_release.plan import Observed
from sfn_release.record import Served
from sfn_release.rendering import Rendered
from sfn_release.steps import ObservedAlias

ARN = "arn:aws:states:eu-west-1:000000000000:stateMachine:hello"
FORM = Rendered("hello", "hello", definition("a"), "STANDARD", ROLE, {}, {"enabled": False}, {})
SERVED = Served("sha256:a", FORM.digest, "x.py", FORM.settings(), ARN, f"{ARN}:1", "said", "1.0.0")
ALIAS = ObservedAlias(f"{ARN}:live", {f"{ARN}:1": 100}, "said")
THERE = Observed(ARN, FORM, "r1", {}, ALIAS, {f"{ARN}:1": FORM.digest})


def with_latest(**changes: Any) -> Observed:
    return replace(THERE, latest=replace(FORM, **changes))


def routed(**weights: int) -> Observed:
    routing = {f"{ARN}:{name[1:]}": weight for name, weight in weights.items()}
    return replace(THERE, alias=replace(ALIAS, routing=routing))


CASES = {
    "as recorded": (THERE, "in-sync", []),
    "gone": (None, "missing", [f"the state machine {ARN} is gone"]),
    "another definition": (with_latest(definition=definition("b")), "drifted", ["$LATEST is "]),
    "another role": (
        with_latest(role="arn:b"),
        "drifted",
        ["$LATEST is ", f"role is arn:b, the record says {ROLE}"],
    ),
    "tracing": (
        with_latest(tracing={"enabled": True}),
        "drifted",
        ["$LATEST is ", "tracing is {'enabled': True}, the record says {'enabled': False}"],
    ),
    "the alias elsewhere": (
        routed(v2=100),
        "drifted",
        ["the alias live points at :2, the record says :1"],
    ),
    "the alias in part elsewhere": (
        routed(v1=90, v2=10),
        "drifted",
        ["the alias live points at :1 90 %, :2 10 %, the record says :1"],
    ),
    "no alias": (replace(THERE, alias=None), "drifted", ["the alias live is gone"]),
    "hidden": (replace(THERE, latest=None), "unreadable", ["AWS does not show the definition"]),
    "hidden, and the alias elsewhere": (
        replace(routed(v2=100), latest=None),
        "drifted",
        ["the alias live points at :2"],
    ),
    "other tags": (replace(THERE, tags={"x": "y"}), "in-sync", []),
    "another description of the alias": (
        replace(THERE, alias=replace(ALIAS, description="by hand")),
        "in-sync",
        [],
    ),
}


@pytest.mark.parametrize(("there", "state", "lines"), CASES.values(), ids=list(CASES))
def test_what_differs_is_told(there: Observed | None, state: str, lines: list[str]) -> None:
    """What callers get is compared: content, settings, routing."""
    found = compare(SERVED, there, alias="live")
    assert (found.state, len(found.differences)) == (state, len(lines))
    assert [
        line for line, text in zip(lines, found.differences, strict=True) if line not in text
    ] == []


def test_a_retained_workflow_says_so_while_it_is_as_recorded() -> None:
    """And drifts like any other."""
    kept = replace(SERVED, retained=True)
    assert compare(kept, THERE, alias="live").state == "retained"
    assert compare(kept, routed(v2=100), alias="live").state == "drifted"


def test_without_an_alias_there_is_none_to_drift() -> None:
    """Callers get $LATEST."""
    assert compare(SERVED, replace(THERE, alias=None), alias="").state == "in-sync"
