"""Watching callers who are being shifted: alarms, and the new version's failed executions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sfn_release.deployment.alarms import alarm_states, firing_of
from sfn_release.deployment.failed_executions import Count, causes, total
from sfn_release.deployment.live_state import in_parallel
from sfn_release.deployment.machine_state import MachineState
from sfn_release.deployment.runtime import ExecutionCounts, ShiftProgress
from sfn_release.deployment.site import Site
from sfn_release.errors import AwsError, NotFoundError, RevertedError
from sfn_release.plan import Plan
from sfn_release.plan.steps import ShiftWeight, Watch
from sfn_release.project import Limits
from sfn_release.release.record import SKEW

_SOONEST, _LATEST = 5.0, 30.0  # seconds between two looks
_PART = 20  # looks in one interval, where that is neither too soon nor too late
_CALLS_A_SECOND = 2.5  # half of AWS's refill rate for ListExecutions


@dataclass
class Monitor:
    """Watches the stages of a plan. If it can't see the callers, they count as unsafe.

    *listed* are the workflows whose executions Step Functions lists. *fence* raises when the
    deployment's time is over.
    """

    site: Site
    plan: Plan
    limits: Limits
    listed: frozenset[str]
    fence: Callable[[], None]
    _new: list[Count] = field(default_factory=list)
    _old: list[Count] = field(default_factory=list)
    _tallies: tuple[ExecutionCounts, ExecutionCounts] | None = None
    _next: datetime | None = None
    _alarms: Mapping[str, str] = field(default_factory=dict)

    def begin(self, machines: Mapping[str, MachineState]) -> None:
        """Remember which executions there were before callers are shifted."""
        since = self.plan.resumed
        first = datetime.fromisoformat(since) - SKEW if since else None
        for step in self.plan.stages[0].steps:
            if isinstance(step, ShiftWeight) and step.workflow in self.listed:
                new = machines[step.workflow].version(step.version_arn)
                self._new.append(Count(self.site.client, new))
                self._old.append(Count(self.site.client, step.old))
        self._counting(lambda: in_parallel(lambda count: count.begin(first), self._new))
        self._counting(lambda: in_parallel(lambda count: count.begin(None), self._old))

    def watch(self, step: Watch) -> None:
        """Look again and again until the interval is over.

        Raises RevertedError when an alarm fires, when too many executions failed, and when either
        can't be checked.
        """
        runtime = self.site.runtime
        pause = min(max(step.interval.total_seconds() / _PART, _SOONEST), _LATEST)
        end = runtime.now() + step.interval
        while True:
            self.fence()
            now = runtime.now()
            left = max(end - now, timedelta())
            try:
                self._look(step, now, pause, last=not left)
            except (AwsError, NotFoundError) as error:
                raise RevertedError(
                    f"{self._stopped(step)}: can't read the alarms or executions of the new"
                    " version.",
                    why=str(error),
                    fix="The release itself may be fine. Make sure that it can be watched, and"
                    " deploy it again.",
                ) from error
            runtime.watcher.seen(self._progress(step, now, left))
            if not left:
                return
            runtime.wait(min(pause, left.total_seconds()))

    def _progress(self, step: Watch, now: datetime, left: timedelta) -> ShiftProgress:
        weights = [stage.watch.weight for stage in self.plan.stages]
        number = weights.index(step.weight) + 1
        new, old = self._tallies or (None, None)
        return ShiftProgress(
            step.weight,
            number,
            len(weights),
            left,
            new,
            old,
            environment=self.plan.environment,
            version=self.plan.version,
            from_version=self.plan.from_version,
            interval=step.interval,
            next_weight=[*weights, 100][number],
            limits=self.limits,
            alarms=self._alarms,
            at=now,
        )

    def _look(self, step: Watch, now: datetime, pause: float, *, last: bool) -> None:
        limits = self.limits
        if limits.alarms:
            states = alarm_states(self.site.aws.alarms, limits.alarms)
            self._alarms = {name: found.state for name, found in states.items()}
            fired = firing_of(states)
            if fired:
                raise RevertedError(
                    f"{self._stopped(step)}: the alarm {', '.join(fired)} is firing.",
                    why="\n  ".join(f"{name}: {reason}" for name, reason in fired.items()),
                )
        if not self._new or (self._next and now < self._next and not last):
            return
        self._next = now + timedelta(seconds=max(pause, 2 * len(self._new) / _CALLS_A_SECOND))
        self._counting(self._count)
        failed = [execution for count in self._new for execution in count.failed]
        over = exceeded(limits, *self._tallies) if self._tallies else None
        if over:
            executions = "1 execution" if len(failed) == 1 else f"{len(failed)} executions"
            raise RevertedError(
                f"{self._stopped(step)}: {executions} of the new version failed: {over}.",
                why="\n  ".join(causes(self.site.client, failed)),
            )

    def _count(self) -> None:
        new = total(in_parallel(Count.look, self._new))
        old = total(in_parallel(Count.look, self._old))
        self._tallies = new, old

    def _counting(self, count: Callable[[], object]) -> None:
        """Run *count*. A failure stops the shift only if the strategy limits failures."""
        try:
            count()
        except AwsError as error:
            if self.limits.counted:
                raise
            self.site.runtime.watcher.say(f"warning: can't count executions: {error.message}")
            self._new, self._old, self._tallies = [], [], None

    def _stopped(self, step: Watch) -> str:
        return f"The shift to {self.plan.version} was stopped at {step.weight} %"


def exceeded(limits: Limits, new: ExecutionCounts, old: ExecutionCounts) -> str | None:
    """Return the limits of failures that the *new* version exceeds, in words; None unless all are.

    An *old* version without executions in that time counts as one without failures.

    >>> twice = Limits(max_failure_rate=2.0)
    >>> exceeded(twice, ExecutionCounts(10, 3), ExecutionCounts(90, 9))
    'failure rate 30 %, old version 10 % (limit: 2x)'
    >>> exceeded(twice, ExecutionCounts(10, 2), ExecutionCounts(90, 9)) is None
    True
    """
    if not limits.counted:
        return None
    reasons = []
    if limits.max_failures is not None:
        if new.failed <= limits.max_failures:
            return None
        reasons.append(f"the limit is {limits.max_failures}")
    if limits.max_failure_rate is not None:
        share = new.failed / max(new.started, new.failed, 1)
        before = old.failed / max(old.started, old.failed, 1)
        if share <= limits.max_failure_rate * before:
            return None
        reasons.append(
            f"failure rate {share:.0%}, old version {before:.0%}"
            f" (limit: {limits.max_failure_rate:g}x)"
        )
    return "; ".join(reasons).replace("%", " %")
