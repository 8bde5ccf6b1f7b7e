"""Decide the deletion or handover of one workflow's state machine. Only reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.deployment.known_machines import known_deployments, left_machines
from sfn_release.deployment.live_state import MachineQuery, observe
from sfn_release.deployment.lock import check_lock
from sfn_release.deployment.prepared import Basis, LeftMachine, PreparedDeletion
from sfn_release.deployment.site import Site
from sfn_release.errors import AwsError, NotFoundError
from sfn_release.plan import Observed, plan_delete
from sfn_release.plan.handing_over import plan_handover
from sfn_release.release.record import Record
from sfn_release.release.serving import RecordedState, Served, Serving
from sfn_release.text import did_you_mean

_COUNTED = 100  # running executions; above that, "more than"


def prepare_deletion(
    site: Site, workflow: str, *, to_project: str | None = None
) -> PreparedDeletion:
    """Decide the deletion of one workflow's state machine, or its handover *to_project*.

    The environment serves it, or an unfinished attempt created it. Raises NotFoundError for any
    other, and the refusals of `plan.plan_delete` and `plan_handover`. Only reads.
    """
    snapshot = site.ledger.branches.snapshot_for(site.name)
    state = site.ledger.deployments.state(snapshot, site.name)
    abandoned = check_lock(site, state)
    left = left_machines(site, state, state.serving.workflows if state.serving else ())
    serving = _serving(state, workflow, left)
    if serving is None:
        known = [*(state.serving.workflows if state.serving else ()), *left]
        raise NotFoundError(
            f"No workflow {workflow!r} is live in {site.name}.",
            why=f"Live workflows: {', '.join(known) or 'none'}.",
            fix=did_you_mean(workflow, known),
        )
    served = serving.workflows[workflow]
    wanted = MachineQuery(
        served.settings["state_machine"], served.rendered_digest, served.state_machine_arn
    )
    alias = site.environment.alias
    observed = observe(site.client, {workflow: wanted}, alias=alias, search=False)
    deployments = known_deployments(site, state, observed)
    if deployments is None:
        return prepare_deletion(site, workflow, to_project=to_project)
    machine = observed[workflow]
    decide = plan_delete if to_project is None else partial(plan_handover, to_project=to_project)
    decided = decide(
        workflow,
        project=site.project,
        environment=site.name,
        serving=serving,
        observed=machine,
        known=deployments,
    )
    (planned,) = decided.workflows
    notes: tuple[str, ...] = ()
    if to_project is None:
        notes = (
            *_caller_notes(site, state, serving, workflow),
            *(_running(site, machine) if machine else ()),
        )
    basis = Basis(
        id=site.runtime.new_id(site.runtime.now()),
        snapshot=snapshot,
        state=replace(state, serving=serving),
        alias=alias,
        abandoned=abandoned,
        left={name: machine for name, machine in left.items() if name != workflow},
    )
    return PreparedDeletion(
        basis=basis,
        serving=serving,
        plan=replace(decided, workflows=(replace(planned, notes=(*planned.notes, *notes)),)),
        observed=observed,
        to_project=to_project,
    )


def _serving(
    state: RecordedState, workflow: str, left: Mapping[str, LeftMachine]
) -> Serving | None:
    """Return the served workflows, with *workflow* among them; None when it is nowhere.

    A machine that an attempt *left* counts as served until it is deleted.
    """
    serving, attempt = state.serving, state.record
    if serving is not None and workflow in serving.workflows:
        return serving
    if attempt is None or workflow not in left:
        return None
    served = left[workflow].served
    if serving is None:
        serving = _empty_serving(attempt)
    return replace(serving, workflows={**serving.workflows, workflow: served})


def _empty_serving(attempt: Record) -> Serving:
    """Return the state of an environment where no deployment succeeded: no workflows."""
    return Serving(
        version=attempt.version,
        commit=attempt.commit,
        release_digest=attempt.release_digest,
        deployment=attempt.id,
        below=None,
        workflows={},
    )


def _caller_notes(
    site: Site, state: RecordedState, serving: Serving, workflow: str
) -> Iterator[str]:
    """Yield a note on callers, and on other workflows that start the deleted one."""
    served = serving.workflows[workflow]
    if not served.retained:
        yield (
            f"{workflow} is part of {serving.version}, which is live in {site.name}: its callers"
            " will fail"
        )
    recorded = state.serving.workflows if state.serving else {}
    others = {name: other for name, other in recorded.items() if name != workflow}
    if state.serving is not None and state.tip is not None and others:
        forms = site.ledger.deployments.served(
            site.name, state.tip, replace(state.serving, workflows=others)
        )
        for name, form in sorted(forms.items()):
            if _mentions(form.definition, served):
                yield f"{name} starts {workflow} and will fail there"


def _mentions(value: Any, served: Served) -> bool:
    """Return whether a JSON value names a machine, or a version or alias of it, by ARN."""
    pattern = re.compile(re.escape(served.state_machine_arn) + r"(?![A-Za-z0-9_-])")
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            if pattern.search(item):
                return True
        elif isinstance(item, Mapping):
            rest.extend(item.values())
        elif isinstance(item, list | tuple):
            rest.extend(item)
    return False


def _running(site: Site, observed: Observed) -> Iterator[str]:
    """Yield how many executions are running; Step Functions lists STANDARD ones only."""
    if observed.latest is not None and observed.latest.type == "EXPRESS":
        return
    try:
        answer = call(
            site.client.list_executions,
            stateMachineArn=observed.arn,
            statusFilter="RUNNING",
            maxResults=_COUNTED,
        )
    except AwsError as error:
        yield f"running executions can't be counted: {error.message}"
        return
    count = len(answer["executions"])
    if count:
        more = "more than " if answer.get("nextToken") else ""
        executions = "1 execution is" if count == 1 and not more else f"{count} executions are"
        yield (
            f"{more}{executions} running: they run to their end, but you can't redrive them"
            " afterwards"
        )
