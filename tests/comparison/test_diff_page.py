"""The page on reading a diff: its examples are compared as they stand there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.comparison.semantic_change import CLASS_TEXTS
from sfn_release.comparison.semantic_changes import semantic_changes

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "read-a-diff.md").read_text()
EXAMPLES = re.findall(
    r"^### ([^\n]+)\n\n```json\n(.*?)```\n\n```json\n(.*?)```\n\n```text\n(.*?)```",
    PAGE,
    re.DOTALL | re.MULTILINE,
)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example[0])
def test_the_examples_are_true(example: tuple[str, str, str, str]) -> None:
    """Each shows the changes between two definitions, and its class is among them."""
    title, old, new, expected = example
    before, after = (Declaration("orders", json.loads(side)) for side in (old, new))
    found = semantic_changes(before, after)
    assert [str(change) for change in found] == expected.splitlines()
    assert title.lower() in {CLASS_TEXTS[change.change_class] for change in found}


def test_each_class_has_an_example_and_a_row() -> None:
    """The page speaks of the classes that the program has."""
    assert [title.lower() for title, *_ in EXAMPLES] == [*CLASS_TEXTS.values()]
    for change_class, text in CLASS_TEXTS.items():
        assert f"| {text} | `{change_class}` |" in PAGE
