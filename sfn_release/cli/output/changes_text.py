"""The changes between two sides as text: by workflow, each with its class and the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sfn_release.cli.output import terminal
from sfn_release.cli.output.tables import hanging_lines
from sfn_release.comparison.semantic_change import CLASS_TEXTS, weightiest
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.comparison.semantic_change import SemanticChange
    from sfn_release.operations.verbs.diff import WorkflowDiff
    from sfn_release.release.differences import Difference

_MARKS = {
    "added": terminal.Styled("  + ", "green"),
    "removed": terminal.Styled("  - ", "red"),
    "changed": terminal.Styled("  ~ ", "yellow"),
}
_COLOURS = {"safe": "green", "results": "yellow", "permissions": "magenta", "breaking": "red"}
_SAID = ("transition", "choice", "retry", "catch")  # kinds whose text says all that differs
_DETAILS = 5  # differences of the JSON below a change


def write_changes(title: str, found: Sequence[WorkflowDiff], *, verbose: bool) -> None:
    """Write the changes of all workflows. *verbose* shows every difference of the JSON.

    The *title* may be `Styled`, with the link of a page.
    """
    link = getattr(title, "link", "")
    terminal.write_parts(terminal.Styled(title, "bold", link), _counted(found))
    for workflow in found:
        if workflow.changes:
            _write_workflow(workflow, verbose=verbose)


def _counted(found: Sequence[WorkflowDiff]) -> str:
    changed = sum(bool(workflow.differences or workflow.changes) for workflow in found)
    # A renamed workflow is there under both names, and has its changes under the new one.
    renamed = sum(
        change.kind == "renamed" and not change.state
        for workflow in found
        for change in workflow.changes
    )
    changed -= renamed
    workflows = count(len(found) - renamed, "workflow")
    return f": {changed} of {workflows} changed" if changed else f": no difference in {workflows}"


def _write_workflow(workflow: WorkflowDiff, *, verbose: bool) -> None:
    heaviest = weightiest(workflow.changes) or "safe"
    terminal.write_parts(
        terminal.Styled(terminal.one_line(workflow.workflow), "bold"),
        ": ",
        terminal.Styled(CLASS_TEXTS[heaviest], _COLOURS[heaviest]),
    )
    for change in workflow.changes:
        mark = _MARKS.get(change.kind, _MARKS["changed"])
        terminal.write_parts(mark, terminal.one_line(change.text))
        word = terminal.Styled(change.change_class, _COLOURS[change.change_class])
        first, *rest = hanging_lines(f"{word}: {change.reason}", 8)
        terminal.write_parts("      ", word, first[len(word) :])
        for line in rest:
            terminal.write(f"        {line}")
        for line in detail_lines(change, verbose=verbose):
            terminal.write(terminal.one_line(f"      {line}"))


def detail_lines(change: SemanticChange, *, verbose: bool) -> list[str]:
    """Return the differences of the JSON below a change, as lines; a long list is cut."""
    lines = [str(difference) for difference in change.details]
    if not verbose and change.kind in _SAID:
        return []
    if verbose or len(lines) <= _DETAILS:
        return lines
    return [*lines[:_DETAILS], f"… {count(len(lines) - _DETAILS, 'more line')}; -v shows all"]


def write_difference(difference: Difference) -> None:
    """Write the line of one difference between two definitions."""
    terminal.write_parts(_MARKS[difference.kind], terminal.one_line(str(difference)))
