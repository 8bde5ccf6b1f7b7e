"""The manual changes that a deployment overwrites: drift of the workflows that it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sfn_release.ledger import Ledger
from sfn_release.plan import Observed, Plan, Target
from sfn_release.plan.drift import compare, differs, tag_differences
from sfn_release.release.record import Change, Record
from sfn_release.release.serving import RecordedState

_OVERWRITES = "overwrites a manual change to"
_CREATES_AGAIN = "creates again what was deleted by hand:"


def overwritten(
    ledger: Ledger,
    project: str,
    alias: str,
    target: Target,
    plan: Plan,
    state: RecordedState,
    observed: Mapping[str, Observed | None],
    attempts: Sequence[Record],
    renamed: Mapping[str, str],
) -> dict[str, tuple[str, ...]]:
    """Return how the workflows that *plan* changes differ from the record, a line each.

    *state* has workflows that are *renamed* under their new names. Changes that failed *attempts*
    may have left don't count. *alias* is the environment's.
    """
    serving = state.serving
    if serving is None or state.tip is None:
        return {}
    left = {
        name: [attempt.workflows[name] for attempt in attempts if name in attempt.workflows]
        for name in serving.workflows
    }
    touched = {planned.workflow for planned in plan.workflows if planned.steps}
    looked_at = {
        name: served
        for name, served in serving.workflows.items()
        if name in touched
        and target.workflows[name].rendered.name == served.settings["state_machine"]
        and not any(attempt.change == "deleted" for attempt in left[name])
    }
    other = {
        name: served for name, served in looked_at.items() if differs(served, observed.get(name))
    }
    forms = {}
    if other:
        forms = ledger.deployments.served(
            plan.environment, state.tip, replace(serving, workflows=other), names=renamed
        )
    owner = {"project": project, "environment": plan.environment}
    found = {}
    for name, served in looked_at.items():
        live = observed.get(name)
        drift = compare(
            served,
            live,
            alias=alias if served.alias in {None, alias} else "",
            form=forms.get(name),
            attempts=left[name],
            more=tag_differences(served, live.tags, owner) if live and not attempts else (),
        )
        if drift.state in {"drifted", "missing"}:
            found[name] = drift.differences
    return found


def with_notes(plan: Plan, drift: Mapping[str, tuple[str, ...]]) -> Plan:
    """Return the plan with a note for everything that it overwrites."""
    workflows = tuple(
        replace(
            planned,
            notes=(
                *planned.notes,
                f"{_verb(planned.change)} {planned.workflow}:",
                *(f"  {line}" for line in lines),
            ),
        )
        if (lines := drift.get(planned.workflow))
        else planned
        for planned in plan.workflows
    )
    return replace(plan, workflows=workflows)


def _verb(change: Change) -> str:
    return _CREATES_AGAIN if change == "created" else _OVERWRITES
