"""Apply a plan, workflows side by side, and undo it after an error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from sfn_release.deployment.alias_writes import AliasStep
from sfn_release.deployment.changes import Changes
from sfn_release.deployment.fence import OvertakenError
from sfn_release.deployment.live_state import THREADS
from sfn_release.deployment.machine_state import MachineState
from sfn_release.deployment.shift_monitor import Monitor
from sfn_release.deployment.workflow_pins import in_waves, pinned_form, refuse_elsewhere
from sfn_release.errors import DeploymentError, NetworkError, SfnReleaseError
from sfn_release.plan import Plan, WorkflowPlan
from sfn_release.plan.steps import (
    CreateStateMachine,
    PointAlias,
    Step,
    TagStateMachine,
    UpdateStateMachine,
)


@dataclass
class Application:
    """One plan being applied. *machines* collects the results, for the record.

    *turn* is called before callers are brought over, by each stage and at last, and raises when
    that may not happen. *done* hears of every step. *monitor* watches callers who are being
    shifted; *shifted* is the weight of the last stage that was begun. *untagged* says of which
    workflows the tags could not be written; *interrupted* is set when Ctrl-C came that late.
    """

    plan: Plan
    changes: Changes
    turn: Callable[[], None]
    done: Callable[[Step], None]
    monitor: Monitor
    shifted: int | None = None
    untagged: dict[str, SfnReleaseError] = field(default_factory=dict)
    interrupted: KeyboardInterrupt | None = None
    machines: dict[str, MachineState] = field(default_factory=dict)
    _undo: list[Step] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _calm: threading.Condition = field(default_factory=threading.Condition)
    _busy: int = 0

    def run(self) -> None:
        """Apply both phases. Raises the first error; nothing new is begun after it."""
        self.machines = {
            workflow.workflow: MachineState(version_arn=workflow.version_arn)
            for workflow in self.plan.workflows
        }
        self._undo = [*self.plan.left]
        # A version that others are pinned to is published first.
        for names in in_waves({plan.workflow: _awaited(plan) for plan in self.plan.workflows}):
            prepare = {plan.workflow: plan.prepare for plan in self.plan.workflows}
            self._phase({name: prepare[name] for name in names})
        for stage in self.plan.stages:
            if self.shifted is None:
                self.monitor.begin(self.machines)
            self.turn()
            self.shifted = stage.watch.weight
            self._switch({step.workflow: (step,) for step in stage.steps})
            self.monitor.watch(stage.watch)
            self.done(stage.watch)
        plans = self.plan.workflows
        if any(plan.switch or plan.restore or plan.tags for plan in plans):
            self.turn()
            # All callers of aliases first: a rollback has them back after one write each.
            self._switch({plan.workflow: plan.switch for plan in plans})
            self._phase({plan.workflow: plan.restore for plan in plans})
            self._tag({plan.workflow: plan.tags for plan in plans})

    def _switch(self, steps: Mapping[str, tuple[Step, ...]]) -> None:
        """Move callers. New aliases come first, so that other workflows find them."""
        new = {name for name, moves in steps.items() if any(map(_creates_alias, moves))}
        self._phase({name: moves for name, moves in steps.items() if name in new})
        self._phase({name: moves for name, moves in steps.items() if name not in new})

    def _tag(self, steps: Mapping[str, Iterable[Step]]) -> None:
        """Write the tags. Callers have been moved: an error now undoes nothing."""
        try:
            self._phase(steps)
        except KeyboardInterrupt as error:
            self.interrupted = error
            left = [
                step
                for workflow_steps in steps.values()
                for step in workflow_steps
                if step not in self._undo
            ]
            for step in left:
                self.untagged.setdefault(step.workflow, DeploymentError("Interrupted."))

    def put_back(self) -> tuple[list[str], list[str]]:
        """Undo the changes, newest first; return a line for each undone and each failed one."""
        restored, failed = [], []
        changed: dict[tuple[str, str], list[Step]] = {}
        for step in self._undo:
            kind = "alias" if isinstance(step, AliasStep) else type(step).__name__
            changed.setdefault((step.workflow, kind), []).append(step)
        # Several changes of one thing are undone once, to its state before the first.
        for steps in sorted(changed.values(), key=lambda changes: -self._undo.index(changes[-1])):
            step = steps[-1]
            try:
                text = self.changes.put_back(steps, self.machines[step.workflow])
            except OvertakenError:
                raise
            except SfnReleaseError as error:
                failed.append(f"{step.workflow}: {step} could not be undone: {error.message}")
            else:
                restored += [f"{step.workflow}: {text}"] if text else []
        return restored, failed

    def _phase(self, steps: Mapping[str, Iterable[Step]]) -> None:
        """Apply the steps of every workflow, workflows side by side."""
        busy = [workflow_steps for workflow_steps in steps.values() if workflow_steps]
        if not busy:
            return
        with ThreadPoolExecutor(min(THREADS, len(busy))) as pool:
            try:
                errors = [*pool.map(self._apply, busy)]
            except BaseException:
                # Ctrl-C: running calls end, nothing new begins. The pool does not know of a
                # thread that was being started when it came, so the threads are counted here.
                self._stop.set()
                with self._calm:
                    self._calm.wait_for(lambda: not self._busy)
                raise
        _raise_first(errors)

    def _apply(self, steps: Iterable[Step]) -> BaseException | None:
        """Apply the steps of one workflow, until one fails anywhere; return its error."""
        try:
            with self._counted():
                for planned in steps:
                    if self._stop.is_set():
                        return None
                    step = self._pinned(planned)
                    try:
                        self.changes.make(step, self.machines[step.workflow])
                    except BaseException as error:
                        if not self._only_untagged(step, error):
                            raise
                    else:
                        self._undo.append(step)
                        self.done(step)
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            return error
        return None

    def _only_untagged(self, step: Step, error: BaseException) -> bool:
        """Note that a step failed; return whether the deployment goes on, without some tags."""
        if isinstance(step, TagStateMachine) and _is_warning(error):
            self.untagged[step.workflow] = error
            return True
        self._stop.set()
        if isinstance(error, NetworkError):
            self._undo.append(step)  # it may have had its effect all the same
        return False

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count a thread that makes changes, so that Ctrl-C can wait for it."""
        with self._calm:
            self._busy += 1
        try:
            yield
        finally:
            with self._calm:
                self._busy -= 1
                self._calm.notify_all()

    def _pinned(self, step: Step) -> Step:
        """Return a step with the versions filled in that it waited for."""
        if isinstance(step, CreateStateMachine | UpdateStateMachine) and step.awaits:
            versions = {name: self.machines[name].version_arn for name in step.awaits.values()}
            refuse_elsewhere(step.rendered, step.awaits, versions)
            rendered = pinned_form(step.rendered, step.awaits, versions)
            return replace(step, rendered=rendered, awaits={})
        if isinstance(step, AliasStep) and step.latest is not None:
            # A form that waited for another workflow's version had no digest in the plan.
            return replace(step, latest=self.machines[step.workflow].sent or step.latest)
        return step


def _creates_alias(step: Step) -> bool:
    return isinstance(step, PointAlias) and step.before is None


def _is_warning(error: BaseException) -> TypeGuard[SfnReleaseError]:
    """Return whether an error in writing tags is only a warning."""
    return isinstance(error, SfnReleaseError) and not isinstance(error, OvertakenError)


def _raise_first(found: Iterable[BaseException | None]) -> None:
    """Raise the error that stopped the phase; a bug before anything else."""
    errors = [error for error in found if error is not None]
    errors.sort(key=lambda error: isinstance(error, SfnReleaseError))
    if errors:
        raise errors[0]


def _awaited(plan: WorkflowPlan) -> set[str]:
    """Return the workflows whose new versions have to be known before this one is prepared."""
    return {
        name
        for step in plan.prepare
        if isinstance(step, CreateStateMachine | UpdateStateMachine)
        for name in step.awaits.values()
    }
