"""Reads the last record of an environment for a proof, with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sfn_release.canonical import short
from sfn_release.errors import SfnReleaseError, TamperedError
from sfn_release.ledger import Snapshot
from sfn_release.operations.proof.evidence import LiveMachine, RecordEvidence
from sfn_release.operations.workspace import Workspace
from sfn_release.plan.steps import number
from sfn_release.release.record import SAME_RELEASE, Record
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import RecordedState, Serving


def record_evidence(
    workspace: Workspace,
    snapshot: Snapshot,
    broken: Mapping[str, SfnReleaseError],
    environment: str,
) -> tuple[RecordEvidence | None, SfnReleaseError | None]:
    """Return the record of an environment; None if it can't be read, with the problem if any."""
    ledger = workspace.ledger
    problem = broken.get(ledger.layout.env_ref(environment))
    try:
        state = ledger.deployments.state(snapshot, environment)
        ledger.integrity.refuse_out_of_order(environment, state)
    except TamperedError as error:
        problem = problem or error
        try:
            state = ledger.deployments.state(snapshot, environment)
        except TamperedError:
            return None, problem
    if state.serving is None or state.tip is None:
        return None, problem
    forms, problems = _forms(workspace, environment, state.tip, state.serving)
    last = state.record
    return RecordEvidence(
        commit=state.tip,
        serving=state.serving,
        record=_made_by(workspace, environment, state),
        forms=forms,
        problems=problems,
        problem=problem,
        open_attempt=last if last is not None and last.status == "started" else None,
        failed=last if last is not None and last.status in {"failed", "reverted"} else None,
    ), problem


def _forms(
    workspace: Workspace, environment: str, tip: str, serving: Serving
) -> tuple[dict[str, Rendered], dict[str, SfnReleaseError]]:
    """Return the recorded forms, and the error of each that isn't as it was recorded."""
    deployments = workspace.ledger.deployments
    try:
        return deployments.served(environment, tip, serving), {}
    except TamperedError:
        forms: dict[str, Rendered] = {}
        problems: dict[str, SfnReleaseError] = {}
    for name, served in serving.workflows.items():
        try:
            forms |= deployments.served(
                environment, tip, replace(serving, workflows={name: served})
            )
        except TamperedError as error:
            problems[name] = error
    return forms, problems


def _made_by(workspace: Workspace, environment: str, state: RecordedState) -> Record | None:
    """Return the deployment of the live release."""
    record, serving = state.record, state.serving
    if record is not None and record.status == "succeeded" and record.action not in SAME_RELEASE:
        return record
    if serving is None:
        return None
    deployments = workspace.ledger.deployments
    commit = deployments.last_success(state, serving.version)
    return deployments.state_at(environment, commit).record if commit else None


def earlier_deployments(
    workspace: Workspace,
    snapshot: Snapshot,
    environment: str,
    record: RecordEvidence,
    machines: Mapping[str, LiveMachine | SfnReleaseError | None],
) -> dict[str, str]:
    """Return, for each workflow with other live content, the deployment that last sent it."""
    other: dict[str, dict[str, str]] = {}
    for name, machine in machines.items():
        if not isinstance(machine, LiveMachine):
            continue
        contents = {number(arn): form for arn, form in machine.versions.items()}
        contents |= {"$LATEST": machine.latest}
        recorded = record.serving.workflows[name]
        known = {recorded.rendered_digest, recorded.latest_digest}
        found = {at: form.digest for at, form in contents.items() if form is not None}
        found = {at: digest for at, digest in found.items() if digest not in known}
        if found:
            other[name] = found
    if not other:
        return {}
    deployments = workspace.ledger.deployments
    tip = deployments.state(snapshot, environment).tip
    try:
        records = deployments.newest_first(environment, tip)
    except TamperedError:
        return {}
    return {name: _origins(name, found, records) for name, found in other.items()}


def _origins(workflow: str, contents: Mapping[str, str], records: list[Record]) -> str:
    """Return which deployment sent each of *contents*, in words."""
    parts = []
    for at, digest in contents.items():
        sent = next(
            (
                record
                for record in records
                if workflow in record.workflows
                and record.workflows[workflow].rendered_digest == digest
            ),
            None,
        )
        if sent is None:
            parts.append(f"No record names the content of {at}, {short(digest)}.")
        else:
            who = sent.actor.partition(" <")[0]
            parts.append(
                f"The content of {at} was sent on {sent.started_at}, by {sent.action}"
                f" {sent.version} of {who}."
            )
    return " ".join(parts)
