"""Traffic shifting: the stages in which callers are brought to new versions. Pure.

The plan of an environment with a strategy gets its stages between its two phases: each brings every
alias that moves to one weight, and is watched for an interval. All workflows of a deployment shift
together. A new alias has no callers to shift: it is made before the first stage, so that the first
callers of a new version find the workflows that are new with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sfn_release.errors import ConfigError
from sfn_release.plan.model import Observed, Plan, ShiftStage, Target, WorkflowPlan
from sfn_release.plan.steps import ObservedAlias, PointAlias, ShiftWeight, Step, Watch, names_text
from sfn_release.plan.unfinished_attempts import left_alias
from sfn_release.project import Limits, Strategy
from sfn_release.release.record import Record
from sfn_release.release.serving import Serving
from sfn_release.text import count, duration_text

_FEW = 6  # weights in a line


@dataclass(frozen=True)
class _Shift:
    """An alias on its way: *point* ends the shift, *old* is the version that served until now.

    *before* is the alias as it was found.
    """

    point: PointAlias
    before: ObservedAlias
    old: str
    latest: str | None
    at_once: bool

    def to(self, weight: int, *, first: bool) -> ShiftWeight:
        """Return the step to a weight; at the *first*, no time has passed to look back on."""
        point = self.point
        return ShiftWeight(
            workflow=point.workflow,
            alias=point.alias,
            version_arn=point.version_arn,
            old=self.old,
            weight=weight,
            description=point.description,
            before=self.before,
            latest=None if first else self.latest,
        )


def refuse_uncounted(target: Target, strategy: Strategy | None, environment: str) -> None:
    """Raise ConfigError when failures are to be counted, and Step Functions lists none of them.

    One EXPRESS workflow among others is left out, with a note.
    """
    express = [
        name
        for name, workflow in sorted(target.workflows.items())
        if workflow.rendered.type == "EXPRESS"
    ]
    if strategy is None or not strategy.limits.counted or len(express) < len(target.workflows):
        return
    if target.action == "rollback":
        return
    raise ConfigError(
        f"The strategy of {environment} counts failed executions, but Step Functions doesn't list"
        f" those of {names_text(express)}.",
        why="The counts come from ListExecutions, which works for STANDARD workflows only. These"
        " are EXPRESS.",
        fix="Use CloudWatch alarms in the strategy, and remove the limits of failures:\n"
        f'  strategy = {{ type = "{strategy.type}", …, alarms = ["…"] }}',
    )


def shifted(
    plan: Plan,
    strategy: Strategy | None,
    *,
    target: Target,
    serving: Serving | None,
    observed: Mapping[str, Observed | None],
    attempts: Iterable[Record] = (),
    resume: bool = False,
) -> Plan:
    """Return *plan* with the stages of *strategy*; as it is when nothing is to be shifted.

    *attempts* are the unfinished deployments. With *resume* the shift goes on at the weight that
    they had reached. A rollback is never slowed.
    """
    attempts = list(attempts)
    identities = frozenset(attempt.id for attempt in attempts)
    if strategy is None or plan.action == "rollback":
        return plan
    served = serving.workflows if serving else {}
    shifts: dict[str, _Shift] = {}
    reached = 0
    for planned in plan.workflows:
        machine = observed.get(planned.workflow)
        before = left_alias(served.get(planned.workflow), machine, identities)
        point = _point(planned)
        if machine is None or machine.alias is None:
            continue
        if before is not None and planned.version_arn is not None:
            reached = max(reached, machine.alias.routing.get(planned.version_arn, 0))
        if point is None or point.before is None:
            continue
        old = _old(point, before, served[planned.workflow].version_arn if before else None)
        if old is not None and old != point.version_arn:
            shifts[planned.workflow] = _shift(planned, point, point.before, old, target, machine)
    weights = [w for w in strategy.weights if not resume or w >= reached]
    if not shifts or not weights:
        return plan
    new = [
        step
        for planned in plan.workflows
        for step in planned.switch
        if isinstance(step, PointAlias) and step.before is None
    ]
    stages: list[ShiftStage] = []
    for weight in weights:
        steps: list[Step] = [] if stages else [*new]
        steps += [shift.to(weight, first=not stages) for shift in shifts.values()]
        stages.append(ShiftStage(tuple(steps), Watch(weight, strategy.interval)))
    return replace(
        plan,
        workflows=tuple(
            _rest(planned, shifts.get(planned.workflow), new) for planned in plan.workflows
        ),
        stages=tuple(stages),
        strategy=_words(strategy),
        resumed=min(attempt.started_at for attempt in attempts) if resume and reached else None,
        notes=(*plan.notes, *_notes(shifts), *_uncounted(shifts, strategy, target)),
    )


def stages_text(plan: Plan) -> str:
    """Return the stages of a plan in a line; "" without stages.

    ``20 %, 40 % of callers for 10m each (20m in all), then all: hello``
    """
    if not plan.stages:
        return ""
    weights = [f"{stage.watch.weight} %" for stage in plan.stages]
    if len(weights) > _FEW:
        weights = [*weights[:2], "…", weights[-1]]
    interval = duration_text(plan.stages[0].watch.interval)
    total = sum((stage.watch.interval for stage in plan.stages), timedelta())
    each = f" each ({duration_text(total)} in all)" if len(plan.stages) > 1 else ""
    names = [step.workflow for step in plan.stages[0].steps if isinstance(step, ShiftWeight)]
    onward = "resumed at " if plan.resumed else ""
    shares = ", ".join(weights)
    return f"{onward}{shares} of callers for {interval}{each}, then all: {names_text(names)}"


def _point(planned: WorkflowPlan) -> PointAlias | None:
    return next((step for step in planned.switch if isinstance(step, PointAlias)), None)


def _old(point: PointAlias, before: object, recorded: str | None) -> str | None:
    """Return the version that callers get until now: of a mix that was left, the recorded one."""
    if before is not None:
        return recorded
    routing = point.before.routing if point.before else {}
    others = {arn: weight for arn, weight in routing.items() if arn != point.version_arn}
    return max(others, key=lambda arn: others[arn], default=None)


def _shift(
    planned: WorkflowPlan,
    point: PointAlias,
    before: ObservedAlias,
    old: str,
    target: Target,
    observed: Observed,
) -> _Shift:
    at_once = not planned.restore
    if planned.prepare:
        latest: str | None = target.workflows[planned.workflow].rendered.digest
    else:
        latest = observed.latest.digest if observed.latest else None
    return _Shift(point, before, old, latest, at_once)


def _rest(planned: WorkflowPlan, shift: _Shift | None, new: list[PointAlias]) -> WorkflowPlan:
    """Return the plan of the final switch: without new aliases, which are made before."""
    switch: list[Step] = []
    for step in planned.switch:
        if isinstance(step, PointAlias) and shift is not None:
            switch.append(replace(step, latest=shift.latest, shifted=True))
        elif step not in new:
            switch.append(step)
    return replace(planned, switch=tuple(switch))


def _words(strategy: Strategy) -> str:
    """Return a strategy for people, with its limits."""
    limits = strategy.limits
    alarms = ", ".join(limits.alarms)
    watched = [f"the alarms {alarms}" if len(limits.alarms) > 1 else f"the alarm {alarms}"]
    watched = watched if limits.alarms else []
    if limits.counted:
        watched.append(_limit_text(limits))
    return f"{strategy}; " + (
        f"stopped by {' or '.join(watched)}" if watched else "nothing stops it"
    )


def _limit_text(limits: Limits) -> str:
    most, rate = limits.max_failures, limits.max_failure_rate
    texts = [f"more than {count(most, 'failed execution')}" if most else "any failed execution"]
    texts = texts if most is not None else []
    if rate is not None:
        texts.append(f"more than {rate:g} times the old version's share of failed executions")
    return " that are ".join(texts)


def _uncounted(shifts: Mapping[str, _Shift], strategy: Strategy, target: Target) -> list[str]:
    """Return the note of the workflows whose failed executions can't be counted."""
    express = [name for name in shifts if target.workflows[name].rendered.type == "EXPRESS"]
    if not strategy.limits.counted or not express:
        return []
    note = (
        f"failed executions of {names_text(express)} are not counted, because Step Functions"
        " doesn't list those of EXPRESS workflows: watch them with alarms"
    )
    return [note]


def _notes(shifts: Mapping[str, _Shift]) -> list[str]:
    """Return the notes for callers that bypass the alias: they are never shifted."""
    at_once = [name for name, shift in shifts.items() if shift.at_once]
    later = [name for name in shifts if name not in at_once]
    notes = []
    if at_once:
        notes.append(
            f"callers that start {names_text(at_once)} without the alias get the new version"
            " immediately, before any caller of the alias"
        )
    if later:
        notes.append(
            f"callers that start {names_text(later)} without the alias get the new version once all"
            " callers of the alias have it"
        )
    return notes
