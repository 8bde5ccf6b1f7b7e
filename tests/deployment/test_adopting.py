"""Adopting a state machine: its old state is kept first, and a rollback restores it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli.output.plans import plan_lines
from sfn_release.deployment.found_release import as_literal
from sfn_release.operations.verbs.deploy import deploy
from sfn_release.operations.verbs.history import history
from sfn_release.operations.verbs.plan import plan_rollback, plan_version
from sfn_release.operations.verbs.promote import promote
from sfn_release.operations.verbs.releases import releases
from sfn_release.operations.verbs.rollback import rollback
from sfn_release.operations.verbs.status import status
from sfn_release.operations.verbs.verify import verify
from sfn_release.plan.steps import step_line
from sfn_release.project import fill
from support.errors import refused
from support.shop import ALONE, CONFIG, ROLE, Shop, add_remote, clone, copy_shop
from support.values import definition

OTHER_ROLE = "arn:aws:iam::000000000000:role/by-hand"
TEXT = json.dumps({**definition("by hand"), "Comment": "${Env} of $${x}"}).replace(": ", " :  ")
"""A definition as nobody's tool writes it, with what looks like placeholders."""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone that has released nothing; its commit has one workflow."""
    shop = copy_shop(tmp_path)
    shop.write("releases.toml", ALONE)
    shop.commit(hello="ours")
    return shop


def by_hand(shop: Shop, name: str = "hello", text: str = TEXT, **members: Any) -> str:
    """Create a state machine as another tool would; return its ARN."""
    tags = [{"key": "Creator", "value": "alice"}]
    request: dict[str, Any] = {"roleArn": OTHER_ROLE, "tags": tags, **members}
    answer = shop.client("prod").create_state_machine(name=name, definition=text, **request)
    return str(answer["stateMachineArn"])


def seen(shop: Shop, arn: str) -> dict[str, Any]:
    """Return the content of a state machine in AWS, and its routing."""
    client = shop.client("prod")
    found = client.describe_state_machine(stateMachineArn=arn)
    members = ("definition", "roleArn", "type", "loggingConfiguration", "tracingConfiguration")
    return {name: found.get(name) for name in members}


def route(shop: Shop, arn: str, routing: dict[str, int], *, create: bool = True) -> None:
    """Create the alias `live`, or point it elsewhere."""
    routes = [
        {"stateMachineVersionArn": route, "weight": weight} for route, weight in routing.items()
    ]
    client = shop.client("prod")
    if create:
        client.create_state_machine_alias(name="live", routingConfiguration=routes)
    else:
        client.update_state_machine_alias(
            stateMachineAliasArn=f"{arn}:live", routingConfiguration=routes
        )


def routed(shop: Shop, arn: str) -> dict[str, int]:
    """Return the routing of the alias `live`."""
    alias = shop.client("prod").describe_state_machine_alias(stateMachineAliasArn=f"{arn}:live")
    return {
        route["stateMachineVersionArn"]: route["weight"] for route in alias["routingConfiguration"]
    }


def state(shop: Shop) -> str:
    (there,) = status(shop.workspace(), environment="prod", closer=True)
    return there.state


def test_a_rollback_brings_back_what_was_found(shop: Shop) -> None:
    """Definition (with its `${` and white space), role and tags are restored without a version."""
    arn = by_hand(shop, tracingConfiguration={"enabled": True})
    before = seen(shop, arn)
    shop.publish("1.0.0", "prod", adopt=True)
    assert shop.live("hello", "prod") == ("ours", "ours")
    record = shop.rollback(environment="prod")
    assert record is not None
    assert (record.version, record.from_version) == ("0.0.0-found.1", "1.0.0")
    assert seen(shop, arn) == before
    (version,) = routed(shop, arn)
    assert seen(shop, version) == before
    assert state(shop) == "in-sync"
    tags = {
        tag["key"]: tag["value"]
        for tag in shop.client("prod").list_tags_for_resource(resourceArn=arn)["tags"]
    }
    assert tags["Creator"] == "alice"
    assert tags["sfn-release:version"] == "0.0.0-found.1"
    with refused("E_NOT_FOUND", "There is no release before 0.0.0-found.1"):
        shop.rollback(environment="prod")


def test_what_was_found_is_a_release_that_is_shown_and_never_made(shop: Shop) -> None:
    """It has no Git tag, verifies, and can't be published, deployed or promoted."""
    by_hand(shop)
    shop.publish("1.0.0", "prod", adopt=True)
    listed = {release.manifest.version: release.to_json() for release in releases(shop.workspace())}
    assert (listed["0.0.0-found.1"]["found"], listed["0.0.0-found.1"]["tag"]) == ("prod", None)
    assert shop.git("tag", "--list") == "v1.0.0"
    told = [
        (record.action, record.version) for record in history(shop.workspace(), environment="prod")
    ]
    assert told == [("publish", "1.0.0"), ("adopt", "0.0.0-found.1")]
    assert verify(shop.workspace()).problems == ()
    assert shop.serving("prod").workflows["hello"].version == "1.0.0"
    with refused("E_VERSION", "0.0.0-found.2 can't be published"):
        shop.publish("0.0.0-found.2", "prod")
    with refused("E_CONFLICT", "can't be deployed", "rollback 0.0.0-found.1"):
        deploy(shop.workspace(), "0.0.0-found.1", environment="local")
    shop.rollback(environment="prod")
    with refused("E_CONFLICT", "can't be deployed"):
        promote(shop.workspace(), source="prod", environment="local")
    assert verify(shop.workspace()).problems == ()
    with refused("E_USAGE", "--rerender"):
        rollback(shop.workspace(), "0.0.0-found.1", environment="prod", rerender=True)


def test_an_alias_that_was_there_goes_back_to_its_version(shop: Shop) -> None:
    """Its callers had version 3, and callers without it a later draft: both are back."""
    arn = by_hand(shop)
    client = shop.client("prod")
    for content in ("one", "two", "three"):
        client.update_state_machine(
            stateMachineArn=arn, definition=json.dumps(definition(content)), publish=True
        )
    client.update_state_machine(stateMachineArn=arn, definition=TEXT)
    route(shop, arn, {f"{arn}:3": 100})
    before = seen(shop, arn)
    shop.publish("1.0.0", "prod", adopt=True)
    assert shop.live("hello", "prod") == ("ours", "ours")
    shop.rollback(environment="prod")
    assert routed(shop, arn) == {f"{arn}:3": 100}
    assert seen(shop, arn) == before
    assert state(shop) == "in-sync"
    shop.deploy("1.0.0", "prod")
    assert shop.live("hello", "prod") == ("ours", "ours")


def test_an_alias_that_was_split_is_split_again(shop: Shop) -> None:
    """The split returns while both versions exist; later the larger one gets all callers."""
    arn = by_hand(shop)
    client = shop.client("prod")
    for content in ("one", "two"):
        client.update_state_machine(
            stateMachineArn=arn, definition=json.dumps(definition(content)), publish=True
        )
    split = {f"{arn}:1": 80, f"{arn}:2": 20}
    route(shop, arn, split)
    shop.publish("1.0.0", "prod", adopt=True)
    shop.rollback(environment="prod")
    assert routed(shop, arn) == split
    assert state(shop) == "in-sync"
    shop.deploy("1.0.0", "prod")
    client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")
    shop.rollback(environment="prod")
    assert routed(shop, arn) == {f"{arn}:1": 100}
    assert state(shop) == "in-sync"


def test_a_machine_that_is_adopted_later_takes_the_others_with_it(shop: Shop) -> None:
    """A rollback to the found release restores everything that was served at that moment."""
    shop.publish("1.0.0", "prod")
    arn = by_hand(shop, "second")
    before = seen(shop, arn)
    shop.commit(hello="newer", second="ours")
    shop.publish("1.1.0", "prod", adopt=True)
    assert shop.live("hello", "prod") == ("newer", "newer")
    entry = releases(shop.workspace())[-1].manifest.workflows
    assert {name: workflow.since for name, workflow in entry.items()} == {
        "hello": "1.0.0",
        "second": "0.0.0-found.1",
    }
    shop.rollback(environment="prod")
    assert shop.live("hello", "prod") == ("ours", "ours")
    assert seen(shop, arn) == before
    assert verify(shop.workspace()).problems == ()
    shop.rollback(environment="prod")
    assert shop.serving("prod").version == "1.0.0"
    assert shop.serving("prod").workflows["second"].retained


def test_every_environment_keeps_its_own(shop: Shop) -> None:
    """Found releases are numbered in order; `since` of a real release never names one."""
    by_hand(shop)
    shop.publish("1.0.0", "prod", adopt=True)
    client = shop.client("local")
    client.create_state_machine(name="hello", definition=TEXT, roleArn=OTHER_ROLE)
    shop.deploy("1.0.0", "local", adopt=True)
    found = {
        release.manifest.version: release.manifest.found for release in releases(shop.workspace())
    }
    assert found == {"1.0.0": None, "0.0.0-found.1": "prod", "0.0.0-found.2": "local"}
    with refused("E_NOT_FOUND", "0.0.0-found.1 was never live in local"):
        shop.rollback("0.0.0-found.1", "local")


def test_another_clone_brings_back_what_was_found(tmp_path: Path) -> None:
    """Through the remote, which gets no tag of it: a pushed tag would start the pipeline."""
    shop = copy_shop(tmp_path)
    shop.write("releases.toml", CONFIG)
    shop.commit(hello="ours")
    add_remote(shop)
    arn = by_hand(shop)
    before = seen(shop, arn)
    shop.publish("1.0.0", "prod", adopt=True)
    tags = [line for line in shop.git("ls-remote", "origin").splitlines() if "/tags/" in line]
    assert {line.partition("\t")[2] for line in tags} == {"refs/tags/v1.0.0", "refs/tags/v1.0.0^{}"}
    other = clone(shop)
    other.rollback(environment="prod")
    assert seen(other, arn) == before
    assert verify(other.workspace()).problems == ()


def test_a_hidden_definition_is_not_adopted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreadable definition couldn't be restored: it is refused before a version is taken."""
    by_hand(shop)
    monkeypatch.setattr("sfn_release.deployment.live_state.rendered_from", lambda *_: None)
    with refused("E_ACCESS", "hello can't be adopted", "kms:Decrypt"):
        shop.publish("1.0.0", "prod", adopt=True)
    assert shop.git("tag", "--list") == ""
    assert releases(shop.workspace()) == []


def test_the_plan_says_what_is_kept(shop: Shop) -> None:
    """It names the version of the found release, and writes nothing."""
    by_hand(shop)
    plan = plan_version(shop.workspace(), environment="prod", adopt=True)
    notes = plan.to_json()["notes"]
    assert any("rollback 0.0.0-found.1 --env prod`" in note for note in notes)
    assert releases(shop.workspace()) == []


LONE = {
    "another": {},
    "same": {"text": json.dumps(definition("ours")), "roleArn": ROLE},
    "aliased": {},
}


@pytest.mark.parametrize("there", LONE)
def test_the_plan_is_what_happens(shop: Shop, there: str) -> None:
    """The plan shows the steps that keep the old state, then the others, in their real order."""
    arn = by_hand(shop, **LONE[there])
    if there == "aliased":
        version = shop.client("prod").publish_state_machine_version(stateMachineArn=arn)
        route(shop, arn, {version["stateMachineVersionArn"]: 100})
    shop.publish("1.0.0")
    plan = plan_version(shop.workspace(), "1.0.0", environment="prod", adopt=True)
    lines = [step_line(step) for step in plan.steps]
    shown = "\n".join(plan_lines(plan, label="prod"))
    assert shown.index("keep: update tags sfn-release:*") < shown.index(
        "  update tags sfn-release:*"
    )
    shop.deploy("1.0.0", "prod", adopt=True)
    deployed, kept = history(shop.workspace(), environment="prod")
    assert kept.action == "adopt"
    before, after = list(kept.plan), list(deployed.plan)
    if there == "same":  # the version that was kept is known by its number only then
        assert before[0] == "hello: publish a state machine version"
        assert after[0].startswith("hello: ")
        assert lines[: len(before)] == before
        assert len(lines) == len(before) + len(after)
        assert not any("publish a state machine version" in line for line in after)
    else:
        assert lines == before + after


def test_what_was_found_has_no_commit(shop: Shop) -> None:
    """Records, tags in AWS and the list of releases say `found`, whatever HEAD is."""
    arn = by_hand(shop)
    shop.publish("1.0.0", "prod", adopt=True)
    shop.commit(hello="newer")
    shop.rollback(environment="prod")
    client = shop.client("prod")
    tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
    assert {"key": "sfn-release:commit", "value": "found"} in tags
    assert state(shop) == "in-sync"
    listed = {release.manifest.version: release.to_json() for release in releases(shop.workspace())}
    assert listed["0.0.0-found.1"]["commit"] == "found"
    records = history(shop.workspace(), environment="prod")
    commits = [(record.action, record.commit == "found") for record in records]
    assert commits == [("rollback", True), ("publish", False), ("adopt", True)]
    assert verify(shop.workspace()).problems == ()


def test_tags_that_aws_has_already_are_no_difference(shop: Shop) -> None:
    """A rollback to the found release doesn't add tags that stayed in place."""
    by_hand(shop)
    shop.publish("1.0.0", "prod", adopt=True)
    plan = plan_rollback(shop.workspace(), environment="prod")
    shown = [str(difference) for difference in plan.workflows[0].differences]
    assert shown
    assert not any("Creator" in line for line in shown)


def test_only_what_was_kept_is_said_to_be(shop: Shop) -> None:
    """When AWS refuses to keep the old version, no line promises that a rollback restores it."""
    by_hand(shop)
    client = shop.client("prod")

    class Refusing:
        """A client that may not publish versions."""

        def __getattr__(self, name: str) -> Any:
            if name == "publish_state_machine_version":
                return self._refuse
            return getattr(client, name)

        def _refuse(self, **_: Any) -> Any:
            raise ClientError(
                {"Error": {"Code": "AccessDeniedException", "Message": "no"}},
                "PublishStateMachineVersion",
            )

    shop.clients["prod"] = Refusing()
    with refused("E_ACCESS", "PublishStateMachineVersion"):
        shop.publish("1.0.0", "prod", adopt=True)
    assert not any("is saved as" in line for line in shop.watcher.said)
    shop.clients["prod"] = client
    shop.deploy("1.0.0", "prod", adopt=True)
    assert any("is saved as 0.0.0-found.1" in line for line in shop.watcher.said)


def test_an_adoption_that_was_interrupted_is_made_once(shop: Shop) -> None:
    """The found release exists and the machine has our tags: a retry still adopts it only once."""
    arn = by_hand(shop)
    before = seen(shop, arn)

    class Interrupted:
        """A client whose process dies when tags are written."""

        def __init__(self, client: Any) -> None:
            self._client = client

        def __getattr__(self, name: str) -> Any:
            if name == "tag_resource":
                return self._tag
            return getattr(self._client, name)

        def _tag(self, **request: Any) -> Any:
            self._client.tag_resource(**request)
            raise SystemError("the process died")

    client = shop.client("prod")
    shop.clients["prod"] = Interrupted(client)
    with pytest.raises(SystemError):
        shop.publish("1.0.0", "prod", adopt=True)
    shop.clients["prod"] = client
    shop.publish("1.0.0", "prod", adopt=True)
    versions = [release.manifest.version for release in releases(shop.workspace())]
    assert versions == ["1.0.0", "0.0.0-found.1"]
    shop.rollback(environment="prod")
    assert seen(shop, arn) == before


TEXTS = st.text(alphabet="${}xA:%")
JSONS = st.recursive(
    TEXTS | st.integers(), lambda inner: st.dictionaries(TEXTS, inner) | st.lists(inner)
)


@given(JSONS)
def test_nothing_that_was_found_is_a_placeholder(value: Any) -> None:
    """Filling the parameters of a found value returns the same value."""
    assert fill(as_literal(value), {"x": "filled", "A": "filled"}, where="test") == value
