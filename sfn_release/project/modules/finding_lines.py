"""Finds the line of a finding, which JSON and YAML readers don't report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from sfn_release.asl.placeholders import quoted
from sfn_release.canonical import keys_of
from sfn_release.checks.finding import Finding
from sfn_release.checks.location import KeyPath

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|\n|[^\s\[\]{},:"]+')
_MOST_NODES = 100_000
_DEEPEST = 500  # beyond, a definition is not checked
_MOST = 4 * 1024 * 1024  # characters of a file that are looked through


def line_finder(text: str, file: str) -> Callable[[Finding], int | None]:
    """Return a function that returns the line, from 1, of a finding about the source *text*.

    If the place isn't in the file, that is the line of the nearest object around it. In a module,
    it is the only line with the state's id in quotes. None is an unknown line.
    """
    if not text or len(text) > _MOST:
        return lambda _: None
    if file.endswith(".py"):
        return lambda finding: _in_module(text, finding.state)
    text = text if file.endswith((".yaml", ".yml")) else quoted(text)
    read = _yaml_lines if file.endswith((".yaml", ".yml")) else _json_lines
    lines: dict[KeyPath, int] = {}

    def line_of(finding: Finding) -> int | None:
        if finding.rule == "not-json":
            return _reported_line(finding.message)
        if not lines:
            lines.update(read(text))
        return _nearest(lines, keys_of(finding.path))

    return line_of


def _reported_line(message: str) -> int | None:
    """Return the line that a reader of JSON or YAML names in its error."""
    found = re.search(r"\bline (\d+)", message)
    return int(found[1]) if found else None


def _nearest(lines: Mapping[KeyPath, int], keys: KeyPath) -> int | None:
    while keys and keys not in lines:
        keys = keys[:-1]
    return lines.get(keys)


def _in_module(text: str, state: str) -> int | None:
    if not state:
        return None
    found: set[int] = set()
    for quote in ("'", '"'):
        written = f"{quote}{state}{quote}"
        at = text.find(written)
        while at != -1 and len(found) < 2:  # noqa: PLR2004 - of two, neither is the one
            found.add(text.count("\n", 0, at) + 1)
            at = text.find(written, at + 1)
    return found.pop() if len(found) == 1 else None


def _json_lines(text: str) -> dict[KeyPath, int]:
    """Return the line of each member and item of a JSON document, which may be broken."""
    lines: dict[KeyPath, int] = {(): 1}
    line = 1
    at: list[str | int] = []  # the keys that lead to the value being read
    kinds: list[str] = []  # the brackets around
    expects_key = False
    for mark in _TOKEN.findall(text):
        if mark == "\n":
            line += 1
        elif mark in "[{":
            if len(at) == _DEEPEST:
                break
            kinds.append(mark)
            at.append(0 if mark == "[" else "")
            expects_key = mark == "{"
            if mark == "[":
                lines.setdefault(tuple(at), line)
        elif mark in "]}" and kinds:
            kinds.pop()
            at.pop()
            expects_key = False
        elif mark == ",":
            if kinds and kinds[-1] == "[":
                at[-1] = int(at[-1]) + 1
                lines.setdefault(tuple(at), line)
            expects_key = bool(kinds) and kinds[-1] == "{"
        elif expects_key and mark.startswith('"'):
            at[-1] = _unquoted(mark)
            lines.setdefault(tuple(at), line)
            expects_key = False
    return lines


def _unquoted(mark: str) -> str:
    try:
        return str(json.loads(mark, strict=False))
    except ValueError:
        return mark[1:-1]


def _yaml_lines(text: str) -> dict[KeyPath, int]:
    try:
        import yaml
    except ImportError:  # then the file wasn't read either
        return {}
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return {}
    lines: dict[KeyPath, int] = {(): 1}
    queue: list[tuple[yaml.Node | None, KeyPath]] = [(root, ())]
    while queue and len(lines) < _MOST_NODES:  # aliases can make a document endless
        node, keys = queue.pop()
        if len(keys) == _DEEPEST:
            continue
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                below = (*keys, str(key.value))
                lines.setdefault(below, key.start_mark.line + 1)
                queue.append((value, below))
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                lines.setdefault((*keys, index), item.start_mark.line + 1)
                queue.append((item, (*keys, index)))
    return lines
