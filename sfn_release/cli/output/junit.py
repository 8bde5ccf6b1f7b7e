"""Writes the results of tests as JUnit XML, which CI systems show.

Source of the format: "JUnit XML" of Jenkins' xunit plugin, and the files that pytest writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from sfn_release.testing.declared.declared_report import DeclaredReport, DeclaredResult

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't carry."""


def junit_xml(report: DeclaredReport) -> str:
    """Return a report as JUnit XML: a suite for each workflow, and one for unreadable files."""
    from xml.etree.ElementTree import Element, indent, tostring

    root = Element("testsuites")
    suites: dict[str, list[DeclaredResult]] = {}
    for result in report.results:
        suites.setdefault(result.test.workflow, []).append(result)
    for workflow, results in suites.items():
        suite = _suite(root, workflow, len(results))
        for result in results:
            _case(suite, result)
        suite.set("failures", str(sum(bool(result.differences) for result in results)))
        suite.set("errors", str(sum(result.error is not None for result in results)))
        suite.set("time", _seconds(results))
    if report.unread:
        suite = _suite(root, "files", len(report.unread))
        suite.set("errors", str(len(report.unread)))
        for unread in report.unread:
            error = unread.error
            case = _child(suite, "testcase", classname="files", name=unread.file, time="0")
            _child(case, "error", message=error.message, type=error.code)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", _seconds(report.results))
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, name: str, tests: int) -> Element:
    counts = {"tests": str(tests), "failures": "0", "errors": "0", "skipped": "0", "time": "0"}
    return _child(root, "testsuite", name=name, **counts)


def _case(suite: Element, result: DeclaredResult) -> None:
    test = result.test
    case = _child(
        suite, "testcase", classname=test.workflow, name=test.name, time=_seconds([result])
    )
    case.set("file", _text(test.file))
    if test.line is not None:
        case.set("line", str(test.line))
    text = result.difference
    if text is None:
        return
    message = text.splitlines()[0]
    if result.error is not None:
        _child(case, "error", message=message, type=result.error.code).text = _text(text)
    else:
        _child(case, "failure", message=message, type="difference").text = _text(text)


def _child(parent: Element, tag: str, **attributes: str) -> Element:
    from xml.etree.ElementTree import SubElement

    return SubElement(parent, tag, {name: _text(value) for name, value in attributes.items()})


def _seconds(results: Iterable[DeclaredResult]) -> str:
    return f"{sum(result.seconds for result in results):.3f}"


def _text(text: str) -> str:
    r"""Return *text* with the characters that XML can't carry written as escapes."""
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
