"""Deployments: a plan, applied to one environment under a lock that the ledger keeps.

    prepare   read the ledger and AWS, decide (pure), refuse what must be refused
    execute   append ``started`` · apply the plan · append ``succeeded`` or ``failed``

The ``started`` record is the lock: it is appended by compare-and-swap before AWS is touched. Every
write to AWS looks at the clock first, and before callers are switched the ledger is asked whether
the lock is still ours. Recovery is preparing again from what is there, never replaying a log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sfn_release import hold
from sfn_release.application import Application, Machine, OvertakenError
from sfn_release.errors import (
    ConflictError,
    DeploymentError,
    LockedError,
    NotFoundError,
    SfnReleaseError,
)
from sfn_release.git import RefMovedError
from sfn_release.ledger import Ledger, Snapshot
from sfn_release.observation import Wanted, observe
from sfn_release.plan import (
    Observed,
    Plan,
    Target,
    alias_deployment,
    machine_names_clash,
    plan,
    plan_delete,
)
from sfn_release.project import Environment
from sfn_release.record import (
    LEASE,
    Lock,
    Outcome,
    Record,
    Served,
    Serving,
    State,
    takeover,
    timestamp,
)
from sfn_release.stepfunctions import StepFunctions
from sfn_release.surroundings import Surroundings


@dataclass(frozen=True)
class Site:
    """One environment of one project, ready to be deployed to."""

    project: str
    environment: Environment
    ledger: Ledger
    client: StepFunctions
    around: Surroundings
    config_blob: str | None

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.environment.name

    @property
    def notes(self) -> Path:
        """The folder, inside the Git folder, of the notes that running deployments leave."""
        return self.ledger.git.common_dir / "sfn-release" / "deployments"


@dataclass(frozen=True)
class Prepared:
    """A deployment that was decided and not begun. *closing* is why an old lock may be closed."""

    id: str
    state: State
    target: Target | None
    plan: Plan
    observed: Mapping[str, Observed | None]
    closing: str | None = None

    @property
    def nothing_to_do(self) -> bool:
        """Whether the environment serves exactly this already, and the ledger says so."""
        serving = self.state.serving
        return (
            not self.plan.steps
            and serving is not None
            and not self.state.unfinished
            and self.plan.version == serving.version
            and (self.target is None or self.target.below == serving.below)
        )


Decide = Callable[[Snapshot, State], Target]


def prepare(site: Site, decide: Decide, *, adopt: bool = False) -> Prepared:
    """Decide a deployment from what the ledger and AWS say now. Reads only.

    *decide* gives the target for the environment's state. Raises LockedError while another
    deployment is under way, and whatever `plan.plan` refuses.
    """
    snapshot = site.ledger.reachable(site.name)
    state = site.ledger.state(snapshot, site.name)
    closing = check_lock(site, state)
    target = decide(snapshot, state)
    clash = machine_names_clash(workflow.rendered for workflow in target.workflows.values())
    if clash:
        raise ConflictError(
            f"{clash[1]} and {clash[2]} would both be the state machine {clash[0]} in {site.name}."
        )
    observed = observe(
        site.client,
        {name: _wanted(state, target, name) for name in target.workflows},
        alias=site.environment.alias,
        search=state.unfinished,
    )
    identity = site.around.new_id(site.around.now())
    return Prepared(
        id=identity,
        state=state,
        target=target,
        plan=plan(
            target,
            project=site.project,
            environment=site.name,
            alias=site.environment.alias,
            deployment=identity,
            serving=state.serving,
            observed=observed,
            known=_known(site, state, observed),
            adopt=adopt,
        ),
        observed=observed,
        closing=closing,
    )


def prepare_delete(site: Site, workflow: str) -> Prepared:
    """Decide the deletion of one workflow's state machine. Reads only.

    Raises NotFoundError when the environment does not serve it.
    """
    state = site.ledger.state(site.ledger.reachable(site.name), site.name)
    closing = check_lock(site, state)
    served = state.serving.workflows.get(workflow) if state.serving else None
    if state.serving is None or served is None:
        raise NotFoundError(
            f"{site.name} serves no workflow {workflow!r}.",
            why=f"It serves: {', '.join(state.serving.workflows) if state.serving else 'nothing'}.",
        )
    return Prepared(
        id=site.around.new_id(site.around.now()),
        state=state,
        target=None,
        plan=plan_delete(site.name, workflow, served.state_machine_arn, state.serving),
        observed={},
        closing=closing,
    )


def execute(site: Site, prepared: Prepared, *, reason: str | None = None) -> Record:
    """Carry a prepared deployment out and return its last record.

    Raises RefMovedError, with nothing done, when the ledger moved since it was prepared: prepare
    again. Raises the error that stopped it, after putting back what it had changed; the record
    then says ``failed``, and why.
    """
    around = site.around
    around.watcher.planned(prepared.plan)
    state = prepared.state
    if prepared.closing:
        state = close(site, state, f"taken over by {around.actor}: {prepared.closing}")
    now = around.now()
    lock = Lock(around.new_token(), around.process, around.ci)
    record = Record(
        id=prepared.id,
        environment=site.name,
        action=prepared.plan.action,
        version=prepared.plan.version,
        from_version=prepared.plan.from_version,
        commit=prepared.target.commit if prepared.target else _serving(state).commit,
        release_digest=(
            prepared.target.release_digest if prepared.target else _serving(state).release_digest
        ),
        status="started",
        actor=around.actor,
        host=around.host,
        reason=reason,
        started_at=timestamp(now),
        finished_at=None,
        expires_at=timestamp(now + LEASE),
        account=None,
        region=site.environment.region,
        config_blob=site.config_blob,
        workflows={},
        lock=lock,
        plan=tuple(f"{step.workflow}: {step}" for step in prepared.plan.steps),
    )
    with hold.hold(site.notes, record.id, lock.token):
        try:
            started = site.ledger.append(site.name, state, record, at=now)
        except RefMovedError:
            hold.forget(site.notes, record.id)
            raise
        finished = _carry_out(site, prepared, started, record, expires=now + LEASE)
    hold.forget(site.notes, record.id)
    return finished


def check_lock(site: Site, state: State) -> str | None:
    """Return why a deployment that did not end may be closed, None when there is none.

    Raises LockedError when it may still be under way.
    """
    record = state.record
    if record is None or record.status != "started":
        return None
    token = record.lock.token if record.lock else ""
    reason = takeover(
        record,
        now=site.around.now(),
        abandoned=hold.abandoned(site.notes, record.id, token),
        ci=site.around.ci,
    )
    if reason is None:
        raise LockedError(
            f"{site.name} is being deployed to: {record.action} {record.version}.",
            why=f"By {record.actor} on {record.host}, since {record.started_at}; it ends by itself"
            f" at {record.expires_at} at the latest.",
            fix=f"Wait, or if it is certainly dead:  sfn-release unlock --env {site.name}",
        )
    return reason


def close(site: Site, state: State, error: str) -> State:
    """Append the end of a deployment that did not come to one itself."""
    assert state.record is not None  # noqa: S101 - there is one to close
    now = site.around.now()
    record = state.record.finish("failed", at=now, error=error)
    closed = site.ledger.append(site.name, state, record, at=now)
    hold.forget(site.notes, record.id)
    site.around.watcher.say(
        f"closed {record.action} {record.version} of {record.started_at} by {record.actor}: {error}"
    )
    return closed


def _carry_out(
    site: Site, prepared: Prepared, started: State, record: Record, *, expires: datetime
) -> Record:
    """Apply the plan and append the end of the deployment."""
    around = site.around

    def fence() -> None:
        if around.now() >= expires:
            raise OvertakenError(
                f"This deployment's time was over at {record.expires_at}: it stopped.",
                fix="Run it again: it goes on from what is there.",
            )

    def turn() -> None:
        fence()
        if site.ledger.tip(site.name) != started.tip:
            raise OvertakenError(
                "Another deployer took this deployment over: it stopped.",
                fix=f"See who:  sfn-release history --env {site.name}",
            )

    application = Application(
        plan=prepared.plan,
        client=site.client,
        fence=fence,
        turn=turn,
        pause=around.pause,
        done=around.watcher.applied,
    )
    around.watcher.applying(len(prepared.plan.steps))
    try:
        application.run()
    except OvertakenError:
        raise
    except (SfnReleaseError, KeyboardInterrupt) as error:
        told = _fail(site, prepared, started, record, application, error)
        if isinstance(error, KeyboardInterrupt):
            raise
        raise told from error
    serving, definitions = _serve(site, prepared, started, application.machines)
    now = around.now()
    outcomes = _outcomes(prepared, application.machines)
    finished = replace(
        record.finish("succeeded", at=now, workflows=outcomes), account=_account(outcomes)
    )
    try:
        site.ledger.append(
            site.name, started, finished, serving=serving, definitions=definitions, at=now
        )
    except RefMovedError as error:
        raise OvertakenError(
            "Another deployer took this deployment over before it could record its success.",
            fix=f"See who:  sfn-release history --env {site.name}",
        ) from error
    except SfnReleaseError as error:
        error.why += "\n  AWS was changed as planned; only the record of it is missing."
        error.fix = "Run the same command again: it finishes the record."
        raise
    return finished


def _fail(
    site: Site,
    prepared: Prepared,
    started: State,
    record: Record,
    application: Application,
    error: SfnReleaseError | KeyboardInterrupt,
) -> SfnReleaseError:
    """Put back what was changed, append ``failed``, and return the error to tell."""
    site.around.watcher.say("the deployment failed; putting back what it changed")
    restored, stuck = application.put_back()
    told = DeploymentError("Interrupted.") if isinstance(error, KeyboardInterrupt) else error
    lines = [*restored, *stuck]
    now = site.around.now()
    outcomes = _outcomes(prepared, application.machines)
    text = "\n".join([str(told), *lines])
    failed = record.finish("failed", at=now, workflows=outcomes, error=text)
    try:
        site.ledger.append(site.name, started, failed, at=now)
    except SfnReleaseError as second:
        lines.append(f"the ledger could not be told: {second.message} {second.why}")
    else:
        hold.forget(site.notes, record.id)
    told.why = "\n  ".join([told.why, *lines] if told.why else lines)
    return told


def _wanted(state: State, target: Target, name: str) -> Wanted:
    """Return what to look for in AWS: where the machine was, and what may have its content."""
    rendered = target.workflows[name].rendered
    served = state.serving.workflows.get(name) if state.serving else None
    moved = served is not None and served.settings["state_machine"] != rendered.name
    versions = [served.version_arn] if served else []
    outcome = state.record.workflows.get(name) if state.record else None
    versions += [outcome.version_arn] if outcome else []
    versions.append(target.workflows[name].version_arn)
    return Wanted(
        name=rendered.name,
        rendered_digest=rendered.digest,
        arn=served.state_machine_arn if served and not moved else None,
        versions=tuple(version for version in versions if version),
    )


def _known(site: Site, state: State, observed: Mapping[str, Observed | None]) -> frozenset[str]:
    """Return which deployments that the aliases name stand in our ledger.

    An alias that still says what was last written to it needs no search.
    """
    served = state.serving.workflows if state.serving else {}
    expected = {served[name].alias_description for name in observed if name in served}
    named = {
        deployment
        for there in observed.values()
        if there and there.alias and there.alias.description not in expected
        if (deployment := alias_deployment(there.alias.description))
    }
    return frozenset(name for name in named if site.ledger.knows(state, name))


def _outcomes(prepared: Prepared, machines: Mapping[str, Machine]) -> dict[str, Outcome]:
    before = prepared.state.serving.workflows if prepared.state.serving else {}
    outcomes = {}
    for planned in prepared.plan.workflows:
        name = planned.workflow
        served = before.get(name)
        workflow = prepared.target.workflows.get(name) if prepared.target else None
        machine = machines.get(name) or Machine()
        there = prepared.observed.get(name)
        known = there.arn if there else served.state_machine_arn if served else None
        outcomes[name] = Outcome(
            digest=workflow.digest if workflow else served.digest if served else "",
            rendered_digest=(
                workflow.rendered.digest if workflow else served.rendered_digest if served else ""
            ),
            state_machine_arn=machine.arn or known,
            version_arn=machine.version_arn,
            previous_version_arn=served.version_arn if served else None,
            change=planned.change,
        )
    return outcomes


def _serve(
    site: Site, prepared: Prepared, started: State, machines: Mapping[str, Machine]
) -> tuple[Serving, dict[str, Any]]:
    """Return what the environment serves after the plan, with every definition as it was sent."""
    before = prepared.state.serving
    served: dict[str, Served] = {}
    definitions: dict[str, Any] = {}
    kept = before.workflows if before else {}
    if prepared.target is None:
        gone = {planned.workflow for planned in prepared.plan.workflows}
        kept = {name: old for name, old in kept.items() if name not in gone}
    targets = prepared.target.workflows if prepared.target else {}
    outcomes = _outcomes(prepared, machines)
    for name, target in targets.items():
        old = kept.get(name)
        there = prepared.observed.get(name)
        alias = there.alias.description if there and there.alias else None
        served[name] = Served(
            digest=target.digest,
            rendered_digest=target.rendered.digest,
            source=target.source,
            settings=target.rendered.settings(),
            state_machine_arn=outcomes[name].state_machine_arn or "",
            version_arn=outcomes[name].version_arn,
            alias_description=machines[name].alias_description or alias,
        )
        definitions[name] = target.rendered.definition
    left = {name: old for name, old in kept.items() if name not in served}
    if left and before is not None and started.tip is not None:
        carried = site.ledger.served(site.name, started.tip, replace(before, workflows=left))
        for name, old in left.items():
            served[name] = replace(old, retained=old.retained or prepared.target is not None)
            definitions[name] = carried[name].definition
    if prepared.target is not None:
        return Serving(
            version=prepared.target.version,
            commit=prepared.target.commit,
            release_digest=prepared.target.release_digest,
            deployment=prepared.id,
            below=prepared.target.below,
            workflows=served,
        ), definitions
    return replace(_serving(started), deployment=prepared.id, workflows=served), definitions


def _serving(state: State) -> Serving:
    assert state.serving is not None  # noqa: S101 - deletions and re-deployments serve something
    return state.serving


def _account(outcomes: Mapping[str, Outcome]) -> str | None:
    arns = [outcome.state_machine_arn for outcome in outcomes.values()]
    return next((arn.split(":")[4] for arn in arns if arn), None)
