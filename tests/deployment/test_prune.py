"""Pruning state machine versions on a service with AWS's rules, and rolling back afterwards."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sfn_release.deployment.clock_check import aws_time
from sfn_release.deployment.recorded_needs import published_again
from sfn_release.deployment.version_use import version_content
from sfn_release.errors import SfnReleaseError
from sfn_release.operations.verbs.prune import Pruned, plan_prune, prune
from sfn_release.operations.verbs.status import status
from sfn_release.operations.verbs.verify import verify
from sfn_release.plan.pruning import PrunePlan
from support.errors import refused
from support.faults import DENIED, FAULTS, KILLED, At, Faulty, KilledError
from support.faulty_client import Faulty as Answering
from support.faulty_client import refused as refusal
from support.shop import ROLE, Shop, account, add_remote, made_once, make_shop
from support.world import PAST, Clock

CONFIG = f"""\
[project]
name = "shop"
remote = ""
default_environment = "prod"
[environments.prod]
region = "eu-west-1"
role_arn = "{ROLE}"
"""
CHILD = "arn:aws:states:eu-west-1:000000000000:stateMachine:child"
LEFT = [6, 5]  # of the child, after pruning to one release


def _parent(shop: Shop, number: int) -> None:
    """Write a workflow that starts version *number* of the child, without pins."""
    _start(shop, f"{CHILD}:{number}")


def _start(shop: Shop, machine: str) -> None:
    """Write a workflow that starts a state machine."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": machine},
        "End": True,
    }
    definition = {"StartAt": "Start", "States": {"Start": task}}
    shop.write("workflows/parent.asl.json", json.dumps(definition))


def _make(shop: Shop) -> None:
    """Publish six releases to a workflow `child`; the last two have `parent`, which starts :5."""
    shop.write("releases.toml", CONFIG)
    (shop.root / "workflows" / "hello.asl.json").unlink()
    for number in range(1, 7):
        if number > 4:
            _parent(shop, 5)
        shop.commit(child=f"content {number}")
        shop.publish(f"1.{number}.0")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return made_once(tmp_path, "pruned", _make)


def kept(result: Pruned | PrunePlan) -> dict[str, str]:
    """Return why versions are kept, by workflow and number."""
    more = result.stayed if isinstance(result, Pruned) else ()
    return {
        f"{version.workflow}:{version.version_arn.rpartition(':')[2]}": version.because
        for version in (*result.kept, *more)
    }


def run(shop: Shop, keep: int = 1, **options: Any) -> Pruned:
    return prune(shop.workspace(), keep=keep, **options)


def test_old_versions_go_and_every_release_can_still_come_back(shop: Shop) -> None:
    """The live version and its pinned child stay; a rollback publishes a deleted one again."""
    asked: list[PrunePlan] = []
    before = shop.refs()
    result = run(shop, confirm=asked.append)
    assert [str(version) for version in result.deleted] == [f"child:{n}" for n in (1, 2, 3, 4)]
    assert asked[0].deleted == result.deleted
    assert kept(result) == {
        "child:5": "parent of 1.6.0 in prod starts it",
        "child:6": "the alias live routes to it",
        "parent:1": "the alias live routes to it",
    }
    assert shop.versions("child", "prod") == LEFT
    assert shop.refs() == before
    (there,) = status(shop.workspace(), environment="prod", closer=True)
    assert there.state == "in-sync"
    digests = {}
    for version in ("1.2.0", "1.6.0"):
        shop.rollback(version, "prod") if version == "1.2.0" else shop.deploy(version, "prod")
        served = shop.serving("prod").workflows["child"]
        digests[version] = served.rendered_digest
        assert shop.live("child", "prod") == (f"content {version[2]}",) * 2
    assert verify(shop.workspace()).problems == ()
    # The version that a rollback published again is the third newest live release's: kept by 3.
    assert shop.versions("child", "prod") == [7, *LEFT]
    assert "one of the last 2 releases" in kept(plan_prune(shop.workspace(), keep=2))["child:7"]
    assert [str(version) for version in run(shop).deleted] == ["child:7"]
    assert run(shop).deleted == ()
    shop.rollback("1.2.0", "prod")
    assert shop.serving("prod").workflows["child"].rendered_digest == digests["1.2.0"]


def test_a_version_that_an_old_release_names_stays(shop: Shop) -> None:
    """A rollback sends the old definition as it was, so nothing could publish that version again.

    It's `:5` of 1.6.0, which isn't among the last releases any more.
    """
    _parent(shop, 6)
    for number in (7, 8):
        shop.commit(child=f"content {number}")
        shop.publish(f"1.{number}.0")
    result = run(shop)
    assert kept(result)["child:5"] == "parent of 1.6.0 in prod starts it"
    assert kept(result)["child:6"] == "parent of 1.8.0 in prod starts it"
    assert [str(version) for version in result.deleted] == [
        *(f"child:{number}" for number in (1, 2, 3, 4, 7)),
        "parent:1",
    ]
    shop.rollback("1.6.0", "prod")
    assert 5 in shop.versions("child", "prod")
    assert verify(shop.workspace()).problems == ()


def test_a_pruned_child_comes_back_with_the_parent_that_is_pinned_to_it(tmp_path: Path) -> None:
    """Both are published again, and the parent's pin names the new number of the child."""
    shop = make_shop(tmp_path / "shop", config=f'{CONFIG}pins = "required"\n', workflows={})
    _start(shop, CHILD)
    for number in range(1, 4):
        shop.commit(child=f"content {number}")
        shop.publish(f"1.{number}.0")
    assert [str(version) for version in run(shop).deleted] == [
        *("child:1", "child:2"),
        *("parent:1", "parent:2"),
    ]
    record = shop.rollback("1.1.0", "prod")
    assert record is not None
    assert record.workflows["parent"].pins == {CHILD: f"{CHILD}:4"}
    assert shop.live("child", "prod") == ("content 1",) * 2
    alias = shop.client("prod").describe_state_machine_alias(
        stateMachineAliasArn=f"{CHILD.replace('child', 'parent')}:live"
    )
    (route,) = alias["routingConfiguration"]
    live = shop.client("prod").describe_state_machine(
        stateMachineArn=route["stateMachineVersionArn"]
    )
    assert f"{CHILD}:4" in live["definition"]
    assert verify(shop.workspace()).problems == ()
    (there,) = status(shop.workspace(), environment="prod", closer=True)
    assert there.state == "in-sync"


@pytest.mark.parametrize("status", ["RUNNING", "ABORTED"])
def test_an_execution_without_a_version_keeps_what_it_may_start(
    tmp_path: Path, status: str
) -> None:
    """It runs on an old definition of $LATEST, which is pinned to a child that goes otherwise."""
    shop = make_shop(tmp_path / "shop", config=f'{CONFIG}pins = "required"\n', workflows={})
    _start(shop, CHILD)
    for number in range(1, 3):
        shop.commit(child=f"content {number}")
        shop.publish(f"1.{number}.0")
    parent = CHILD.replace("child", "parent")
    version = {"stateMachineVersionArn": f"{parent}:1"}

    def executions(request: dict[str, Any], **more: Any) -> dict[str, Any]:
        if (request["stateMachineArn"], request.get("statusFilter")) != (parent, status):
            return {"executions": []}
        return {"executions": [{"name": "run", "status": status, "stopDate": PAST, **more}]}

    def plan(**more: Any) -> PrunePlan:
        client = Answering(
            shop.client("prod"), list_executions=lambda request: executions(request, **more)
        )
        return plan_prune(replace(shop, clock=Clock(PAST)).using(client).workspace(), keep=1)

    assert "run" in kept(plan())["child:1"]
    assert "was started without a version" in kept(plan())["child:1"]
    assert [str(version) for version in plan().deleted] == ["parent:1"]
    assert [str(version) for version in plan(**version).deleted] == ["child:1", "parent:1"]


def test_times_are_by_the_clock_of_aws() -> None:
    """A fast clock here lets no version go early."""
    site: Any = SimpleNamespace(
        runtime=SimpleNamespace(now=lambda: PAST + timedelta(days=15)),
        aws=SimpleNamespace(clock_skew=SimpleNamespace(ahead=timedelta(days=15))),
    )
    assert aws_time(site) == PAST
    site.aws.clock_skew.ahead = None
    assert aws_time(site) == PAST + timedelta(days=15)


def test_executions_and_aliases_of_others_keep_versions(shop: Shop) -> None:
    """A running one, a redrivable one, an alias that isn't ours, and a version made by hand."""
    client = shop.client("prod")
    client.create_state_machine_alias(
        name="beta", routingConfiguration=[{"stateMachineVersionArn": f"{CHILD}:1", "weight": 100}]
    )
    client.update_state_machine(
        stateMachineArn=CHILD,
        definition=json.dumps(
            {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": True}}}
        ),
        publish=True,
    )
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    ends = {"2": ("FAILED", moment), "3": ("RUNNING", None), "4": ("ABORTED", moment)}

    def executions(request: dict[str, Any]) -> dict[str, Any]:
        number = request["stateMachineArn"].rpartition(":")[2]
        state, stopped = ends.get(number, ("SUCCEEDED", moment))
        item = {"name": "run", "status": state, "stopDate": stopped}
        many = number == "4"  # so many that they are listed by status
        if many and request.get("statusFilter", state) != state:
            return {"executions": []}
        more = {"nextToken": "x"} if many and "statusFilter" not in request else {}
        return {"executions": [item], **more}

    shop.clock = Clock(moment + timedelta(days=13))
    found = kept(
        plan_prune(
            replace(shop).using(Answering(client, list_executions=executions)).workspace(), keep=1
        )
    )
    assert found["child:1"] == "the alias beta routes to it"
    assert found["child:2"] == (
        "the execution run failed and can be redriven until 2030-01-15T00:00:00Z"
    )
    assert found["child:3"] == "the execution run is running"
    assert found["child:4"].startswith("the execution run was stopped and can be redriven")
    assert found["child:7"] == "no deployment in the ledger made it"
    shop.clock = Clock(moment + timedelta(days=14, seconds=1))
    later = plan_prune(
        shop.using(Answering(client, list_executions=executions)).workspace(), keep=1
    )
    assert [str(version) for version in later.deleted] == ["child:2", "child:4"]


def test_executions_that_cant_be_listed_keep_their_version(shop: Shop) -> None:
    """A missing permission is a reason to keep, and not an error."""

    def deny(_: Any) -> Any:
        raise refusal("AccessDeniedException", "ListExecutions")

    client = Answering(shop.client("prod"), list_executions=deny)
    plan = plan_prune(shop.using(client).workspace(), keep=1)
    assert plan.deleted == ()
    assert "can't be listed: AWS denied states:ListExecutions" in kept(plan)["child:1"]


def test_express_versions_wait_until_callers_are_gone(tmp_path: Path) -> None:
    """Their executions can't be listed: nothing goes for ten minutes after callers were moved."""
    made = make_shop(tmp_path / "shop", config=CONFIG, workflows={"child": "x"})
    shop = account(Shop(made.root, clock=Clock(PAST)), aws_time=PAST.timestamp)
    for number in (1, 2):
        shop.write(
            "workflows/child.py",
            "import sfn_release as sfn\n"
            f"w = sfn.Workflow()\nw.start_from(sfn.Pass(id='Only', result={number})).end()\n"
            "m = sfn.StateMachine(name='child', workflow=w)\nm.set_type_as_express()\n",
        )
        (shop.root / "workflows" / "child.asl.json").unlink(missing_ok=True)
        shop.commit()
        shop.publish(f"1.{number}.0")
    assert (
        "it is EXPRESS, and callers were moved"
        in kept(plan_prune(shop.workspace(), keep=1))["child:1"]
    )
    shop.clock.forward(minutes=11)
    assert [str(version) for version in run(shop).deleted] == ["child:1"]


def test_a_conflict_keeps_a_version_and_the_others_go(shop: Shop) -> None:
    """An alias that routes to it meanwhile: AWS refuses, with the reason in the result."""
    client = shop.client("prod")

    def move(_: PrunePlan) -> None:
        client.create_state_machine_alias(
            name="hotfix",
            routingConfiguration=[{"stateMachineVersionArn": f"{CHILD}:2", "weight": 100}],
        )

    result = run(shop, confirm=move)
    assert [str(version) for version in result.deleted] == [f"child:{n}" for n in (1, 3, 4)]
    assert "ConflictException" in kept(result)["child:2"]
    assert result.error is None


def test_a_deployment_stops_it(shop: Shop) -> None:
    """One that began while you were asked: the rest stays, and the command fails."""

    def begin(_: PrunePlan) -> None:
        shop.rollback(environment="prod")

    result = run(shop, confirm=begin)
    assert result.deleted == ()
    assert result.error is not None
    assert result.error.code == "E_CONFLICT"
    assert "A deployment to prod began" in kept(result)["child:1"]


def test_it_waits_for_a_running_deployment(shop: Shop) -> None:
    """One that holds the lock, one that died, and one that failed, whose versions it keeps."""
    shop.commit(child="content 7")
    client = shop.client("prod")
    dying = shop.using(Faulty(client, At("child.UpdateStateMachineAlias", KILLED)))
    with pytest.raises(KilledError):
        dying.publish("1.7.0")
    with refused("E_CONFLICT", "never ended"):
        run(shop)
    with refused("E_LOCKED", "is being deployed to"):
        run(replace(shop, process=shop.process + 1, actor="bob", root=_elsewhere(shop)))


def _elsewhere(shop: Shop) -> Path:
    """Return a copy of the clone without the notes of running deployments."""
    copy = shop.root.parent / "elsewhere"
    shutil.copytree(shop.root, copy)
    shutil.rmtree(copy / ".git" / "sfn-release", ignore_errors=True)
    return copy


def test_what_a_failed_deployment_left_is_kept(shop: Shop) -> None:
    """The version that it published, until the next success: it may be resumed."""
    shop.commit(child="content 7")
    client = shop.client("prod")
    with refused("E_ACCESS"):
        shop.using(Faulty(client, At("child.UpdateStateMachineAlias", DENIED))).publish("1.7.0")
    found = kept(plan_prune(shop.workspace(), keep=1))
    assert found["child:7"] == "a deployment that didn't finish published it or needs it"


CALLS = (
    "child.DescribeStateMachine",
    "child.ListTagsForResource",
    "child.DescribeStateMachineAlias",
    "child.ListStateMachineAliases",
    "child.ListStateMachineVersions",
    "child.ListExecutions",
    "child.DeleteStateMachineVersion",
    "child.DeleteStateMachineVersion.3",
)


@pytest.mark.parametrize("call", CALLS)
def test_every_call_may_fail(shop: Shop, call: str) -> None:
    """A fault ends in one error or a reason to keep, and the next run finishes the work."""
    client = shop.client("prod")
    for fault in FAULTS:
        faulty = Faulty(client, At(call, fault))
        found = _outcome(shop.using(faulty))
        assert call in faulty.calls
        if isinstance(found, SfnReleaseError):
            assert found.code in {"E_AWS", "E_ACCESS", "E_NETWORK"}
            assert not any("DeleteStateMachineVersion" in name for name in faulty.calls)
        else:
            assert (found.error is not None) == ("Delete" in call)
            assert "Delete" not in call or len(found.deleted) in {0, 2}
            if "Delete" not in call or found.deleted:
                break
    run(shop)
    assert shop.versions("child", "prod") == LEFT


def _outcome(shop: Shop) -> Pruned | SfnReleaseError:
    try:
        return run(shop)
    except SfnReleaseError as error:
        return error


def test_an_interruption_reports_what_was_deleted(shop: Shop) -> None:
    """Ctrl-C between two deletions."""
    count = 0

    def interrupt(_: Any) -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt

    client = Answering(shop.client("prod"), delete_state_machine_version=interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(shop.using(client))
    assert "interrupted: deleted 2 state machine versions of 4" in shop.watcher.said


def test_bad_input_and_empty_environments(shop: Shop) -> None:
    """Keeping nothing isn't possible, and nothing is live in `local`."""
    with refused("E_USAGE", "--keep is 0"):
        run(shop, keep=0)
    with refused("E_NOT_FOUND", "Nothing is live in local"):
        run(shop, environment="local")


def test_with_a_remote(tmp_path: Path) -> None:
    """The ledger on the remote decides."""
    made = make_shop(tmp_path / "shop", config=CONFIG.replace('remote = ""\n', ""))
    shop = account(Shop(made.root, clock=Clock(PAST)))
    add_remote(shop)
    for number in (1, 2):
        shop.commit(hello=number)
        shop.publish(f"1.{number}.0")
    assert [str(version) for version in run(shop).deleted] == ["hello:1"]


def test_a_hidden_definition_names_nothing(shop: Shop) -> None:
    """A definition that AWS hides, or that isn't JSON, is searched as text."""

    def hidden(request: dict[str, Any]) -> dict[str, Any]:
        return {"definition": f"not JSON {CHILD}:3", "revisionId": "r", **request}

    client = Answering(shop.client("prod"), describe_state_machine=hidden)
    found = version_content(client, f"{CHILD}:1", use="", now=PAST)
    assert found is not None
    assert found.mentions == {f"{CHILD}:3"}


NEEDED = {
    "RUNNING": True,
    "PENDING_REDRIVE": True,
    "FAILED": True,
    "ABORTED": True,
    "TIMED_OUT": True,
    "SUCCEEDED": False,
}


@pytest.mark.parametrize("state", NEEDED)
@pytest.mark.parametrize("many", [False, True])
def test_every_status_of_an_execution(state: str, many: bool) -> None:
    """Open and redrivable ones keep a version, in one page or listed by status."""

    class Listing:
        """A client with one execution, perhaps behind more than a page of others."""

        def describe_state_machine(self, **_: Any) -> dict[str, Any]:
            return {"definition": "{}", "revisionId": "r"}

        def list_executions(self, **request: Any) -> dict[str, Any]:
            if many and "statusFilter" not in request:
                return {"executions": [], "nextToken": "x"}
            if request.get("statusFilter", state) != state:
                return {"executions": []}
            return {"executions": [{"name": "run", "status": state, "stopDate": PAST}]}

    client: Any = Listing()
    found = version_content(client, f"{CHILD}:1", use=None, now=PAST)
    assert found is not None
    assert bool(found.use) == NEEDED[state]


def test_a_release_that_was_live_twice_counts_once(shop: Shop) -> None:
    """Two releases are kept, though the last three deployments were of these two."""
    shop.rollback("1.5.0", "prod")
    shop.deploy("1.6.0", "prod")
    shop.rollback("1.5.0", "prod")
    plan = plan_prune(shop.workspace(), keep=3)
    assert [str(version) for version in plan.deleted] == [f"child:{n}" for n in (1, 2, 3)]


def test_a_machine_of_another_owner_is_left_alone(shop: Shop) -> None:
    """Its tags name another project: no version of it is deleted."""
    tags = [{"key": "sfn-release:project", "value": "depot"}]
    shop.client("prod").tag_resource(resourceArn=CHILD, tags=tags)
    plan = plan_prune(shop.workspace(), keep=1)
    assert plan.deleted == ()
    assert "does not belong to prod of shop" in kept(plan)["child:1"]


def test_pins_that_a_rollback_publishes_again() -> None:
    """Only to workflows of the same release, and only where the author wrote no version."""

    def served(name: str, **more: Any) -> Any:
        arn = CHILD.replace("child", name)
        return SimpleNamespace(**{"state_machine_arn": arn, "retained": False, "pins": {}, **more})

    gone, other = (f"{CHILD.replace('child', name)}:1" for name in ("gone", "elsewhere"))
    pins = {CHILD: f"{CHILD}:1", f"{CHILD}:2": f"{CHILD}:2", gone[:-2]: gone, other[:-2]: other}
    workflows = {
        "parent": served("parent", pins=pins),
        "child": served("child"),
        "gone": served("gone", retained=True),
    }
    serving: Any = SimpleNamespace(workflows=workflows)
    assert published_again(serving, "parent") == {f"{CHILD}:1"}
