"""Plans: what a deployment will do, decided from what is there. Pure: no network, Git or clock.

`plan` compares a Target (what is to be served) with what was Observed and answers with frozen
steps in two phases: *prepare* every workflow (create, update, publish), then *switch* every alias.
There is one plan and several readers: the command line prints it, `deployment` applies it.

    model       what a plan is made from, and what it is
    steps       the changes that it consists of
    deciding    from what is there to what is to be
    ownership   whose state machines may be touched
    shifting    the stages in which a strategy brings callers over
    leftovers   what attempts that did not finish have left
"""

from __future__ import annotations

from sfn_release.plan.decisions import plan, plan_delete, serving_version
from sfn_release.plan.model import Observed, Plan, ShiftStage, Target, TargetWorkflow, WorkflowPlan
from sfn_release.plan.ownership import (
    alias_deployment,
    is_alias_description,
    is_description,
    is_of_another_ledger,
    is_ours,
    machine_names_clash,
)

__all__ = [
    "Observed",
    "Plan",
    "ShiftStage",
    "Target",
    "TargetWorkflow",
    "WorkflowPlan",
    "alias_deployment",
    "is_alias_description",
    "is_description",
    "is_of_another_ledger",
    "is_ours",
    "machine_names_clash",
    "plan",
    "plan_delete",
    "serving_version",
]
