"""Signing commits and tags with real keys, and verifying them with the allowed signers."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sfn_release.errors import NotFoundError
from sfn_release.ledger.git import Git, Identity, RemoteTimeout
from sfn_release.ledger.git.signing import SigningError
from sfn_release.ledger.layout import Layout
from sfn_release.ledger.signatures import Signatures, SignatureStatus, SignatureVerdict
from sfn_release.ledger.trusted_signers import TrustedSigners, protected_branch
from support.repository import Repository
from support.shop import Shop
from support.signing import SIGNERS, SshKey, gpg_key, needs_gpg, run, ssh_key

AT = datetime(2026, 6, 1, tzinfo=UTC)
BY = Identity("Alice", "alice@example.com")
LAYOUT = Layout("shop", "refs/heads/sfn-release", "v{version}", None, frozenset())
TOML = f'[project]\nname = "shop"\nallowed_signers = "{SIGNERS}"\n'


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "shop")
    shop.root.mkdir()
    shop.git("init", "--quiet", "--initial-branch=main")
    return shop


@pytest.fixture(scope="session")
def alice(tmp_path_factory: pytest.TempPathFactory) -> SshKey:
    return ssh_key(tmp_path_factory.mktemp("alice"))


@pytest.fixture(scope="session")
def mallory(tmp_path_factory: pytest.TempPathFactory) -> SshKey:
    return ssh_key(tmp_path_factory.mktemp("mallory"), "mallory")


def opened(shop: Repository, *, limit: float = 30.0) -> Git:
    return Git.open(shop.root, remote_timeout=RemoteTimeout(limit))


def allow(shop: Repository, signers: str, toml: str = TOML, **files: bytes) -> None:
    """Commit the allowed signers to the branch main."""
    shop.write("releases.toml", toml)
    shop.write(SIGNERS, signers)
    for name, content in files.items():
        (shop.root / f"{SIGNERS}.{name}").write_bytes(content)
    shop.git("add", "--all")
    shop.git("commit", "--quiet", "--message=signers")


def signatures(git: Git) -> Signatures:
    return Signatures(git, LAYOUT, lambda: protected_branch(git, None, ""))


def signed_commit(git: Git, message: str = "x\n", *, at: datetime = AT, sign: bool = True) -> str:
    tree = git.objects.write_tree({})
    return git.objects.write_commit(tree, None, message, by=BY, at=at, sign=sign)


def verdict(git: Git, object_id: str) -> SignatureVerdict:
    return signatures(git).of(object_id)


# Good signatures


def test_a_commit_and_a_tag_are_signed_with_an_ssh_key(shop: Shop, alice: SshKey) -> None:
    """The verdict names the principal and the key."""
    alice.used_in(shop)
    allow(shop, alice.line('namespaces="git"'))
    git = opened(shop)
    commit = signed_commit(git)
    tag = git.objects.write_tag("v1.0.0", commit, "notes\n", by=BY, at=AT, sign=True)
    expected = SignatureVerdict("good", "alice@example.com", alice.fingerprint)
    found = signatures(git)
    assert (found.of(commit), found.of(tag)) == (expected, expected)
    assert found.of_tags({"refs/tags/v1.0.0": tag}) == {"refs/tags/v1.0.0": expected}
    assert expected.text == f"signed by alice@example.com ({alice.fingerprint})"
    assert shop.git("for-each-ref", "refs/tags") == ""
    headers = f"object {commit}\ntype commit\ntag v1.0.0\n"
    headers += f"tagger {BY} {int(AT.timestamp())} +0000\n\nnotes\n-----BEGIN SSH SIGNATURE-----\n"
    assert shop.git("cat-file", "tag", tag).startswith(headers)


@needs_gpg
def test_a_commit_and_a_tag_are_signed_with_an_openpgp_key(shop: Shop) -> None:
    """The user's own keyring plays no part in the verdict: the file has the key."""
    key = gpg_key()
    key.used_in(shop)
    allow(shop, f"# Alice\n{key.armored}")
    git = opened(shop)
    commit = signed_commit(git)
    tag = git.objects.write_tag("v1.0.0", commit, "notes\n", by=BY, at=AT, sign=True)
    expected = SignatureVerdict("good", "alice@example.com", key.fingerprint)
    assert (verdict(git, commit), verdict(git, tag)) == (expected, expected)


@needs_gpg
def test_both_kinds_of_keys_stand_in_one_file(shop: Shop, alice: SshKey) -> None:
    """A team may change from one kind to the other."""
    key = gpg_key("bob")
    allow(shop, f"{alice.line()}\n{key.armored}")
    alice.used_in(shop)
    git = opened(shop)
    first = signed_commit(git)
    key.used_in(shop)
    second = signed_commit(git, "y\n")
    found = signatures(git).of_all([first, second])
    assert [verdict.principal for verdict in found.values()] == [
        "alice@example.com",
        "bob@example.com",
    ]


def test_a_key_of_an_agent_signs(
    shop: Shop, alice: SshKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A literal public key names the key in the agent."""
    said = run("ssh-agent", "-s")
    agent = dict(re.findall(r"(SSH_AUTH_SOCK|SSH_AGENT_PID)=([^;]+)", said))
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
        run("ssh-add", "-q", alice.file)
        shop.git("config", "gpg.format", "ssh")
        shop.git("config", "user.signingkey", f"key::{alice.public}")
        allow(shop, alice.line())
        assert verdict(opened(shop), signed_commit(opened(shop))).good
    finally:
        os.kill(int(agent["SSH_AGENT_PID"]), signal.SIGTERM)


def test_a_repository_of_sha256_signs_too(tmp_path: Path, alice: SshKey) -> None:
    """Its signatures have a header of their own."""
    shop = Shop(tmp_path / "shop")
    shop.root.mkdir()
    shop.git("init", "--quiet", "--initial-branch=main", "--object-format=sha256")
    alice.used_in(shop)
    allow(shop, alice.line())
    git = opened(shop)
    commit = signed_commit(git)
    tag = git.objects.write_tag("v1.0.0", commit, "notes\n", by=BY, at=AT, sign=True)
    assert [signatures(git).of(found).status for found in (commit, tag)] == ["good", "good"]


# Others


def edited(git: Git, commit: str) -> str:
    """Return a signed commit with another message."""
    content = git.objects.contents([commit])[0] or b""
    return git.repository.ok(
        *("hash-object", "-t", "commit", "-w", "--stdin"), stdin=content + b"more\n"
    ).text


def test_an_unsigned_and_an_edited_commit(shop: Shop, alice: SshKey) -> None:
    """An edit makes the signature bad."""
    alice.used_in(shop)
    allow(shop, alice.line())
    git = opened(shop)
    assert verdict(git, signed_commit(git, sign=False)) == SignatureVerdict("unsigned")
    assert verdict(git, edited(git, signed_commit(git))).status == "bad"


@pytest.mark.parametrize(
    ("options", "status", "why"),
    [
        ("", "good", ""),
        ('valid-after="20260101",valid-before="20270101"', "good", ""),
        ('valid-before="20260101"', "expired", "key has expired"),
        ('valid-after="20270101"', "expired", "key is not yet valid"),
        ('namespaces="file"', "unknown_key", "key is not permitted"),
    ],
)
def test_the_options_of_a_key_count(
    shop: Shop, alice: SshKey, options: str, status: SignatureStatus, why: str
) -> None:
    """The period is compared with the time of the commit."""
    alice.used_in(shop)
    allow(shop, alice.line(options))
    git = opened(shop)
    found = verdict(git, signed_commit(git))
    assert (found.status, why in found.why) == (status, True)


def test_a_good_signature_of_an_unlisted_key_is_refused(
    shop: Shop, alice: SshKey, mallory: SshKey
) -> None:
    """The verdict has the fingerprint, to find out whose it is."""
    mallory.used_in(shop)
    allow(shop, alice.line())
    git = opened(shop)
    found = verdict(git, signed_commit(git))
    assert (found.status, found.principal, found.key) == ("unknown_key", "", mallory.fingerprint)


def krl(shop: Shop, key: SshKey) -> bytes:
    run("ssh-keygen", "-q", "-k", "-f", shop.root.parent / "krl", key.file.with_suffix(".pub"))
    return (shop.root.parent / "krl").read_bytes()


@pytest.mark.parametrize(
    "revoked", [lambda _, key: f"{key.public}\n".encode(), krl], ids=["text", "krl"]
)
def test_a_revoked_ssh_key_is_refused(
    shop: Shop, alice: SshKey, revoked: Callable[[Shop, SshKey], bytes]
) -> None:
    """The file beside the allowed signers has the revoked keys, whenever they signed."""
    alice.used_in(shop)
    allow(shop, alice.line(), revoked=revoked(shop, alice))
    git = opened(shop)
    assert verdict(git, signed_commit(git)).status == "revoked"


def test_a_certificate_authority_vouches_for_keys(
    shop: Shop, tmp_path: Path, mallory: SshKey
) -> None:
    """A certificate of the team's authority signs as its principal."""
    authority = ssh_key(tmp_path / "ca", "authority")
    allow(shop, f"*@example.com cert-authority {authority.public}\n")
    certified = ssh_key(tmp_path / "bob", "bob")
    certified.used_in(shop)
    certificate = certified.file.with_name("bob-cert.pub")
    name = ("-I", "bob", "-n", "bob@example.com", "-V", "20250101:20400101")
    run("ssh-keygen", "-q", "-s", authority.file, *name, certified.file.with_suffix(".pub"))
    shop.git("config", "user.signingkey", str(certificate))
    git = opened(shop)
    assert verdict(git, signed_commit(git)).principal == "bob@example.com"
    mallory.used_in(shop)
    assert verdict(git, signed_commit(git, "y\n")).status == "unknown_key"


FAKED = "--faked-system-time"


@needs_gpg
def test_openpgp_keys_that_are_unknown_revoked_or_expired(shop: Shop) -> None:
    """A signature from before its key expired stays good."""
    key = gpg_key()
    other = gpg_key("bob")
    old = gpg_key("carol", FAKED, "20250101T000000", life="2d")
    git = opened(shop)
    commits = []
    for used, options in ((key, ()), (other, ()), (old, (FAKED, "20250102T000000"))):
        used.used_in(shop, *options)
        commits.append(signed_commit(git))
    commits.append(edited(git, commits[0]))
    allow(shop, key.armored + old.armored)
    found = signatures(git).of_all(commits)
    statuses = [verdict.status for verdict in found.values()]
    assert statuses == ["good", "unknown_key", "good", "bad"]
    key.revoke()
    allow(shop, key.armored + old.armored)
    assert verdict(git, commits[0]).status == "revoked"
    old.used_in(shop)
    with pytest.raises(SigningError, match="Can't sign"):
        signed_commit(git)


# The commits up to which no signature is needed


def test_commits_of_the_unsigned_history_are_accepted(shop: Shop, alice: SshKey) -> None:
    """A commit's id vouches for everything under it, and for nothing above it."""
    git = opened(shop)
    tree = git.objects.write_tree({})

    def commit(parent: str | None) -> str:
        return git.objects.write_commit(tree, parent, "x\n", by=BY, at=AT)

    first = commit(None)
    second = commit(first)
    third = commit(second)
    allow(shop, alice.line(), f'{TOML}unsigned_history = ["{second}", "{"f" * 40}"]\n')
    found = signatures(git).of_all([first, second, third])
    assert [verdict.accepted for verdict in found.values()] == [True, True, False]
    assert {verdict.status for verdict in found.values()} == {"unsigned"}
    assert found[first].text == "not signed (accepted by unsigned_history)"


# The file of allowed signers


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no key, so no signature can be good"),
        ("# nothing\n", "has no key"),
        ("alice@example.com\n", "line 1, is not the key of an allowed signer"),
        ("# x\nalice@example.com ssh-ed25519 !!!\n", "line 2, is not the key"),
        ("alice@example.com ssh-ed25519 AAAAB3NzaC1yc2E=\n", "line 1, is not the key"),
        ("<html>Not found</html>\n", "line 1, is not the key"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxyz\n", "begins in line 1 has no end"),
    ],
)
def test_a_file_without_usable_keys_makes_signatures_unverifiable(
    shop: Shop, alice: SshKey, content: str, message: str
) -> None:
    """The verdict says why, and names the line."""
    alice.used_in(shop)
    allow(shop, content)
    git = opened(shop)
    found = verdict(git, signed_commit(git))
    assert (found.status, message in found.why) == ("unverifiable", True)


@needs_gpg
def test_a_damaged_openpgp_key_makes_signatures_unverifiable(shop: Shop, alice: SshKey) -> None:
    """The words of gpg say why."""
    alice.used_in(shop)
    key = gpg_key()
    lines = key.armored.splitlines()
    allow(shop, "\n".join([*lines[:2], "AAAA", *lines[-1:]]) + "\n")
    git = opened(shop)
    found = verdict(git, signed_commit(git))
    assert found.status == "unverifiable"
    assert "gpg can't read the OpenPGP keys" in found.why


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('[project]\nname = "shop"\n', "doesn't name the file of allowed signers"),
        (TOML.replace(SIGNERS, "others"), "There is no others on main of this clone"),
        ("[project\n", "not valid TOML"),
    ],
)
def test_the_protected_branch_must_name_the_file(shop: Shop, toml: str, message: str) -> None:
    """releases.toml counts as it stands on the protected branch."""
    allow(shop, "", toml)
    found = signatures(opened(shop)).trusted
    assert not isinstance(found, TrustedSigners)
    assert message in found.message


def test_the_protected_branch_may_be_named_in_the_clone(shop: Shop, alice: SshKey) -> None:
    """A branch that doesn't exist is an error with the setting's name."""
    allow(shop, alice.line())
    shop.git("branch", "--move", "trunk")
    found = signatures(opened(shop)).trusted
    assert "has no branch main" in str(found)
    shop.git("config", "sfn-release.protectedBranch", "trunk")
    assert isinstance(signatures(opened(shop)).trusted, TrustedSigners)


def test_an_empty_remote_needs_its_first_branch(shop: Shop, tmp_path: Path) -> None:
    """A host whose branches you can't see needs the choice of one: both are said."""
    shop.git("init", "--quiet", "--bare", str(tmp_path / "empty.git"))
    shop.git("remote", "add", "origin", str(tmp_path / "empty.git"))
    with pytest.raises(NotFoundError) as refused:
        protected_branch(opened(shop), "origin", "")
    assert "git push origin main" in refused.value.fix
    assert "git config sfn-release.protectedBranch main" in refused.value.fix


def test_the_fingerprint_of_the_trust_changes_with_the_keys(
    shop: Shop, alice: SshKey, mallory: SshKey
) -> None:
    """What is remembered of signatures is void after any change."""
    prints = set()
    for signers, toml, revoked in (
        (alice.line(), TOML, b""),
        (alice.line() + mallory.line(), TOML, b""),
        (alice.line(), TOML, mallory.public.encode()),
        (alice.line(), f'{TOML}unsigned_history = ["{"f" * 40}"]\n', b""),
    ):
        allow(shop, signers, toml, revoked=revoked)
        found = signatures(opened(shop)).trusted
        assert isinstance(found, TrustedSigners)
        prints.add(found.fingerprint)
    assert len(prints) == 4


# Faults of signing


SLEEPER = "#!/bin/sh\nsleep 60\n"


def _program(shop: Shop, text: str, name: str) -> str:
    program = shop.root.parent / name
    program.write_text(text)
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("settings", "why", "fix"),
    [
        ({}, "needs to be", "git config user.signingkey"),
        ({"user.signingkey": "/nowhere/key"}, "/nowhere/key", "user.signingkey"),
        (
            {"user.signingkey": "ALICE", "gpg.ssh.program": "no-such-program"},
            "cannot run no-such-program",
            "Install the program",
        ),
        ({"gpg.format": "pgp"}, "gpg.format", "Set gpg.format to ssh"),
        (
            {"gpg.format": "openpgp", "gpg.program": "no-such-program"},
            "cannot run no-such-program",
            "Install the program",
        ),
        (
            {"user.signingkey": "ALICE", "gpg.ssh.program": "false"},
            "failed without a word",
            "Check your key",
        ),
    ],
)
def test_a_key_that_cannot_sign_is_one_clear_error(
    shop: Shop, alice: SshKey, settings: dict[str, str], why: str, fix: str
) -> None:
    """It has git's words, and the next thing to do."""
    git = opened(shop)
    commit = signed_commit(git, sign=False)
    for key, value in {"gpg.format": "ssh", **settings}.items():
        shop.git("config", key, str(alice.file) if value == "ALICE" else value)
    with pytest.raises(SigningError) as caught:
        signed_commit(opened(shop))
    error = caught.value
    assert error.message == "Can't sign with your key."
    assert why in error.why
    assert fix in error.fix
    with pytest.raises(SigningError, match="Can't sign"):
        git.objects.write_tag("v1.0.0", commit, "notes\n", by=BY, at=AT, sign=True)


def test_a_locked_key_does_not_ask_where_nobody_can_answer(shop: Shop, tmp_path: Path) -> None:
    """Without a terminal, the passphrase is missing at once."""
    key = ssh_key(tmp_path / "keys")
    run("ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", key.file)
    key.used_in(shop)
    with pytest.raises(SigningError, match="passphrase") as caught:
        signed_commit(opened(shop))
    assert "ssh-add" in caught.value.fix


def test_a_program_or_an_agent_that_hangs_is_ended(
    shop: Shop, alice: SshKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A silent agent stands for a program that waits for it. Both end with git."""
    alice.used_in(shop)
    shop.git("config", "gpg.ssh.program", _program(shop, SLEEPER, "sleeper"))
    with pytest.raises(SigningError, match="didn't answer") as caught:
        signed_commit(opened(shop, limit=0.3))
    assert "stopped after" in caught.value.why
    shop.git("config", "--unset", "gpg.ssh.program")
    shop.git("config", "user.signingkey", f"key::{alice.public}")
    path = shop.root.parent / "agent"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
        with pytest.raises(SigningError, match="didn't answer"):
            signed_commit(opened(shop, limit=0.3))


# Faults of verifying


def test_a_missing_program_makes_signatures_unverifiable(shop: Shop, alice: SshKey) -> None:
    """A signature is never good because it couldn't be checked."""
    alice.used_in(shop)
    allow(shop, alice.line())
    git = opened(shop)
    commit = signed_commit(git)
    for program in ("no-such-program", _program(shop, SLEEPER, "sleeper"), "true", "false"):
        shop.git("config", "gpg.ssh.program", program)
        found = verdict(opened(shop, limit=0.3), commit)
        assert found.status in {"unverifiable", "bad"}
        assert found.why


def test_an_old_git_is_named(shop: Shop, alice: SshKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows no SSH signatures, so it can't tell a good one from a bad one."""
    alice.used_in(shop)
    allow(shop, alice.line())
    git = opened(shop)
    commit = edited(git, signed_commit(git))
    old = "sfn_release.ledger.git.signature_checks.git_version"
    monkeypatch.setattr(old, lambda _: "git version 2.31.1")
    found = verdict(git, commit)
    assert found.status == "unverifiable"
    assert found.why == "git version 2.31.1 is too old: SSH signatures need 2.34"


@needs_gpg
def test_a_missing_gpg_makes_signatures_unverifiable(shop: Shop) -> None:
    """So does one that hangs."""
    key = gpg_key()
    key.used_in(shop)
    allow(shop, key.armored)
    commit = signed_commit(opened(shop))
    for program in ("no-such-program", _program(shop, SLEEPER, "sleeper")):
        shop.git("config", "gpg.program", program)
        found = verdict(opened(shop, limit=0.3), commit)
        assert found.status == "unverifiable"
        assert found.why


def test_the_user_s_own_trust_plays_no_part(shop: Shop, alice: SshKey, mallory: SshKey) -> None:
    """Neither a file of allowed signers in git's settings nor a level of trust there counts."""
    mallory.used_in(shop)
    allow(shop, alice.line())
    mine = shop.root.parent / "mine"
    mine.write_text(mallory.line())
    shop.git("config", "gpg.ssh.allowedSignersFile", str(mine))
    git = opened(shop)
    assert verdict(git, signed_commit(git)).status == "unknown_key"
    alice.used_in(shop)
    shop.git("config", "gpg.minTrustLevel", "ultimate")
    assert verdict(git, signed_commit(git, "y\n")).good


@needs_gpg
def test_a_program_with_a_keyring_of_its_own_changes_no_verdict(shop: Shop) -> None:
    """A wrapper of gpg may ignore our folder, and find the signer in the user's own keyring."""
    alice, mallory = gpg_key(), gpg_key("mallory")
    mallory.used_in(shop)
    allow(shop, alice.armored)
    git = opened(shop)
    commit = signed_commit(git)
    wrapper = f"#!/bin/sh\nexec gpg --no-options --homedir '{mallory.home}' \"$@\"\n"
    shop.git("config", "gpg.program", _program(shop, wrapper, "wrapper"))
    found = verdict(opened(shop), commit)
    assert (found.status, found.key) == ("unknown_key", mallory.fingerprint)
    assert alice.fingerprint not in mallory.gpg("--list-keys")


@pytest.mark.parametrize("separator", ["\u2028", "\u0085", "\x0b", "\x0c", "\x1e", "\r"])
def test_a_key_can_not_hide_in_a_comment(
    shop: Shop, alice: SshKey, mallory: SshKey, separator: str
) -> None:
    """Only a line feed ends a line, as for ssh-keygen. Other separators look like one line."""
    allow(shop, f"{alice.line().strip()} laptop{separator}{mallory.line()}")
    mallory.used_in(shop)
    git = opened(shop)
    assert verdict(git, signed_commit(git)).status == "unknown_key"
    alice.used_in(shop)
    assert verdict(git, signed_commit(git, "y\n")).good


# Where a signature stands


def test_a_signed_commit_belongs_to_one_branch(shop: Shop, alice: SshKey) -> None:
    """Moved to another branch of the ledger, its signature is bad."""
    alice.used_in(shop)
    allow(shop, alice.line())
    git = opened(shop)
    prod, staging = LAYOUT.env_ref("prod"), LAYOUT.env_ref("staging")
    commit = signed_commit(git, "x\n\nSigned-for: shop/env/staging\n")
    loose = signed_commit(git, "x\n\nVersion: 1.0.0\n")
    found = signatures(git)
    assert found.of_all([commit], ref=staging)[commit].good
    moved = found.of_all([commit, loose], ref=prod)
    assert [verdict.status for verdict in moved.values()] == ["bad", "bad"]
    assert moved[commit].why == "it was signed for shop/env/staging, and stands on shop/env/prod"


def test_a_signed_tag_has_one_name(shop: Shop, alice: SshKey) -> None:
    """Under another name, its signature is bad. A lightweight tag has none."""
    alice.used_in(shop)
    allow(shop, alice.line())
    git = opened(shop)
    commit = signed_commit(git)
    tag = git.objects.write_tag("v1.0.0", commit, "notes\n", by=BY, at=AT, sign=True)
    found = signatures(git).of_tags({"refs/tags/v2.0.0": tag, "refs/tags/v3.0.0": commit})
    assert [verdict.status for verdict in found.values()] == ["bad", "unsigned"]
    assert found["refs/tags/v2.0.0"].why == "it was signed as the tag v1.0.0"
    assert found["refs/tags/v3.0.0"].why == "it is a lightweight tag"
