"""The command `report`, from a new project to a folder of pages and a server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from support.command_line import Project, run
from support.repository import Repository

PAGES = {
    *("index.html", "timeline/index.html", "releases/index.html", "releases/1.0.0/index.html"),
    *("workflows/index.html", "workflows/hello/index.html", "environments/local/index.html"),
    *("everything/index.html", "assets/search.js", "assets/site.js", "assets/style.css"),
}


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """Return a new project with one release, as `init` makes it."""
    made = Repository(tmp_path / "my-shop")
    made.root.mkdir()
    made.git("init", "--quiet")
    project = Project(made.root)
    project.ok("init")
    project.git("add", ".")
    project.git("commit", "--quiet", "--message=first")
    project.ok("publish", "1.0.0")
    return project


def test_a_report_is_written_and_the_work_tree_stays_clean(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line of the help works, twice, and Git ignores the folder."""
    ran = shop.ok("report", "--out", "report")
    folder = shop.root / "report"
    assert ran.out.startswith("wrote ")
    assert ran.out.endswith(f"pages: {folder / 'index.html'}\n")
    with monkeypatch.context() as patch:
        patch.chdir(shop.root / "workflows")
        odd = shop.ok("report", "--out", "workflows/../report")
        assert odd.out.endswith(f"pages: {folder / 'index.html'}\n")
        patch.chdir(shop.root)
        assert shop.ok("report", "--out", "workflows/../report").out.endswith(
            f"pages: {Path('report', 'index.html')}\n"
        )
    assert {path for path in PAGES if not (folder / path).is_file()} == set()
    (folder / "old.html").write_text("")
    answer = shop.json("report", "--out", "report", "--live", "--compare", "1.0.0..@local")
    assert not (folder / "old.html").exists()
    assert (folder / "compare" / "1.0.0...1.0.0" / "index.html").is_file()
    written = [path for path in folder.rglob("*") if path.suffix == ".html"]
    assert answer["folder"] == str(folder)
    assert answer["pages"] == len(written) + 1  # the search index
    assert answer["largest"]["bytes"] == (folder / answer["largest"]["path"]).stat().st_size
    assert "in sync" in (folder / "index.html").read_text(encoding="utf-8")
    assert shop.git("status", "--porcelain") == ""


REFUSED: list[tuple[list[str], int, str]] = [
    ([], 2, "Give either --out FOLDER or --serve."),
    (["--out", "x", "--serve"], 2, "Give either --out FOLDER or --serve."),
    (["--out", ""], 2, "it is empty"),
    (["--out", "workflows"], 1, "has files that sfn-release didn't make"),
    (["--out", "."], 1, "is a Git repository"),
    (["--out", "releases.toml/x"], 1, "releases.toml is not a folder."),
    (["--out", "x", "--compare", "1.0.0"], 2, "doesn't name two releases"),
    (["--out", "x", "--compare", "1.0.0..9.9.9"], 1, "9.9.9 is not a release"),
    (["--out", "x", "--compare", "@nowhere..1.0.0"], 1, "nowhere serves no release"),
    (["--out", "x", "--execution", "gone.json"], 1, "gone.json"),
    (["--out", "x", "--coverage", "releases.toml"], 2, "doesn't hold coverage"),
    (["--serve", "--port", "70000"], 2, "70000"),
]
"""Options that are refused, the exit code, and a part of the message."""


def test_a_report_that_cannot_be_made_leaves_nothing(shop: Project) -> None:
    """One error with the reason, the exit code, and no folder."""
    before = sorted(shop.root.iterdir())
    for arguments, code, message in REFUSED:
        ran = shop.run("report", *arguments)
        assert (ran.code, ran.out) == (code, ""), arguments
        assert message in ran.err
        assert sorted(shop.root.iterdir()) == before, arguments


def test_outside_of_a_project_there_is_no_report(tmp_path: Path) -> None:
    """An error of the project, and nothing is written."""
    ran = run("-C", str(tmp_path), "report", "--out", "site")
    assert ran.code == 1
    assert "is not in a Git repository" in ran.err
    assert not (tmp_path / "site").exists()


@pytest.fixture
def served(shop: Project) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve a report in a process of its own, and yield the process with the URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sfn_release", "report", "--serve", "--port", "0", "--json"],
        cwd=shop.root,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(shop.root.parent)},
    )
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1].rstrip() != "}":
        lines.append(process.stdout.readline())
        assert lines[-1], "the server ended"
    yield process, json.loads("".join(lines))["url"]
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_served_report_follows_the_ledger_until_it_is_interrupted(
    shop: Project, served: tuple[subprocess.Popen[str], str]
) -> None:
    """A new release is on the board soon. Ctrl-C ends it, without an error or a temporary file."""
    process, url = served
    assert "1.0.0" in text(url)
    assert text(f"{url}releases/1.0.0") == text(f"{url}releases/1.0.0/")
    shop.write("workflows/hello.py", (shop.root / "workflows/hello.py").read_text() + "\n")
    shop.git("commit", "--quiet", "--all", "--message=second")
    shop.ok("publish", "1.1.0", "--no-deploy")
    deadline = time.monotonic() + 30
    while "1.1.0" not in text(f"{url}releases/") and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "1.1.0" in text(f"{url}releases/")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    assert [*shop.root.parent.glob("sfn-release-report-*")] == []


def text(url: str) -> str:
    """Return a page."""
    with urlopen(url, timeout=10) as answer:  # noqa: S310 - our own server
        content: bytes = answer.read()
    return content.decode()
