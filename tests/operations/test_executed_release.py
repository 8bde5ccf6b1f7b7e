"""The release that an execution ran, while a deployment is open, failed, or never was."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sfn_release.operations.executed_release import possible_releases, startable_releases
from support.faulty_client import refused

MACHINE = "arn:aws:states:eu-west-1:111111111111:stateMachine:hello"
OLD, NEW, OTHER = f"{MACHINE}:1", f"{MACHINE}:2", f"{MACHINE}:9"


class Alias:
    """Step Functions with one alias. Without weights, you may not read it."""

    def __init__(self, *weights: int) -> None:
        routes = zip((OLD, NEW), weights, strict=False)
        self._routes = [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in routes]

    def describe_state_machine_alias(self, **request: str) -> dict[str, Any]:
        """Answer as Step Functions does."""
        assert request == {"stateMachineAliasArn": f"{MACHINE}:live"}
        if not self._routes:
            raise refused("AccessDeniedException", "DescribeStateMachineAlias")
        return {"routingConfiguration": self._routes}


def possible(
    ran: str | None, *, status: str = "started", made: str | None = None, **given: Any
) -> tuple[str, ...]:
    """Return the releases that are possible when 2.0.0 is deployed over 1.0.0."""
    facts = deployed(status, made, given)
    return possible_releases(given.get("client", Alias()), "hello", version_arn=ran, **facts)


def startable(status: str, made: str | None, **given: Any) -> tuple[str, ...]:
    """Return the releases that the next execution can run."""
    facts = deployed(status, made, given)
    return startable_releases(given.get("client", Alias()), "hello", **facts)


def deployed(status: str, made: str | None, given: dict[str, Any]) -> dict[str, Any]:
    """Return the facts about 1.0.0 and a deployment of 2.0.0."""
    outcome = SimpleNamespace(rendered_digest=given.get("digest", "new"), version_arn=made)
    record = SimpleNamespace(version="2.0.0", status=status, workflows={"hello": outcome})
    state = SimpleNamespace(record=record, unfinished=status != "succeeded")
    alias = given.get("alias", "live")
    routing = {OLD: 100} if alias else {}
    served = SimpleNamespace(
        version="1.0.0", rendered_digest="old", routing=routing, state_machine_arn=MACHINE
    )
    return {"served": cast("Any", served), "alias": alias, "state": cast("Any", state)}


@pytest.mark.parametrize("status", ["started", "failed", "reverted", "succeeded"])
def test_the_live_version_is_the_live_release(status: str) -> None:
    """Whatever the last deployment does, AWS named the version."""
    assert possible(OLD, status=status) == ("1.0.0",)


@pytest.mark.parametrize(
    ("status", "made", "ran", "expected"),
    [
        ("started", None, NEW, ("2.0.0",)),  # its number isn't known before the end
        ("started", NEW, NEW, ("2.0.0",)),
        ("started", NEW, OTHER, ()),
        ("failed", NEW, NEW, ("2.0.0",)),  # and the alias still sends executions there
        ("failed", None, NEW, ()),
        ("succeeded", NEW, OTHER, ()),
    ],
)
def test_another_version_is_the_open_deployment_or_no_release(
    status: str, made: str | None, ran: str, expected: tuple[str, ...]
) -> None:
    """A version that no deployment made was published and routed by hand."""
    assert possible(ran, status=status, made=made) == expected


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ((100,), ("1.0.0",)),  # the shift hasn't begun
        ((100, 0), ("1.0.0",)),
        ((90, 10), ("1.0.0", "2.0.0")),
        ((0, 100), ("2.0.0",)),
        ((), ("1.0.0", "2.0.0")),  # no permission to read the alias
    ],
)
def test_an_execution_without_a_version_follows_the_alias(
    weights: tuple[int, ...], expected: tuple[str, ...]
) -> None:
    """EXPRESS executions don't say their version: the alias sends them to one, or to two."""
    assert possible(None, client=Alias(*weights)) == expected


def test_without_an_alias_both_contents_are_possible() -> None:
    """$LATEST may have been updated; a deployment that changes nothing leaves no doubt."""
    assert possible(None, alias="") == ("1.0.0", "2.0.0")
    assert possible(None, alias="", digest="old") == ("1.0.0",)
    assert possible(None, alias="", status="succeeded") == ("1.0.0",)


@pytest.mark.parametrize(
    ("status", "made", "weights", "expected"),
    [
        ("succeeded", NEW, (0, 100), ("1.0.0",)),  # the caller hands in what is served
        ("started", None, (90, 10), ("1.0.0", "2.0.0")),
        ("started", None, (), ("1.0.0", "2.0.0")),  # you may not read the alias
        ("started", None, (100,), ("1.0.0",)),
        ("started", None, (0, 100), ("2.0.0",)),
        ("failed", NEW, (90, 10), ("1.0.0", "2.0.0")),
        ("failed", NEW, (100, 0), ("1.0.0",)),  # callers were sent back
        ("failed", OTHER, (0, 100), ("1.0.0",)),  # routed by hand: no release is known
    ],
)
def test_the_next_execution_runs_what_the_alias_routes(
    status: str, made: str | None, weights: tuple[int, ...], expected: tuple[str, ...]
) -> None:
    """Both releases while callers are shifted, one before and after."""
    assert startable(status, made, client=Alias(*weights)) == expected


def test_without_an_alias_either_release_may_run() -> None:
    """An open deployment may have updated the state machine, or not yet."""
    assert startable("started", None, alias="") == ("1.0.0", "2.0.0")
    assert startable("started", None, alias="", digest="old") == ("1.0.0",)
