"""A plan in GitHub's Markdown: what must be seen first, then details that you can unfold.

GitLab reads the same Markdown. Everything from data is code, or text in a Mermaid picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sfn_release.cli.output.change_sections import (
    LOUD,
    MOST_GRAPHS,
    changes_section,
    graph_sections,
)
from sfn_release.cli.output.markdown import code, failed
from sfn_release.cli.output.markdown_sections import COMMENT, Section, joined
from sfn_release.cli.output.step_sections import step_sections
from sfn_release.text import count, shorten

if TYPE_CHECKING:
    from sfn_release.comparison.semantic_change import SemanticChange
    from sfn_release.plan import Plan, WorkflowPlan

_LINE = 500  # characters of a line that comes from data
_ERROR = 3_000  # characters of each part of an error


def plan_markdown(
    plans: Mapping[str, Plan],
    *,
    labels: Mapping[str, str],
    errors: Iterable[Mapping[str, str]] = (),
    others: Iterable[Section] = (),
    verbose: bool = False,
    most: int = COMMENT,
) -> str:
    """Return the plans of environments as one text of at most *most* bytes.

    *labels* are the environments' names for output, *errors* the JSON members of plans that
    couldn't be made, *others* sections that follow, such as coverage. *verbose* lifts the limits of
    the sections, but not of the whole.
    """
    graphs = max(1, MOST_GRAPHS // max(1, len(plans)))
    sections = [
        section
        for name, made in plans.items()
        for section in plan_sections(made, label=labels[name], graphs=graphs, verbose=verbose)
    ]
    sections += [Section("errors", 0, (failed(_cut(members)),)) for members in errors]
    command = " ".join(["sfn-release plan", *(f"--env {name}" for name in plans), "-v"])
    hint = f"Everything is in the output of {code(shorten(command, _LINE))}."
    return joined([*sections, *others], most=most, hint=hint, whole=verbose)


def hidden_head(
    project: str, plans: Mapping[str, Plan], environments: Iterable[str], *, extra: bool
) -> str:
    """Return the hidden lines by which `sfn-release comment` knows the comment of these plans.

    With *extra*, there is more to say than the plans.
    """
    marker = f"<!-- sfn-release plan of {project} for {', '.join(environments)} -->"
    news = extra or any(
        made.changes or made.refusals or made.role_notes or any(_unsafe(made))
        for made in plans.values()
    )
    return marker if news else f"{marker}\n{QUIET}"


QUIET = "<!-- sfn-release: nothing to say -->"
"""The second hidden line of a text without news: it changes a comment, and makes none."""


def plan_sections(
    made: Plan, *, label: str, graphs: int, verbose: bool = False
) -> Iterator[Section]:
    """Yield the sections of one plan, in their order.

    *label* is the environment for output, *graphs* the most graphs. *verbose* groups nothing.
    """
    yield _head(made, label)
    refused = tuple(item for refusal in made.refusals for item in _refusal(refusal))
    yield Section("refusals", 1, refused)
    yield Section("unsafe changes", 1, tuple(_unsafe(made)))
    earlier = [plan.workflow for plan in _retained(made) if not plan.semantic_changes]
    yield _bold("Retained from earlier releases", "retained workflows", 1, earlier)
    yield _bold("The role lacks permissions", "permissions of roles", 1, made.role_notes)
    yield _bold("The role needs other permissions", "needs of roles", 2, _needs(made))
    yield from step_sections(made, verbose=verbose)
    yield from graph_sections(made, most=graphs)
    yield changes_section(made, verbose=verbose)
    yield Section("traffic shift", 3, tuple(_shift(made)))
    notes = [*(note for workflow in made.workflows for note in workflow.notes), *made.notes]
    yield Section("notes", 3, _items(note for note in notes if note not in made.role_notes))


def _cut(members: Mapping[str, str]) -> dict[str, str]:
    """Return the members of an error with long texts cut off."""
    return {name: shorten(text, _ERROR) for name, text in members.items()}


def _head(made: Plan, label: str) -> Section:
    from sfn_release.cli.output.plans import purpose

    where = code(made.environment) + label.removeprefix(made.environment)
    title = f"### Plan: {purpose(made, where, _short)}"
    return Section("plans", 0, (f"{shorten(title, _LINE * 4)}\n", _summary(made)))


def _summary(made: Plan) -> str:
    """Return the plan in one line: how many workflows change, and what that asks of people."""
    from sfn_release.comparison.semantic_change import CLASS_TEXTS, CLASSES

    loud = [workflow for workflow in made.workflows if workflow.changes]
    changes = Counter(workflow.change for workflow in loud)
    parts = [f"{number} {change}" for change, number in changes.items()]
    kept = len(_retained(made))
    quiet = len(made.workflows) - len(loud) - kept
    if loud:
        text = f"{count(loud, 'workflow')}: {', '.join(parts)}."
        text += f" Unchanged: {count(quiet, 'more workflow')}." if quiet else ""
    else:
        text = "Nothing to change."
    text += f" Retained: {count(kept, 'workflow')}." if kept else ""
    classes = Counter(
        change.change_class for workflow in made.workflows for change in workflow.semantic_changes
    )
    weights = [name for name in reversed(CLASSES) if classes[name]]
    found = [f"{classes[name]} × {CLASS_TEXTS[name]}" for name in weights]
    text += f" Changes: {', '.join(found)}." if found else ""
    return f"{text} **Refused: {count(made.refusals, 'objection')}.**" if made.refusals else text


def _refusal(refusal: object) -> Iterator[str]:
    first, *rest = str(refusal).splitlines()
    yield f"- **Refused**: {_short(first)}"
    yield from (f"  - {_short(line.strip())}" for line in rest if line.strip())


def _unsafe(made: Plan) -> Iterator[str]:
    """Yield the changes that ask something of people, with the reasons; breaking ones first."""
    from sfn_release.cli.output.changes_markdown import change_items
    from sfn_release.plan.permission_needs import other_changes

    for weight in LOUD:
        for workflow in made.workflows:
            found: Sequence[SemanticChange] = [
                change for change in other_changes(workflow) if change.change_class == weight
            ]
            yield from change_items(found, workflow=workflow.workflow, verbose=True)


def _retained(made: Plan) -> list[WorkflowPlan]:
    return [plan for plan in made.workflows if plan.change == "retained"]


def _needs(made: Plan) -> Iterator[str]:
    from sfn_release.plan.permission_needs import permission_lines

    for workflow in made.workflows:
        yield from (f"{workflow.workflow}: {line}" for line in permission_lines(workflow))


def _shift(made: Plan) -> Iterator[str]:
    if made.stages:
        from sfn_release.plan.traffic_shift import stages_text

        yield f"Shift: {_short(stages_text(made))}\n"
        yield _short(made.strategy or "")


def _bold(title: str, kind: str, rank: int, lines: Iterable[str]) -> Section:
    items = _items(lines)
    return Section(kind, rank, items, before=f"**{title}**\n" if items else "")


def _items(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"- {_short(line)}" for line in lines)


def _short(text: str) -> str:
    """Return *text* as code, cut off where it is very long."""
    return code(shorten(text, _LINE))
