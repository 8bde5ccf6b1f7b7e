"""`verify --env` and records that lead it away from the content that callers get.

The attacker deploys other content, and edits the record behind a force push so that it agrees with
something else in AWS: a decoy.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sfn_release.deployment.live_state import rendered_from
from sfn_release.operations.proof.links import first_broken
from sfn_release.operations.verbs.handover import handover
from sfn_release.release.ledger_files import definition_path
from support.forging import forge
from support.proofs import broken, make_proven, proven
from support.shop import PROD, Shop, clone, made_once
from support.values import definition

ROLE = "arn:aws:iam::000000000000:role/shop"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone, with a remote, whose prod serves 1.1.0 after 1.0.0."""
    return made_once(tmp_path, "proven", make_proven)


def edited(shop: Shop, edit: Callable[[dict[str, Any]], object], **files: str) -> Shop:
    """Edit the workflows in the last record of prod, and return a fresh clone."""
    last = shop.git("rev-parse", PROD)
    names = shop.git("ls-tree", "-r", "--name-only", last).splitlines()
    texts: dict[str, str | bytes | None] = {
        name: shop.git("show", f"{last}:{name}") for name in names
    }
    for name in ("manifest.json", "deployment.json"):
        document = json.loads(shop.git("show", f"{last}:{name}"))
        edit(document["workflows"])
        texts[name] = json.dumps(document)
    texts |= {definition_path(name): text for name, text in files.items()}
    shop.git("update-ref", PROD, f"{PROD}~1")
    forge(shop, PROD, texts, shop.git("log", "-1", "--format=%B", last))
    shop.git("push", "--quiet", "--force", "origin", f"{PROD}:{PROD}")
    return clone(shop, "fresh")


def point(shop: Shop, alias: str, version: str) -> None:
    shop.client("prod").update_state_machine_alias(
        stateMachineAliasArn=alias,
        routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}],
    )


def evil(shop: Shop, *, latest: str = "evil") -> str:
    """Give the callers of the alias other content, and return its version."""
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition("evil")))
    version = client.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition(latest)))
    point(shop, f"{arn}:live", version)
    return str(version)


def test_a_decoy_with_another_name(shop: Shop) -> None:
    """The record names a copy of the machine, and callers start the real one."""
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
    form = json.dumps(definition("two"))
    decoy = client.create_state_machine(
        name="decoy", roleArn=ROLE, definition=form, tags=tags, publish=True
    )["stateMachineArn"]
    client.create_state_machine_alias(
        name="live",
        routingConfiguration=[{"stateMachineVersionArn": f"{decoy}:1", "weight": 100}],
    )
    evil(shop)

    def edit(workflows: dict[str, Any]) -> None:
        ours = {"state_machine_arn": decoy, "version_arn": f"{decoy}:1"}
        workflows["hello"] |= ours

    proof = proven(edited(shop, edit))
    assert broken(proof) == {"hello": "record"}
    text = first_broken(proof.links)["hello"].text
    assert f"releases.toml names the state machine {arn}, which exists" in text
    client.delete_state_machine(stateMachineArn=arn)
    assert proven(clone(shop, "later")).ok  # then nobody can start it


def test_a_decoy_alias(shop: Shop) -> None:
    """The record names another alias, which has the true version."""
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    true = client.describe_state_machine_alias(stateMachineAliasArn=f"{arn}:live")
    client.create_state_machine_alias(
        name="decoy",
        description=true["description"],
        routingConfiguration=true["routingConfiguration"],
    )

    def edit(workflows: dict[str, Any]) -> None:
        if "alias" in workflows["hello"]:
            workflows["hello"]["alias"] = "decoy"

    fresh = edited(shop, edit)
    assert proven(fresh).ok  # both aliases serve the same
    version = evil(shop, latest="two")
    proof = proven(fresh)
    assert broken(proof) == {"hello": "record"}
    assert "releases.toml names the alias live, which points at :3" in (
        first_broken(proof.links)["hello"].text
    )
    assert version.endswith(":3")


@pytest.mark.parametrize("alias", ["live", ""])
def test_a_record_without_a_version(alias: str, shop: Shop) -> None:
    """The alias serves other content, and the record says that it has none, or no version."""
    evil(shop, latest="two")

    def edit(workflows: dict[str, Any]) -> None:
        workflows["hello"]["version_arn"] = None
        if "alias" in workflows["hello"]:
            workflows["hello"]["alias"] = alias

    proof = proven(edited(shop, edit))
    assert broken(proof) == {"hello": "record"}
    assert "the alias live" in first_broken(proof.links)["hello"].text
    assert ":3" in first_broken(proof.links)["hello"].text


def test_a_record_that_leaves_a_workflow_out(shop: Shop) -> None:
    """Its machine is still there. If it was deleted, the proof says so and holds."""
    evil(shop)
    fresh = edited(shop, lambda workflows: workflows.pop("hello"))
    proof = proven(fresh)
    assert broken(proof) == {"hello": "record"}
    assert "the record doesn't serve hello of 1.1.0" in first_broken(proof.links)["hello"].text
    shop.client("prod").delete_state_machine(stateMachineArn=shop.arn("hello", "prod"))
    proof = proven(fresh)
    assert proof.ok
    assert proof.notes == ("hello of 1.1.0 isn't deployed here.",)


def test_a_workflow_that_was_deleted_or_handed_over_is_named(shop: Shop) -> None:
    """The rest is proven."""
    shop.delete("hello", "prod")
    assert proven(shop).notes == ("hello of 1.1.0 isn't deployed here.",)
    shop.deploy("1.1.0", "prod")
    handover(shop.workspace(), "hello", "billing", environment="prod")
    proof = proven(shop)
    assert proof.ok
    assert proof.notes == ("hello: handed over to billing",)


def test_a_record_that_mixes_releases(shop: Shop) -> None:
    """One workflow was put back to an earlier release, and the record says so beside 1.1.0."""
    old = json.loads(shop.git("show", f"{PROD}~2:manifest.json"))["workflows"]["hello"]
    before = shop.git("show", f"{PROD}~2:{definition_path('hello')}")
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    client.update_state_machine(stateMachineArn=arn, definition=before)
    point(shop, f"{arn}:live", old["version_arn"])
    tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
    kept = ("sfn-release:project", "sfn-release:environment")
    client.untag_resource(
        resourceArn=arn, tagKeys=[tag["key"] for tag in tags if tag["key"] not in kept]
    )
    named = {"sfn-release:version": "1.0.0", "sfn-release:digest": old["digest"]}
    client.tag_resource(
        resourceArn=arn, tags=[{"key": key, "value": value} for key, value in named.items()]
    )

    def edit(workflows: dict[str, Any]) -> None:
        names = workflows["hello"].keys()
        workflows["hello"] |= {key: value for key, value in old.items() if key in names}

    proof = proven(edited(shop, edit, hello=before))
    assert broken(proof) == {"hello": "release"}
    assert "says that it serves hello of 1.0.0" in first_broken(proof.links)["hello"].text


def test_a_deleted_workflow_of_an_earlier_release_is_not_missed(shop: Shop) -> None:
    """A retained one beside it is no reason to look for it."""
    shop.commit(third="x")
    shop.publish("1.2.0", "prod")
    for name in ("other", "third"):
        (shop.root / "workflows" / f"{name}.asl.json").unlink()
    shop.commit()
    shop.publish("1.3.0", "prod")
    shop.delete("third", "prod")
    proof = proven(shop)
    assert (proof.ok, proof.notes) == (True, ())
    assert "other" in {link.workflow for link in proof.links}


@pytest.mark.parametrize("source", ["", "workflows/hello.asl.json"])
def test_a_record_that_retains_other_content(source: str, shop: Shop) -> None:
    """A workflow of the release isn't retained from another one, and has its content."""
    version = evil(shop)
    live = shop.client("prod").describe_state_machine(stateMachineArn=version)
    form = rendered_from("hello", live)
    assert form is not None

    def edit(workflows: dict[str, Any]) -> None:
        hello = workflows["hello"]
        hello |= {"rendered_digest": form.digest, "version_arn": version}
        if "retained" in hello:
            hello |= {"retained": True, "source": source, "parameters": None}

    proof = proven(edited(shop, edit, hello=json.dumps(definition("evil"))), version="1.1.0")
    assert broken(proof) == {"hello": "release"}
    assert "says that hello isn't part of it" in first_broken(proof.links)["hello"].text
