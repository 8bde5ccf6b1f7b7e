"""Attacks with real keys: whoever may push rewrites everything consistently, and can't sign.

A clone that has seen the truth notices by itself. A fresh clone notices by the signatures.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from sfn_release.errors import PolicyError
from sfn_release.operations.proof.environment_proof import prove
from sfn_release.operations.tag_repair import repair_tag
from sfn_release.operations.verbs.acknowledge import acknowledge
from sfn_release.operations.verbs.adopt import adopt
from sfn_release.operations.verbs.attest import attest
from sfn_release.operations.verbs.handover import handover
from sfn_release.operations.verbs.status import status
from sfn_release.operations.verbs.unlock import unlock
from sfn_release.operations.verbs.verify import verify
from sfn_release.operations.verbs.yank import unyank, yank
from sfn_release.release.yank_list import FILE
from support.attacks.ledger import (
    PROD,
    RELEASES,
    STAGING,
    YANKS,
    Attacked,
    add_release,
    forged_release,
    forged_success,
    ledger,
    push,
    read,
)
from support.errors import refused
from support.forging import forge
from support.git import run_git
from support.places import ROOT
from support.shop import Shop, add_remote, made_once
from support.signing import SIGNED, SIGNERS, SshKey, publish_signers, ssh_key
from support.values import definition

CONFIGURED = f"{SIGNED}\n[environments.staging]{SIGNED.partition('[environments.prod]')[2]}"


def _make(shop: Shop) -> None:
    folder = shop.root.parent / "keys"
    alice = ssh_key(folder)
    ssh_key(folder, "mallory")
    alice.used_in(shop)
    shop.write("releases.toml", CONFIGURED)
    shop.write(SIGNERS, alice.line('namespaces="git"'))
    shop.commit()
    add_remote(shop)
    shop.publish("1.0.0", "prod")
    yank(shop.workspace(), "1.0.0", reason="It loses orders")
    unyank(shop.workspace(), "1.0.0")
    shop.commit(hello="${Who} 1.1.0")
    shop.publish("1.1.0", "prod")
    shop.deploy("1.0.0", "staging")
    url = shop.git("remote", "get-url", "origin")
    run_git(shop.root.parent, "clone", "--quiet", url, "mallory")
    mallory = Shop(shop.root.parent / "mallory")
    mallory.git("fetch", "--quiet", "origin", "refs/heads/sfn-release/*:refs/heads/sfn-release/*")


@pytest.fixture
def there(tmp_path: Path) -> Attacked:
    """Return a signed project: prod serves 1.1.0, and 1.0.0 before."""
    old = made_once(tmp_path, "signed", _make)
    mallory = Shop(tmp_path / "mallory", clock=old.clock)
    mallory.git("remote", "set-url", "origin", old.git("remote", "get-url", "origin"))
    key(tmp_path, "mallory").used_in(mallory)
    return Attacked(old, mallory)


def key(folder: Path, name: str) -> SshKey:
    return SshKey(name, folder / "keys" / name)


def fresh(there: Attacked, name: str = "fresh") -> Shop:
    """Return a fresh clone of a colleague who may sign."""
    shop = there.fresh(name)
    key(there.old.root.parent, "alice").used_in(shop)
    return shop


def signed_by_mallory(mallory: Shop, ref: str, commits: int) -> None:
    """Sign the last *commits* of a branch with the attacker's own key, as the engine would."""
    listed = mallory.git("rev-list", f"--max-count={commits}", ref).splitlines()[::-1]
    parent = mallory.git("rev-parse", f"{ref}~{commits}")
    branch = ref.removeprefix("refs/heads/sfn-release/")
    for commit in listed:
        message = mallory.git("log", "-1", "--format=%B", commit).strip()
        message = "\n".join(
            line for line in message.splitlines() if not line.startswith("Signed-for:")
        )
        parent = mallory.git(
            *("commit-tree", "-S", f"{commit}^{{tree}}", "-p", parent),
            *("-m", f"{message}\nSigned-for: {branch}\n"),
        )
    mallory.git("update-ref", ref, parent)


def renamed(mallory: Shop, ref: str, old: str, new: str) -> None:
    """Give the deployment of the last two commits another id."""
    first, last = mallory.git("rev-list", "--max-count=2", ref).splitlines()[::-1]
    mallory.git("update-ref", ref, f"{first}~1")
    for commit in (first, last):
        files: dict[str, str | bytes | None] = {
            path: mallory.git("show", f"{commit}:{path}").replace(old, new)
            for path in mallory.git("ls-tree", "-r", "--name-only", commit).splitlines()
        }
        message = mallory.git("log", "-1", "--format=%B", commit)
        forge(mallory, ref, files, message.replace(old, new))


def rewrite(there: Attacked, *, sign: bool) -> None:
    """Rewrite release 1.1.0, its tag and prod's records, so that all digests agree."""
    mallory = there.mallory
    true_id = read(mallory, PROD, "deployment.json")["id"]  # the alias in AWS has it
    release = forged_release(mallory, "1.1.0")
    mallory.git("update-ref", RELEASES, f"{RELEASES}~1")
    add_release(mallory, release)
    mallory.git("update-ref", PROD, f"{PROD}~2")
    tag = (
        f"shop 1.1.0\n\nRelease digest: {release.digest}\n"
        f"{release.manifest.workflows['hello'].digest}  hello\n"
    )
    option = "--sign" if sign else "--annotate"
    mallory.git("tag", option, "--force", "v1.1.0", release.manifest.commit, f"--message={tag}")
    push(mallory, f":{STAGING}", RELEASES, PROD, force=True)  # staging saw the true records
    for ref in mallory.git(
        "for-each-ref", "--format=%(refname)", "refs/sfn-release-remotes"
    ).split():
        mallory.git("update-ref", "-d", ref)  # his own clone has nothing to complain of
    forged_success(mallory, "1.1.0", result="evil")
    renamed(mallory, PROD, read(mallory, PROD, "deployment.json")["id"], true_id)
    if sign:
        signed_by_mallory(mallory, RELEASES, 1)
        signed_by_mallory(mallory, PROD, 2)
    push(mallory, RELEASES, PROD, "refs/tags/v1.1.0", force=True)


def found(shop: Shop) -> list[str]:
    """Return the problems that `verify` finds, each with its subject."""
    return [f"{check.subject}: {check.error}" for check in verify(shop.workspace()).problems]


def has(problems: list[str], *words: str) -> bool:
    """Return whether one problem has all *words*."""
    return any(all(word in problem for word in words) for problem in problems)


def test_the_true_ledger_has_only_good_signatures(there: Attacked) -> None:
    """A fresh clone verifies it, goes on from it, and rolls back."""
    clone = fresh(there)
    assert found(clone) == []
    texts = [check.text for check in verify(clone.workspace(), again=True).checks]
    assert "4 records: signed by alice@example.com" in texts
    assert "2 yanks: signed by alice@example.com" in texts
    assert clone.rollback(environment="prod") is not None
    clone.commit(hello="${Who} 1.2.0")
    assert clone.publish("1.2.0", "prod").deployments
    assert found(fresh(there, "later")) == []


@pytest.mark.parametrize("sign", [False, True])
def test_a_consistent_rewrite_is_found_by_every_clone(there: Attacked, *, sign: bool) -> None:
    """Without signatures a fresh clone would believe it: all digests agree."""
    rewrite(there, sign=sign)
    with refused("E_TAMPERED", "was rewritten"):
        there.old.deploy("1.1.0", "staging")
    assert has(found(there.old), RELEASES, "rewritten")
    clone = fresh(there)
    problems = found(clone)
    assert found(clone) == problems  # a bad signature isn't remembered as a good one
    words = "with a key that isn't allowed" if sign else "not signed"
    assert has(problems, "1.1.0: The release commit", words)
    assert has(problems, "1.1.0: The tag v1.1.0", words)
    assert has(problems, "prod: The signature of 2 records", words)
    assert {problem.partition(":")[0] for problem in problems} == {"1.1.0", "prod"}
    with refused("E_POLICY", "signed = true: the release 1.1.0", "the tag v1.1.0", words):
        clone.deploy("1.1.0", "staging")
    with refused("E_POLICY", "the record", "of prod", words):
        clone.deploy("1.0.0", "prod")
    with refused("E_POLICY", "A rollback to 1.0.0 isn't possible in prod", "the record", words):
        clone.rollback("1.0.0", "prod")
    for environment, subject in ((None, "the release 1.1.0"), ("prod", "of prod")):
        with refused("E_POLICY", "1.1.0 can't be attested", subject, words):
            attest(clone.workspace(), "1.1.0", environment=environment)
    assert attest(clone.workspace(), "1.0.0", environment="prod").subjects  # it is as it was


def test_the_attacker_cannot_allow_his_own_key(there: Attacked) -> None:
    """The signers of the commit that he signs, and of every other branch, don't count."""
    mallory = there.mallory
    attacker = key(there.old.root.parent, "mallory")
    signers = (mallory.root / SIGNERS).read_text() + attacker.line()
    mallory.write(SIGNERS, signers)
    mallory.commit(hello="${Who} evil")
    mallory.git("push", "--quiet", "origin", "HEAD:refs/heads/evil")
    with refused("E_POLICY", "your records: signed with a key that isn't allowed"):
        mallory.publish("1.2.0", "prod")
    assert "v1.2.0" not in mallory.git("ls-remote", "origin")
    mallory.publish("1.2.0", deploy=False)  # he may push: it is in the ledger, signed by him
    clone = fresh(there)
    assert has(found(clone), "1.2.0: The release commit", "a key that isn't allowed")
    with refused("E_POLICY", "the release 1.2.0", "the tag v1.2.0", "isn't allowed"):
        clone.deploy("1.2.0", "prod")


def test_the_attacker_cannot_take_the_condition_away(there: Attacked) -> None:
    """An environment needs signatures too if only the protected branch says so."""
    mallory = there.mallory
    mallory.write("releases.toml", CONFIGURED.replace("signed = true\n", ""))
    mallory.commit(hello="${Who} evil")
    with refused("E_POLICY", "your records: signed with a key that isn't allowed"):
        mallory.publish("1.2.0", "prod")


def test_a_branch_from_before_signing_takes_nothing_away(there: Attacked) -> None:
    """It names no signers. The ledger is signed, so the protected branch is asked."""
    mallory = there.mallory
    mallory.write(
        "releases.toml",
        CONFIGURED.replace("signed = true\n", "").replace(
            f'signing = true\nallowed_signers = "{SIGNERS}"\n', ""
        ),
    )
    mallory.commit(hello="${Who} evil")
    with refused("E_POLICY", "your records: nothing is signed here", "signing = true"):
        mallory.publish("1.2.0", "prod")
    with refused("E_POLICY", "your records: nothing is signed here"):
        mallory.rollback(environment="prod")
    mallory.publish("1.2.0", deploy=False)
    assert has(found(mallory), "1.2.0: The release commit", "not signed")
    forged_success(mallory, "1.1.0", result="${Who} 1.1.0")
    links = prove(mallory.workspace(), ["prod"]).environments[0].links
    assert [link.text for link in links if link.link == "signature" and not link.ok]


@pytest.mark.parametrize("broken", [SIGNERS, "releases.toml"])
def test_a_broken_file_on_the_protected_branch_takes_nothing_away(
    there: Attacked, broken: str
) -> None:
    """Nobody knows then who may sign, so nothing is deployed."""
    old, mallory = there.old, there.mallory
    old.write(broken, "?")
    old.git("commit", "--quiet", "--all", "--message=broken")
    old.git("push", "--quiet", "origin", "HEAD:main")
    mallory.write("releases.toml", CONFIGURED.replace("signed = true\n", ""))
    mallory.commit(hello="${Who} evil")
    with refused("E_POLICY", "the allowed signers are unknown", broken):
        mallory.publish("1.2.0", "prod")


def test_a_signed_tag_has_one_name(there: Attacked) -> None:
    """The old release's tag, as it was signed, doesn't pass for another one."""
    mallory = there.mallory
    mallory.git("push", "--quiet", "--force", "origin", "v1.0.0:refs/tags/v1.1.0")
    clone = fresh(there)
    assert has(found(clone), "1.1.0", "it was signed as the tag v1.0.0")
    with refused("E_TAMPERED", "v1.1.0"):
        clone.deploy("1.1.0", "staging")


def test_a_tag_of_the_same_commit_must_be_the_signed_one(there: Attacked) -> None:
    """A lightweight tag, or an unsigned one, is refused."""
    mallory = there.mallory
    commit = mallory.git("rev-parse", "v1.1.0^{commit}")
    mallory.git("push", "--quiet", "--force", "origin", f"{commit}:refs/tags/v1.1.0")
    clone = fresh(there)
    assert has(found(clone), "1.1.0: The tag v1.1.0", "it is a lightweight tag")
    with refused("E_POLICY", "the tag v1.1.0: not signed: it is a lightweight tag"):
        clone.deploy("1.1.0", "staging")
    again = f"git checkout {commit[:12]} && sfn-release publish 1.1.0 --no-deploy"
    assert has(found(clone), "1.1.0: The tag v1.1.0", again)
    clone.git("fetch", "--quiet", "origin", commit)
    clone.git("checkout", "--quiet", commit)
    clone.publish("1.1.0", deploy=False)
    assert found(clone) == found(fresh(there, "later")) == []


def test_a_tag_of_an_unsigned_release_is_not_made_again(there: Attacked) -> None:
    """A signature on the tag would vouch for the release."""
    rewrite(there, sign=False)
    clone = fresh(there)
    release = ledger(clone).releases.release(clone.workspace().snapshot(), "1.1.0")
    assert release is not None
    with refused("E_POLICY", "The tag of 1.1.0 isn't made again: the release isn't signed"):
        repair_tag(clone.workspace(), clone.workspace().snapshot(offline=False), release)


def test_a_signed_record_of_another_environment_is_found(there: Attacked) -> None:
    """The record and the signature both name their environment."""
    mallory = there.mallory
    push(mallory, f"{STAGING}:{PROD}", force=True)
    clone = fresh(there)
    assert has(found(clone), "prod", "it was signed for shop/env/staging")
    with refused("E_TAMPERED", "was cut back"):
        clone.deploy("1.0.0", "prod")


def test_an_unsigned_commit_on_top_stops_every_command_that_would_sign_it(
    there: Attacked,
) -> None:
    """A signed commit above it would vouch for it."""
    mallory = there.mallory
    record = read(mallory, PROD, "deployment.json")
    again = {**record, "id": "20300101T130000Z-0badc0de", "status": "started"}
    again |= {"number": record["number"] + 1, "finished_at": None}
    forge(mallory, PROD, {"deployment.json": json.dumps(again)}, "deploy 1.1.0 to prod: started")
    push(mallory, PROD)
    clone = fresh(there)
    clone.clock.at = clone.clock.at.replace(year=2031)
    assert has(found(clone), "prod: The signature of 1 record", "not signed")
    assert not has(found(clone), "unsigned_history = ")
    for act in (
        lambda: clone.rollback(environment="prod"),
        lambda: clone.deploy("1.0.0", "prod"),
        lambda: clone.delete("hello", "prod"),
        lambda: handover(clone.workspace(), "hello", "billing", environment="prod"),
        lambda: unlock(clone.workspace(), environment="prod"),
        lambda: acknowledge(clone.workspace(), environment="prod"),
    ):
        with refused("E_POLICY", "of prod: not signed"):
            act()


def test_an_unsigned_commit_on_top_stops_an_adoption(there: Attacked) -> None:
    """The record of a found state machine would vouch for it, too."""
    mallory = there.mallory
    forged_success(mallory, "1.1.0", result="${Who} 1.1.0")
    clone = fresh(there)
    role = "arn:aws:iam::000000000000:role/shop"
    form = json.dumps(definition("by hand"))
    clone.client("prod").create_state_machine(name="mine", roleArn=role, definition=form)
    with refused("E_POLICY", "Adopting isn't possible in prod", "of prod: not signed"):
        adopt(clone.workspace(), "mine", environment="prod")


def test_unsigned_yanks_stop_deployments(there: Attacked) -> None:
    """Who may push can't lift a yank."""
    mallory = there.mallory
    forge(mallory, YANKS, {FILE: mallory.git("show", f"{YANKS}:{FILE}")}, "x")
    push(mallory, YANKS)
    clone = fresh(there)
    assert has(found(clone), "ledger: The signature of 1 yank", "not signed")
    with refused("E_POLICY", "the list of yanked releases", "not signed"):
        clone.deploy("1.0.0", "prod")
    with refused("E_POLICY", "the list of yanked releases"):
        yank(clone.workspace(), "1.0.0", reason="x")


def test_a_revoked_key_makes_its_releases_unusable(there: Attacked) -> None:
    """Everything that it signed is refused, from the moment it is on the protected branch."""
    old = there.old
    alice, bob = key(old.root.parent, "alice"), key(old.root.parent, "mallory")
    bob.used_in(old)
    publish_signers(old, alice.line() + bob.line(), **{f"{SIGNERS}__revoked": alice.public})
    clone = there.fresh()
    bob.used_in(clone)
    assert has(found(clone), "1.1.0: The release commit", "signed with a revoked key")
    with refused("E_POLICY", "signed with a revoked key"):
        clone.deploy("1.1.0", "staging")


def test_an_override_deploys_anyway(there: Attacked) -> None:
    """The reason is recorded, as for every policy. A rollback takes none."""
    rewrite(there, sign=False)
    clone = replace(fresh(there))
    record = clone.deploy("1.0.0", "prod", override="The auditors know")
    assert record.override is not None


def attack(there: Attacked) -> dict[str, str]:
    """Publish 6.6.6 to prod without a signature; return the good tips of the branches."""
    mallory = there.mallory
    good = {ref: mallory.git("rev-parse", ref) for ref in (RELEASES, PROD)}
    release = forged_release(mallory, "6.6.6")
    add_release(mallory, release)
    mallory.git("tag", "v6.6.6", release.manifest.commit)
    push(mallory, RELEASES, "refs/tags/v6.6.6")
    forged_success(mallory, "6.6.6")
    return good


def test_a_commit_above_a_signed_one_is_cut_off_and_never_accepted(there: Attacked) -> None:
    """It can't be from before signing, so the only advice is a cut, which works."""
    good = attack(there)
    old = there.old
    for act in (
        lambda: old.rollback("1.0.0", "prod"),
        lambda: old.deploy("6.6.6", "staging"),
    ):
        with pytest.raises(PolicyError) as caught:
            act()
        assert "unsigned_history = " not in str(caught.value)
        assert "Signing was on before it" in str(caught.value)
    (seen,) = status(old.workspace(), environment="prod")
    assert [line.partition(" (")[0].split()[:2] for line in seen.unsigned] == [
        ["the", "release"],
        ["the", "tag"],
        ["the", "record"],
    ]
    problems = found(old)
    assert not has(problems, "unsigned_history = ")
    for ref in (RELEASES, PROD):
        (line,) = {
            line.strip()
            for problem in problems
            for line in problem.splitlines()
            if line.strip().startswith("git push --force-with-lease=") and line.endswith("-rewrite")
            if f":{ref} &&" in line
        }
        old.git(*shlex.split(line.partition(" && ")[0])[1:])
    old.git("push", "--quiet", "origin", ":refs/tags/v6.6.6")
    old.git("fetch", "--quiet", "--prune", "--prune-tags", "origin")
    verify(old.workspace(), accept_rewrite=True)
    assert {ref: old.git("rev-parse", ref) for ref in good} == good
    assert found(old) == found(fresh(there)) == []
    assert status(old.workspace(), environment="prod")[0].unsigned == ()


def test_the_page_leads_out_of_the_attack(there: Attacked) -> None:
    """The commands of its page as they stand there, with the ids of this ledger."""
    good, old = attack(there), there.old
    client, arn = old.client("prod"), old.arn("hello", "prod")
    evil = json.dumps(definition("evil"))
    made = client.update_state_machine(stateMachineArn=arn, definition=evil, publish=True)
    client.update_state_machine_alias(
        stateMachineAliasArn=f"{arn}:live",
        description=f"sfn-release 6.6.6 {read(there.mallory, PROD, 'deployment.json')['id']}",
        routingConfiguration=[
            {"stateMachineVersionArn": made["stateMachineVersionArn"], "weight": 100}
        ],
    )
    with pytest.raises(PolicyError):
        old.rollback("1.0.0", "prod")
    page = (ROOT / "docs" / "how-to" / "after-an-attack.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", page, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    for number, ref in enumerate((RELEASES, PROD), 1):
        bad = there.mallory.git("rev-parse", ref)
        lines = [
            line.replace(f"bad00000000{number}", bad[:12]).replace(
                f"900d0000000{number}", good[ref][:12]
            )
            for line in lines
        ]
    for line in lines:
        match shlex.split(line):
            case ["git", *words]:
                old.git(*words)
            case ["sfn-release", "verify", "--accept-rewrite"]:
                assert verify(old.workspace(), accept_rewrite=True).problems == ()
            case ["sfn-release", "status", "--env", "prod"]:
                (seen,) = status(old.workspace(), environment="prod")
                assert [step.partition(":  ")[2] for step in seen.next_steps] == [
                    "sfn-release deploy 1.1.0 --env prod --adopt"
                ]
                with refused("E_CONFLICT", "Another ledger deploys to hello"):
                    old.rollback("1.1.0", "prod")
            case ["sfn-release", "deploy", "1.1.0", "--env", "prod", "--adopt"]:
                assert old.deploy("1.1.0", "prod", adopt=True).version == "1.1.0"
            case ["sfn-release", "verify", "--env", "prod"]:
                proof = prove(old.workspace(), ["prod"])
                assert proof.ok, [link for link in proof.environments[0].links if not link.ok]
            case words:
                raise AssertionError(words)
    assert found(fresh(there)) == []
