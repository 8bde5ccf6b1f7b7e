"""The changes between two sides in GitHub's Markdown, for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sfn_release.cli.output.markdown import block, code
from sfn_release.comparison.semantic_change import CLASS_TEXTS, CLASSES, weightiest
from sfn_release.text import count, shorten

if TYPE_CHECKING:
    from sfn_release.comparison.semantic_change import SemanticChange
    from sfn_release.operations.verbs.diff import WorkflowDiff

# Letters, digits and marks, but none of the words that GitHub makes a link of by itself.
_PLAIN = re.compile(
    r"(?!.*(?:www\.|GH-\d|://|\b[0-9a-f]{7,40}\b))(?:[^\W_]|[ ,.;:'()/-])+", re.IGNORECASE
)
_MOST = 300  # changes; a comment has 64 KiB
_TEXT = 500  # characters of a text
_LINES = 200  # differences of the JSON


def changes_markdown(title: str, found: Sequence[WorkflowDiff], *, verbose: bool = False) -> str:
    """Return the changes of all workflows, the weightiest class first. *verbose* shows all."""
    changed = [workflow for workflow in found if workflow.changes]
    lines = [f"### {code(title)}", ""]
    if not changed:
        lines.append(f"No difference in {count(found, 'workflow')}.")
    for workflow in changed:
        heaviest = CLASS_TEXTS[weightiest(workflow.changes) or "safe"]
        lines += [f"{code(workflow.workflow)}: **{heaviest}**", ""]
        lines += [*change_items(workflow.changes, verbose=verbose), ""]
    details = [
        f"{workflow.workflow}: {difference}"
        for workflow in found
        for difference in workflow.differences
    ]
    lines += folded(details, "difference of the JSON", "differences of the JSON", verbose=verbose)
    return "\n".join(lines).rstrip("\n")


def change_items(
    changes: Sequence[SemanticChange], *, workflow: str = "", verbose: bool = False
) -> Iterator[str]:
    """Yield the items of a list of changes, the weightiest class first."""
    ordered = sorted(changes, key=lambda change: -CLASSES.index(change.change_class))
    shown = ordered if verbose else ordered[:_MOST]
    for change in shown:
        head = f"{code(shorten(workflow, _TEXT))}: " if workflow else ""
        words = CLASS_TEXTS[change.change_class]
        text, reason = shorten(change.text, _TEXT), shorten(change.reason, _TEXT)
        yield f"- {head}{code(text)} – **{words}**. {_sentence(reason)}"
    if len(shown) < len(ordered):
        yield f"- … {count(len(ordered) - len(shown), 'more change')}; -v shows all"


def folded(
    lines: Sequence[str], noun: str, plural: str = "", *, verbose: bool = False
) -> Iterator[str]:
    """Yield lines in a block that you can open; a long list is cut unless *verbose*."""
    if not lines:
        return
    shown = [*lines] if verbose else [*lines[:_LINES]]
    if len(shown) < len(lines):
        shown.append(f"… {count(len(lines) - len(shown), 'more line')}; -v shows all")
    summary = f"<details><summary>{count(len(lines), noun, plural)}</summary>"
    yield from (summary, "", block("\n".join(shown)), "", "</details>")


def _sentence(text: str) -> str:
    """Return a reason, as code if it has characters with a meaning in Markdown."""
    return text if _PLAIN.fullmatch(text) else code(text)
