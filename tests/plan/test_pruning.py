"""Which state machine versions nothing needs: decided from data alone."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from sfn_release.plan.pruning import (
    MachineVersions,
    PrunePlan,
    RecordedNeeds,
    VersionContent,
    mentioned_versions,
    prune_plan,
)

START = "arn:aws:states:eu-west-1:111111111111:stateMachine:"


def arns(workflow: str, *numbers: int) -> tuple[str, ...]:
    """Return the ARNs of versions."""
    return tuple(f"{START}{workflow}:{number}" for number in numbers)


def quiet(*versions: str, **uses: str) -> dict[str, VersionContent]:
    """Return versions that nothing uses, except those with a use: ``orders_3="…"``."""
    contents = {}
    for arn in versions:
        name, _, number = arn.removeprefix(START).partition(":")
        use = uses.get(f"{name}_{number}", "")
        contents[arn] = VersionContent(f"revision {number}", frozenset(), use)
    return contents


def reasons(plan: PrunePlan) -> Mapping[str, str]:
    """Return why versions are kept, by ``workflow:number``."""
    return {kept.version_arn.removeprefix(START): kept.because for kept in plan.kept}


def deleted(plan: PrunePlan) -> list[str]:
    """Return the versions to delete as ``workflow:number``."""
    return [version.version_arn.removeprefix(START) for version in plan.deleted]


def test_each_need_keeps_a_version_and_the_rest_goes_oldest_first() -> None:
    """Aliases, live releases, unfinished attempts, strangers, pins, executions and $LATEST."""
    versions = arns("orders", *range(10, 0, -1))
    needs = RecordedNeeds(
        made=frozenset(versions) - {*arns("orders", 7)},
        live=dict.fromkeys(arns("orders", 9), "1.9.0 is one of the last 2 releases that were live"),
        pinned=dict.fromkeys(arns("orders", 5), "ship of 1.0.0 in prod starts it"),
        attempted=frozenset(arns("orders", 8)),
    )
    machine = MachineVersions(
        "orders", versions, {arns("orders", 10)[0]: ("blue", "live")}, revision="revision 3"
    )
    contents = quiet(*versions, orders_4="the execution a is running")
    plan = prune_plan("prod", 2, [machine], contents, needs)
    assert reasons(plan) == {
        "orders:10": "the aliases blue, live route to it",
        "orders:9": "1.9.0 is one of the last 2 releases that were live",
        "orders:8": "a deployment that didn't finish published it or needs it",
        "orders:7": "no deployment in the ledger made it",
        "orders:5": "ship of 1.0.0 in prod starts it",
        "orders:4": "the execution a is running",
        "orders:3": "$LATEST has its content",
    }
    assert deleted(plan) == ["orders:1", "orders:2", "orders:6"]


def test_what_a_kept_version_starts_is_kept_too() -> None:
    """A running parent keeps its child, and the child's own child; $LATEST keeps its child."""
    parent, child, leaf = arns("parent", 1)[0], arns("child", 1)[0], arns("leaf", 1)[0]
    direct = arns("leaf", 3)[0]
    machines = [
        MachineVersions("child", arns("child", 2, 1)),
        MachineVersions("leaf", arns("leaf", 3, 2, 1)),
        MachineVersions("parent", (parent,), mentions=frozenset([direct])),
    ]
    everything = frozenset(arn for machine in machines for arn in machine.versions)
    contents = quiet(*everything)
    contents[parent] = VersionContent("r", frozenset([child]), "the execution a is running")
    contents[child] = VersionContent("r", frozenset([leaf]))
    plan = prune_plan("prod", 1, machines, contents, RecordedNeeds(made=everything))
    assert reasons(plan) == {
        "child:1": "parent:1 starts it",
        "leaf:1": "child:1 starts it",
        "leaf:3": "$LATEST of parent starts it",
        "parent:1": "the execution a is running",
    }
    assert deleted(plan) == ["child:2", "leaf:2"]


def test_a_machine_of_another_owner_is_left_alone() -> None:
    """All its versions stay, with the reason; a version that is gone is in neither list."""
    theirs = MachineVersions("ours-once", arns("ours-once", 2, 1), untouchable="It isn't ours.")
    gone = MachineVersions("orders", arns("orders", 2, 1))
    needs = RecordedNeeds(made=frozenset((*theirs.versions, *gone.versions)))
    contents = quiet(*theirs.versions, arns("orders", 2)[0])
    plan = prune_plan("prod", 1, [theirs, gone], contents, needs)
    assert {*reasons(plan).values()} == {"It isn't ours."}
    assert deleted(plan) == ["orders:2"]


def test_a_version_is_found_anywhere_in_a_definition() -> None:
    """In keys, arguments and JSONata; an unqualified ARN, an alias and a longer number aren't."""
    one, two = arns("child", 1)[0], arns("Ünïcode_x", 12)[0]
    definition = {
        "States": {"A": {"Arguments": {"StateMachineArn": "{% $ok ? '" + one + "' : $x %}"}}},
        two: [START + "child", START + "child:live", START + "child:3a"],
    }
    assert mentioned_versions(definition) == {one, two}


NUMBERS = st.sets(st.integers(1, 9))


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_nothing_needed_is_ever_deleted(
    aliased: set[int], live: set[int], strange: set[int], used: set[int], pinned: set[int]
) -> None:
    """Whatever needs overlap: every version is in one list, and a needed one isn't deleted."""
    versions = arns("orders", *range(9, 0, -1))
    needs = RecordedNeeds(
        made=frozenset(versions) - {*arns("orders", *strange)},
        live=dict.fromkeys(arns("orders", *live), "live"),
        pinned=dict.fromkeys(arns("orders", *pinned), "pinned"),
    )
    aliases = dict.fromkeys(arns("orders", *aliased), ("live",))
    uses = {f"orders_{number}": "running" for number in used}
    machine = MachineVersions("orders", versions, aliases, revision="another")
    plan = prune_plan("prod", 1, [machine], quiet(*versions, **uses), needs)
    needed = {*arns("orders", *(aliased | live | strange | used | pinned))}
    assert {kept.version_arn for kept in plan.kept} == needed
    assert {version.version_arn for version in plan.deleted} == {*versions} - needed
