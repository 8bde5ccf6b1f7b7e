"""docs/tutorials: a reader who follows a page sees the output that it shows."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from sfn_release.operations import real_runtime as edge
from support.places import ROOT
from support.walkthrough import Walkthrough, matches
from support.world import Clock

TUTORIALS = ROOT / "docs" / "tutorials"
IDENTITY = {
    f"GIT_{person}_{name}": text
    for person in ("AUTHOR", "COMMITTER")
    for name, text in {"NAME": "Ann", "EMAIL": "ann@example.com"}.items()
}


def page(name: str) -> str:
    """Return the text of a tutorial."""
    return (TUTORIALS / name).read_text(encoding="utf-8")


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Walkthrough:
    """Return a reader in an empty folder, whose name is Ann."""
    for name, text in IDENTITY.items():
        monkeypatch.setenv(name, text)
    folder = tmp_path / "reader"
    folder.mkdir()
    return Walkthrough(folder)


@pytest.mark.parametrize("name", ["first-release.md", "test-and-gate.md"])
def test_a_reader_sees_what_the_page_shows(name: str, reader: Walkthrough) -> None:
    """Every file is written and every command run, in the order of the page."""
    reader.follow(page(name))
    kept = reader.run("git ls-files").split()
    assert [path for path in kept if path.endswith((".sfn-coverage", ".pyc"))] == []


def test_a_reader_of_the_canary_has_a_customer_beside(
    reader: Walkthrough, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a shift waits, the second terminal pays; waiting takes no time."""
    clock = Clock(datetime.now(UTC), tick=0.01)
    paying: list[str] = []

    def wait(seconds: float) -> None:
        clock.wait(seconds)
        if paying and "FAILED" in reader.run(paying[-1]):
            paying.clear()

    monkeypatch.setattr(edge, "datetime", SimpleNamespace(now=lambda _: clock()))
    monkeypatch.setattr(time, "sleep", wait)
    reader.beside = lambda loop: paying.append(loop.removeprefix("while ").partition(";")[0])
    reader.follow(page("first-canary.md"))
    assert paying, "the customer of the last release still pays"


@pytest.mark.parametrize(
    ("shown", "output", "same"),
    [
        (["a 123456789abc"], "a  abcdef012345\n", True),
        (["a", "...", "d"], "a\nb\nc\nd\n", True),
        (["a ... d"], "a b c d\n", True),
        (["a", "d"], "a\nb\nd\n", False),
        (["a"], "a\nb\n", False),
        (["2026-01-01T00:00:00Z"], "2027-02-03T04:05:06Z\n[1/2] x\n", True),
    ],
)
def test_outputs_are_compared_without_what_differs_each_time(
    shown: list[str], output: str, *, same: bool
) -> None:
    """Digests, times and elided lines may differ; every other line may not."""
    if same:
        matches(shown, output, "command")
    else:
        with pytest.raises(AssertionError, match="command"):
            matches(shown, output, "command")
