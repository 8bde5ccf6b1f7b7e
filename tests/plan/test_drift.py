"""Drift: how AWS differs from the record of the last deployment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sfn_release.plan import Observed
from sfn_release.plan.drift import compare, left_aliases, tag_differences
from sfn_release.plan.steps import ObservedAlias
from sfn_release.release.record import WorkflowOutcome
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Served
from support.shop import ROLE
from support.values import definition

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
        ["$LATEST is ", 'tracing is {"enabled": true}, the record says {"enabled": false}'],
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
    "hidden": (replace(THERE, latest=None), "unreadable", ["the definition can't be read"]),
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
    """Drift covers everything that callers get: content, settings and routing."""
    found = compare(SERVED, there, alias="live")
    assert (found.state, len(found.differences)) == (state, len(lines))
    assert [
        line for line, text in zip(lines, found.differences, strict=True) if line not in text
    ] == []


def test_a_retained_workflow_says_so_while_it_is_as_recorded() -> None:
    """It drifts like any other workflow."""
    kept = replace(SERVED, retained=True)
    assert compare(kept, THERE, alias="live").state == "retained"
    assert compare(kept, routed(v2=100), alias="live").state == "drifted"


def test_without_an_alias_there_is_none_to_drift() -> None:
    """Callers get $LATEST."""
    assert compare(SERVED, replace(THERE, alias=None), alias="").state == "in-sync"


def test_the_state_and_field_that_differ_are_named() -> None:
    """If the recorded form was read, the line has the record's value, then the live one."""
    found = compare(SERVED, with_latest(definition=definition("b")), alias="live", form=FORM)
    assert found.differences[1:] == (
        'in $LATEST, state "Only": Result {} → {}'.format('"a"', '"b"'),
    )


def test_what_an_alias_leads_to_is_told_when_it_was_looked_at() -> None:
    """Another version may have the same content."""
    versions = {f"{ARN}:2": FORM.digest, f"{ARN}:3": "sha256:0123456789abcdef", f"{ARN}:4": ""}
    there = replace(routed(v2=20, v3=70, v4=10), versions=versions)
    (line,) = compare(SERVED, there, alias="live").differences
    assert line.endswith(
        "the record says :1 (:2 is of the same content, :3 is 0123456789ab, :4 is unreadable)"
    )


def test_what_an_attempt_left_is_no_drift() -> None:
    """Its content in $LATEST, its version behind the alias: by its ARN, or by its content."""
    other = replace(FORM, definition=definition("b"))
    left = WorkflowOutcome("sha256:b", other.digest, ARN, f"{ARN}:2", f"{ARN}:1", "updated")
    there = replace(routed(v1=80, v2=20), latest=other)
    assert compare(SERVED, there, alias="live").state == "drifted"
    assert compare(SERVED, there, alias="live", attempts=[left]).state == "in-sync"
    third = replace(routed(v3=100), latest=other, versions={f"{ARN}:3": other.digest})
    assert compare(SERVED, third, alias="live", attempts=[left]).state == "in-sync"
    hacked = with_latest(definition=definition("hacked"))
    assert compare(SERVED, hacked, alias="live", attempts=[left]).state == "drifted"


def test_tags_of_ours_are_compared_and_others_are_not() -> None:
    """Only the declared tags and the ownership tags are compared."""
    served = replace(SERVED, settings={**SERVED.settings, "tags": {"team": "checkout"}})
    owner = {"project": "shop", "environment": "prod"}
    own = {"sfn-release:project": "shop", "sfn-release:environment": "prod"}
    assert tag_differences(served, {**own, "team": "checkout", "cost": "1"}, owner) == []
    assert tag_differences(served, {**own, "sfn-release:project": "x"}, owner) == [
        "the tag team is gone, the record says checkout",
        "the tag sfn-release:project is x, the record says shop",
    ]


def test_a_changed_alias_key_is_noted() -> None:
    """The change is reported before it is deployed, and so is the alias it leaves behind."""
    served = replace(SERVED, alias="live")
    assert left_aliases(SERVED, [], "prod") == left_aliases(served, [], "live") == []
    (line,) = left_aliases(served, [], "prod")
    assert line.startswith("its callers use the alias live; releases.toml names the alias prod")
    (line,) = left_aliases(replace(served, alias=""), [], "live")
    assert line.startswith("its callers use no alias; releases.toml names the alias live")
    (line,) = left_aliases(replace(served, alias="prod"), [ALIAS], "prod")
    assert line.startswith("the alias live was left at :1 when `alias` changed (said)")
