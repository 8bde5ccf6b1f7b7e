"""`verify --env`: from AWS to the commit. Each attack and each break is seen at its link."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from sfn_release.errors import AccessError
from sfn_release.operations.proof.environment_proof import prove
from sfn_release.operations.proof.links import first_broken
from sfn_release.release.ledger_files import definition_path
from sfn_release.release.record import timestamp
from sfn_release.release.release import Release, make_release
from support.errors import refused as raises
from support.faulty_client import Faulty, refused
from support.forging import forge
from support.git import run_git
from support.proofs import broken, make_proven, proven
from support.shop import (
    ALONE,
    CONFIG,
    PROD,
    RELEASES,
    Shop,
    add_remote,
    clone,
    copy_shop,
    made_once,
)
from support.values import definition

READS = {
    *("describe_state_machine", "describe_state_machine_alias", "list_tags_for_resource"),
}
"""The calls of a proof: all of them are actions of the role ``plan`` of `doctor --iam`."""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone, with a remote, whose prod serves 1.1.0 after 1.0.0."""
    return made_once(tmp_path, "proven", make_proven)


def test_what_nobody_touched_is_proven_from_a_fresh_clone(shop: Shop) -> None:
    """Also from a shallow one without tags, with reading calls only, and it writes no file."""
    names = ["live", "record", "release", "tag", "commit", "rebuild"]
    client = Faulty(shop.client("prod"))
    url = f"file://{shop.git('remote', 'get-url', 'origin')}"  # of a path, git makes a whole clone
    options = ("--quiet", "--no-tags", "--depth=1", "--branch=main")
    run_git(shop.root.parent, "clone", *options, url, "shallow")
    for other in (shop, replace(shop, root=shop.root.parent / "shallow")):
        proof = proven(other.using(client), rebuild=True)
        assert [link.text for link in proof.links if not link.ok] == []
        assert [link.link for link in proof.links if link.workflow == "hello"] == names
        assert proof.ok
        assert (proof.version, other.git("status", "--porcelain")) == ("1.1.0", "")
        texts = {link.link: link.text for link in proof.links}
        commit = shop.git("rev-parse", "HEAD")[:12]
        assert texts["tag"] == f"v1.1.0 in origin is on {commit} and carries its digest"
        assert texts["commit"].startswith(f"{commit} is on main")
    assert {*client.calls} == READS


# Attacks. Each is made by someone with the rights of a deployer, in AWS or in Git.


def _machine(shop: Shop, name: str = "hello") -> str:
    return shop.arn(name, "prod")


def _edit(shop: Shop) -> None:
    """Edit the state machine in the console."""
    evil = json.dumps(definition("evil"))
    shop.client("prod").update_state_machine(stateMachineArn=_machine(shop), definition=evil)


def _other_role(shop: Shop) -> None:
    """Give the callers of the alias another role: edit, publish, and point the alias there."""
    role = "arn:aws:iam::000000000000:role/admin"
    client = shop.client("prod")
    client.update_state_machine(stateMachineArn=_machine(shop), roleArn=role)
    made = client.publish_state_machine_version(stateMachineArn=_machine(shop))
    _point(shop, made["stateMachineVersionArn"])


def _other_tag(shop: Shop) -> None:
    """Make the tag anew, on the right commit and for another digest."""
    text = f"shop 1.1.0\n\nRelease digest: sha256:{'0' * 64}"
    shop.git("tag", "--force", "-a", "-m", text, "v1.1.0", "v1.1.0^{}")
    _push(shop, "refs/tags/v1.1.0")


def _point(shop: Shop, version: str) -> None:
    shop.client("prod").update_state_machine_alias(
        stateMachineAliasArn=f"{_machine(shop)}:live",
        routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}],
    )


def _move_alias(shop: Shop) -> None:
    _point(shop, f"{_machine(shop)}:1")


def _publish_by_hand(shop: Shop) -> None:
    _edit(shop)
    made = shop.client("prod").publish_state_machine_version(stateMachineArn=_machine(shop))
    _point(shop, made["stateMachineVersionArn"])
    form = json.dumps(definition("two"))
    shop.client("prod").update_state_machine(stateMachineArn=_machine(shop), definition=form)


def _made_again(shop: Shop) -> None:
    """Delete the machine, and make it again: its versions are counted from 1."""
    client = shop.client("prod")
    arn, old = _machine(shop), definition("two")
    tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
    client.delete_state_machine(stateMachineArn=arn)
    role = "arn:aws:iam::000000000000:role/shop"
    made = {"name": "hello", "roleArn": role, "tags": tags, "publish": True}
    client.create_state_machine(**made, definition=json.dumps(definition("evil")))
    for form in (definition("other"), old):
        client.update_state_machine(stateMachineArn=arn, definition=json.dumps(form), publish=True)
    client.create_state_machine_alias(
        name="live",
        routingConfiguration=[{"stateMachineVersionArn": f"{arn}:2", "weight": 100}],
    )


def _lie(shop: Shop) -> None:
    tags = [{"key": "sfn-release:version", "value": "9.9.9"}]
    shop.client("prod").tag_resource(resourceArn=_machine(shop), tags=tags)


def _push(shop: Shop, *refs: str) -> None:
    shop.git("push", "--quiet", "--force", "origin", *refs)


def _edit_record(shop: Shop) -> None:
    """Edit the recorded digest of hello, in place, behind a force push."""
    digest = re.compile(r'("rendered_digest": "sha256:)[0-9a-f]{64}')
    other = r"\g<1>" + "0" * 64
    _rewrite(shop, PROD, "manifest.json", lambda text: digest.sub(other, text, count=1))


def _rewrite(shop: Shop, ref: str, path: str, edit: Callable[[str], str]) -> None:
    """Replace the last commit of *ref* by one with an edited file."""
    message = shop.git("log", "-1", "--format=%B", ref)
    tree = shop.git("rev-parse", f"{ref}^{{tree}}")
    text = shop.git("show", f"{ref}:{path}")
    edited = edit(text)
    assert edited != text
    files: dict[str, str | bytes | None] = {
        name: shop.git("show", f"{tree}:{name}")
        for name in shop.git("ls-tree", "-r", "--name-only", tree).split("\n")
    }
    shop.git("update-ref", ref, f"{ref}~1")
    forge(shop, ref, files | {path: edited}, message)
    _push(shop, f"{ref}:{ref}")


def _append_record(shop: Shop) -> None:
    """Append a record by hand: the last one again, with another actor."""
    text = shop.git("show", f"{PROD}:deployment.json")
    edited = text.replace('"actor": "', '"actor": "Eve, not ', 1)
    assert edited != text
    forge(shop, PROD, {"deployment.json": edited}, shop.git("log", "-1", "--format=%B", PROD))
    _push(shop, f"{PROD}:{PROD}")


def _other_release(shop: Shop) -> None:
    """Let the record name another release digest."""
    digest = re.compile(r'("release_digest": "sha256:)[0-9a-f]{64}')
    other = r"\g<1>" + "0" * 64
    _rewrite(shop, PROD, "manifest.json", lambda text: digest.sub(other, text, count=1))


def _forged_manifest(shop: Shop) -> None:
    def edit(text: str) -> str:
        manifest = json.loads(text)
        manifest["release_digest"] = f"sha256:{'0' * 64}"
        return json.dumps(manifest)

    _rewrite(shop, RELEASES, "manifest.json", edit)


def _other_content(shop: Shop) -> None:
    """Deploy and record other content: AWS and the record agree, and the digests are right."""
    workspace = shop.workspace()
    ledger, snapshot = workspace.ledger, workspace.snapshot()
    state = ledger.deployments.state(snapshot, "prod")
    assert state.tip is not None
    assert state.serving is not None
    forms = ledger.deployments.served("prod", state.tip, state.serving)
    digest = replace(forms["hello"], definition=definition("evil")).digest
    _publish_by_hand(shop)
    evil = json.dumps(definition("evil"))
    shop.client("prod").update_state_machine(stateMachineArn=_machine(shop), definition=evil)
    served = state.serving.workflows["hello"]

    def edit(text: str) -> str:
        text = text.replace(served.rendered_digest, digest)
        return text.replace(f'"{served.version_arn}"', f'"{_machine(shop)}:3"')

    _rewrite(shop, PROD, "manifest.json", edit)
    _rewrite(shop, PROD, "deployment.json", edit)
    _rewrite(shop, PROD, definition_path("hello"), lambda _: evil)


def _forged_release(shop: Shop, *, commit: str | None = None) -> None:
    """Write ledger, tag and digests anew, with other content for the same commit, and deploy it."""
    for ref in (RELEASES, PROD, "refs/tags/v1.1.0", "refs/tags/v1.0.0"):
        shop.git("update-ref", "-d", ref)
        shop.git("push", "--quiet", "--force", "origin", f":{ref}")
    kept = shop.git("for-each-ref", "--format=%(refname)", "refs/sfn-release").split()
    for ref in kept:
        shop.git("update-ref", "-d", ref)
    workspace = shop.workspace()
    release = _evil(shop, commit or shop.git("rev-parse", "HEAD"))
    workspace.ledger.add_release(release, notes="", at=shop.clock(), push=True)
    shop.deploy("1.1.0", "prod", adopt=True)


def _evil(shop: Shop, commit: str) -> Release:
    from sfn_release.authoring.declaration import Declaration

    declared = [
        Declaration(name, definition(result), source=f"workflows/{name}.asl.json")
        for name, result in (("hello", "evil"), ("other", "x"))
    ]
    return make_release(
        declared,
        project="shop",
        version="1.1.0",
        commit=commit,
        tag="v1.1.0",
        date=timestamp(shop.clock()),
        author="Ann",
        toolchain={"python": "3.11.0", "sfn_release": "0", "distributions": {}},
        predecessor=None,
    )


def _move_tag(shop: Shop) -> None:
    _push(shop, "v1.0.0^{commit}:refs/tags/v1.1.0")


def _lose_commit(shop: Shop) -> None:
    """Force the branch back and delete the tag: no ref of the remote has the commit."""
    _push(shop, "HEAD~1:main", ":refs/tags/v1.1.0")


@dataclass(frozen=True)
class Attack:
    """An attack, the workflow's first *broken* link, and *words* of its text.

    It is judged from a *fresh* clone, or from the clone that has seen the ledger before. *rest* are
    the other broken links, of all workflows.
    """

    do: Callable[[Shop], object]
    broken: str
    words: str
    fresh: bool = True
    rest: frozenset[str] = frozenset()


ATTACKS = {
    "the machine deleted by hand": Attack(
        lambda shop: shop.client("prod").delete_state_machine(stateMachineArn=_machine(shop)),
        "live",
        "AWS has no state machine arn:",
        rest=frozenset({"record"}),
    ),
    "the alias deleted": Attack(
        lambda shop: shop.client("prod").delete_state_machine_alias(
            stateMachineAliasArn=f"{_machine(shop)}:live"
        ),
        "live",
        "AWS has no alias live; the record says it points at :2.",
        rest=frozenset({"record"}),
    ),
    "$LATEST edited in the console": Attack(
        _edit,
        "record",
        'in $LATEST, state "Only": Result "two" → "evil". No record names the content of $LATEST',
    ),
    "another role": Attack(_other_role, "record", "role"),
    "the tag made anew": Attack(_other_tag, "tag", "in origin and the ledger disagree about 1.1.0"),
    "the alias moved by hand": Attack(
        _move_alias,
        "record",
        "the alias live points at :1, the record says :2 (:1 is ",
    ),
    "a version published by hand": Attack(
        _publish_by_hand,
        "record",
        "No record names the content of :3",
    ),
    "a machine made again": Attack(
        _made_again, "record", "it was published by someone else. No record names the content of :2"
    ),
    "tags that lie": Attack(
        _lie, "record", "the tag sfn-release:version is 9.9.9, the record says 1.1.0"
    ),
    "the record's digest edited": Attack(
        _edit_record, "record", "hello differs from the deployed definition"
    ),
    "a record appended by hand": Attack(_append_record, "record", "is expected"),
    "a record of another release": Attack(
        _other_release, "release", "The record names 1.1.0 with another release digest."
    ),
    "the record rewritten, seen by an old clone": Attack(
        lambda shop: _push(shop, f"{PROD}~1:{PROD}"),
        "record",
        "was rewritten",
        fresh=False,
    ),
    "the record and AWS rewritten": Attack(
        _other_content,
        "release",
        "the recorded form of hello doesn't match 1.1.0",
    ),
    "a forged manifest": Attack(_forged_manifest, "release", "releases was cut back"),
    "the tag moved": Attack(_move_tag, "tag", "The tag v1.1.0 in origin was moved."),
    "the tag deleted": Attack(
        lambda shop: _push(shop, ":refs/tags/v1.1.0"), "tag", "v1.1.0 is not in origin"
    ),
    "the commit lost": Attack(
        _lose_commit, "tag", "v1.1.0 is not in origin", rest=frozenset({"commit"})
    ),
    "ledger, tag and AWS rewritten for the same commit": Attack(
        _forged_release, "rebuild", 'state "Only": Result "evil" → "two"'
    ),
}
WHOLE = {
    "the record rewritten, seen by an old clone",
    *("the commit lost", "a record appended by hand", "a record of another release"),
    *("a forged manifest", "the tag moved", "the tag deleted", "the tag made anew"),
}
"""Attacks that break the chain of every workflow of the release."""


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_seen_at_its_link(name: str, shop: Shop) -> None:
    """The first broken link says what AWS or Git has, and what was expected."""
    attack = ATTACKS[name]
    attack.do(_attacker(shop))
    proof = proven(clone(shop, "judge") if attack.fresh else shop, rebuild=True)
    workflows = ["hello", "other"] if name in WHOLE else ["hello"]
    assert broken(proof) == dict.fromkeys(workflows, attack.broken)
    assert attack.words in first_broken(proof.links)["hello"].text
    others = {link.link for link in proof.links if not link.ok} - {attack.broken}
    assert others == attack.rest
    assert not proof.ok


def _attacker(shop: Shop) -> Shop:
    """Return a clone that has the branches of the ledger as its own, to change them."""
    attacker = clone(shop, "attacker")
    branches = "refs/heads/sfn-release/*"
    attacker.git("fetch", "--quiet", "origin", f"+{branches}:{branches}")
    return attacker


def test_nothing_shows_a_ledger_that_was_rewritten_with_its_commit(shop: Shop) -> None:
    """Without signatures, and without a clone that has seen the old one."""
    attacker = _attacker(shop)
    attacker.commit(hello="evil", other="x")
    attacker.git("push", "--quiet", "--force", "origin", "HEAD:main")
    _forged_release(attacker)
    assert proven(clone(shop, "judge"), rebuild=True).ok
    assert broken(proven(shop)) == dict.fromkeys(["hello", "other"], "record")


# States of an environment


def test_an_environment_without_a_deployment_is_not_proven(shop: Shop) -> None:
    """There is nothing to prove."""
    proof = prove(shop.workspace(), ["local"]).environments[0]
    assert (proof.ok, proof.links) == (False, ())
    assert proof.notes == ("Nothing was ever deployed here, so there is nothing to prove.",)


def test_a_release_can_be_asked_for(shop: Shop) -> None:
    """Another one is a broken link of every workflow."""
    assert proven(shop, version="1.1.0").ok
    assert broken(proven(shop, version="1.0.0")) == {"hello": "release", "other": "release"}
    with raises("E_NOT_FOUND", "no environment 'pord'"):
        prove(shop.workspace(), ["pord"])


def test_trials_retained_and_adopted_workflows(shop: Shop) -> None:
    """A trial has no tag yet, a retained workflow is of its own release, an adopted one of none."""
    shop.publish("1.2.0", "local")
    proof = prove(shop.workspace(), ["local"]).environments[0]
    assert proof.ok
    assert "tag" not in {link.link for link in proof.links}
    (shop.project / "workflows" / "other.asl.json").unlink()
    shop.commit(hello="three")
    shop.publish("1.3.0", "prod")
    proof = proven(shop)
    assert proof.ok
    assert "v1.1.0 in origin" in next(
        link.text for link in proof.links if (link.workflow, link.link) == ("other", "tag")
    )
    client = shop.client("prod")
    client.create_state_machine(
        name="mine",
        definition=json.dumps(definition("mine")),
        roleArn="arn:aws:iam::000000000000:role/shop",
    )
    shop.commit(hello="three", mine="mine")
    shop.publish("1.4.0", "prod", adopt=True)
    assert proven(shop).ok
    shop.rollback(environment="prod")
    proof = proven(shop)
    assert broken(proof) == {}


def test_a_deployment_in_progress_breaks_nothing(shop: Shop) -> None:
    """While callers are shifted, both versions are right. A killed shift is no drift either."""
    from support.faults import KILLED, At, KilledError
    from support.faults import Faulty as Struck

    shop.commit(hello="three", other="x")
    shop.publish("1.2.0", deploy=False)
    struck = Struck(shop.client("prod"), At("hello.UpdateStateMachineAlias", KILLED))
    with pytest.raises(KilledError):
        shop.using(struck).deploy("1.2.0", "prod")
    proof = proven(shop)
    assert [link.text for link in proof.links if not link.ok] == []
    assert any("a deployment is in progress: deploy 1.2.0" in link.text for link in proof.links)


def test_without_an_alias_callers_get_latest(tmp_path: Path) -> None:
    """Then its content is the live one."""
    shop = copy_shop(tmp_path)
    shop.write("releases.toml", ALONE + 'alias = ""\n')
    shop.commit(hello="one")
    shop.publish("1.0.0", "prod")
    proof = proven(shop)
    assert proof.ok
    assert proof.links[0].text.startswith("$LATEST is ")
    _edit(shop)
    assert broken(proven(shop)) == {"hello": "record"}


def test_the_remains_of_a_failed_deployment_are_named(shop: Shop) -> None:
    """AWS has what it sent, and the record what was live before."""
    shop.commit(hello="three", other="x")
    shop.publish("1.2.0", deploy=False)
    denied = _raise(refused("AccessDeniedException", "UpdateStateMachineAlias"))
    update = shop.client("prod").update_state_machine
    sent: list[str] = []

    def once(request: Any) -> Any:  # sends the new content, and refuses to put back the old
        sent.append(request["stateMachineArn"])
        return update(**request) if len(sent) == 1 else denied(request)

    failing = Faulty(
        shop.client("prod"), update_state_machine_alias=denied, update_state_machine=once
    )
    with pytest.raises(AccessError):
        shop.using(failing).deploy("1.2.0", "prod")
    proof = proven(shop)
    assert broken(proof) == {"hello": "record"}
    text = first_broken(proof.links)["hello"].text
    assert "$LATEST is " in text
    assert ", by deploy 1.2.0 of ann." in text
    assert "The last deployment, deploy 1.2.0 by ann" in text


def test_an_environment_that_needs_signatures_has_a_link_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tag without a signature breaks it, although everything else agrees."""
    monkeypatch.setenv("SSH_AUTH_SOCK", "")
    key = tmp_path / "key"
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", str(key)]
    subprocess.run(make, check=True)
    shop = copy_shop(tmp_path)
    config = CONFIG.replace(
        'name = "shop"', 'name = "shop"\nsigning = true\nallowed_signers = "release-signers"'
    )
    shop.write("releases.toml", config + "signed = true\n")
    public = key.with_suffix(".pub").read_text(encoding="utf-8")
    shop.write("release-signers", f"ann@example.com {public}")
    shop.git("config", "gpg.format", "ssh")
    shop.git("config", "user.signingkey", str(key))
    shop.commit(hello="one")
    remote = add_remote(shop)
    run_git(remote, "symbolic-ref", "HEAD", "refs/heads/main")
    shop.publish("1.0.0", "prod")
    proof = proven(clone(shop, "judge"))
    assert [link.text for link in proof.links if not link.ok] == []
    assert "signed by ann@example.com" in proof.links[-1].text
    text = shop.git(
        "for-each-ref", "--format=%(contents:subject)%0a%0a%(contents:body)", "refs/tags"
    )
    shop.git("-c", "tag.gpgSign=false", "tag", "--force", "-a", "-m", text, "v1.0.0", "v1.0.0^{}")
    _push(shop, "refs/tags/v1.0.0")
    proof = proven(clone(shop, "other"))
    assert broken(proof) == {"hello": "signature"}
    assert first_broken(proof.links)["hello"].text == "the tag v1.0.0: not signed."


# Faults


def _raise(error: Exception) -> Callable[[Any], Any]:
    def answer(_: Any) -> Any:
        raise error

    return answer


FAULTS: dict[str, tuple[Callable[[str], Any], str]] = {
    "access denied": (lambda name: _raise(refused("AccessDeniedException", name)), "AWS denied"),
    "throttled": (lambda name: _raise(refused("ThrottlingException", name)), "ThrottlingException"),
    "unreachable": (
        lambda _: _raise(ConnectTimeoutError(endpoint_url="https://states")),
        "Can't reach",
    ),
    "nonsense": (lambda _: lambda _: {"what": 1}, "isn't one of Step Functions"),
}


@pytest.mark.parametrize("operation", sorted(READS))
def test_a_failing_call_is_a_broken_link(operation: str, shop: Shop) -> None:
    """The link says what AWS refused; the links of Git are still judged."""
    for fault, (make, words) in FAULTS.items():
        proof = proven(shop.using(Faulty(shop.client("prod"), **{operation: make(operation)})))
        if (fault, operation) == ("nonsense", "list_tags_for_resource"):
            assert broken(proof) == {"hello": "record", "other": "record"}  # no tag is there
            continue
        assert broken(proof) == {"hello": "live", "other": "live"}
        assert all(words in link.text for link in first_broken(proof.links).values())
        names = {link.link for link in proof.links if link.ok}
        assert names == {"release", "tag", "commit"}


def test_a_hidden_definition_can_not_be_proven(shop: Shop) -> None:
    """AWS answers ``{}`` when the caller may not use the key, or refuses."""
    real = shop.client("prod")

    def hidden(request: Any) -> Any:
        return {**real.describe_state_machine(**request), "definition": "{}"}

    def latest(request: Any) -> Any:
        return hidden(request) if request["stateMachineArn"].endswith(":hello") else None

    links = first_broken(proven(shop.using(Faulty(real, describe_state_machine=latest))).links)
    assert links["hello"].text.startswith("The content of $LATEST can't be read")
    assert [*links] == ["hello"]
    no_key = _raise(refused("KmsAccessDeniedException", "DescribeStateMachine"))
    for answer in (hidden, no_key):
        proof = proven(shop.using(Faulty(real, describe_state_machine=answer)))
        assert broken(proof)["hello"] == "live"
        link = first_broken(proof.links)["hello"]
        assert "can't be read: you may not use its KMS key" in link.text
        assert "kms:Decrypt" in link.fix


def test_without_the_remote_the_clone_answers(shop: Shop, tmp_path: Path) -> None:
    """With a warning; a clone that lacks the tag can't prove it."""
    (tmp_path / "shop-origin.git").rename(tmp_path / "away.git")
    proof = proven(shop)
    assert proof.ok
    assert any("was not reached" in said for said in shop.watcher.said)
    run_git(shop.root, "tag", "--delete", "v1.1.0")
    assert broken(proven(shop)) == {"hello": "tag", "other": "tag"}
