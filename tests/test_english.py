"""The package speaks plain English: marks of a hard style are rare, in prose and in messages.

Some words mark sentences that are riddles: "what was decided" for *the plan*, "one that is none",
"is told". Counted per 1,000 words, they stay below limits, and "you" and "we" above one. A limit
that is passed shows the files with the most of that mark: rewrite the sentences, don't swap words.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import sfn_release

PACKAGE = Path(sfn_release.__file__).parent

MARKS = {
    "what": r"\bwhat\b",
    "tell, told": r"\b(?:tells?|told|telling)\b",
    "one that, those that, that of, those of": r"\b(?:one that|those that|that of|those of)\b",
    "nobody, somebody": r"\b(?:nobody|somebody)\b",
}
"""Marks of a hard style."""

ADDRESS = r"\b(?:you|we)\b"
"""Words that speak to the reader."""

PROSE_LIMITS = {
    "what": 2.5,
    "tell, told": 0.5,
    "one that, those that, that of, those of": 0.6,
    "nobody, somebody": 0.2,
}
"""How many of each mark 1,000 words of docstrings and comments may have."""

LEAST_ADDRESS = 2.0
"""How often 1,000 words of docstrings and comments speak to the reader, at least."""

MESSAGE_LIMITS = {
    "what": 1.2,
    "tell, told": 0.2,
    "one that, those that, that of, those of": 0.6,
    "nobody, somebody": 0.1,
}
"""How many of each mark 1,000 words of messages may have: errors, help, plans, progress."""

WORST = 10  # files that a failure shows

_CODE = re.compile(r"``[^`]*``|`[^`]*`|>>>.*")
_SENTENCE = re.compile(r"[A-Za-z]+,? [a-z]+,? [a-z]+")
_CODE_TEXT = re.compile(r"\s*(?:SELECT|INSERT|CREATE|UPDATE|DELETE|PRAGMA) |.*\(\?")
"""SQL and regular expressions are no sentences."""


def _docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield _CODE.sub("X", text)
    for statement in (node for node in ast.walk(tree) if hasattr(node, "body")):
        body = statement.body if isinstance(statement.body, list) else []
        for node in body[1:]:  # a string that explains the assignment before it
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                yield _CODE.sub("X", str(node.value.value))


parsed = cache(ast.parse)


@cache
def prose(source: str) -> str:
    """Return the docstrings and comments of a file, without the code in them."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = (token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT)
    return "\n".join([*_docstrings(parsed(source)), *comments])


def messages(source: str) -> str:
    """Return the string literals of a file that read as sentences, docstrings aside.

    A value inside an f-string is an X, as code is.
    """
    tree = parsed(source)
    aside: set[int] = set()
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            aside.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            aside.update(id(part) for part in node.values)
            found.append("".join(_part(part) for part in node.values))
        elif isinstance(node, ast.Constant) and id(node) not in aside:
            found += [node.value] if isinstance(node.value, str) else []
    return "\n".join(
        _CODE.sub("X", text)
        for text in found
        if _SENTENCE.search(text) and not _CODE_TEXT.match(text)
    )


def _part(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else "X"


def passed(texts: Mapping[str, str], limits: Mapping[str, float]) -> list[str]:
    """Return a line for each limit that the texts of all files pass, with the worst files."""
    words = sum(len(text.split()) for text in texts.values())
    lines = []
    for mark, limit in limits.items():
        counts = {
            path: len(re.findall(MARKS[mark], text, re.IGNORECASE)) for path, text in texts.items()
        }
        rate = 1000 * sum(counts.values()) / words
        if rate > limit:
            worst = sorted(counts, key=lambda path: -counts[path])[:WORST]
            shown = ", ".join(f"{path} {counts[path]}" for path in worst if counts[path])
            lines.append(f"{mark}: {rate:.1f} in 1,000 words, {limit} at most. Most: {shown}")
    return lines


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """Give the text of every file of the package."""
    return {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def test_docstrings_and_comments_are_plain(sources: Mapping[str, str]) -> None:
    """They name the thing, and say what it does."""
    texts = {path: prose(source) for path, source in sources.items()}
    lines = passed(texts, PROSE_LIMITS)
    assert not lines, "\n".join(lines)


def test_docstrings_and_comments_speak_to_the_reader(sources: Mapping[str, str]) -> None:
    """As a colleague would: you call it, we send it."""
    text = "\n".join(prose(source) for source in sources.values())
    rate = 1000 * len(re.findall(ADDRESS, text, re.IGNORECASE)) / len(text.split())
    assert rate >= LEAST_ADDRESS, f"you, we: {rate:.1f} in 1,000 words"


def test_messages_are_plain(sources: Mapping[str, str]) -> None:
    """Users read errors, help texts and plans in a hurry, many in a second language."""
    texts = {path: messages(source) for path, source in sources.items()}
    lines = passed(texts, MESSAGE_LIMITS)
    assert not lines, "\n".join(lines)


def test_a_loop_variable_is_its_noun(sources: Mapping[str, str]) -> None:
    """`for workflow in workflows`, never `for one in workflows`."""
    found = [
        f"{path}:{node.target.lineno}"
        for path, source in sources.items()
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.For | ast.comprehension)
        and any(isinstance(name, ast.Name) and name.id == "one" for name in ast.walk(node.target))
    ]
    assert not found, "\n".join(found)


def test_marks_are_found_in_prose_and_in_messages() -> None:
    """A docstring, a comment, a constant's text; an error's parts; not code, not a docstring."""
    source = '''
"""Say what nobody said, and `what` is code."""

LIMIT = 3  # what one that counts
"""What stands below an assignment."""

def act(name):
    """Tell those of us."""
    raise ValueError(f"{name} is told " f"what nobody knows.", "no sentence")
'''
    assert len(re.findall(MARKS["what"], prose(source), re.IGNORECASE)) == 3
    assert len(re.findall(MARKS["tell, told"], prose(source), re.IGNORECASE)) == 1
    assert messages(source) == "X is told what nobody knows."
    assert passed({"a.py": messages(source)}, {"nobody, somebody": 0.2}) == [
        "nobody, somebody: 166.7 in 1,000 words, 0.2 at most. Most: a.py 1"
    ]
