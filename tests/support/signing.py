"""Keys of signers, made for a test: SSH keys, and OpenPGP keys in a keyring of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from sfn_release.project.toml_text import toml
from support.shop import CONFIG, Shop, add_remote

SIGNERS = "release-signers"
SIGNED = CONFIG.replace(
    'name = "shop"\n', f'name = "shop"\nsigning = true\nallowed_signers = "{SIGNERS}"\n'
).replace("[environments.prod]\n", "[environments.prod]\nsigned = true\n")
"""The project `shop`, with signatures that ``prod`` needs."""

needs_gpg = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg isn't installed")


def run(*command: str | Path, stdin: str = "", env: dict[str, str] | None = None) -> str:
    """Run a program and return its output."""
    done = subprocess.run(
        [str(word) for word in command],
        input=stdin.encode(),
        capture_output=True,
        check=False,
        env={**os.environ, **(env or {})},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@dataclass(frozen=True)
class SshKey:
    """An SSH key of *name*, in a file."""

    name: str
    file: Path

    @property
    def public(self) -> str:
        """The public key: type and base64."""
        return " ".join(self.file.with_suffix(".pub").read_text().split()[:2])

    @property
    def fingerprint(self) -> str:
        """As ssh-keygen prints it: ``SHA256:…``."""
        return run("ssh-keygen", "-l", "-f", self.file).split()[1]

    def line(self, options: str = "") -> str:
        """Return the line for a file of allowed signers."""
        return f"{self.name}@example.com {options}{' ' if options else ''}{self.public}\n"

    def used_in(self, shop: Shop) -> None:
        """Let the clone sign with this key."""
        shop.git("config", "gpg.format", "ssh")
        shop.git("config", "user.signingkey", str(self.file))


def ssh_key(folder: Path, name: str = "alice") -> SshKey:
    """Make an SSH key."""
    folder.mkdir(parents=True, exist_ok=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name)
    return SshKey(name, folder / name)


@dataclass(frozen=True)
class GpgKey:
    """An OpenPGP key in the keyring *home*."""

    home: Path
    fingerprint: str

    def gpg(self, *arguments: str, stdin: str = "") -> str:
        """Run gpg with this keyring."""
        return run("gpg", "--homedir", self.home, "--batch", "--quiet", *arguments, stdin=stdin)

    @property
    def armored(self) -> str:
        """The public key, as gpg exports it."""
        return self.gpg("--armor", "--export", self.fingerprint)

    def used_in(self, shop: Shop, *options: str) -> None:
        """Let the clone sign with this key; *options* are gpg's."""
        program = self.home / "gpg-here"
        words = " ".join(["--homedir", f"'{self.home}'", *options])
        # To verify, git sets another home: the one given here must not win.
        program.write_text(
            "#!/bin/sh\n"
            f'case "$*" in *--verify*|*--import*) exec gpg "$@";; *) exec gpg {words} "$@";; esac\n'
        )
        program.chmod(0o755)
        shop.git("config", "gpg.format", "openpgp")
        shop.git("config", "gpg.program", str(program))
        shop.git("config", "user.signingkey", self.fingerprint)

    def revoke(self) -> None:
        """Revoke the key with the certificate that gpg made with it."""
        certificate = self.home / "openpgp-revocs.d" / f"{self.fingerprint}.rev"
        self.gpg("--import", stdin=certificate.read_text().replace(":-----BEGIN", "-----BEGIN"))


def gpg_key(name: str = "alice", *options: str, life: str = "never") -> GpgKey:
    """Make an OpenPGP key that never asks for a passphrase, in a keyring of its own.

    Its folder has a short name, because the path of gpg-agent's socket must be short.
    """
    folder = Path(tempfile.mkdtemp(prefix="gpg-", dir="/tmp"))
    gpg: tuple[str | Path, ...] = ("gpg", "--homedir", folder, "--batch", "--quiet", *options)
    address = f"{name}@example.com"
    run(*gpg, "--passphrase", "", "--quick-gen-key", address, "ed25519", "sign", life)
    listed = run(*gpg, "--with-colons", "--list-keys", address)
    prints = [line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:")]
    key = GpgKey(folder, prints[0])
    weakref.finalize(key, _end, folder)
    return key


def _end(folder: Path) -> None:
    """End the agent of a keyring, and remove the keyring."""
    run("gpgconf", "--homedir", folder, "--kill", "gpg-agent")
    shutil.rmtree(folder, ignore_errors=True)  # the agent removes its sockets too


def signed_shop(shop: Shop, signers: str, *, config: str = SIGNED) -> Shop:
    """Commit and push *config* and the file of allowed signers to the protected branch."""
    shop.write("releases.toml", config)
    shop.write(SIGNERS, signers)
    shop.commit()
    if "origin" in shop.git("remote").split():
        shop.git("push", "--quiet", "origin", "HEAD:main")
    else:
        add_remote(shop)
    return shop


def publish_signers(shop: Shop, signers: str, **files: str) -> None:
    """Change the allowed signers, and push them to the protected branch."""
    for name, content in {SIGNERS: signers, **files}.items():
        shop.write(name.replace("__", "."), content)
    shop.commit()
    shop.git("push", "--quiet", "origin", "HEAD:main")


def pinned(config: str, commits: Sequence[str]) -> str:
    """Return *config* with an ``unsigned_history``."""
    line = f"unsigned_history = {toml(list(commits))}\n"
    return config.replace("signing = true\n", f"signing = true\n{line}")
