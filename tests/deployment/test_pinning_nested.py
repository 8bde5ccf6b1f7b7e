"""Pins of nested state machines: to workflows of the release, and to other state machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.deployment.live_state import describe_alias
from sfn_release.errors import SfnReleaseError
from sfn_release.operations.verbs.check_environments import check_environments
from sfn_release.operations.verbs.delete import delete
from sfn_release.operations.verbs.diff import diff
from sfn_release.operations.verbs.history import history
from sfn_release.operations.verbs.plan import plan_version
from sfn_release.release.record import Record
from sfn_release.release.serving import Serving
from support.errors import refused
from support.faults import DENIED, KILLED, THROTTLED, At, Fault, Faulty, KilledError
from support.shop import ROLE, Shop, make_shop
from support.values import definition

MACHINES = "arn:aws:states:eu-west-1:000000000000:stateMachine"
PARENT = f"{MACHINES}:parent"
CHILD = f"{MACHINES}:child"


def config(pins: str = "required", **more: str) -> str:
    extra = "".join(f"{key} = {value}\n" for key, value in more.items())
    return (
        '[project]\nname = "shop"\nremote = ""\ndefault_environment = "prod"\n'
        f'[environments.prod]\nregion = "eu-west-1"\nrole_arn = "{ROLE}"\npins = "{pins}"\n{extra}'
    )


def starts(*arns: str, **arguments: Any) -> dict[str, Any]:
    """Return the definition of a workflow that starts these state machines."""
    states: dict[str, Any] = {
        f"Start {number}": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution",
            "Parameters": {"StateMachineArn": arn, **arguments},
            "Next": f"Start {number + 1}",
        }
        for number, arn in enumerate(arns)
    }
    return {"StartAt": "Start 0", "States": {**states, f"Start {len(arns)}": {"Type": "Succeed"}}}


def write(shop: Shop, name: str, content: dict[str, Any]) -> None:
    shop.write(f"workflows/{name}.asl.json", json.dumps(content))


def family(folder: Path, *, pins: str = "required", reference: str = CHILD) -> Shop:
    """Make a project whose workflow `parent` starts its workflow `child`."""
    shop = make_shop(folder / "shop", config=config(pins), workflows={"child": "one"})
    write(shop, "parent", starts(reference))
    shop.commit()
    return shop


def started(shop: Shop, arn: str) -> list[str]:
    """Return the state machines that a state machine, or a version of one, starts."""
    described = shop.client("prod").describe_state_machine(stateMachineArn=arn)
    states = json.loads(described["definition"])["States"].values()
    return [state["Parameters"]["StateMachineArn"] for state in states if "Parameters" in state]


def routed(shop: Shop, name: str) -> str:
    """Return the version that callers of a workflow get."""
    found = shop.client("prod").describe_state_machine_alias(
        stateMachineAliasArn=f"{MACHINES}:{name}:live"
    )
    return str(found["routingConfiguration"][0]["stateMachineVersionArn"])


def live(shop: Shop) -> tuple[str, list[str], list[str]]:
    """Return the parent's version, the machines it starts, and the machines $LATEST starts."""
    version = routed(shop, "parent")
    return version, started(shop, version), started(shop, PARENT)


@pytest.mark.parametrize("reference", [CHILD, f"{CHILD}:live"])
def test_a_workflow_is_pinned_to_the_version_that_its_deployment_makes(
    tmp_path: Path, reference: str
) -> None:
    """Children are published first; the parent's form, its digest and the records name them."""
    shop = family(tmp_path, reference=reference)
    record = shop.publish("1.0.0").deployments[0]
    assert live(shop) == (f"{PARENT}:1", [f"{CHILD}:1"], [f"{CHILD}:1"])
    assert record.workflows["parent"].pins == {reference: f"{CHILD}:1"}
    assert shop.serving("prod").workflows["parent"].pins == {reference: f"{CHILD}:1"}
    assert shop.deploy("1.0.0") is None  # the record matches AWS


def test_a_parent_follows_its_child(tmp_path: Path) -> None:
    """A new version of the child is a new version of the parent, although its content stays."""
    shop = family(tmp_path)
    shop.publish("1.0.0")
    shop.commit(child="two")
    record = shop.publish("1.1.0").deployments[0]
    assert live(shop) == (f"{PARENT}:2", [f"{CHILD}:2"], [f"{CHILD}:2"])
    assert record.workflows["parent"].change == "updated"
    planned = shop.watcher.plans[-1]
    assert next(str(step) for step in planned.steps if step.workflow == "parent") == (
        "update state machine parent (pinned to the new version of child)"
    )
    assert planned.to_json()["pins"] == {"parent": {CHILD: None}}
    assert any("only its pins do" in note for note in planned.to_json()["notes"])


def test_a_parent_whose_child_stays_keeps_its_version(tmp_path: Path) -> None:
    """Another workflow changes: parent and child are left alone."""
    shop = family(tmp_path)
    shop.publish("1.0.0")
    shop.commit(other="new")
    record = shop.publish("1.1.0").deployments[0]
    assert record.workflows["parent"].change == "unchanged"
    assert record.workflows["parent"].pins == {CHILD: f"{CHILD}:1"}
    assert live(shop)[0] == f"{PARENT}:1"


def test_a_rollback_brings_back_parent_and_child_together(tmp_path: Path) -> None:
    """The versions of before serve again, and nothing is published."""
    shop = family(tmp_path)
    shop.publish("1.0.0")
    shop.commit(child="two")
    shop.publish("1.1.0")
    shop.rollback()
    assert live(shop) == (f"{PARENT}:1", [f"{CHILD}:1"], [f"{CHILD}:1"])
    assert (shop.versions("parent", "prod"), shop.versions("child", "prod")) == ([2, 1], [2, 1])
    shop.deploy("1.1.0")
    assert live(shop) == (f"{PARENT}:2", [f"{CHILD}:2"], [f"{CHILD}:2"])
    assert shop.versions("parent", "prod") == [2, 1]


def test_a_rollback_publishes_a_deleted_child_again_and_pins_the_parent_to_it(
    tmp_path: Path,
) -> None:
    """The number is new, the content the recorded one; and the plan says so."""
    shop = family(tmp_path)
    shop.publish("1.0.0")
    shop.commit(child="two")
    shop.publish("1.1.0")
    shop.client("prod").delete_state_machine_version(stateMachineVersionArn=f"{CHILD}:1")
    record = shop.rollback()
    assert record is not None
    assert live(shop) == (f"{PARENT}:3", [f"{CHILD}:3"], [f"{CHILD}:3"])
    assert record.workflows["parent"].pins == {CHILD: f"{CHILD}:3"}
    notes = shop.watcher.plans[-1].to_json()["notes"]
    assert any("child:1" in note and "is published again" in note for note in notes)
    assert shop.rollback("1.0.0") is None


def test_three_generations_are_prepared_one_after_another(tmp_path: Path) -> None:
    """Each generation waits for the versions of the one before."""
    shop = family(tmp_path)
    write(shop, "grandparent", starts(PARENT, CHILD))
    shop.commit()
    shop.publish("1.0.0")
    shop.commit(child="two")
    shop.publish("1.1.0")
    grandparent = routed(shop, "grandparent")
    assert (grandparent, started(shop, grandparent)) == (
        f"{MACHINES}:grandparent:2",
        [f"{PARENT}:2", f"{CHILD}:2"],
    )


def test_a_child_that_turns_out_to_be_elsewhere_fails_the_deployment(tmp_path: Path) -> None:
    """An emulator's account is known once the first machine is made, and is then recorded."""
    elsewhere = CHILD.replace("000000000000", "111111111111")
    shop = family(tmp_path, reference=elsewhere)
    shop.write("releases.toml", config(endpoint_url='"http://127.0.0.1:1"'))
    shop.commit()
    with refused("E_CONFLICT", f"parent refers to {elsewhere}, but the workflow child is {CHILD}."):
        shop.publish("1.0.0")
    (record,) = history(shop.workspace(), environment="prod")
    assert record.status == "failed"
    assert "child was created and stays" in str(record.error)


def test_on_local_a_child_of_another_account_is_refused_at_once(tmp_path: Path) -> None:
    """The account there is known before anything is made: no version is taken, the plan says it."""
    elsewhere = "arn:aws:states:us-east-1:111111111111:stateMachine:child"
    shop = family(tmp_path, reference=elsewhere)
    shop.write("releases.toml", '[project]\nname = "shop"\n[environments.local]\npins="resolve"\n')
    shop.commit()
    with refused("E_NOT_FOUND", f"{elsewhere} of parent"):
        plan_version(shop.workspace(), environment="local")
    with refused("E_NOT_FOUND", f"{elsewhere} of parent", "Create it first, or correct"):
        shop.publish("1.0.0", "local")
    assert "refs/tags/v1.0.0" not in shop.refs()
    assert history(shop.workspace(), environment="local") == []


def told_by_check(shop: Shop) -> list[str]:
    """Return the problems of prod that `env check` finds."""
    found = check_environments(shop.workspace(), environments=["prod"]).problems
    return [str(check.error) for check in found]


def test_a_check_of_the_environment_resolves_pins(tmp_path: Path) -> None:
    """It finds missing state machines and circles before a deployment does."""
    shop = family(tmp_path)
    shop.client("prod")  # made before the endpoint is set, where no STS answers
    shop.write("releases.toml", config(endpoint_url='"http://127.0.0.1:1"'))
    assert told_by_check(shop) == []
    missing = CHILD.replace("child", "nobody")
    write(shop, "parent", starts(missing))
    (told,) = told_by_check(shop)
    assert f"{missing} of parent" in told
    write(shop, "parent", starts(CHILD))
    write(shop, "child", starts(PARENT))
    (told,) = told_by_check(shop)
    assert "Workflows start each other in a circle: child → parent → child." in told
    assert shop.watcher.plans == []


def test_a_circle_is_refused_before_the_version_is_taken(tmp_path: Path) -> None:
    """Neither workflow could be pinned first; the error shows the circle."""
    shop = family(tmp_path)
    write(shop, "child", starts(PARENT))
    shop.commit()
    with refused("E_DEFINITION", "child → parent → child", 'pins = "off"'):
        shop.publish("1.0.0")
    assert shop.refs().keys() == {"refs/heads/main"}


def test_without_pins_nothing_is_rewritten_and_the_plan_says_what_that_means(
    tmp_path: Path,
) -> None:
    """A rollback then restores the graph only."""
    shop = family(tmp_path, pins="off")
    shop.publish("1.0.0")
    assert live(shop)[1] == [CHILD]
    notes = shop.watcher.plans[-1].to_json()["notes"]
    assert any("a rollback restores definitions" in note for note in notes)


OTHER = f"{MACHINES}:other"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Make a project, and beside it the state machine `other`, with one version and an alias."""
    shop = make_shop(tmp_path / "shop", config=config("resolve"), workflows={"hello": "one"})
    client = shop.client("prod")
    client.create_state_machine(
        name="other", definition=json.dumps(definition(1)), roleArn=ROLE, publish=True
    )
    route(shop, 1)
    return shop


def route(shop: Shop, *versions: int) -> None:
    routes = [
        {"stateMachineVersionArn": f"{OTHER}:{version}", "weight": 100 // len(versions)}
        for version in versions
    ]
    client = shop.client("prod")
    if describe_alias(client, f"{OTHER}:stable"):
        client.update_state_machine_alias(
            stateMachineAliasArn=f"{OTHER}:stable", routingConfiguration=routes
        )
    else:
        client.create_state_machine_alias(name="stable", routingConfiguration=routes)


def change_other(shop: Shop, *, publish: bool) -> None:
    shop.client("prod").update_state_machine(
        stateMachineArn=OTHER, definition=json.dumps(definition(2)), publish=publish
    )


def parent_of(shop: Shop, reference: str) -> Record:
    write(shop, "parent", starts(reference))
    shop.commit()
    return shop.publish("1.0.0").deployments[0]


@pytest.mark.parametrize("reference", [OTHER, f"{OTHER}:stable", f"{OTHER}:1"])
def test_a_state_machine_of_others_is_pinned_to_what_it_is_now(shop: Shop, reference: str) -> None:
    """Unqualified, by alias, or by a version, which stays as it is."""
    record = parent_of(shop, reference)
    assert record.workflows["parent"].pins == {reference: f"{OTHER}:1"}
    assert started(shop, PARENT) == [f"{OTHER}:1"]
    change_other(shop, publish=True)
    route(shop, 2)
    moved = shop.deploy("1.0.0")
    shop.rollback("1.0.0")
    new = 1 if reference.endswith(":1") else 2
    assert started(shop, PARENT) == [f"{OTHER}:{new}"]
    assert (moved is None) == (new == 1)


def test_what_is_not_published_cannot_be_pinned(shop: Shop) -> None:
    """A note says which version there is; where pins are required, it is refused."""
    change_other(shop, publish=False)
    record = parent_of(shop, OTHER)
    assert record.workflows["parent"].pins == {}
    notes = shop.watcher.plans[-1].to_json()["notes"]
    where = 'state "Start 0", $.States["Start 0"].Parameters.StateMachineArn'
    why = "its current content isn't published: its newest version is :1"
    assert notes == [f"{OTHER} of parent isn't pinned ({where}): {why}"]


def test_an_alias_with_two_routes_is_not_one_version(shop: Shop) -> None:
    """It is said with the routing."""
    change_other(shop, publish=True)
    route(shop, 1, 2)
    shop.write("releases.toml", config("required"))
    why = "several versions (:1 50 %, :2 50 %)"
    with refused("E_POLICY", 'pins = "required"', why, "--override"):
        parent_of(shop, f"{OTHER}:stable")
    assert "refs/tags/v1.0.0" not in shop.refs()
    record = shop.publish("1.0.0", override="The alias is settled next week").deployments[0]
    assert record.workflows["parent"].pins == {}


@pytest.mark.parametrize("reference", [f"{MACHINES}:nobody", f"{OTHER}:2", f"{OTHER}:nightly"])
def test_what_does_not_exist_is_named_with_its_place(shop: Shop, reference: str) -> None:
    """Workflow, state and JSON path; before a version is taken."""
    with refused("E_NOT_FOUND", f"{reference} of parent", 'state "Start 0"', "StateMachineArn"):
        parent_of(shop, reference)
    assert "refs/tags/v1.0.0" not in shop.refs()


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        (OTHER.replace("eu-west-1", "us-east-1"), "it is in us-east-1, and prod in eu-west-1"),
        ("other", "this is not the name of a state machine"),
    ],
)
def test_what_is_elsewhere_is_noted(shop: Shop, reference: str, why: str) -> None:
    """It is left as it is written."""
    parent_of(shop, reference)
    assert started(shop, PARENT) == [reference]
    assert any(why in note for note in shop.watcher.plans[-1].to_json()["notes"])


def test_a_rollback_to_a_deleted_version_is_refused_and_can_be_rendered_afresh(shop: Shop) -> None:
    """The error names the deleted version and the way out."""
    parent_of(shop, OTHER)
    change_other(shop, publish=True)
    shop.commit(hello="two")
    shop.publish("1.1.0")
    assert started(shop, PARENT) == [f"{OTHER}:2"]
    route(shop, 2)
    shop.client("prod").delete_state_machine_version(stateMachineVersionArn=f"{OTHER}:1")
    with refused("E_NOT_FOUND", "other:1 (parent)", "rollback 1.0.0 --env prod --rerender"):
        shop.rollback()
    shop.rollback("1.0.0", rerender=True)
    assert started(shop, PARENT) == [f"{OTHER}:2"]


def test_a_rollback_does_not_need_to_see_what_it_is_pinned_to(shop: Shop) -> None:
    """When the versions cannot be looked for, a note says so, and the rollback goes on."""
    parent_of(shop, OTHER)
    write(shop, "parent", starts(OTHER, Input={}))
    shop.commit()
    shop.publish("1.1.0")
    denied = Fault("denied", DENIED.error)
    shop.clients["prod"] = Faulty(shop.client("prod"), At("other.DescribeStateMachine", denied))
    assert shop.rollback() is not None
    notes = shop.watcher.plans[-1].to_json()["notes"]
    assert [note for note in notes if "other:1" in note and "can't check" in note]


def test_deleting_what_others_are_pinned_to_is_told(tmp_path: Path) -> None:
    """The plan of the deletion names the workflows that will fail."""
    shop = family(tmp_path)
    shop.publish("1.0.0")
    delete(shop.workspace(), "child")
    notes = shop.watcher.plans[-1].to_json()["notes"]
    assert "parent is pinned to child:1, which will be gone" in notes


CALLS = [
    *("child.UpdateStateMachine", "child.PublishStateMachineVersion"),
    *("parent.UpdateStateMachine", "parent.PublishStateMachineVersion"),
    *("child.UpdateStateMachineAlias", "parent.UpdateStateMachineAlias"),
]


@pytest.mark.parametrize("fault", [KILLED, THROTTLED], ids=str)
@pytest.mark.parametrize("call", CALLS)
def test_the_same_command_finishes_without_a_second_version(
    tmp_path: Path, call: str, fault: Fault
) -> None:
    """After a kill or a refusal at any write, the versions that pins name are found again.

    Leftovers of an attempt don't count as drift, even with `protect_drift`.
    """
    shop = family(tmp_path)
    shop.write("releases.toml", config("required", protect_drift="true"))
    shop.commit()
    shop.publish("1.0.0")
    shop.commit(child="two")
    client = shop.client("prod")
    shop.clients["prod"] = Faulty(client, At(call, fault))
    with pytest.raises((KilledError, SfnReleaseError)):
        shop.publish("1.1.0")
    shop.clients["prod"] = client
    if fault is not KILLED:
        assert live(shop) == (f"{PARENT}:1", [f"{CHILD}:1"], [f"{CHILD}:1"])
    shop.publish("1.1.0")
    assert live(shop) == (f"{PARENT}:2", [f"{CHILD}:2"], [f"{CHILD}:2"])
    assert (shop.versions("parent", "prod"), shop.versions("child", "prod")) == ([2, 1], [2, 1])
    assert shop.serving("prod").workflows["parent"].pins == {CHILD: f"{CHILD}:2"}


@pytest.mark.parametrize("fault", [KILLED, THROTTLED], ids=str)
@pytest.mark.parametrize(
    "call",
    [
        *("child.CreateStateMachine", "child.CreateStateMachineAlias"),
        *("parent.CreateStateMachine", "parent.CreateStateMachineAlias"),
    ],
)
def test_a_first_deployment_is_finished_too(tmp_path: Path, call: str, fault: Fault) -> None:
    """Parent and child exist once, each with one version."""
    shop = family(tmp_path)
    client = shop.client("prod")
    shop.clients["prod"] = Faulty(client, At(call, fault))
    with pytest.raises((KilledError, SfnReleaseError)):
        shop.publish("1.0.0")
    shop.clients["prod"] = client
    shop.publish("1.0.0")
    assert live(shop) == (f"{PARENT}:1", [f"{CHILD}:1"], [f"{CHILD}:1"])
    assert (shop.versions("parent", "prod"), shop.versions("child", "prod")) == ([1], [1])


def test_parents_are_pinned_before_callers_are_shifted(tmp_path: Path) -> None:
    """Parent and child go through the stages of a strategy together, in their final forms."""
    shop = family(tmp_path)
    strategy = '{ type = "linear", percent = 50, interval = "5m" }'
    shop.write("releases.toml", config("required", strategy=strategy))
    shop.commit()
    shop.publish("1.0.0")
    shop.commit(child="two")
    shop.publish("1.1.0")
    assert [stage.watch.weight for stage in shop.watcher.plans[-1].stages] == [50]
    assert live(shop) == (f"{PARENT}:2", [f"{CHILD}:2"], [f"{CHILD}:2"])


def test_what_a_killed_deployment_left_is_put_back_by_the_next_that_fails(tmp_path: Path) -> None:
    """The parent's unqualified content too, although no record knows the version in it."""
    shop = family(tmp_path)
    shop.publish("1.0.0")
    shop.commit(child="two")
    client = shop.client("prod")
    shop.clients["prod"] = Faulty(client, At("parent.PublishStateMachineVersion", KILLED))
    with pytest.raises(KilledError):
        shop.publish("1.1.0")
    shop.clients["prod"] = client
    assert started(shop, PARENT) == [f"{CHILD}:2"]
    shop.commit(child="three")
    shop.clients["prod"] = Faulty(client, At("child.UpdateStateMachine", THROTTLED))
    with pytest.raises(SfnReleaseError):
        shop.publish("1.2.0")
    shop.clients["prod"] = client
    assert live(shop) == (f"{PARENT}:1", [f"{CHILD}:1"], [f"{CHILD}:1"])


def test_a_comparison_with_what_is_live_shows_no_pins(tmp_path: Path) -> None:
    """The release is pinned as the environment is, so that only its own changes show."""
    shop = family(tmp_path)
    shop.publish("1.0.0")
    assert not any(found.differences for found in diff(shop.workspace(), "1.0.0", "@prod"))
    write(shop, "parent", starts(f"{CHILD}:1"))
    shop.commit()
    shop.publish("1.1.0", deploy=False)
    assert not any(found.differences for found in diff(shop.workspace(), "@prod", "1.1.0"))


def test_a_workflow_that_has_another_name_here_is_told(tmp_path: Path) -> None:
    """The ARN belongs into a parameter, since environments may name state machines differently."""
    shop = family(tmp_path)
    shop.write("releases.toml", config("required", name='"{workflow}-prod"'))
    shop.commit()
    with refused("E_NOT_FOUND", "in prod, the workflow child is child-prod"):
        shop.publish("1.0.0")


def test_a_recorded_pin_that_is_no_version_was_not_written_by_us(tmp_path: Path) -> None:
    """A rollback would send whatever stands there."""
    shop = family(tmp_path)
    shop.publish("1.0.0")
    value = json.loads(json.dumps(shop.serving("prod").to_json()))
    assert Serving.from_json(value, where="prod") == shop.serving("prod")
    value["workflows"]["parent"]["pins"] = {CHILD: f"{CHILD}:live"}
    with refused("E_TAMPERED", "prod was edited or damaged", f"{CHILD}:live"):
        Serving.from_json(value, where="prod")
