"""A report in a real Chromium: no errors, accessible, at three widths, with and without JavaScript.

It needs Node, Chromium, and the npm packages of this folder (``npm ci`` here). Set
``SFN_RELEASE_CHROMIUM`` if Chromium isn't on PATH; with ``SFN_RELEASE_SCREENSHOTS=FOLDER`` every
page is photographed too.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sfn_release.report.page_writing import write_pages
from sfn_release.report.site_folder import write_site
from sfn_release.report.site_server import ServedSite, open_server
from support.report_facts import shop_facts
from support.shop_reports import content_options

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAGES = (
    *("index.html", "timeline/index.html", "environments/staging/index.html"),
    *("environments/prod/index.html", "releases/index.html", "releases/1.5.0/index.html"),
    *("workflows/index.html", "workflows/orders/index.html", "compare/1.3.0...1.4.0/index.html"),
    *("executions/way/index.html", "executions/index.html", "coverage/index.html"),
    *("coverage/1-orders/index.html", "everything/index.html"),
)
GRAPHS = (
    *("workflows/orders/index.html", "compare/1.3.0...1.4.0/index.html"),
    *("executions/way/index.html", "coverage/1-orders/index.html"),
)
SEARCHES = (
    ("refunds", "workflows/refunds/"),
    ("1.2.0", "releases/1.2.0/"),
    ("is large", "#state-"),
    ("charges fail", "environments/staging/"),
    ("prod", "environments/prod/"),
)


def browser() -> str:
    """Return a Chromium, or skip the test with the reason."""
    named = os.environ.get("SFN_RELEASE_CHROMIUM")
    found = named or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium: install it, or name it in SFN_RELEASE_CHROMIUM")
    if shutil.which("node") is None:
        pytest.skip("no Node.js")
    if not (HERE / "node_modules" / "playwright-core").is_dir():
        pytest.skip("no npm packages: run `npm ci` in tests/browser")
    return found


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a report as ``report --serve`` does, and yield its URL."""
    site = ServedSite(lambda _folder: None, lambda: "", lambda _text: None, folder)
    server = open_server(site, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def visit(url: str, tmp_path: Path) -> None:
    """Open the pages below *url*, and assert that nothing is wrong."""
    chromium = browser()
    wishes = tmp_path / "pages.json"
    wishes.write_text(json.dumps({"pages": PAGES, "searches": SEARCHES, "graphs": GRAPHS}))
    command = ["node", "visit.mjs", chromium, url, str(wishes)]
    command += [folder] if (folder := os.environ.get("SFN_RELEASE_SCREENSHOTS")) else []
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "\n".join(answer["problems"]) == ""
    assert answer["visited"] == 4 * len(PAGES)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    browser()
    facts = shop_facts(live=True)
    facts = replace(facts, extra=content_options(facts.definition("1.3.0", "orders"), name="way"))
    folder = tmp_path_factory.mktemp("report") / "site"
    write_site(
        folder, lambda made: write_pages(facts, made, lambda _: None, processes=1), marker={}
    )
    return folder


def test_a_report_works_from_a_disk(site: Path, tmp_path: Path) -> None:
    """Its policy, its search and its links, without any server."""
    visit(f"file://{site}/", tmp_path)


def test_a_report_works_on_a_server(site: Path, tmp_path: Path) -> None:
    """With the headers of ``report --serve``."""
    with served(site) as url:
        visit(url, tmp_path)
