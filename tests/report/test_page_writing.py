"""Writing the pages of a report, in one process and in several."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sfn_release.errors import FileError, GitError
from sfn_release.report import page_writing
from sfn_release.report.facts.reading import read_facts
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.frame import Links
from sfn_release.report.page_writing import write_pages
from support.report_facts import COMMIT, shop_facts
from support.report_pages import pages_of
from support.shop import Shop, made_once

several = pytest.mark.skipif(sys.platform != "linux", reason="only Linux copies a process safely")


@pytest.fixture
def facts(tmp_path: Path) -> ReportFacts:
    return read_facts(made_once(tmp_path, "page-writing", _make).workspace())


def _make(shop: Shop) -> None:
    shop.publish("1.0.0")
    shop.commit(hello="two")
    shop.publish("1.1.0")


@several
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_several_processes_write_what_one_makes(
    facts: ReportFacts, tmp_path: Path, processes: int
) -> None:
    """Each reads the ledger with a git of its own, and the tally counts the pages of all."""
    folder = tmp_path / "site"
    seen: list[int] = []
    tally = write_pages(facts, folder, seen.append, processes=processes)
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    pages = pages_of(facts)
    assert found == {*pages}
    assert tally.pages == len(pages) == seen[-1]
    sizes = {path: (folder / path).stat().st_size for path in found}
    assert tally.bytes == sum(sizes.values())
    assert tally.largest[1] == max(sizes.values())


@several
def test_an_error_of_another_process_ends_the_report(
    facts: ReportFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its error is raised here; a process that was killed is named."""

    def fail(shared: ReportFacts, _folder: Path) -> list[object]:
        if shared.share[0] == 1:
            raise GitError("git was killed.")
        return []

    monkeypatch.setattr(page_writing, "_written", fail)
    with pytest.raises(GitError, match="git was killed"):
        write_pages(facts, tmp_path / "a", lambda _: None, processes=2)

    def end(shared: ReportFacts, _folder: Path) -> list[object]:
        if shared.share[0] == 1:
            os._exit(9)
        return []

    monkeypatch.setattr(page_writing, "_written", end)
    with pytest.raises(FileError, match="A process that makes pages was ended"):
        write_pages(facts, tmp_path / "b", lambda _: None, processes=2)


def test_only_a_commit_id_becomes_a_link() -> None:
    """Anything else that a record may have isn't a page of the Git host."""
    links = Links("index.html", shop_facts())
    assert links.commit(COMMIT) == f"https://github.com/acme/shop/commit/{COMMIT}"
    assert links.commit("../../evil") is None
    assert links.commit("") is None
