"""Deploying, rolling back and deleting: their changes, and their refusals."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import AwsError, NotFoundError
from sfn_release.operations.proof.environment_proof import prove
from sfn_release.operations.proof.links import first_broken
from sfn_release.operations.verbs.delete import delete, plan_deletion
from sfn_release.operations.verbs.execute import execute
from sfn_release.operations.verbs.plan import plan_version
from sfn_release.operations.verbs.status import status
from sfn_release.plan.steps import TagStateMachine
from support.errors import refused
from support.shop import ALONE, PROD, ROLE, Shop, copy_shop
from support.values import definition

rollback_verb = importlib.import_module("sfn_release.operations.verbs.rollback")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone whose workflow has a parameter."""
    shop = copy_shop(tmp_path)
    shop.write("releases.toml", ALONE)
    shop.commit(hello="one ${Who}")
    return shop


def parameter(shop: Shop, who: str) -> None:
    """Set the parameter Who of every environment to *who*."""
    config = (shop.root / "releases.toml").read_text()
    shop.write("releases.toml", config.replace('"Alice"', f'"{who}"'))
    shop.commit()


def changes(record: Any) -> dict[str, str]:
    assert record is not None
    return {name: outcome.change for name, outcome in record.workflows.items()}


class Refusing:
    """A Step Functions client that is denied all operations that begin with *denied*."""

    def __init__(self, client: Any, denied: str) -> None:
        self._client = client
        self._denied = denied

    def __getattr__(self, name: str) -> Any:
        return refuse if name.startswith(self._denied) else getattr(self._client, name)


def refuse(**_: Any) -> Any:
    raise AwsError("Refused.")


# Rollback


def test_a_rollback_sends_what_ran_here(shop: Shop) -> None:
    """The bytes that were recorded, though parameters have changed since."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two ${Who}")
    parameter(shop, "Bob")
    shop.publish("1.1.0", "prod")
    assert shop.live("hello", "prod") == ("two Bob", "two Bob")
    record = shop.rollback(environment="prod")
    assert changes(record) == {"hello": "repointed"}
    assert shop.live("hello", "prod") == ("one Alice", "one Alice")


def test_a_rollback_can_be_rendered_anew(shop: Shop) -> None:
    """--rerender fills the old definition with today's parameters."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two ${Who}")
    parameter(shop, "Bob")
    shop.publish("1.1.0", "prod")
    assert changes(shop.rollback(environment="prod", rerender=True)) == {"hello": "updated"}
    assert shop.live("hello", "prod") == ("one Bob", "one Bob")
    # It is now the form that ran here last as 1.0.0.
    shop.deploy("1.1.0", "prod")
    shop.rollback(environment="prod")
    assert shop.live("hello", "prod") == ("one Bob", "one Bob")


def test_a_rollback_only_goes_back(shop: Shop) -> None:
    """A release that never ran in an environment is deployed, under the policies, or not at all."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two ${Who}")
    shop.publish("1.1.0", "local")
    refs = shop.refs()
    words = ("Rollbacks skip policies", "sfn-release deploy 1.1.0 --env prod")
    with refused("E_NOT_FOUND", "1.1.0 was never live in prod", *words):
        shop.rollback("1.1.0", "prod")
    with refused("E_NOT_FOUND", "1.1.0 was never live in prod"):
        shop.rollback("1.1.0", "prod", rerender=True)
    assert shop.refs() == refs
    assert shop.live("hello", "prod") == ("one Alice", "one Alice")


def test_a_rollback_knows_content_by_its_digest(shop: Shop) -> None:
    """A version that never ran here goes back when its very content did, as it was sent then."""
    shop.publish("1.0.0", "prod")
    shop.publish("1.0.1", deploy=False)
    shop.commit(hello="two ${Who}")
    shop.publish("1.1.0", "prod")
    parameter(shop, "Bob")
    shop.rollback("1.0.1", "prod")
    assert shop.live("hello", "prod") == ("one Alice", "one Alice")
    shop.rollback(environment="prod")
    assert shop.live("hello", "prod") == ("two Alice", "two Alice")


def test_an_attempt_that_failed_did_not_run(shop: Shop) -> None:
    """A rollback to it is refused: only a success lets a release in."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two ${Who}")
    client = shop.client("prod")
    shop.clients["prod"] = Refusing(client, "update_state_machine_alias")
    with refused("E_AWS"):
        shop.publish("1.1.0", "prod")
    shop.clients["prod"] = client
    with refused("E_NOT_FOUND", "1.1.0 was never live in prod"):
        shop.rollback("1.1.0", "prod")


def test_an_unfinished_rollback_to_what_never_ran_is_not_finished(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older versions of the tool could start one: the served release is restored."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two ${Who}")
    shop.publish("1.1.0", deploy=False)
    client = shop.client("prod")
    shop.clients["prod"] = Refusing(client, "update_state_machine_alias")
    with monkeypatch.context() as patch, refused("E_AWS"):
        patch.setattr(rollback_verb, "_last_ran", lambda *_: shop.git("rev-parse", PROD))
        shop.rollback("1.1.0", "prod")
    shop.clients["prod"] = client
    shop.rollback(environment="prod")
    assert shop.serving("prod").version == "1.0.0"
    assert shop.live("hello", "prod") == ("one Alice", "one Alice")


def test_what_ran_here_is_remembered_though_it_was_deleted(shop: Shop) -> None:
    """Deleting a workflow of a version does not forget how that version was sent."""
    shop.commit(other="x ${Who}")
    shop.publish("1.0.0", "prod")
    delete(shop.workspace(), "other", environment="prod")
    parameter(shop, "Bob")
    shop.commit(hello="two ${Who}")
    shop.publish("1.1.0", "prod")
    shop.rollback("1.0.0", "prod")
    assert shop.live("hello", "prod") == ("one Alice", "one Alice")
    assert shop.live("other", "prod") == ("x Alice", "x Alice")


def test_a_version_that_aws_lost_is_published_again(shop: Shop) -> None:
    """Byte for byte, from the ledger alone, without the old commit's Python."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:1")
    assert changes(shop.rollback(environment="prod")) == {"hello": "updated"}
    assert shop.live("hello", "prod") == ("one Alice", "one Alice")
    assert shop.versions("hello", "prod") == [3, 2]


def test_a_machine_that_aws_lost_is_created_again(shop: Shop) -> None:
    """The machine gets its alias and tags again; the record has the new version."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    shop.client("prod").delete_state_machine(stateMachineArn=shop.arn("hello", "prod"))
    assert changes(shop.rollback(environment="prod")) == {"hello": "created"}
    assert shop.live("hello", "prod") == ("one Alice", "one Alice")
    assert status(shop.workspace(), environment="prod")[0].state == "in-sync"


def test_there_may_be_nothing_to_go_back_to(shop: Shop) -> None:
    """Rolling back fails both before the first deployment and after it."""
    with refused("E_NOT_FOUND", "Nothing was ever deployed to prod"):
        shop.rollback(environment="prod")
    shop.publish("1.0.0", "prod")
    with refused("E_NOT_FOUND", "There is no release before 1.0.0", "sfn-release deploy"):
        shop.rollback(environment="prod")
    with refused("E_NOT_FOUND", "There is no release 0.9.0", "The releases are: 1.0.0"):
        shop.rollback("0.9.0", "prod")


def test_a_rollback_to_what_is_live_does_nothing(shop: Shop) -> None:
    """The ledger gets no record either."""
    shop.publish("1.0.0", "prod")
    refs = shop.refs()
    assert shop.rollback("1.0.0", "prod") is None
    assert shop.refs() == refs


def test_a_rollback_says_from_where_and_why(shop: Shop) -> None:
    """The record has the version that was live before and the given reason."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    record = shop.rollback(environment="prod", reason="orders fail")
    assert record is not None
    assert (record.action, record.version, record.from_version, record.reason) == (
        *("rollback", "1.0.0", "1.1.0", "orders fail"),
    )
    assert (record.account, record.region) == ("000000000000", "eu-west-1")
    outcome = record.workflows["hello"]
    arn = shop.arn("hello", "prod")
    assert (outcome.state_machine_arn, outcome.version_arn, outcome.previous_version_arn) == (
        *(arn, f"{arn}:1", f"{arn}:2"),
    )


# Deploying


def test_new_parameters_are_deployed_under_the_same_version(shop: Shop) -> None:
    """The release stays the same and its rendered form changes; the rollback stack doesn't grow."""
    shop.publish("1.0.0", "prod")
    parameter(shop, "Bob")
    assert changes(shop.deploy("1.0.0", "prod")) == {"hello": "updated"}
    assert shop.live("hello", "prod") == ("one Bob", "one Bob")
    assert shop.serving("prod").below is None


def test_drift_is_put_right_by_deploying_again(shop: Shop) -> None:
    """`status` reports a moved alias and an edited $LATEST, and `deploy` repairs both."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    client.update_state_machine_alias(
        stateMachineAliasArn=f"{arn}:live",
        routingConfiguration=[{"stateMachineVersionArn": f"{arn}:1", "weight": 100}],
    )
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition("hacked")))
    (found,) = status(shop.workspace(), environment="prod")
    assert (found.state, found.workflows[0].state) == ("drifted", "drifted")
    told = " ".join(found.workflows[0].differences)
    assert "$LATEST is" in told
    assert "points at :1, the record says :2" in told
    assert changes(shop.deploy("1.1.0", "prod")) == {"hello": "repointed"}
    assert shop.live("hello", "prod") == ("two", "two")
    assert status(shop.workspace(), environment="prod")[0].state == "in-sync"


def test_without_an_alias_callers_get_the_machine_itself(shop: Shop) -> None:
    """Versions are still published, so that you can roll back."""
    config = (shop.root / "releases.toml").read_text()
    shop.write(
        "releases.toml",
        config.replace("[environments.prod]\n", '[environments.prod]\nalias = ""\n'),
    )
    shop.commit()
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    shop.rollback(environment="prod")
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    live = json.loads(client.describe_state_machine(stateMachineArn=arn)["definition"])
    assert live == definition("one Alice")
    assert shop.versions("hello", "prod") == [2, 1]
    assert shop.serving("prod").workflows["hello"].version_arn == f"{arn}:1"
    assert [plan.workflows[0].notes for plan in shop.watcher.plans] == [
        ("hello has no alias: its callers get the change immediately",)
    ] * 3
    assert execute(shop.workspace(), "hello", environment="prod").output == "one Alice"
    assert status(shop.workspace(), environment="prod")[0].state == "in-sync"


def test_a_workflow_that_left_the_release_stays_until_it_is_deleted(shop: Shop) -> None:
    """It stays in AWS, in the plan, in status and in every later record."""
    shop.commit(old="x")
    shop.publish("1.0.0", "prod")
    (shop.root / "workflows/old.asl.json").unlink()
    shop.commit(hello="two")
    (record,) = shop.publish("1.1.0", "prod").deployments
    assert changes(record) == {"hello": "updated", "old": "retained"}
    shop.commit(hello="three")
    (record,) = shop.publish("1.2.0", "prod").deployments
    assert changes(record) == {"hello": "updated", "old": "retained"}
    assert shop.live("old", "prod") == ("x", "x")
    states = {
        workflow.name: workflow.state
        for workflow in status(shop.workspace(), environment="prod")[0].workflows
    }
    assert states == {"hello": "in-sync", "old": "retained"}
    assert execute(shop.workspace(), "old", environment="prod").output == "x"
    shop.rollback("1.0.0", "prod")
    assert not shop.serving("prod").workflows["old"].retained
    shop.deploy("1.2.0", "prod")
    gone = delete(shop.workspace(), "old", environment="prod")
    assert changes(gone) == {"old": "deleted"}
    assert list(shop.serving("prod").workflows) == ["hello"]
    (record,) = shop.publish("1.2.1", "prod").deployments
    assert changes(record) == {"hello": "unchanged"}


def test_a_deleted_workflow_comes_back_with_its_release(shop: Shop) -> None:
    """Its releases stay; nothing of the ledger is deleted."""
    shop.publish("1.0.0", "prod")
    delete(shop.workspace(), "hello", environment="prod")
    with refused("E_NOT_FOUND", "No workflow 'hello' is live in prod"):
        plan_deletion(shop.workspace(), "hello", environment="prod")
    assert changes(shop.deploy("1.0.0", "prod")) == {"hello": "created"}
    assert shop.live("hello", "prod") == ("one Alice", "one Alice")


@pytest.mark.parametrize("project", ["other", None], ids=["adopted by another", "untagged"])
def test_a_machine_that_is_not_ours_any_more_is_not_deleted(
    shop: Shop, project: str | None
) -> None:
    """Another project has taken it over, or our tags were removed."""
    shop.publish("1.0.0", "prod")
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    if project:
        tags = [{"key": "sfn-release:project", "value": project}]
        client.tag_resource(resourceArn=arn, tags=tags)
    else:
        client.untag_resource(resourceArn=arn, tagKeys=["sfn-release:project"])
    with refused("E_NOT_OURS", "hello"):
        delete(shop.workspace(), "hello", environment="prod")
    assert shop.live("hello", "prod") == ("one Alice", "one Alice")


def test_a_machine_that_is_gone_can_be_deleted_from_the_record(shop: Shop) -> None:
    """AWS accepts the deletion of a missing machine; the ledger then records it."""
    shop.publish("1.0.0", "prod")
    shop.client("prod").delete_state_machine(stateMachineArn=shop.arn("hello", "prod"))
    assert changes(delete(shop.workspace(), "hello", environment="prod")) == {"hello": "deleted"}
    assert shop.serving("prod").workflows == {}


def test_status_compares_the_tags_that_name_what_is_served(shop: Shop) -> None:
    """After a rollback they name the restored release; a misleading tag is drift."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    shop.rollback(environment="prod")
    (there,) = status(shop.workspace(), environment="prod", closer=True)
    assert there.state == "in-sync"
    tags = [{"key": "sfn-release:version", "value": "1.1.0"}]
    shop.client("prod").tag_resource(resourceArn=shop.arn("hello", "prod"), tags=tags)
    (there,) = status(shop.workspace(), environment="prod", closer=True)
    told = "the tag sfn-release:version is 1.1.0, the record says 1.0.0"
    assert [workflow.differences for workflow in there.workflows] == [(told,)]


# Whose machine it is


def test_a_machine_that_another_ledger_deploys_is_left_alone(shop: Shop, tmp_path: Path) -> None:
    """Two clones without a common ledger, one AWS account."""
    shop.publish("1.0.0", "prod")
    other = copy_shop(tmp_path, "other")
    other.clients = shop.clients
    other.write("releases.toml", ALONE)
    other.commit(hello="theirs")
    with refused("E_CONFLICT", "Another ledger deploys to hello", "--adopt"):
        other.publish("2.0.0", "prod")
    other.publish("2.0.0", "prod", adopt=True)
    assert shop.live("hello", "prod") == ("theirs", "theirs")
    with refused("E_CONFLICT", "Another ledger deploys to hello"):
        shop.deploy("1.0.0", "prod")
    advised = "sfn-release deploy 1.0.0 --env prod --adopt"
    (seen,) = status(shop.workspace(), environment="prod")
    assert [step.partition(":  ")[2] for step in seen.next_steps] == [advised]
    (proof,) = prove(shop.workspace(), ["prod"]).environments
    assert first_broken(proof.links)["hello"].fix.endswith(f":  {advised}")
    shop.deploy("1.0.0", "prod", adopt=True)
    assert shop.live("hello", "prod") == ("one Alice", "one Alice")


def test_a_machine_of_somebody_is_adopted_on_request(shop: Shop) -> None:
    """A machine made by StateMachine.deploy, for example, keeps its own tags."""
    client = shop.client("prod")
    tags = [{"key": "Creator", "value": "alice@example.com"}]
    text = json.dumps(definition("page"))
    client.create_state_machine(name="hello", definition=text, roleArn=ROLE, tags=tags)
    with refused("E_NOT_OURS", "hello", "no tags of sfn-release", "--adopt"):
        shop.publish("1.0.0", "prod")
    shop.publish("1.0.0", "prod", adopt=True)
    arn = shop.arn("hello", "prod")
    found = {tag["key"] for tag in client.list_tags_for_resource(resourceArn=arn)["tags"]}
    assert found == {
        "Creator",
        *(
            f"sfn-release:{key}"
            for key in ("project", "environment", "version", "commit", "digest")
        ),
    }


def test_a_plan_changes_nothing(shop: Shop) -> None:
    """Git and AWS stay the same, for a plan of a release and of the work tree."""
    shop.publish("1.0.0", "prod")
    shop.workflow("hello", "edited")
    refs = shop.refs()
    assert plan_version(shop.workspace(), "1.0.0", environment="prod").steps == ()
    shop.git("checkout", "--quiet", "releases.toml")
    steps = plan_version(shop.workspace(), environment="prod").to_json()["steps"]
    assert [step["action"] for step in steps] == ["update", "publish", "point-alias", "tag"]
    assert shop.refs() == refs
    assert shop.live("hello", "prod") == ("one Alice", "one Alice")


@pytest.mark.parametrize("count", [20])
def test_many_workflows_are_one_deployment(shop: Shop, count: int) -> None:
    """All are prepared before the first alias moves; only changed workflows are written."""
    names = [f"w{number:02}" for number in range(count)]
    shop.commit(**dict.fromkeys(names, "x"))
    shop.publish("1.0.0", "prod")
    shop.commit(w03="y", w11="y")
    (record,) = shop.publish("1.1.0", "prod").deployments
    updated = {name for name, change in changes(record).items() if change == "updated"}
    assert updated == {"w03", "w11"}
    shop.watcher.steps.clear()
    shop.rollback(environment="prod")
    changed = [step for step in shop.watcher.steps if not isinstance(step, TagStateMachine)]
    assert {step.workflow for step in changed} == {"w03", "w11"}
    assert shop.versions("w03", "prod") == [2, 1]


def test_a_workflow_can_get_another_machine_and_its_former_one_back(shop: Shop) -> None:
    """Another `name` makes another machine, and versions always belong to one machine."""
    config = (shop.root / "releases.toml").read_text()
    head = "[environments.prod]\n"
    renamed = config.replace(head, f'{head}name = "{{workflow}}-new"\n')
    shop.publish("1.0.0", "prod")
    for text, name, change in (
        (renamed, "hello-new", "created"),
        (config, "hello", "unchanged"),
        (renamed, "hello-new", "unchanged"),
    ):
        shop.write("releases.toml", text)
        shop.commit()
        assert changes(shop.deploy("1.0.0", "prod")) == {"hello": change}
        assert shop.live(name, "prod") == ("one Alice", "one Alice")
        assert shop.serving("prod").workflows["hello"].version_arn == f"{shop.arn(name, 'prod')}:1"


def test_an_equal_version_that_somebody_pointed_at_is_recorded(shop: Shop) -> None:
    """AWS doesn't change, the record does: `status` is in sync again."""
    shop.publish("1.0.0", "prod")
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    for content in ("x", "one Alice"):
        client.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition(content)))
    version = client.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    client.update_state_machine_alias(
        stateMachineAliasArn=f"{arn}:live",
        routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}],
    )
    assert status(shop.workspace(), environment="prod")[0].state == "drifted"
    assert changes(shop.deploy("1.0.0", "prod")) == {"hello": "unchanged"}
    assert status(shop.workspace(), environment="prod")[0].state == "in-sync"
    assert shop.deploy("1.0.0", "prod") is None


def test_what_an_unfinished_attempt_has_created_is_kept_in_mind(shop: Shop) -> None:
    """A rollback past it keeps its machines as retained, so that `delete` can name them."""
    shop.publish("1.0.0", "prod")
    shop.commit(extra="x")
    client = shop.client("prod")
    shop.clients["prod"] = Refusing(client, "create_state_machine_alias")
    with pytest.raises(AwsError):
        shop.publish("1.1.0", "prod")
    shop.clients["prod"] = client
    record = shop.rollback(None, "prod")
    assert changes(record) == {"hello": "unchanged", "extra": "retained"}
    found = status(shop.workspace(), environment="prod")[0]
    assert [(workflow.name, workflow.state) for workflow in found.workflows] == [
        ("extra", "retained"),
        ("hello", "in-sync"),
    ]
    assert changes(delete(shop.workspace(), "extra", environment="prod")) == {"extra": "deleted"}
    assert [machine["name"] for machine in client.list_state_machines()["stateMachines"]] == [
        "hello"
    ]


def test_an_execution_names_the_release_that_its_workflow_is_of(shop: Shop) -> None:
    """A retained workflow belongs to an earlier release than the served one."""
    shop.commit(old="x")
    shop.publish("1.0.0", "prod")
    (shop.root / "workflows/old.asl.json").unlink()
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    assert execute(shop.workspace(), "old", environment="prod").version == "1.0.0"
    with pytest.raises(NotFoundError, match=r"1\.1\.0 has no workflow 'old'"):
        execute(shop.workspace(), "old", environment="prod", version="1.1.0")
    with pytest.raises(NotFoundError, match=r"There is no release 9\.9\.9"):
        execute(shop.workspace(), "old", environment="prod", version="9.9.9")


def test_a_rollback_that_failed_is_finished_by_the_same_command(shop: Shop) -> None:
    """A bare rollback after a failed one goes where that one went, not back to the bad release."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    client = shop.client("prod")
    shop.clients["prod"] = Refusing(client, "update_state_machine")
    with pytest.raises(AwsError):
        shop.rollback(None, "prod")
    shop.clients["prod"] = client
    record = shop.rollback(None, "prod")
    assert record is not None
    assert record.version == "1.0.0"


def test_content_that_comes_back_under_another_version_needs_no_new_aws_version(
    shop: Shop,
) -> None:
    """One state machine version serves every release of equal content."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    shop.rollback("1.0.0", "prod")
    (record,) = shop.publish("1.2.0", "prod").deployments
    assert changes(record) == {"hello": "repointed"}
    assert str(record.workflows["hello"].version_arn).endswith(":2")


def test_an_unknown_version_is_answered_with_the_nearest(shop: Shop) -> None:
    """With one release, the list of releases says it already."""
    shop.release("1.0.0", hello="Hello Alice")
    with pytest.raises(NotFoundError, match=r"The releases are: 1\.0\.0\.") as caught:
        shop.deploy("1.5.0", "local")
    assert caught.value.fix == ""
    shop.release("2.0.0", hello="Hello Bob")
    with pytest.raises(NotFoundError) as caught:
        shop.deploy("1.5.0", "local")
    assert caught.value.fix == "The nearest is 1.0.0."
