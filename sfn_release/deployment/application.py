"""Applying a plan to AWS, and putting back what was changed when it fails."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

from sfn_release.aws.calling import Operation, call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.aliases import Aliases, AliasStep
from sfn_release.deployment.binding import in_waves, pinned_form
from sfn_release.deployment.fence import OvertakenError
from sfn_release.deployment.machines import Machine
from sfn_release.deployment.monitoring import Monitor
from sfn_release.errors import (
    AwsError,
    ConflictError,
    NetworkError,
    NotOursError,
    SfnReleaseError,
)
from sfn_release.observation import THREADS, rendered_from
from sfn_release.plan import Plan, WorkflowPlan
from sfn_release.plan.steps import (
    CreateStateMachine,
    DeleteStateMachine,
    PointAlias,
    PublishVersion,
    ShiftWeight,
    Step,
    TagStateMachine,
    UpdateStateMachine,
    Watch,
)


@dataclass
class Application:
    """One plan being applied. *machines* is what is known so far, for the record.

    *fence* is called before every write and raises OvertakenError when it may not happen; *turn*
    before callers are brought over, by each stage and at last. *pause* waits before the n-th retry
    of a write that collided, or says by False that it is enough. *done* hears of every step.
    *monitor* watches callers who are being shifted; *shifted* is the weight of the last stage that
    was begun.
    """

    plan: Plan
    client: StepFunctions
    fence: Callable[[], None]
    turn: Callable[[], None]
    pause: Callable[[int], bool]
    done: Callable[[Step], None]
    monitor: Monitor
    shifted: int | None = None
    machines: dict[str, Machine] = field(default_factory=dict)
    _undo: list[Step] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _calm: threading.Condition = field(default_factory=threading.Condition)
    _busy: int = 0

    def __post_init__(self) -> None:
        self._aliases = Aliases(self.client, self._write)

    def run(self) -> None:
        """Apply both phases. Raises the first error; nothing new is begun after it."""
        self.machines = {
            workflow.workflow: Machine(version_arn=workflow.version_arn)
            for workflow in self.plan.workflows
        }
        self._undo = [*self.plan.left]
        # What others are pinned to is published before them.
        for names in in_waves({plan.workflow: _awaited(plan) for plan in self.plan.workflows}):
            prepare = {plan.workflow: plan.prepare for plan in self.plan.workflows}
            self._phase({name: prepare[name] for name in names})
        for stage in self.plan.stages:
            if self.shifted is None:
                self.monitor.begin(self.machines)
            self.turn()
            self.shifted = stage.watch.weight
            self._phase({step.workflow: (step,) for step in stage.steps})
            self.monitor.watch(stage.watch)
            self.done(stage.watch)
        if any(plan.switch for plan in self.plan.workflows):
            self.turn()
            self._phase({plan.workflow: plan.switch for plan in self.plan.workflows})

    def put_back(self) -> tuple[list[str], list[str]]:
        """Undo, newest first, what was changed; return what was put back and what could not be."""
        restored, failed = [], []
        changed: dict[tuple[str, bool, bool], list[Step]] = {}
        for step in self._undo:
            key = (step.workflow, isinstance(step, AliasStep), isinstance(step, UpdateStateMachine))
            changed.setdefault(key, []).append(step)
        # What was changed several times is put back once, to what it was before the first.
        for steps in sorted(changed.values(), key=lambda one: -self._undo.index(one[-1])):
            step = steps[-1]
            try:
                text = self._undo_steps(steps)
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
                futures = [pool.submit(self._steps, workflow_steps) for workflow_steps in busy]
                wait(futures)
            except BaseException:
                # Ctrl-C: what is under way ends, nothing new begins. The pool does not know of a
                # thread that was being started when it came, so the threads are counted here.
                self._stop.set()
                with self._calm:
                    self._calm.wait_for(lambda: not self._busy)
                raise
        _raise_first(futures)

    def _steps(self, steps: Iterable[Step]) -> None:
        with self._calm:
            if self._stop.is_set():
                return
            self._busy += 1
        try:
            for step in steps:
                if self._stop.is_set():
                    return
                self._step(self._pinned(step))
        finally:
            with self._calm:
                self._busy -= 1
                self._calm.notify_all()

    def _pinned(self, step: Step) -> Step:
        """Return a step with the versions filled in that it waited for."""
        if isinstance(step, CreateStateMachine | UpdateStateMachine) and step.awaits:
            versions = {name: self.machines[name].version_arn for name in step.awaits.values()}
            rendered = pinned_form(step.rendered, step.awaits, versions)
            return replace(step, rendered=rendered, awaits={})
        if isinstance(step, AliasStep) and step.latest is not None:
            # What waited for another workflow's version had no digest yet when it was planned.
            return replace(step, latest=self.machines[step.workflow].sent or step.latest)
        return step

    def _step(self, step: Step) -> None:
        try:
            self._apply(step)
        except BaseException as error:
            self._stop.set()
            if isinstance(error, NetworkError):
                self._undo.append(step)  # it may have had its effect all the same
            raise
        self._undo.append(step)
        self.done(step)

    def _apply(self, step: Step) -> None:
        machine = self.machines[step.workflow]
        match step:
            case CreateStateMachine():
                self._create(step, machine)
            case UpdateStateMachine():
                machine.arn = step.arn
                answer = self._write(
                    self.client.update_state_machine,
                    stateMachineArn=step.arn,
                    **step.rendered.request(),
                )
                machine.revision = answer.get("revisionId")
                machine.latest = step.rendered.digest
                machine.sent = step.rendered.digest
            case PublishVersion():
                self._publish(step, machine)
            case PointAlias() | ShiftWeight():
                version_arn = step.version_arn or machine.version_arn
                assert version_arn is not None  # noqa: S101 - plans publish before they point
                self._aliases.apply(
                    step, version_arn, machine.found(version_arn), machine.latest or step.latest
                )
                machine.version_arn = version_arn
                machine.alias_description = step.description
            case Watch():
                raise AssertionError("a stage is watched when all of its workflows are there")
            case TagStateMachine():
                self._tag(step)
            case DeleteStateMachine():
                self._write(self.client.delete_state_machine, stateMachineArn=step.arn)

    def _create(self, step: CreateStateMachine, machine: Machine) -> None:
        answer = self._write(
            self.client.create_state_machine,
            name=step.rendered.name,
            type=step.rendered.type,
            publish=True,
            versionDescription=step.description,
            tags=_tag_list(step.tags),
            **step.rendered.request(),
        )
        machine.arn = answer["stateMachineArn"]
        machine.version_arn = answer["stateMachineVersionArn"]
        # Creating what is there already succeeds when the definition is equal, and silently
        # ignores another role and other tags: read back whose it is.
        tags = call(self.client.list_tags_for_resource, resourceArn=machine.arn)["tags"]
        live = call(self.client.describe_state_machine, stateMachineArn=machine.arn)
        found = rendered_from(step.workflow, live)
        if (found is not None and found.digest != step.rendered.digest) or {
            tag["key"]: tag["value"] for tag in tags
        } != dict(step.tags):
            raise NotOursError(
                f"Somebody else created {step.rendered.name} at the same moment.",
                why=machine.arn,
                fix="Run this again: the plan will say what is there.",
            )

    def _publish(self, step: PublishVersion, machine: Machine) -> None:
        machine.arn = step.arn
        revision = machine.revision or step.revision
        only_this = {"revisionId": revision} if revision else {}
        try:
            answer = self._write(
                self.client.publish_state_machine_version,
                stateMachineArn=step.arn,
                description=step.description,
                **only_this,
            )
        except AwsError as error:
            if error.aws_code != "ConflictException":
                raise
            raise ConflictError(
                f"The state machine of {step.workflow} was changed by somebody else during this"
                " deployment.",
                why=error.why,
                fix="Run this again: the plan will say what it overwrites.",
            ) from error
        machine.version_arn = answer["stateMachineVersionArn"]

    def _tag(self, step: TagStateMachine) -> None:
        if step.tags:
            self._write(self.client.tag_resource, resourceArn=step.arn, tags=_tag_list(step.tags))
        if step.removed:
            self._write(
                self.client.untag_resource, resourceArn=step.arn, tagKeys=list(step.removed)
            )

    def _undo_steps(self, steps: Sequence[Step]) -> str | None:
        """Undo steps of one kind and say so; what nobody calls stays, and None is returned."""
        step = steps[0]
        match step:
            case UpdateStateMachine():
                return self._undo_update(step, steps)
            case PointAlias() | ShiftWeight():
                moved = [one for one in steps if isinstance(one, AliasStep)]
                return self._aliases.put_back(moved, self.machines[step.workflow].found())
            case CreateStateMachine():
                return f"{step.rendered.name} was created and stays, without callers"
            case PublishVersion() | TagStateMachine() | DeleteStateMachine() | Watch():
                return None

    def _undo_update(self, step: UpdateStateMachine, steps: Sequence[Step]) -> str:
        if step.before is None:
            raise ConflictError("what was there could not be read")
        live = call(self.client.describe_state_machine, stateMachineArn=step.arn)
        found = rendered_from(step.workflow, live)
        ours = {one.rendered.digest for one in steps if isinstance(one, UpdateStateMachine)}
        if found is not None and found.digest not in {*ours, step.before.digest}:
            raise ConflictError("somebody else has changed it since, and that stays")
        request = step.before.request()
        self._write(self.client.update_state_machine, stateMachineArn=step.arn, **request)
        return f"{step.before.name} has its former definition again"

    def _write(self, operation: Operation, **request: Any) -> dict[str, Any]:
        """Make one call that changes AWS.

        Publishing, updating and deleting one machine at once collide in AWS: such a call is made
        again, a few times, before it counts as refused.
        """
        attempt = 0
        while True:
            self.fence()
            try:
                return call(operation, **request)
            except AwsError as error:
                attempt += 1
                if error.aws_code != "ConflictException" or "revision" in error.why.lower():
                    raise
                if not self.pause(attempt):
                    raise


def writes(steps: Iterable[Step]) -> Counter[str]:
    """Return how many calls of each operation *steps* make; an untagging may come on top."""
    return Counter(_operation(step) for step in steps if not isinstance(step, Watch))


def _operation(step: Step) -> str:
    if isinstance(step, ShiftWeight):
        return "UpdateStateMachineAlias"
    if isinstance(step, PointAlias):
        return "UpdateStateMachineAlias" if step.before else "CreateStateMachineAlias"
    return {
        CreateStateMachine: "CreateStateMachine",
        UpdateStateMachine: "UpdateStateMachine",
        PublishVersion: "PublishStateMachineVersion",
        TagStateMachine: "TagResource",
        DeleteStateMachine: "DeleteStateMachine",
    }[type(step)]


def _raise_first(futures: Iterable[Future[None]]) -> None:
    """Raise the error that stopped the phase; a bug before anything else."""
    errors = [error for future in futures if (error := future.exception()) is not None]
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


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]
