"""Signing commits and tags with the key and the program that git's settings name.

Git itself makes the signatures, with ``user.signingkey``, ``gpg.format`` and the programs and
agents that they lead to. An agent or a program that doesn't answer is ended with git.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from sfn_release.errors import GitError
from sfn_release.ledger.git.command import Result, run_git_in_time
from sfn_release.ledger.git.remote_timeout import has_terminal
from sfn_release.ledger.git.repository import Repository
from sfn_release.ledger.git.scratch_repository import scratch_repository
from sfn_release.ledger.git.signature_words import signature_in

_PATIENCE = 4  # times the remote's limit, for a person who types a passphrase or touches a token
_SET_UP = (
    "With an SSH key:"
    "  git config gpg.format ssh && git config user.signingkey ~/.ssh/id_ed25519.pub"
)
_HELP = (
    # (a word of git or of its programs, what to do)
    ("needs to be set", f"Name the key that you sign with. {_SET_UP}"),
    ("needs to be configured", f"Name the key that you sign with. {_SET_UP}"),
    ("cannot run", "Install the program, or correct `gpg.ssh.program` or `gpg.program`."),
    ("cannot exec", "Install the program, or correct `gpg.ssh.program` or `gpg.program`."),
    ("gpg.format", "Set gpg.format to ssh (from Git 2.34 on) or openpgp."),
    ("passphrase", "Load the key into an agent first:  ssh-add ~/.ssh/id_ed25519"),
    ("agent", "Start the agent and load the key:  ssh-add ~/.ssh/id_ed25519"),
    ("No private key found", "Load the key into an agent:  ssh-add ~/.ssh/id_ed25519"),
    ("load public key", "Correct `user.signingkey`: git config user.signingkey FILE"),
    ("gpg failed", f"Find out why:  echo test | gpg --clearsign\n{_SET_UP}"),
)


_PREFIX = re.compile(r"^\s*(?:(?:error|fatal):\s*)+")


class SigningError(GitError):
    """Git can't sign: there is no usable key, or a program or an agent doesn't work."""


def run_signing(
    repository: Repository,
    *arguments: str,
    stdin: bytes,
    env: Mapping[str, str],
) -> Result:
    """Run a git command that signs, and return its result; raises SigningError.

    On a terminal, a person has four times as long as a remote.
    """
    limits = repository.remote_timeout
    limit = limits.limit * (_PATIENCE if has_terminal() else 1)
    result = run_git_in_time(
        repository.root,
        arguments,
        waiting_for="your key or its agent",
        remote_timeout=replace(limits, limit=limit),
        stdin=stdin,
        env={**env, "LC_ALL": "C"},
    )
    if result.unanswered:
        raise SigningError(
            "Can't sign: the key's program or agent didn't answer.",
            why=f"git was stopped after {limit:g} s.",
            fix="Check that a signature works here:  git commit --allow-empty -S -m test\n"
            "If you need more time, raise `remote_timeout` under [project] in releases.toml.",
        )
    if result.returncode:
        raise _failure(result)
    return result


def signed_tag_text(
    repository: Repository, name: str, commit: str, message: str, *, env: Mapping[str, str]
) -> bytes:
    """Return the text of a signed tag object, which isn't stored yet; raises SigningError.

    Git signs a tag only while it creates one. So a scratch repository creates it.
    """
    with scratch_repository(repository) as scratch:
        alternates = scratch.folder / "objects" / "info" / "alternates"
        alternates.parent.mkdir()
        alternates.write_text(f"{repository.common_dir / 'objects'}\n", encoding="utf-8")
        made = run_signing(
            repository, f"--git-dir={scratch.folder}", "-c", "core.hooksPath=/dev/null",
            "tag", "--sign", "--cleanup=verbatim", "--file=-", "--", name, commit,
            stdin=message.encode(),
            env={**scratch.settings, **env},
        )  # fmt: skip
        text = repository.ok(f"--git-dir={scratch.folder}", "cat-file", "tag", name).stdout
        if signature_in(text) is None:  # git 2.39 goes on without a signature, and exits with 0
            raise _failure(made)
        return text


def _failure(result: Result) -> SigningError:
    """Return the error for a signature that git couldn't make, with git's words."""
    lines = [_PREFIX.sub("", line).strip() for line in result.words.splitlines()]
    words = "\n  ".join(dict.fromkeys(line for line in lines if line))
    fix = next((advice for sign, advice in _HELP if sign in words), f"Check your key. {_SET_UP}")
    return SigningError(
        "Can't sign with your key.",
        why=words or "git's program for signatures failed without a word.",
        fix=fix,
    )
