"""Long plans are grouped: each step stands in exactly one line or group."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli.output.plan_groups import LONG, plan_layout
from sfn_release.cli.output.plans import plan_lines
from sfn_release.comparison.semantic_change import CLASS_TEXTS, CLASSES, ChangeClass, SemanticChange
from sfn_release.plan import Plan, WorkflowPlan
from sfn_release.plan.steps import (
    CreateStateMachine,
    DeleteStateMachine,
    ObservedAlias,
    PointAlias,
    PublishVersion,
    TagStateMachine,
    UpdateStateMachine,
)
from support.command_line import Project
from support.plans import ARN, rendered


def planned(number: int, change: str, heaviest: ChangeClass | None, note: str) -> WorkflowPlan:
    """Return the plan of a workflow with the steps of its change."""
    name = f"workflow-{number:03}"
    arn, form = ARN + name, rendered(name, number)
    before = ObservedAlias(f"{arn}:live", {f"{arn}:1": 100})
    point = PointAlias(name, "live", None, "", before)
    tag = TagStateMachine(name, arn, {"sfn-release:version": "1.1.0"}, ())
    plan = WorkflowPlan(
        name,
        change,  # type: ignore[arg-type]
        tags=(tag,),
        notes=(note,) if note else (),
        semantic_changes=(
            (SemanticChange(name, "A", "changed", heaviest, "state A changed", "why"),)
            if heaviest
            else ()
        ),
    )
    match change:
        case "created":
            prepare = (CreateStateMachine(name, form, {}, ""),)
            return replace(plan, prepare=prepare, switch=(replace(point, before=None),))
        case "updated":
            update = UpdateStateMachine(name, arn, form, None)
            return replace(
                plan, prepare=(update, PublishVersion(name, arn, None, "")), switch=(point,)
            )
        case "repointed":
            return replace(plan, switch=(point,))
        case "deleted":
            return replace(plan, prepare=(DeleteStateMachine(name, arn),), tags=())
        case _:
            return plan


PLANS = st.lists(
    st.tuples(
        st.sampled_from(["created", "updated", "updated", "repointed", "unchanged", "deleted"]),
        st.sampled_from([None, "safe", *CLASSES]),
        st.sampled_from(["", "", "", "look here"]),
    ),
    max_size=40,
).map(
    lambda kinds: Plan(
        "prod",
        "deploy",
        "1.1.0",
        "1.0.0",
        tuple(planned(number, *kind) for number, kind in enumerate(kinds)),
    )
)


@given(PLANS, st.booleans())
def test_every_step_is_in_one_line_or_group(plan: Plan, verbose: bool) -> None:
    """Nothing is left out and nothing is counted twice; -v has no groups."""
    layout = plan_layout(plan, verbose=verbose)
    shown = [
        *(step for workflow in layout.listed for step in plan.steps_of(workflow)),
        *(step for group in layout.groups for each in group.workflows for step in each.steps),
        *(step for each in plan.workflows if not each.changes for step in each.steps),
    ]
    assert Counter(map(id, shown)) == Counter(map(id, plan.steps))
    for group in layout.groups:
        assert all(len(each.steps) == len(group.steps) for each in group.workflows)
    assert not (verbose and layout.groups)

    lines = list(plan_lines(plan, label="prod", verbose=verbose))
    heads = (re.match(r"  [+~] (\d+) workflows: ", line) for line in lines)
    counted = sum(int(head[1]) for head in heads if head)
    named = sum(bool(re.match(r"  [+~-] workflow-\d", line)) for line in lines)
    assert counted + named == sum(workflow.changes for workflow in plan.workflows)


@given(PLANS)
def test_what_is_out_of_the_ordinary_is_listed(plan: Plan) -> None:
    """A few creations, deletions, notes, and changes that ask something of people."""
    lines = "\n".join(plan_lines(plan, label="prod"))
    few = sum(workflow.change == "created" for workflow in plan.workflows) <= LONG
    for workflow in plan.workflows:
        heavy = {change.change_class for change in workflow.semantic_changes}
        if workflow.change in ({"created", "deleted"} if few else {"deleted"}) or (
            workflow.changes and (workflow.notes or heavy & {"permissions", "breaking"})
        ):
            assert re.search(rf"^  [+~-] {workflow.workflow} ", lines, re.MULTILINE)


def test_a_group_says_its_steps_and_what_they_mean() -> None:
    """One line for 41 workflows, and the first of their names."""
    workflows = [planned(number, "updated", "safe", "") for number in range(41)]
    plan = Plan(
        "prod", "deploy", "1.1.0", "1.0.0", (*workflows, planned(41, "created", None, "new here"))
    )
    assert list(plan_lines(plan, label="prod")) == [
        "plan: deploy 1.1.0 to prod, where 1.0.0 is live",
        "  + workflow-041  create    create state machine workflow-041 (STANDARD)",
        "                            create alias live at the new version",
        "                            update tags sfn-release:*",
        f"  ~ 41 workflows: update, publish, point live, tag  ({CLASS_TEXTS['safe']})",
        f"      {', '.join(f'workflow-00{n}' for n in range(6))} and 35 more; -v shows 41 changes",
        "  note: new here",
    ]
    assert len(list(plan_lines(plan, label="prod", verbose=True))) > 41 * 4


def test_many_new_workflows_are_a_group_of_each_type() -> None:
    """A type can't be changed later, so that you see it. A few new workflows are listed."""
    new = [planned(number, "created", None, "") for number in range(50)]
    plan = Plan("prod", "publish", "1.0.0", None, tuple(new))
    assert list(plan_lines(plan, label="prod"))[1:] == [
        "  + 50 workflows: create (STANDARD), publish, create alias live, tag",
        f"      {', '.join(f'workflow-00{n}' for n in range(6))} and 44 more",
    ]
    mixed = (*new[:LONG], *(planned(number, "updated", "safe", "") for number in range(60, 70)))
    lines = list(plan_lines(replace(plan, workflows=mixed), label="prod"))
    assert sum(line.startswith("  + workflow-") for line in lines) == LONG
    assert sum(line.startswith("  ~ 10 workflows: ") for line in lines) == 1


def test_a_workflow_that_is_only_tagged_is_in_one_line() -> None:
    """The line says that its content stays, and that the tags name the new release."""
    tagged = [planned(number, "unchanged", None, "") for number in range(2)]
    same = replace(planned(2, "unchanged", None, ""), tags=())
    kept = replace(planned(3, "retained", None, ""), tags=())
    plan = Plan("prod", "publish", "1.1.0", "1.0.0", (*tagged, same, kept))
    assert list(plan_lines(plan, label="prod"))[1:] == [
        "  = unchanged, only tagged with 1.1.0: workflow-000, workflow-001",
        "  = unchanged: workflow-002",
        "  = retained: workflow-003",
    ]


def test_publish_prints_the_groups_before_it_applies_them(shop: Project) -> None:
    """Commands that apply a plan show it as `plan` does."""
    names = [f"flow_{number}" for number in range(10)]
    shop.publish("1.0.0", **dict.fromkeys(names, "one"))
    shop.commit(**dict.fromkeys(names, "two"))
    line = "  ~ 10 workflows: update, publish, point live, tag  (changes results)\n"
    assert line in shop.ok("plan").out
    assert line in shop.ok("publish", "1.1.0").err
    back = line.replace("update, publish, point live", "point live, update")
    assert back in shop.ok("rollback").err


def test_wide_names_keep_the_columns() -> None:
    """A name in Japanese takes two columns for a character."""
    plans = [replace(planned(1, "created", None, ""), workflow=name) for name in ("注文", "café")]
    lines = list(plan_lines(Plan("prod", "deploy", "1.1.0", None, tuple(plans)), label="prod"))
    rows = [line for line in lines if line.startswith("  + ")]
    assert [row[: row.index("create")] for row in rows] == ["  + 注文  ", "  + café  "]


@pytest.mark.parametrize(
    "more",
    [
        {"pins": {"charge": "charge:2"}, "pinned": {"charge": "charge:1"}},
        {"pins": {"charge": None}},
        {"keep": (PublishVersion("workflow-003", ARN, None, ""),)},
        {"notes": ("look here",)},
        {"permission_changes": ("the role needs more",)},
    ],
)
def test_a_workflow_that_needs_eyes_leaves_its_group(more: dict[str, Any]) -> None:
    """A changed or missing pin, a version that is kept first, and a note."""
    plans = [planned(number, "updated", "safe", "") for number in range(10)]
    plans[3] = replace(plans[3], **more)
    layout = plan_layout(Plan("prod", "deploy", "1.1.0", "1.0.0", tuple(plans)), verbose=False)
    assert [each.workflow for each in layout.listed] == ["workflow-003"]
    assert [len(group.workflows) for group in layout.groups] == [9]


@pytest.mark.parametrize(("number", "groups"), [(1, 0), (5, 0), (8, 0), (9, 1), (100, 1)])
def test_only_a_long_plan_is_grouped(number: int, groups: int) -> None:
    """Eight workflows still stand one by one."""
    plans = tuple(planned(each, "updated", "safe", "") for each in range(number))
    layout = plan_layout(Plan("prod", "deploy", "1.1.0", "1.0.0", plans), verbose=False)
    assert len(layout.groups) == groups
