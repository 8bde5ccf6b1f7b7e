"""Deploy: carry a prepared deployment out under the environment's lock.

    prepare     decide the steps from the ledger and AWS (`preparation`, `deletion`)
    start       append the ``started`` record: by compare-and-swap, it is the lock (`started`)
    apply       make the plan's changes; callers are moved last (`application`)
    finish      append ``succeeded``, with the definitions that are served now (`ending`)
    put back    after an error: undo, newest first, and append ``failed`` or ``reverted`` (`ending`)

AWS is touched between start and the end, and not outside. Nothing replays a log: after a crash, the
next deployment prepares again from the live state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sfn_release.deployment.adoption import adoption, kept_deployment, kept_text
from sfn_release.deployment.application import Application
from sfn_release.deployment.changes import Changes, writes
from sfn_release.deployment.clock_check import refuse_wrong_clock
from sfn_release.deployment.ending import (
    Deployment,
    ended_if_interrupted,
    finish,
    put_back_on_error,
)
from sfn_release.deployment.fence import Fence
from sfn_release.deployment.lock import close
from sfn_release.deployment.parameter_lookup import refuse_changed
from sfn_release.deployment.prepared import Basis, Prepared, PreparedDeployment
from sfn_release.deployment.record_content import started_record
from sfn_release.deployment.request import Request
from sfn_release.deployment.shift_monitor import Monitor
from sfn_release.deployment.site import Site
from sfn_release.errors import ConflictError
from sfn_release.ledger import lock_token
from sfn_release.ledger.git import RefMovedError
from sfn_release.plan import Observed, Plan
from sfn_release.project import Limits
from sfn_release.release.record import LEASE, TAKEN_OVER, Lock, Record


def deploy(
    site: Site, prepared: Prepared, prepare: Callable[[], Prepared], request: Request
) -> Record | None:
    """Carry *prepared* out and return its last record; None when there is nothing to do.

    *prepare* decides again: when another deployer wrote to the ledger first, and after an adoption,
    which is a deployment of its own.

    Raises the error that stopped it, after undoing its changes: the record then says ``failed``,
    and why. Raises ConflictError when the ledger keeps moving, LockedError when our
    clock is wrong.
    """
    races = _Races(site)
    while not prepared.nothing_to_do:
        with races.tolerated():
            adopted = adoption(site, prepared)
            with started(site, adopted or prepared, request) as deployment:
                with put_back_on_error(deployment):
                    deployment.application.run()
                record = finish(deployment)
            if adopted is None:
                return record
            site.runtime.watcher.say(kept_text(site, adopted))
        prepared = prepare()
    return None


def keep(
    site: Site, find: Callable[[], tuple[Basis, Mapping[str, Observed]]], request: Request
) -> Record:
    """Record the machines that *find* returns as a release of found machines, and nothing else.

    *find* looks again when another deployer wrote to the ledger first. Raises as `deploy` does.
    """
    races = _Races(site)
    while True:
        basis, machines = find()
        with races.tolerated():
            prepared = kept_deployment(site, basis, machines)
            with started(site, prepared, request) as deployment:
                with put_back_on_error(deployment):
                    deployment.application.run()
                record = finish(deployment)
            site.runtime.watcher.say(kept_text(site, prepared))
            return record


@contextmanager
def started(site: Site, prepared: Prepared, request: Request) -> Iterator[Deployment]:
    """Start a deployment, and hold its token while the block runs.

    Raises RefMovedError, with nothing done, when the ledger moved since it was prepared.
    """
    runtime, basis, plan = site.runtime, prepared.basis, prepared.plan
    parameters = prepared.target.parameters if isinstance(prepared, PreparedDeployment) else {}
    runtime.watcher.planned(plan)
    refuse_changed(site, parameters)
    refuse_wrong_clock(site)
    state = basis.state
    if basis.abandoned:
        lock = basis.abandoned
        why = f"{TAKEN_OVER} {runtime.actor}: {lock.reason}"
        state, _ = close(site, state, lock.record, why)
    now = runtime.now()
    expires = now + LEASE + plan.watching + _paced(plan)
    token = runtime.new_token()
    record = started_record(
        site,
        prepared,
        request,
        lock=Lock(token, runtime.process, runtime.ci),
        now=now,
        expires=expires,
    )
    with lock_token.hold(site.notes, record.id, token):
        with ended_if_interrupted(site, record):
            try:
                state = site.ledger.append(site.name, state, record, at=now)
            except RefMovedError:
                lock_token.forget(site.notes, record.id)
                raise
            for operation, calls in writes(plan.steps).items():
                site.aws.expect(operation, calls)
            runtime.watcher.applying(len(plan.steps))
            fence = Fence(site, parameters, state, expires)
            application = _application(site, prepared, fence)
        yield Deployment(site, prepared, record, state, fence, application)


def _application(site: Site, prepared: Prepared, fence: Fence) -> Application:
    strategy = site.environment.strategy
    return Application(
        plan=prepared.plan,
        changes=Changes(site.client, fence.check, site.runtime.pause),
        turn=fence.turn,
        done=site.runtime.watcher.applied,
        monitor=Monitor(
            site,
            prepared.plan,
            limits=strategy.limits if strategy else Limits(),
            listed=_listed(prepared),
            fence=fence.check,
        ),
    )


def _listed(prepared: Prepared) -> frozenset[str]:
    """Return the workflows whose executions Step Functions lists: the STANDARD ones."""
    if not isinstance(prepared, PreparedDeployment):
        return frozenset()
    workflows = prepared.target.workflows.items()
    return frozenset(name for name, workflow in workflows if workflow.rendered.type == "STANDARD")


def _paced(plan: Plan) -> timedelta:
    """Return how long AWS's quotas make a large plan take: after a hundred, a write a second."""
    return timedelta(seconds=max(0, len(plan.steps) - 100))


@dataclass
class _Races:
    """How often another deployer wrote to the ledger first."""

    site: Site
    lost: int = 0

    @contextmanager
    def tolerated(self) -> Iterator[None]:
        """Wait when a race is lost in the block. Raises ConflictError after too many."""
        try:
            yield
        except RefMovedError as error:
            self.lost += 1
            if not self.site.runtime.pause(self.lost):
                raise ConflictError(
                    f"Other deployers kept writing to the ledger of {self.site.name}.",
                    why=error.why,
                    fix="Run this again when they have finished.",
                ) from error
