"""`status`: how an environment differs from its last record."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import SfnReleaseError
from sfn_release.operations import WorkflowStatus, plan_version, status
from sfn_release.operations.verbs.rollback import rollback
from support.errors import refused
from support.faults import THROTTLED, At, Faulty
from support.shop import CONFIG, Shop, made_once
from support.values import definition

TAGGED = CONFIG.replace('"shop"\n', '"shop"\nremote = ""\n', 1) + 'tags = { team = "checkout" }\n'


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone with two releases, both of which were live in prod."""
    return made_once(tmp_path, "status", _make)


def _make(shop: Shop) -> None:
    shop.write("releases.toml", TAGGED)
    shop.commit(hello="one")
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")


def told(shop: Shop, *, closer: bool = True) -> WorkflowStatus:
    """Return how the one workflow of prod stands."""
    (found,) = status(shop.workspace(), environment="prod", closer=closer)
    (workflow,) = found.workflows
    assert found.state == (
        "drifted" if workflow.state not in {"in-sync", "retained"} else "in-sync"
    )
    return workflow


@dataclass(frozen=True)
class Edit:
    """A manual edit in the console, and its lines in `status`.

    *closer* means that only the thorough check finds it.
    """

    do: Callable[[Any, str], object]
    lines: tuple[str, ...]
    closer: bool = False


def _text(result: Any) -> str:
    return json.dumps(definition(result))


EDITS = {
    "the definition": Edit(
        lambda aws, arn: aws.update_state_machine(stateMachineArn=arn, definition=_text("three")),
        ("$LATEST is ", 'in $LATEST, state "Only": Result "two" → "three"'),
    ),
    "the role": Edit(
        lambda aws, arn: aws.update_state_machine(
            stateMachineArn=arn, roleArn="arn:aws:iam::000000000000:role/admin"
        ),
        ("$LATEST is ", "role is arn:aws:iam::000000000000:role/admin, the record says "),
    ),
    "logging": Edit(
        lambda aws, arn: aws.update_state_machine(
            stateMachineArn=arn,
            definition=_text("two"),
            loggingConfiguration={
                "level": "ERROR",
                "destinations": [
                    {
                        "cloudWatchLogsLogGroup": {
                            "logGroupArn": "arn:aws:logs:eu-west-1:000000000000:log-group:a:*"
                        }
                    }
                ],
            },
        ),
        ("$LATEST is ", 'logging is {"level": "ERROR"'),
    ),
    "tracing": Edit(
        lambda aws, arn: aws.update_state_machine(
            stateMachineArn=arn, definition=_text("two"), tracingConfiguration={"enabled": True}
        ),
        ("$LATEST is ", 'tracing is {"enabled": true}, the record says {"enabled": false}'),
    ),
    "encryption": Edit(
        lambda aws, arn: aws.update_state_machine(
            stateMachineArn=arn,
            definition=_text("two"),
            encryptionConfiguration={
                "type": "CUSTOMER_MANAGED_KMS_KEY",
                "kmsKeyId": "alias/other",
            },
        ),
        ("$LATEST is ", 'encryption is {"type": "CUSTOMER_MANAGED_KMS_KEY"'),
    ),
    "the alias": Edit(
        lambda aws, arn: aws.update_state_machine_alias(
            stateMachineAliasArn=f"{arn}:live",
            routingConfiguration=[{"stateMachineVersionArn": f"{arn}:1", "weight": 100}],
        ),
        ("the alias live points at :1, the record says :2 (:1 is ",),
    ),
    "the alias, deleted": Edit(
        lambda aws, arn: aws.delete_state_machine_alias(stateMachineAliasArn=f"{arn}:live"),
        ("the alias live is gone",),
    ),
    "a tag": Edit(
        lambda aws, arn: aws.tag_resource(
            resourceArn=arn, tags=[{"key": "team", "value": "growth"}]
        ),
        ("the tag team is growth, the record says checkout",),
        closer=True,
    ),
    "a tag, deleted": Edit(
        lambda aws, arn: aws.untag_resource(
            resourceArn=arn, tagKeys=["team", "sfn-release:project"]
        ),
        (
            "the tag team is gone, the record says checkout",
            "the tag sfn-release:project is gone, the record says shop",
        ),
        closer=True,
    ),
    "a version": Edit(
        lambda aws, arn: _publish(aws, arn, "console"),
        ("the state machine version :3 of 20",),
        closer=True,
    ),
}


def _publish(aws: Any, arn: str, description: str) -> None:
    """Publish another content than is live, which comes back to it."""
    aws.update_state_machine(stateMachineArn=arn, definition=_text("other"))
    aws.publish_state_machine_version(stateMachineArn=arn, description=description)
    aws.update_state_machine(stateMachineArn=arn, definition=_text("two"))


@pytest.mark.parametrize("edit", EDITS.values(), ids=list(EDITS))
def test_every_edit_is_named(edit: Edit, shop: Shop) -> None:
    """Content for callers is always checked; a thorough `status` checks tags and versions too."""
    assert told(shop).differences == ()
    edit.do(shop.client("prod"), shop.arn("hello", "prod"))
    found = told(shop)
    assert found.state == "drifted"
    assert len(found.differences) == len(edit.lines), found.differences
    pairs = zip(edit.lines, found.differences, strict=True)
    assert [line for line, text in pairs if line not in text] == []
    assert told(shop, closer=False).state == ("in-sync" if edit.closer else "drifted")


def test_a_deployment_says_what_it_overwrites(shop: Shop) -> None:
    """Its plan lists it by state and field; a rollback lists it too and goes on."""
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    client.update_state_machine(stateMachineArn=arn, definition=_text("three"))
    client.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "growth"}])
    notes = plan_version(shop.workspace(), "1.0.0", environment="prod").to_json()["notes"]
    start = notes.index("overwrites a manual change to hello:")
    assert notes[start + 2 : start + 4] == [
        '  in $LATEST, state "Only": Result "two" → "three"',
        "  the tag team is growth, the record says checkout",
    ]
    rollback(shop.workspace(), environment="prod")
    said = shop.watcher.plans[-1].workflows[0].notes
    assert said[said.index("overwrites a manual change to hello:") + 2].startswith("  in $LATEST")
    assert shop.live("hello", "prod") == ("one", "one")
    assert told(shop).state == "in-sync"


def test_nothing_is_overwritten_where_nothing_changes(shop: Shop) -> None:
    """Two releases after each other have nothing to say."""
    shop.commit(hello="three")
    shop.publish("1.2.0", "prod")
    assert shop.watcher.plans[-1].workflows[0].notes == ()


def test_a_version_that_a_dead_attempt_made_is_no_drift(shop: Shop) -> None:
    """Its description says of which release it is, though no record names it."""
    _publish(shop.client("prod"), shop.arn("hello", "prod"), "sfn-release 1.2.0 0123456789ab")
    assert told(shop).state == "in-sync"


def test_versions_of_long_ago_are_known(shop: Shop) -> None:
    """Versions that the tip doesn't name are found in the ledger's history."""
    for number in range(3, 8):
        shop.commit(hello=number)
        shop.publish(f"1.{number}.0", "prod")
    shop.rollback("1.0.0", "prod")
    assert shop.versions("hello", "prod") == [7, 6, 5, 4, 3, 2, 1]
    assert told(shop).differences == ()


class Hidden:
    """A client that is shown no definition, as without ``kms:Decrypt``."""

    def __init__(self, client: Any, shown: str = "{}") -> None:
        self._client = client
        self._shown = shown

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def describe_state_machine(self, **request: Any) -> Any:
        """Describe without the definition."""
        return {**self._client.describe_state_machine(**request), "definition": self._shown}


@pytest.mark.parametrize("shown", ["{}", '{"StartAt": "A", "States": {}, "x": 9007199254740993}'])
def test_a_definition_that_cannot_be_read_is_unreadable(shown: str, shop: Shop) -> None:
    """A definition hidden by KMS, or one that has no digest, isn't drift and blocks nothing."""
    aws: Any = Hidden(shop.client("prod"), shown)
    shop.clients["prod"] = aws
    (found,) = status(shop.workspace(), environment="prod")
    assert found.workflows[0].state == "unreadable"
    plan = plan_version(shop.workspace(), "1.0.0", environment="prod")
    assert "the live definition of hello can't be read" in plan.to_json()["notes"][0]


def test_an_alias_that_a_changed_key_leaves_behind_is_told(shop: Shop) -> None:
    """The plan reports it before the deployment, and `status` from then on: it isn't drift."""
    shop.write("releases.toml", TAGGED + 'alias = "prod"\n')
    shop.commit()
    before = told(shop)
    assert (before.state, before.alias) == ("in-sync", "live")
    assert before.notes[0].startswith("its callers use the alias live; releases.toml names")
    shop.deploy("1.1.0", "prod")
    (note,) = shop.watcher.plans[-1].workflows[0].notes
    assert note.startswith(
        "the alias live of hello stays at :2, but sfn-release no longer moves it"
    )
    after = told(shop)
    assert (after.state, after.alias) == ("in-sync", "prod")
    assert after.notes[0].startswith("the alias live was left at :2 when `alias` changed")
    arn = shop.arn("hello", "prod")
    shop.client("prod").delete_state_machine_alias(stateMachineAliasArn=f"{arn}:live")
    assert told(shop).notes == ()


def test_giving_up_the_alias_is_recorded(shop: Shop) -> None:
    """AWS doesn't change; from then on, callers get $LATEST."""
    shop.write("releases.toml", TAGGED + 'alias = ""\n')
    shop.commit()
    assert shop.deploy("1.1.0", "prod") is not None
    assert shop.serving("prod").workflows["hello"].alias == ""
    assert shop.deploy("1.1.0", "prod") is None
    assert (told(shop).alias, len(told(shop).notes)) == (None, 1)


def test_a_drifted_environment_can_be_protected(shop: Shop) -> None:
    """`protect_drift` refuses to overwrite drift, except with an override or in a rollback."""
    shop.write("releases.toml", TAGGED + "protect_drift = true\n")
    shop.commit(hello="three")
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    client.update_state_machine(stateMachineArn=arn, definition=_text("hacked"))
    rule = "protect_drift = true: 1.2.0 would overwrite manual changes:"
    way_out = "sfn-release rollback 1.1.0 --env prod"
    with refused(
        "E_POLICY",
        rule,
        "\n    hello: $LATEST is",
        'state "Only": Result "two" → "hacked"',
        way_out,
    ):
        shop.publish("1.2.0", "prod")
    assert shop.git("tag", "--list") == "v1.0.0\nv1.1.0"  # the version is not taken
    shop.rollback("1.1.0", "prod")
    assert shop.live("hello", "prod") == ("two", "two")
    client.update_state_machine(stateMachineArn=arn, definition=_text("hacked"))
    (record,) = shop.publish("1.2.0", "prod", override="incident 42").deployments
    assert record.override == "incident 42"
    assert shop.live("hello", "prod") == ("three", "three")


def test_a_failed_attempt_that_was_put_back_hides_no_drift(shop: Shop) -> None:
    """`status` reports in-sync with the failed attempt, or failed if something differs."""
    shop.commit(hello="three")
    client = shop.client("prod")
    shop.clients["prod"] = Faulty(client, At("hello.UpdateStateMachineAlias", THROTTLED))
    with pytest.raises(SfnReleaseError):
        shop.publish("1.2.0", "prod")
    shop.clients["prod"] = client
    (told,) = status(shop.workspace(), environment="prod")
    assert told.state == "in-sync"
    assert told.problem.startswith("publish 1.2.0 by ")
    assert ", failed: " in told.problem
    client.update_state_machine(
        stateMachineArn=shop.serving("prod").workflows["hello"].state_machine_arn,
        definition=_text("mine"),
    )
    (told,) = status(shop.workspace(), environment="prod")
    assert (told.state, "; drifted: hello" in told.problem) == ("failed", True)
