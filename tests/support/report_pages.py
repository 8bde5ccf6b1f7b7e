"""Reads the pages of a report as a browser does: strictly, with their links and texts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import html5lib

from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.page import Page
from sfn_release.report.site_pages import site_pages

ASSETS = {
    f"assets/{name}"
    for name in (
        *("style.css", "board.css", "graph.css", "content.css", "icon.svg"),
        *("theme.js", "site.js"),
    )
}
"""The files of a report that the package brings."""


def pages_of(facts: ReportFacts) -> dict[str, Page]:
    """Return every page by path; a path is made once."""
    found: dict[str, Page] = {}
    for page in site_pages(facts):
        assert page.path not in found, page.path
        found[page.path] = page
    return found


def html_pages(pages: Mapping[str, Page]) -> dict[str, Any]:
    """Return the parsed document of each page, which must have no error of HTML."""
    found = {}
    for path, page in pages.items():
        if path.endswith(".html"):
            parser = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False)
            found[path] = parser.parse(page.html)
            errors = [(place, code) for place, code, _ in parser.errors]
            assert errors == [], (path, errors, page.html.splitlines()[errors[0][0][0] - 1])
    return found


def elements(document: Any) -> Iterator[Any]:
    """Yield every element, with its tag as ``tag``; comments and the like are left out."""
    return (element for element in document.iter() if isinstance(element.tag, str))


def text_of(document: Any) -> str:
    """Return the text of a page, its white space folded."""
    return " ".join(" ".join(document.itertext()).split())


def anchors(document: Any) -> set[str]:
    """Return the ids of a page."""
    return {element.get("id") for element in elements(document)} - {None}


def links(document: Any) -> Iterator[str]:
    """Yield the target of each link and each file that a page loads."""
    for element in elements(document):
        for name in ("href", "src", "{http://www.w3.org/1999/xlink}href"):
            if (target := element.get(name)) is not None:
                yield target


def broken_links(documents: Mapping[str, Any], files: Iterable[str]) -> list[str]:
    """Return the relative links that lead nowhere, or to a missing anchor."""
    known = {*documents, *files}
    ids = {path: anchors(document) for path, document in documents.items()}
    broken = []
    for path, document in documents.items():
        for link in {*links(document)}:
            if "://" in link:
                continue
            target, _, anchor = link.partition("#")
            place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            place = path if not target else place
            if place not in known or (anchor and anchor not in ids[place]):
                broken.append(f"{path}: {link}")
    return broken
