"""Each read of a report fails once: the ledger, Git, files, and AWS with --live."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import FileError, GitError, SfnReleaseError, TamperedError, UsageError
from sfn_release.ledger.git.objects import ObjectStore
from sfn_release.ledger.git.refs import RefStore
from sfn_release.ledger.git.remotes import Remotes
from sfn_release.report import paths
from sfn_release.report.facts.reading import read_facts
from sfn_release.report.page_options import PageOptions, with_options
from support.faults import CUT_OFF, FAULTS, At, Fault, Faulty
from support.forging import forge
from support.report_pages import html_pages, pages_of, text_of
from support.shop import ALONE, PROD, RELEASES, Shop, add_remote, made_once

READS: tuple[tuple[type, str], ...] = (
    *((ObjectStore, name) for name in ("read", "read_many", "trees", "contents", "tag_texts")),
    *((RefStore, "find"), (Remotes, "names"), (Remotes, "urls")),
)
"""The methods of a repository's parts that a report reads with."""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return the only clone of a project with two releases, both of which were live in prod."""
    return made_once(tmp_path, "report-faults", _make)


def _make(shop: Shop) -> None:
    shop.write("releases.toml", ALONE)
    shop.commit(hello="one")
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")


def board(shop: Shop, *, live: bool = False) -> str:
    """Make every page of a report, and return the text of the board."""
    return text_of(html_pages(pages_of(read_facts(shop.workspace(), live=live)))[paths.BOARD])


# AWS, with --live


def test_without_live_aws_is_not_asked(shop: Shop) -> None:
    """A report is made from Git alone."""
    client = Faulty(shop.client("prod"))
    assert "✓ deployed" in board(shop.using(client))
    assert client.calls == []


@pytest.mark.parametrize("fault", [*FAULTS, CUT_OFF], ids=str)
def test_an_environment_that_cannot_be_asked_is_unreachable(shop: Shop, fault: Fault) -> None:
    """At each call to AWS. The reason is on its card, and everything else is shown."""
    asked = Faulty(shop.client("prod"))
    assert "✓ in sync" in board(shop.using(asked), live=True)
    assert asked.calls
    for call in asked.calls:
        faulty = Faulty(shop.client("prod"), At(call, fault, lasting=True))
        text = board(shop.using(faulty), live=True)
        assert "✕ unreachable" in text, call
        assert "1.1.0" in text
        assert "in sync" not in text, call


# Git


@pytest.mark.parametrize(("part", "method"), READS, ids=[name for _, name in READS])
def test_a_read_of_git_that_fails_is_one_clear_error(
    shop: Shop, part: type, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its first, its second call, and so on: an error of ours, or a page that lacks an extra."""
    read = getattr(part, method)
    calls: list[None] = []
    failing: list[int] = []

    def reading(*arguments: Any, **options: Any) -> Any:
        calls.append(None)
        if len(calls) in failing:
            raise GitError("git was killed.")
        return read(*arguments, **options)

    monkeypatch.setattr(part, method, reading)
    assert "1.1.0" in board(shop)
    for place in range(1, min(len(calls), 6) + 1):
        calls.clear()
        failing[:] = [place]
        assert re.search(r"git was killed|1\.1\.0", board_or_error(shop))


def board_or_error(shop: Shop) -> str:
    """Return the text of the board, or the message of the error."""
    try:
        return board(shop)
    except SfnReleaseError as error:
        return str(error)


def test_a_remote_that_is_not_reached_is_a_warning(tmp_path: Path) -> None:
    """The report shows what this clone knows, and says so."""
    shop = made_once(tmp_path, "report-remote", _make_with_remote)
    shop.git("remote", "set-url", "origin", str(tmp_path / "nowhere"))
    text = board(shop)
    assert "origin" in text.partition("1.0.0")[0]
    assert "1.0.0" in text


def _make_with_remote(shop: Shop) -> None:
    add_remote(shop)
    shop.publish("1.0.0", "prod")


# The ledger


def test_an_edited_definition_is_never_shown(shop: Shop) -> None:
    """A definition with another digest than its manifest says."""
    definition = shop.git("show", f"{RELEASES}:definitions/hello.asl.json")
    changed = {"definitions/hello.asl.json": definition.replace("two", "evil")}
    forge(shop, RELEASES, changed, "1.1.0")
    with pytest.raises(TamperedError):
        board(shop)


@pytest.mark.parametrize(
    ("ref", "path"),
    [
        (RELEASES, "manifest.json"),
        (RELEASES, "definitions/hello.asl.json"),
        (PROD, "manifest.json"),
        (PROD, "deployment.json"),
    ],
)
@pytest.mark.parametrize("content", ["", "{}", "nonsense"])
def test_a_broken_file_of_the_ledger_is_one_clear_error(
    shop: Shop, ref: str, path: str, content: str
) -> None:
    """Never a traceback."""
    forge(shop, ref, {path: content}, shop.git("log", "-1", "--format=%B", ref))
    with pytest.raises(SfnReleaseError):
        board(shop)


# Files


@pytest.mark.parametrize("kind", ["executions", "coverage"])
@pytest.mark.parametrize(
    "content", [None, b"", b"\xff\xfe\x00", b"{}", b"[]", b"null", b'{"events": 7}', b"[" * 9000]
)
def test_a_file_that_holds_something_else_is_named(
    shop: Shop, kind: str, content: bytes | None
) -> None:
    """It is missing, empty, binary, or other JSON."""
    if content is not None:
        (shop.root / "given.json").write_bytes(content)
    none = PageOptions(shop.root)
    options = (
        replace(none, executions=("given.json",))
        if kind == "executions"
        else replace(none, coverage=("given.json",))
    )
    workspace = shop.workspace()
    with pytest.raises((FileError, UsageError), match=r"given\.json"):
        with_options(read_facts(workspace), workspace, options)
