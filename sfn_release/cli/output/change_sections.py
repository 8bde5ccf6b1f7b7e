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
_COMPARED = 300  # workflows whose graphs are drawn and compared
_NAMED = 20  # workflows that a graph names
_SHARED = 3  # workflows with the same change, which then share a line
_GRAPH = 12_000  # characters
_LINE = 500
_FEW = 8  # changes of a list that stands open


def graph_sections(made: Plan, *, most: int = MOST_GRAPHS) -> Iterator[Section]:
    """Yield a section for each of *most* graphs of workflows whose states or ways change.

    Workflows whose graphs are equal share one, but not those with a change that asks something of
    people: they come first. New workflows come last, and only a few are drawn: their graphs show no
    difference.
    """
    from sfn_release.cli.output.plan_groups import LONG

    found = [workflow for workflow in made.workflows if workflow.new_definition is not None]
    found.sort(key=lambda workflow: (workflow.old_definition is None, not _is_loud(workflow)))
    hidden = 0
    alike: dict[str, list[str]] = {}
    new: set[str] = set()
    parts: dict[str, ChangedPart] = {}
    for workflow in found[:_COMPARED]:
        part = _part(workflow)
        if part is None:
            continue
        # The picture has the workflow's name; a text that can't be drawn stands for itself.
        key = _part_text(workflow) if part.text and not _is_loud(workflow) else workflow.workflow
        if workflow.old_definition is None and key not in new and len(new) == LONG:
            hidden += 1
            continue
        if workflow.old_definition is None:
            new.add(key)
        parts.setdefault(key, part)
        alike.setdefault(key, []).append(workflow.workflow)
    opened = len(alike) <= _OPEN
    for key, names in islice(alike.items(), most):
        yield _graph(names, parts[key], opened=opened)
    if hidden:
        yield Section("graphs", 5, (f"{count(hidden, 'more new workflow')} without a graph.",))


def changes_section(made: Plan, *, verbose: bool = False) -> Section:
    """Return the section of the changes that ask nothing of people, by class.

    Equal changes of several workflows share a line, unless *verbose*.
    """
    from sfn_release.comparison.semantic_change import CLASS_TEXTS
    from sfn_release.plan.permission_needs import other_changes

    items: list[str] = []
    total = 0
    for name in QUIET:
        found: dict[str, list[str]] = {}
        for workflow in made.workflows:
            for change in other_changes(workflow):
                if change.change_class == name:
                    found.setdefault(change.text, []).append(workflow.workflow)
        number = sum(map(len, found.values()))
        lines = [
            line
            for text, names in found.items()
            for line in _change_lines(text, names, grouped=not verbose)
        ]
        if lines:
            items += [f"\n**{CLASS_TEXTS[name].capitalize()}** ({number})\n", *lines]
        total += number
    opened = " open" if total <= _FEW else ""
    return Section(
        "changes by class",
        4,
        tuple(items),
        before=f"<details{opened}><summary>{count(total, 'change')}</summary>",
        after="\n</details>",
    )


def _change_lines(text: str, names: list[str], *, grouped: bool) -> Iterator[str]:
    """Yield the lines of one change: of each workflow, or of all that have it."""
    if not grouped or len(names) < _SHARED:
        yield from (f"- {_short(name)}: {_short(text)}" for name in names)
        return
    shown = ", ".join(map(_short, names[:_SHARED]))
    more = f" and {len(names) - _SHARED} more" if len(names) > _SHARED else ""
    yield f"- {_short(text)} in {count(names, 'workflow')}: {shown}{more}"


def _is_loud(workflow: WorkflowPlan) -> bool:
    return any(change.change_class in LOUD for change in workflow.semantic_changes)


def _part_text(workflow: WorkflowPlan) -> str:
    """Return the picture of a change without the workflow's name."""
    from dataclasses import replace

    part = _part(replace(workflow, workflow=""))
    return part.text if part else ""


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


def _graph(workflows: list[str], part: ChangedPart, *, opened: bool) -> Section:
    """Return the section of one graph, which may stand for several workflows."""
    workflow, *others = workflows
    lines = [_caption(part), *(["", _fenced(part.text)] if part.text else [])]
    if others:
        shown = ", ".join(map(_short, others[:_NAMED]))
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        lines.insert(0, f"{count(others, 'more workflow')} with this graph: {shown}{more}.\n")
    head = "<details open>" if opened else "<details>"
    also = f" and {count(others, 'more workflow')}" if others else ""
    summary = f"{head}<summary>Graph of {_name(workflow)}{also}</summary>\n"
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
