"""Verifying the signatures of commits and tags, with given keys and no others.

Git runs the programs. They see a temporary folder with the keys, so your own keyring and your
trust in its keys play no part.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sfn_release.errors import ConfigError
from sfn_release.ledger.git.command import (
    Result,
    checked,
    git_version,
    run_git_in_time,
    run_program,
)
from sfn_release.ledger.git.repository import Repository
from sfn_release.ledger.git.signature_words import (
    OPENPGP,
    X509,
    SignatureCheck,
    imported_keys,
    openpgp_check,
    signature_in,
    ssh_check,
    too_old,
)
from sfn_release.ledger.git.signer_keys import SignerKeys

_AT_ONCE = 4  # processes of git
_GPG_CONF = "trust-model always\nno-auto-key-retrieve\nno-autostart\n"


@dataclass(frozen=True)
class Keyring:
    """A temporary *folder* with keys, and the repository whose objects are verified.

    *git_dir* names another repository than the clone. *openpgp* are the fingerprints of the OpenPGP
    keys, and *gpg_error* is why they can't be used.
    """

    repository: Repository
    folder: Path
    git_dir: Path | None = None
    openpgp: frozenset[str] = frozenset()
    gpg_error: str = ""

    def inside(self, git_dir: Path) -> Keyring:
        """Return the same keys for the objects of another repository."""
        return replace(self, git_dir=git_dir)

    def check_all(self, contents: Sequence[tuple[str, bytes]]) -> list[SignatureCheck]:
        """Check the signatures of objects, each given by its id and its content."""
        if len(contents) <= 1:
            return [self.check(*content) for content in contents]
        with ThreadPoolExecutor(min(_AT_ONCE, len(contents))) as pool:
            return list(pool.map(lambda content: self.check(*content), contents))

    def check(self, object_id: str, content: bytes) -> SignatureCheck:
        """Check the signature of one object, a commit or a tag."""
        signature = signature_in(content)
        if signature is None:
            return SignatureCheck("unsigned")
        if signature.startswith(X509):
            return SignatureCheck("unverifiable", why="it is an X.509 signature")
        if signature.startswith(OPENPGP):
            return self._openpgp(content, object_id)
        check = self._ssh(content, object_id, revocation=True)
        if check.result == "bad":
            again = self._ssh(content, object_id, revocation=False)
            if again.result == "good":
                return replace(again, result="revoked", why="the key is revoked")
            why = too_old(git_version(self.repository.root))
            if why is not None:
                return SignatureCheck("unverifiable", why=why)
        return check

    def _openpgp(self, content: bytes, object_id: str) -> SignatureCheck:
        if self.gpg_error:
            return SignatureCheck("unverifiable", why=self.gpg_error)
        result = self._verify(content, object_id, revocation=False)
        check = _unanswered(result) or openpgp_check(result)
        if check.result in {"good", "expired", "revoked"} and check.key not in self.openpgp:
            # The user's own program, or the machine's settings of gpg, found it in another keyring.
            why = f"{check.key} isn't an allowed signer's key"
            return SignatureCheck("unknown_key", key=check.key, why=why)
        return check

    def _ssh(self, content: bytes, object_id: str, *, revocation: bool) -> SignatureCheck:
        result = self._verify(content, object_id, revocation=revocation)
        return _unanswered(result) or ssh_check(result)

    def _verify(self, content: bytes, object_id: str, *, revocation: bool) -> Result:
        verb = "verify-tag" if content.startswith(b"object ") else "verify-commit"
        settings = {
            "gpg.ssh.allowedSignersFile": self.folder / "allowed_signers",
            "gpg.ssh.revocationFile": self.folder / ("revoked" if revocation else "none"),
            "gpg.minTrustLevel": "undefined",
        }
        return run_git_in_time(
            self.repository.root,
            [
                *([f"--git-dir={self.git_dir}"] if self.git_dir else []),
                *(word for key, value in settings.items() for word in ("-c", f"{key}={value}")),
                *(verb, "--raw", checked(object_id)),
            ],
            waiting_for="the program that verifies signatures",
            remote_timeout=self.repository.remote_timeout,
            env={"GNUPGHOME": str(self.folder / "gnupg"), "LC_ALL": "C"},
        )


@contextmanager
def keyring(repository: Repository, keys: SignerKeys) -> Iterator[Keyring]:
    """Make a temporary folder with *keys*, and remove it after the block.

    Raises ConfigError for OpenPGP keys that gpg can't read.
    """
    with tempfile.TemporaryDirectory(prefix="sfn-release-") as name:
        folder = Path(name)
        (folder / "allowed_signers").write_text(keys.ssh, encoding="utf-8")
        (folder / "revoked").write_bytes(keys.revoked)
        (folder / "none").write_bytes(b"")
        home = folder / "gnupg"
        home.mkdir(mode=0o700)
        (home / "gpg.conf").write_text(_GPG_CONF, encoding="utf-8")
        yield _with_openpgp(Keyring(repository, folder), home, keys.openpgp)


def _with_openpgp(made: Keyring, home: Path, armored: str) -> Keyring:
    """Import public keys into *home*, a folder of gpg, and return the keyring with them."""
    repository = made.repository
    if not armored:
        return made
    program = repository.config("gpg.openpgp.program") or repository.config("gpg.program") or "gpg"
    result = run_program(
        home,
        [program, "--homedir", str(home), "--batch", "--quiet", "--status-fd=1", "--import"],
        waiting_for="gpg",
        remote_timeout=repository.remote_timeout,
        stdin=armored.encode(),
        env={"LC_ALL": "C"},
    )
    if result is None:
        return replace(made, gpg_error=f"{program} was not found")
    if result.unanswered:
        return replace(made, gpg_error=f"gpg gave {result.words}")
    if result.returncode:
        raise ConfigError(
            "gpg can't read the OpenPGP keys of the allowed signers.",
            why=result.stderr.strip(),
            fix="Export them again:  gpg --armor --export ADDRESS",
        )
    return replace(made, openpgp=frozenset(imported_keys(result)))


def _unanswered(result: Result) -> SignatureCheck | None:
    """Return the check for a program that didn't answer, None if it did."""
    if not result.unanswered:
        return None
    return SignatureCheck("unverifiable", why=f"the program gave {result.words}")
