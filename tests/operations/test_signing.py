"""Signed releases from end to end: keys that fail, history from before signing, clones."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfn_release.errors import GitError
from sfn_release.ledger.git.remotes import Remotes
from sfn_release.ledger.git.signature_checks import Keyring
from sfn_release.ledger.git.signature_words import SignatureCheck
from sfn_release.operations.verbs.doctor import doctor
from sfn_release.operations.verbs.plan import plan_rollback, plan_version
from sfn_release.operations.verbs.verify import verify
from support.errors import refused
from support.shop import CONFIG, Shop, add_remote, clone, made_once
from support.signing import (
    SIGNED,
    SIGNERS,
    SshKey,
    gpg_key,
    needs_gpg,
    pinned,
    publish_signers,
    ssh_key,
)


def _make(shop: Shop) -> None:
    """Release 1.0.0 and 1.1.0 without signatures; nothing is signed yet."""
    ssh_key(shop.root.parent / "keys")
    shop.write("releases.toml", CONFIG)
    shop.commit()
    add_remote(shop)
    shop.publish("1.0.0", "prod")
    shop.commit(hello="${Who} 1.1.0")
    shop.publish("1.1.0", "prod")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return made_once(tmp_path, "unsigned", _make)


def alice(shop: Shop) -> SshKey:
    return SshKey("alice", shop.root.parent / "keys" / "alice")


def tips(shop: Shop) -> list[str]:
    """Return the tips of the ledger's branches on the remote."""
    lines = shop.git("ls-remote", "origin", "refs/heads/sfn-release/*").splitlines()
    return [line.split("\t")[0] for line in lines]


def turned_on(shop: Shop, config: str = SIGNED) -> Shop:
    """Turn on signing, and accept what was recorded before."""
    publish_signers(shop, alice(shop).line(), releases__toml=pinned(config, tips(shop)))
    return shop


def program(shop: Shop, text: str) -> None:
    """Sign with a program of our own in place of ssh-keygen."""
    path = shop.root.parent / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    shop.git("config", "gpg.ssh.program", str(path))


def diagnoses(shop: Shop) -> dict[str, tuple[str, str, str]]:
    """Return doctor's lines about signatures."""
    runtime = shop.workspace().runtime
    return {
        found.subject: (found.verdict, found.message, found.fix)
        for found in doctor(
            shop.project, runtime, opened=lambda _folder, _runtime: shop.workspace()
        )
        if found.area == "signatures"
    }


def test_history_from_before_signing_is_refused_until_it_is_accepted(shop: Shop) -> None:
    """Its ids on the protected branch vouch for it: rollbacks to old releases work then."""
    alice(shop).used_in(shop)
    publish_signers(shop, alice(shop).line(), releases__toml=SIGNED)
    found = {check.subject: str(check.error) for check in verify(shop.workspace()).problems}
    assert {*found} == {"1.0.0", "1.1.0", "prod"}
    assert "unsigned_history = [" in found["prod"]
    with refused("E_POLICY", "the record", "of prod: not signed", "unsigned_history"):
        shop.rollback(environment="prod")
    assert plan_rollback(shop.workspace(), environment="prod").refusals
    turned_on(shop)
    assert verify(shop.workspace()).problems == ()
    texts = [check.text for check in verify(shop.workspace(), again=True).checks]
    assert "4 records: 4 from before signing" in texts
    record = shop.rollback(environment="prod")
    assert record is not None
    assert record.version == "1.0.0"
    assert "6 records: signed by alice@example.com; 4 from before signing" in [
        check.text for check in verify(shop.workspace(), again=True).checks
    ]


def test_good_signatures_are_remembered_until_the_signers_change(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is new costs a program; `verify` with *again* checks everything."""
    turned_on(shop)
    alice(shop).used_in(shop)
    shop.commit(hello="${Who} 1.2.0")
    shop.publish("1.2.0", "prod")
    checked: list[str] = []
    check = Keyring.check

    def counted(keys: Keyring, object_id: str, content: bytes) -> SignatureCheck:
        checked.append(object_id)
        return check(keys, object_id, content)

    monkeypatch.setattr(Keyring, "check", counted)

    def verified(*, again: bool = False) -> tuple[int, str]:
        checked.clear()
        done = verify(shop.workspace(), again=again)
        assert done.problems == ()
        return len(checked), next(check.text for check in done.checks if " records: " in check.text)

    signed = "6 records: signed by alice@example.com; 4 from before signing"
    assert verified() == (4, signed)
    assert verified() == (0, "6 records: 6 verified before")
    assert verified(again=True) == (4, signed)
    shop.rollback(environment="prod")
    expected = "8 records: signed by alice@example.com; 6 verified before"
    assert verified() == (2, expected)
    publish_signers(shop, f"{alice(shop).line()}{ssh_key(shop.root / 'b', 'bob').line()}")
    assert verified()[0] == 6
    publish_signers(shop, ssh_key(shop.root / "c", "carol").line())
    assert {check.subject for check in verify(shop.workspace()).problems} == {"1.2.0", "prod"}


@pytest.mark.parametrize("change", ["a key is revoked", "history is no longer accepted"])
def test_remembered_signatures_are_forgotten_with_everything_that_decided_them(
    shop: Shop, change: str
) -> None:
    """The file of the signers stays the same."""
    turned_on(shop)
    alice(shop).used_in(shop)
    shop.commit(hello="${Who} 1.2.0")
    shop.publish("1.2.0", "prod")
    assert verify(shop.workspace()).problems == ()
    signers = alice(shop).line()
    if change == "a key is revoked":
        publish_signers(shop, signers, **{f"{SIGNERS}__revoked": alice(shop).public})
        expected = {"1.2.0", "prod"}
    else:
        publish_signers(shop, signers, releases__toml=SIGNED)
        expected = {"1.0.0", "1.1.0", "prod"}
    assert {check.subject for check in verify(shop.workspace()).problems} == expected


def test_without_a_key_no_version_is_taken(shop: Shop) -> None:
    """The refusal comes with the others, and doctor says what to do, also in a pipeline."""
    turned_on(shop)
    shop.commit(hello="${Who} 1.2.0")
    before = shop.git("ls-remote", "origin")
    with refused("E_POLICY", "signed = true: your records", "git config user.signingkey"):
        shop.publish("1.2.0", "prod")
    assert [
        found.rule for found in plan_version(shop.workspace(), environment="prod").refusals
    ] == ["signed"]
    with refused("E_GIT", "Can't sign with your key"):
        shop.publish("1.2.0", deploy=False)
    assert shop.git("ls-remote", "origin") == before
    verdict, message, fix = diagnoses(shop)["your key"]
    assert (verdict, "Can't sign" in message, "deploy key" in fix) == ("problem", True, False)
    shop.ci = {"name": "GitHub Actions"}
    assert "deploy key" in diagnoses(shop)["your key"][2]
    alice(shop).used_in(shop)
    assert diagnoses(shop)["your key"][:1] == ("ok",)
    assert shop.publish("1.2.0", "prod").deployments


def test_a_key_that_hangs_takes_no_version_and_leaves_no_lock(shop: Shop) -> None:
    """The program is ended with git."""
    turned_on(shop, SIGNED.replace("signing = true", 'signing = true\nremote_timeout = "1s"'))
    alice(shop).used_in(shop)
    program(shop, "sleep 60")
    before = shop.git("ls-remote", "origin")
    with refused("E_POLICY", "didn't answer", "stopped after 1 s"):
        shop.rollback(environment="prod")
    shop.commit(hello="${Who} 1.2.0")
    with refused("E_GIT", "didn't answer"):
        shop.publish("1.2.0", deploy=False)
    assert shop.git("ls-remote", "origin") == before
    shop.git("config", "--unset", "gpg.ssh.program")
    assert shop.publish("1.2.0", "prod").deployments


@pytest.mark.parametrize("works", [1, 2, 3, 4])
def test_a_key_that_is_lost_on_the_way_loses_nothing(shop: Shop, works: int) -> None:
    """The trial, the release, its tag and the start are signed; then the agent is gone.

    The same command again finishes what was begun.
    """
    turned_on(shop)
    alice(shop).used_in(shop)
    count = shop.root.parent / "count"
    count.write_text("")
    program(
        shop,
        f'case "$*" in *" sign "*) printf x >> {count};'
        f' [ $(wc -c < {count}) -gt {works} ] && exit 1;; esac\nexec ssh-keygen "$@"',
    )
    shop.commit(hello="${Who} 1.2.0")
    with refused("E_GIT", "Can't sign with your key"):
        shop.publish("1.2.0", "prod")
    assert ("v1.2.0" in shop.git("ls-remote", "origin")) == (works > 2)
    shop.git("config", "--unset", "gpg.ssh.program")
    assert shop.publish("1.2.0", "prod").deployments
    assert verify(shop.workspace()).problems == ()
    assert shop.live("hello", "prod")[0] == "Alice 1.2.0"


def test_what_stays_in_a_clone_is_not_signed(shop: Shop) -> None:
    """No key is needed for `local`. A trial is signed when it becomes a release."""
    turned_on(shop)
    shop.commit(hello="${Who} 1.2.0")
    url = shop.git("remote", "get-url", "origin")
    shop.git("remote", "set-url", "origin", "/nowhere")  # and no remote
    assert shop.publish("1.2.0", "local").trial
    offline = verify(shop.workspace()).checks
    assert [check.unknown for check in offline if "allowed signers" in check.text] == [True]
    shop.git("remote", "set-url", "origin", url)
    alice(shop).used_in(shop)
    assert shop.publish("1.2.0", "prod").deployments
    checks = [check.text for check in verify(shop.workspace()).checks if check.subject == "1.2.0"]
    assert sum("signed by alice@example.com" in text for text in checks) == 2
    assert verify(shop.workspace(), "1.2.0").problems == ()


def test_a_shallow_clone_behind_the_protected_branch_reads_its_tip(shop: Shop) -> None:
    """A pipeline's clone needs neither tags nor history, and keeps no trace."""
    turned_on(shop)
    alice(shop).used_in(shop)
    shop.commit(hello="${Who} 1.2.0")
    shop.publish("1.2.0", deploy=False)
    behind = clone(shop, "behind", "--no-local", "--depth=1", "--no-tags")
    alice(shop).used_in(behind)
    publish_signers(shop, f"# changed\n{alice(shop).line()}")
    assert verify(behind.workspace()).problems == ()
    assert behind.deploy("1.2.0", "prod") is not None
    publish_signers(shop, ssh_key(shop.root.parent / "bob", "bob").line())
    with refused("E_POLICY", "your records: signed with a key that isn't allowed"):
        behind.rollback(environment="prod")


def test_a_protected_branch_that_moves_meanwhile_is_no_missing_file(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shallow clone says so, and doesn't judge by the files of another commit."""
    turned_on(shop)
    behind = clone(shop, "behind", "--no-local", "--depth=1", "--no-tags")
    publish_signers(shop, f"# first\n{alice(shop).line()}")
    tip = shop.git("rev-parse", "HEAD")
    publish_signers(shop, f"# second\n{alice(shop).line()}")
    monkeypatch.setattr(Remotes, "default_branch", lambda *_: ("refs/heads/main", tip))
    trusted = behind.workspace().ledger.signatures.trusted
    assert isinstance(trusted, GitError)
    assert trusted.message == f"The commit {tip[:12]} of refs/heads/main is missing."


@needs_gpg
def test_openpgp_keys_sign_a_project_in_a_subfolder_without_a_remote(tmp_path: Path) -> None:
    """The clone is the ledger, and its branch main is the protected one."""
    shop = Shop(tmp_path / "mono", "services/shop")
    shop.root.mkdir()
    shop.git("init", "--quiet")
    key = gpg_key()
    key.used_in(shop)
    config = SIGNED.replace('name = "shop"', 'name = "shop"\nremote = ""\ntag = "shop-{version}"')
    shop.write("releases.toml", config)
    shop.write(SIGNERS, key.armored)
    shop.commit(hello="${Who} one")
    assert shop.publish("1.0.0", "prod").deployments
    assert verify(shop.workspace()).problems == ()
    texts = [check.text for check in verify(shop.workspace(), again=True).checks]
    assert any(f"signed by alice@example.com ({key.fingerprint})" in text for text in texts)
    where = diagnoses(shop)["allowed signers"][1]
    assert where.startswith(f"services/shop/{SIGNERS} on main of this clone")


def test_a_file_that_is_missing_on_the_protected_branch_is_named(shop: Shop) -> None:
    """Every command says the same, and verify isn't silent."""
    alice(shop).used_in(shop)
    shop.write("releases.toml", SIGNED)
    shop.commit(hello="${Who} 1.2.0")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    words = f"There is no {SIGNERS} on main of origin"
    with refused("E_POLICY", "the allowed signers are unknown", words):
        shop.publish("1.2.0", "prod")
    assert any(words in str(check.error) for check in verify(shop.workspace()).problems)
    assert words in diagnoses(shop)["allowed signers"][1]
