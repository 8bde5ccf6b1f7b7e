"""The changes of a plan as sections that you can unfold: as a graph, and as a list by class."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from sfn_release.cli.output.markdown import code
from sfn_release.cli.output.markdown_sections import Section
from sfn_release.text import count, shorten

if TYPE_CHECKING:
    from sfn_release.comparison.changed_part import ChangedPart
    from sfn_release.comparison.semantic_change import ChangeClass
    from sfn_release.plan import Plan, WorkflowPlan

LOUD: Final[tuple[ChangeClass, ...]] = ("breaking", "permissions")
"""The classes of changes that ask something of people, the weightiest first."""
QUIET: Final[tuple[ChangeClass, ...]] = ("results", "safe")
_OPEN = 2  # graphs that stand open
MOST_GRAPHS: Final = 40
"""Graphs of all environments together: a comment has no room for more."""
_GRAPH = 12_000  # characters
_LINE = 500
_FEW = 8  # changes of a list that stands open


def graph_sections(made: Plan, *, most: int = MOST_GRAPHS) -> Iterator[Section]:
    """Yield a section for the graph of each of *most* workflows whose states or ways change.

    New workflows come last: their graphs show no difference.
    """
    found = [workflow for workflow in made.workflows if workflow.new_definition is not None]
    found.sort(key=lambda workflow: workflow.old_definition is None)
    opened = len(found) <= _OPEN
    parts = ((workflow, _part(workflow)) for workflow in found)
    drawn = ((workflow, part) for workflow, part in parts if part is not None)
    for workflow, part in islice(drawn, most):
        yield _graph(workflow.workflow, part, opened=opened)


def changes_section(made: Plan) -> Section:
    """Return the section of the changes that ask nothing of people, by class."""
    from sfn_release.comparison.semantic_change import CLASS_TEXTS
    from sfn_release.plan.permission_needs import other_changes

    items: list[str] = []
    total = 0
    for name in QUIET:
        lines = [
            f"- {_short(workflow.workflow)}: {_short(change.text)}"
            for workflow in made.workflows
            for change in other_changes(workflow)
            if change.change_class == name
        ]
        if lines:
            items += [f"\n**{CLASS_TEXTS[name].capitalize()}** ({len(lines)})\n", *lines]
        total += len(lines)
    opened = " open" if total <= _FEW else ""
    return Section(
        "changes by class",
        4,
        tuple(items),
        before=f"<details{opened}><summary>{count(total, 'change')}</summary>",
        after="\n</details>",
    )


def _part(workflow: WorkflowPlan) -> ChangedPart | None:
    """Return the picture of a workflow's change; None if it has none, or can't be drawn."""
    from sfn_release.comparison.changed_part import changed_part
    from sfn_release.comparison.difference_graph import ComparedDefinition

    compared = ComparedDefinition(
        workflow.workflow,
        workflow.old_definition,
        workflow.new_definition,
        workflow.semantic_changes,
    )
    try:
        return changed_part(compared, most_characters=_GRAPH)
    except RecursionError:  # nested too deeply to draw
        return None


def _graph(workflow: str, part: ChangedPart, *, opened: bool) -> Section:
    lines = [_caption(part), *(["", _fenced(part.text)] if part.text else [])]
    head = "<details open>" if opened else "<details>"
    summary = f"{head}<summary>Graph of {_name(workflow)}</summary>\n"
    return Section(
        "graphs", 5, ("\n".join(lines),), before=summary, after="\n</details>", most=_GRAPH * 4
    )


def _caption(part: ChangedPart) -> str:
    """Return what a picture shows, and how many states it leaves out."""
    if not part.text:
        return f"It has {count(part.states, 'state')}: too large to draw here."
    if not part.left_out:
        return f"The whole graph: {count(part.states, 'state')}."
    text = f"The changed part. Left out: {count(part.left_out, 'more state')}"
    missing = part.changed_left_out
    return f"{text}, {missing} of them changed." if missing else f"{text}, none of them changed."


def _fenced(text: str) -> str:
    """Return a Mermaid picture in a fence; its text has no backticks, because they're escaped."""
    return f"```mermaid\n{text.rstrip()}\n```"


def _name(text: str) -> str:
    """Return a name inside of HTML, where backticks mean nothing."""
    from html import escape

    from sfn_release.cli.output import terminal

    plain = escape(terminal.one_line(shorten(text, _LINE)))
    return f"<code>{''.join(_entity(character) for character in plain)}</code>"


def _entity(character: str) -> str:
    """Return a character as itself, or as an entity if Markdown could give it a meaning."""
    if character.isalnum() or character in " .&;/-":
        return character
    return f"&#{ord(character)};"


def _short(text: str) -> str:
    return code(shorten(text, _LINE))
