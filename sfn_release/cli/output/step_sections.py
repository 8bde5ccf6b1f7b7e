"""The steps of a plan as sections: a row for each workflow, or one for many with the same steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sfn_release.cli.output.markdown import code, table_row
from sfn_release.cli.output.markdown_sections import Section
from sfn_release.text import count, shorten

if TYPE_CHECKING:
    from sfn_release.cli.output.plan_groups import PlanGroup
    from sfn_release.plan import Plan, WorkflowPlan

_LINE: Final = 500  # characters of a text that comes from data
_STEPS: Final = 12  # steps of a workflow in its row


def step_sections(made: Plan, *, verbose: bool) -> Iterator[Section]:
    """Yield the table of the steps, and the names of the workflows that share a row.

    The workflows with the weightiest changes come first. *verbose* has a row for each workflow.
    """
    from sfn_release.cli.output.plan_groups import plan_layout

    layout = plan_layout(made, verbose=verbose)
    rows = [_row(made, workflow) for workflow in sorted(layout.listed, key=_lightness)]
    rows += [_group_row(group) for group in layout.groups]
    yield Section(
        "steps",
        2,
        tuple(rows),
        before="| Workflow | Change | Steps |\n| --- | --- | --- |" if rows else "",
        more="\n… and {count} more workflows",
    )
    for group in layout.groups:
        yield Section(
            "names of workflows",
            4,
            tuple(f"- {_short(workflow.workflow)}" for workflow in group.workflows),
            before=f"<details><summary>{count(group.workflows, 'workflow')}: {group.change}"
            "</summary>\n",
            after="\n</details>",
        )


def _lightness(workflow: WorkflowPlan) -> int:
    from sfn_release.comparison.semantic_change import CLASSES, weightiest

    heaviest = weightiest(workflow.semantic_changes)
    return 0 if heaviest is None else -1 - CLASSES.index(heaviest)


def _group_row(group: PlanGroup) -> str:
    number = count(group.workflows, "workflow")
    return table_row([number, group.change, ", ".join(_short(step) for step in group.steps)])


def _row(made: Plan, workflow: WorkflowPlan) -> str:
    from sfn_release.cli.output.plans import change_texts

    texts = change_texts(made, workflow)
    steps = [_short(text) for text in texts[:_STEPS]]
    steps += [f"… and {len(texts) - _STEPS} more"] if len(texts) > _STEPS else []
    return table_row([_short(workflow.workflow), workflow.change, "<br>".join(steps)])


def _short(text: str) -> str:
    """Return *text* as code, cut off where it is very long."""
    return code(shorten(text, _LINE))
