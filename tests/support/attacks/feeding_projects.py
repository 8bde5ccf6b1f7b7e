"""The ways in that need a project, its ledger or a server: by the command line and over HTTP."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.attacks.fuzzing import ALONE, CONFIG, Feed, Web, definitions, ledger_feeds
from support.forging import forge
from support.git import run_git
from support.shop import LOCAL, RELEASES, Shop, copy_shop
from support.values import definition

_CODES = {0, 1, 2, 3}
_OBJECT = {"id": "x", "Who": "Alice", "items": [1, {"a": None}]}


class Command:
    """The command line in a project: each ends with an exit code of its own, and no traceback."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def run(self, *words: str, stdin: bytes = b"") -> None:
        """Run a command line; raise every error that a user would see as a traceback."""
        from sfn_release.cli import main

        out, err, before = io.StringIO(), io.StringIO(), sys.stdin
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8", errors="surrogateescape")
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(["-C", str(self.shop.root), *words])
        finally:
            sys.stdin = before
        assert code in _CODES, (words, code)
        assert "Traceback" not in err.getvalue(), err.getvalue()
        if code not in {0, 3}:
            assert err.getvalue().strip() or out.getvalue().strip(), (words, code)

    def check(self, content: bytes) -> None:
        """Check a definition and import it."""
        file = self.shop.root / "given.asl.json"
        file.write_bytes(content)
        self.run("check", str(file))
        self.run("import", "-", "--out", "-", stdin=content)
        file.unlink()

    def execute(self, content: bytes) -> None:
        """Start the workflow with this input."""
        self.run("execute", "hello", "--input", "-", stdin=content)

    def configure(self, content: bytes) -> None:
        """Use this releases.toml."""
        file = self.shop.root / "releases.toml"
        right = file.read_bytes()
        file.write_bytes(content)
        try:
            for command in ("status", "list", "env check", "plan"):
                self.run(*command.split(" "))
        finally:
            file.write_bytes(right)

    def mock(self, content: bytes) -> None:
        """Execute with this mock file."""
        file = self.shop.root / "workflows" / "hello.mocks.json"
        file.write_bytes(content)
        self.run("execute", "hello")
        file.unlink()

    def version(self, text: str) -> None:
        """Use this text for a version, an environment, a workflow and a file."""
        text = text.replace("\x00", "")  # the system can't pass it
        for words in (("deploy", text), ("show", text), ("rollback", text), ("diff", text)):
            self.run(*words)
        self.run("status", "--env", text)
        self.run("show", "1.0.0", text)

    def name(self, text: str) -> None:
        """Use this text as the name of a workflow's file."""
        name = text.replace("\x00", "").replace("/", "")[:60].encode("utf-8", "replace").decode()
        file = self.shop.root / "workflows" / f"{name}.asl.json"
        if file.exists():
            return
        file.write_text(json.dumps(definition(1)))
        self.run("list")
        self.run("check")
        file.unlink()

    def notes(self, content: bytes) -> None:
        """Read a changelog for the notes of a release."""
        from sfn_release.operations.release_notes import release_notes

        (self.shop.root / "CHANGELOG.md").write_bytes(content)
        for version in ("1.0.0", "1.1.0"):
            release_notes(self.shop.root, version)

    def ledger(self, ref: str, path: str, content: bytes) -> None:
        """Put a commit with this file on a branch of the ledger, and look at it."""
        tip = self.shop.git("rev-parse", ref)
        message = self.shop.git("log", "-1", "--format=%B", ref)
        try:
            forge(self.shop, ref, {path: content}, message)
            for command in ("status", "history", "releases", "verify", "plan", "rollback 1.0.0"):
                self.run(*command.split(" "))
        finally:
            self.shop.git("update-ref", ref, tip)

    def tag(self, text: str) -> None:
        """Let the tag of a release say this."""
        tip = self.shop.git("rev-parse", "refs/tags/v1.0.0")
        git = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
        message = self.shop.root / ".git" / "message"
        message.write_text(text.replace("\x00", ""), encoding="utf-8", errors="replace")
        try:
            run_git(self.shop.root, *git, "tag", "-f", "--cleanup=verbatim",
                    "-F", str(message), "v1.0.0", "HEAD")  # fmt: skip
            for command in ("verify", "releases", "show 1.0.0", "deploy 1.0.0"):
                self.run(*command.split(" "))
        finally:
            self.shop.git("update-ref", "refs/tags/v1.0.0", tip)


def _read(shop: Shop, ref: str, path: str) -> str:
    return shop.git("show", f"{ref}:{path}")


@contextmanager
def all_feeds(folder: Path, *, commands: int = 1) -> Iterator[tuple[Feed, ...]]:
    """Yield every feed, with a project in *folder* and a server; *commands* is their weight."""
    from sfn_release.local_service import open_service
    from sfn_release.local_service.http.server import start
    from sfn_release.simulator import Mocks

    folder.mkdir(parents=True, exist_ok=True)
    shop = copy_shop(folder)
    shop.publish("1.0.0")
    shop.commit(hello="two")
    shop.publish("1.1.0")
    (shop.root / ".git" / "info").mkdir(exist_ok=True)
    (shop.root / ".git" / "info" / "exclude").write_text("given*\nCHANGELOG.md\n")
    files = {
        "record": _read(shop, LOCAL, "deployment.json"),
        "serving": _read(shop, LOCAL, "manifest.json"),
        "manifest": _read(shop, RELEASES, "manifest.json"),
        "yanks": json.dumps(
            {"1.0.0": {"reason": "r", "actor": "a", "date": "2030-01-01T00:00:00Z"}}
        ),
    }
    by = Command(shop)
    requests = next(feed.samples for feed in ALONE if feed.name == "request")
    tag = next(feed.samples for feed in ALONE if feed.name == "tag")

    def ledger(kind: str, ref: str, path: str) -> Feed:
        def give(content: bytes) -> None:
            by.ledger(ref, path, content)

        return Feed(f"cli: {kind}", (files[kind],), give, wild=True, weight=commands)

    mocks = open_service(":memory:", tasks_for=lambda _scope: Mocks())
    with start(mocks) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.url)  # nothing leaves this machine
        yield (
            *ALONE,
            *ledger_feeds(files),
            Feed("changelog", (_changelog(),), by.notes, wild=True),
            Feed("http", requests, Web(server.port).give, weight=5),
            Feed("cli: definition", definitions(), by.check, wild=True, weight=commands),
            Feed("cli: input", (json.dumps(_OBJECT),), by.execute, wild=True, weight=commands),
            Feed("cli: releases.toml", (CONFIG,), by.configure, wild=True, weight=commands),
            Feed("cli: mocks", ('{"Only": {"return": 1}}',), by.mock, wild=True, weight=commands),
            Feed("cli: version", ("1.0.0", "1.1.0", "@local"), by.version, weight=commands),
            Feed("cli: file name", ("hello", "order-late"), by.name, weight=commands),
            Feed("cli: tag", (_message(tag[0]),), by.tag, weight=commands),
            ledger("record", LOCAL, "deployment.json"),
            ledger("serving", LOCAL, "manifest.json"),
            ledger("manifest", RELEASES, "manifest.json"),
        )


def _message(tag: Any) -> str:
    return str(tag).partition("\n\n")[2]


def _changelog() -> str:
    return (
        "# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2030-01-01\n\n### Added\n- A thing.\n\n"
        "## 1.0.0\n- The first.\n\n[1.1.0]: https://example.com\n"
    )
