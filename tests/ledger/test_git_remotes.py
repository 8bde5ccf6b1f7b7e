"""Remotes that never answer, over sockets and a stand-in for ssh, and the secrets in URLs."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfn_release.ledger.git import (
    Git,
    NotReachedError,
    RefUpdate,
    RemoteTimeout,
    without_secrets,
)
from sfn_release.project import parse_project
from support.command_line import run
from support.errors import refused
from support.shop import CONFIG, Shop, add_remote, copy_shop

REF = "refs/heads/sfn-release/shop/releases"
SECRET = "hunter2"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return copy_shop(tmp_path)


@pytest.fixture
def silent() -> Iterator[int]:
    """Yield the port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server, contextlib.ExitStack() as kept:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    kept.enter_context(server.accept()[0])

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def patient(shop: Shop, said: list[str], *, limit: float = 0.5, notice: float = 0.2) -> Git:
    return Git.open(shop.root, remote_timeout=RemoteTimeout(limit, notice, said.append))


def helpers(word: str) -> list[str]:
    """Return the command lines of living processes that hold *word*."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return [line for line in found if word in line]


def gone(word: str) -> bool:
    """Return whether every process with *word* ends within a few seconds."""
    for _ in range(60):
        if not helpers(word):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("scheme", ["git", "http"])
def test_a_server_that_never_answers_is_left_after_the_timeout(
    shop: Shop, silent: int, scheme: str
) -> None:
    """It prints one line meanwhile, and leaves no git process behind."""
    url = f"{scheme}://127.0.0.1:{silent}/shop.git"
    shop.git("remote", "add", "origin", url)
    said: list[str] = []
    start = time.monotonic()
    with refused("E_GIT", "origin didn't answer", "after 0.5 s", "remote_timeout"):
        patient(shop, said).remotes.ls_remote("origin", [REF])
    assert time.monotonic() - start < 5
    assert said == ["waiting for the remote origin …"]
    assert gone(str(silent))


def test_an_ssh_that_ignores_the_end_is_killed_with_its_children(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole process group ends, even if its members ignore SIGTERM."""
    marker = f"8{os.getpid()}.125"
    monkeypatch.setenv(
        "GIT_SSH_COMMAND", f"trap '' TERM; sleep {marker} & sleep {marker}; wait; false"
    )
    shop.git("remote", "add", "origin", "ssh://git@example.invalid/shop.git")
    with pytest.raises(NotReachedError):
        patient(shop, [], notice=9).remotes.fetch(
            "origin", {REF: RefUpdate("refs/seen", "0" * 40, None)}
        )
    assert gone(f"sleep {marker}")


def test_an_interrupt_ends_git_too(shop: Shop, silent: int) -> None:
    """Ctrl-C while a remote is waited for leaves nothing behind."""
    shop.git("remote", "add", "origin", f"http://127.0.0.1:{silent}/shop.git")

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    git = Git.open(shop.root, remote_timeout=RemoteTimeout(30, 0.2, interrupt))
    with pytest.raises(KeyboardInterrupt):
        git.remotes.ls_remote("origin", [REF])
    assert gone(str(silent))


def test_a_remote_that_did_not_answer_is_not_waited_for_twice(shop: Shop, silent: int) -> None:
    """Except on request; a remote that answers again is trusted again."""
    shop.git("remote", "add", "origin", f"git://127.0.0.1:{silent}/shop.git")
    git = patient(shop, [])
    with pytest.raises(NotReachedError):
        git.remotes.ls_remote("origin", [REF])
    shop.git("remote", "set-url", "origin", str(shop.root))
    with pytest.raises(NotReachedError):
        git.remotes.ls_remote("origin", ["HEAD"], again=False)
    assert git.remotes.ls_remote("origin", ["HEAD"])
    assert git.remotes.ls_remote("origin", ["HEAD"], again=False)


# A push


def slow(shop: Shop, monkeypatch: pytest.MonkeyPatch, remote: Path, script: str) -> None:
    """Let `origin` be *remote* over a stand-in for ssh; *script* runs before or after git."""
    command = shop.root.parent / "ssh"
    command.write_text(f"#!/bin/sh\nshift\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("GIT_SSH", str(command))
    monkeypatch.setenv("GIT_SSH_VARIANT", "simple")
    shop.git("remote", "set-url", "origin", f"ssh://host{remote}")


def test_a_push_that_arrived_before_it_was_ended_is_a_success(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer was lost; the remote has it."""
    remote = add_remote(shop)
    slow(shop, monkeypatch, remote, 'eval "$1"; case "$1" in *receive*) sleep 30;; esac')
    head = shop.git("rev-parse", "HEAD")
    git = patient(shop, [], limit=2)
    git.remotes.push("origin", [RefUpdate(REF, head, None)])
    assert git.remotes.ls_remote("origin", [REF]) == {REF: head}


def test_a_push_that_did_not_arrive_is_not_called_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stopped, and the remote was asked afterwards."""
    remote = add_remote(shop)
    slow(shop, monkeypatch, remote, 'case "$1" in *receive*) sleep 30;; esac; eval "$1"')
    head = shop.git("rev-parse", "HEAD")
    with refused("E_GIT", "was stopped before it finished", "origin didn't have the commits"):
        patient(shop, []).remotes.push("origin", [RefUpdate(REF, head, None)])


def test_a_push_whose_outcome_nobody_knows_says_so(shop: Shop, silent: int) -> None:
    """The remote answers neither the push nor the check afterwards."""
    shop.git("remote", "add", "origin", f"http://127.0.0.1:{silent}/shop.git")
    head = shop.git("rev-parse", "HEAD")
    with refused(
        "E_GIT", "it isn't known whether the commits arrived", "Run the same command again"
    ):
        patient(shop, []).remotes.push("origin", [RefUpdate(REF, head, None)])


def test_a_push_that_was_killed_is_not_called_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git died by a signal: the refs of the remote decide."""
    remote = add_remote(shop)
    slow(shop, monkeypatch, remote, 'case "$1" in *receive*) kill -9 $PPID;; esac; eval "$1"')
    head = shop.git("rev-parse", "HEAD")
    with refused("E_GIT", "was stopped before it finished", "signal 9"):
        patient(shop, [], limit=20).remotes.push("origin", [RefUpdate(REF, head, None)])


# Whole commands


def test_what_needs_no_remote_works_without_an_answer(shop: Shop, silent: int) -> None:
    """It uses the last known state, with a warning; other environments refuse a deployment."""
    shop.publish("1.0.0", "local")
    shop.write("releases.toml", CONFIG.replace('"shop"\n', '"shop"\nremote_timeout = 1\n', 1))
    shop.commit()
    shop.git("remote", "add", "origin", f"http://bot:{SECRET}@127.0.0.1:{silent}/shop.git")
    place = ("-C", str(shop.root))
    for command in (["status"], ["history"], ["releases"], ["show", "1.0.0"], ["diff", "1.0.0"],
                    ["publish", "1.1.0", "--env", "local"]):  # fmt: skip
        start = time.monotonic()
        ran = run(*place, *command)
        assert ran.code == 0, ran.err
        assert "the remote origin was not reached: this is its last known state" in ran.err
        assert time.monotonic() - start < 8, command
    ran = run(*place, "--json", "deploy", "1.0.0", "--env", "prod", "-v")
    assert ran.code == 1
    assert "error: The ledger's remote origin was not reached.  E_GIT" in ran.err
    assert json.loads(ran.out)["error"]["code"] == "E_GIT"
    assert SECRET not in ran.out + ran.err


def test_the_timeout_is_seconds_or_a_duration() -> None:
    """30 seconds where releases.toml doesn't say."""
    text = '[project]\nname = "shop"\n'
    assert parse_project(text, path="releases.toml").remote_timeout == 30
    for value, seconds in (("45", 45), ('"2m"', 120)):
        project = parse_project(f"{text}remote_timeout = {value}\n", path="releases.toml")
        assert project.remote_timeout == seconds
    for value in ("0", '"soon"', "true", "1.5"):
        with refused("E_CONFIG", "releases.toml:3", "remote_timeout"):
            parse_project(f"{text}remote_timeout = {value}\n", path="releases.toml")


# Secrets in URLs


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fatal: 'https://bot:hunter2@h/x.git': no", "fatal: 'https://***@h/x.git': no"),
        ("https://hunter2@h/x.git", "https://***@h/x.git"),
        ("HTTPS://bot:hunter2@a:hunter2@h/x", "HTTPS://***@h/x"),
        ("ssh://git@h/x ssh://git:hunter2@h:22/x", "ssh://git@h/x ssh://git:***@h:22/x"),
        ("https://h/x?access_token=hunter2 and", "https://h/x?*** and"),
        ("git@github.com:shop/shop.git", "git@github.com:shop/shop.git"),
        ("file:///tmp/a@b", "file:///tmp/a@b"),
    ],
)
def test_secrets_in_urls_are_not_shown(text: str, shown: str) -> None:
    """On the web a user name may be a token; the user of ssh is not a secret."""
    assert without_secrets(text) == shown


@pytest.mark.parametrize("command", [["status"], ["doctor"], ["verify"], ["releases", "-v"]])
def test_a_remote_with_a_password_is_never_printed(shop: Shop, command: list[str]) -> None:
    """Every message of git is covered."""
    shop.git("remote", "add", "origin", f"http://bot:{SECRET}@127.0.0.1:1/shop.git")
    for option in ([], ["--json"]):
        ran = run("-C", str(shop.root), *option, *command)
        assert SECRET not in ran.out + ran.err
    shop.git("remote", "set-url", "--push", "origin", f"http://bot:{SECRET}2@127.0.0.1:1/x.git")
    ran = run("-C", str(shop.root), *command)
    assert SECRET not in ran.out + ran.err


# A terminal


def test_a_question_on_the_terminal_can_be_answered(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git runs in a process group of its own: it gets the terminal, and then returns it."""
    asking = shop.root.parent / "ssh"
    asking.write_text(
        "#!/bin/sh\nprintf 'passphrase: ' >/dev/tty\nread word </dev/tty\n"
        f'[ "$word" = {SECRET} ] && exec git-upload-pack {shop.root}\n'
    )
    asking.chmod(0o755)
    monkeypatch.setenv("GIT_SSH", str(asking))
    monkeypatch.setenv("GIT_SSH_VARIANT", "simple")
    shop.git("remote", "add", "origin", f"ssh://host{shop.root}")
    code = (
        "import fcntl, os, termios; from pathlib import Path\n"
        "from sfn_release.ledger.git import Git, RemoteTimeout\n"
        "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
        f"git = Git.open(Path({str(shop.root)!r}), remote_timeout=RemoteTimeout(20))\n"
        "print('found', *git.remotes.ls_remote('origin', ['HEAD']))\n"
        "print('ours', os.tcgetpgrp(0) == os.getpgrp())\n"
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    try:
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while chunk := os.read(ours, 1024):
                seen += chunk
                if seen.endswith(b"passphrase: "):
                    os.write(ours, f"{SECRET}\n".encode())
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert b"found HEAD" in seen, seen
    assert b"ours True" in seen, seen
