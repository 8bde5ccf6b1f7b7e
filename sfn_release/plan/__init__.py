"""Plans: the steps of a deployment, decided from the live state. Pure: no network, Git or clock.

`plan` compares a Target (the state to reach) with the Observed state machines and returns frozen
steps in two phases: *prepare* every workflow (create, update, publish), then *switch* every alias.
One plan has several readers: the command line prints it, `deployment` applies it.

    model                the input of a plan, and the plan
    steps                the changes of a plan
    decisions            decide the steps from the live state and the target
    ownership            find whose a state machine is, and refuse another owner's
    content_changes      show the changes by state and field
    traffic_shift        cut a switch into the stages of a canary or linear strategy
    unfinished_attempts  find changes that unfinished deployments left
    policy               decide whether a release may enter an environment (`policy_facts`)
    preconditions        check a workflow against Step Functions' conditions (`rendered_checks`)
    drift                compare the live state with the last record

To add a kind of step: write its class in `steps`; mypy then shows every `match` that needs it.
"""

from __future__ import annotations

from sfn_release.plan.decisions import plan, plan_delete, serving_version
from sfn_release.plan.model import Observed, Plan, ShiftStage, Target, TargetWorkflow, WorkflowPlan
from sfn_release.plan.ownership import (
    alias_deployment,
    has_other_owner,
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
    "has_other_owner",
    "is_alias_description",
    "is_description",
    "is_of_another_ledger",
    "is_ours",
    "machine_names_clash",
    "plan",
    "plan_delete",
    "serving_version",
]
