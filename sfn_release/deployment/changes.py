"""Make one step's change to AWS, or undo it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from sfn_release.aws.api_calls import Operation, call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.alias_writes import Aliases, AliasStep
from sfn_release.deployment.live_state import rendered_from
from sfn_release.deployment.machine_state import MachineState
from sfn_release.errors import AwsError, ConflictError, NotOursError
from sfn_release.plan.steps import (
    CreateStateMachine,
    DeleteStateMachine,
    HandOver,
    PointAlias,
    PublishVersion,
    ShiftWeight,
    Step,
    TagStateMachine,
    UpdateStateMachine,
    Watch,
)


@dataclass
class Changes:
    """The changes of one deployment to AWS, call by call.

    *fence* is called before every write and raises OvertakenError when it may not happen; *pause*
    waits before the n-th retry of a write that collided, or says by False that it is enough.
    """

    client: StepFunctions
    fence: Callable[[], None]
    pause: Callable[[int], bool]

    def __post_init__(self) -> None:
        self._aliases = Aliases(self.client, self._write)

    def make(self, step: Step, machine: MachineState) -> None:
        """Make the change of one step, and note the result in *machine*.

        Raises OvertakenError when nothing may be written any more, ConflictError and NotOursError
        when someone else wrote at the same time.
        """
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
                version_arn = machine.version(step.version_arn)
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
            case HandOver():
                self._write_tags(step.arn, step.tags)
            case _:
                assert_never(step)

    def _create(self, step: CreateStateMachine, machine: MachineState) -> None:
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
        # Creating an existing machine succeeds when the definition is equal, and silently
        # ignores another role and other tags: read back whose it is.
        tags = call(self.client.list_tags_for_resource, resourceArn=machine.arn)["tags"]
        live = call(self.client.describe_state_machine, stateMachineArn=machine.arn)
        found = rendered_from(step.workflow, live)
        if (found is not None and found.digest != step.rendered.digest) or {
            tag["key"]: tag["value"] for tag in tags
        } != dict(step.tags):
            raise NotOursError(
                f"Someone else created {step.rendered.name} at the same time.",
                why=machine.arn,
                fix="Run this again: the plan will show what is there.",
            )

    def _publish(self, step: PublishVersion, machine: MachineState) -> None:
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
                f"The state machine of {step.workflow} was changed by someone else during this"
                " deployment.",
                why=error.why,
                fix="Run this again: the plan will show what it overwrites.",
            ) from error
        machine.version_arn = answer["stateMachineVersionArn"]

    def _tag(self, step: TagStateMachine) -> None:
        if step.tags:
            self._write_tags(step.arn, step.tags)
        if step.removed:
            self._write(
                self.client.untag_resource, resourceArn=step.arn, tagKeys=list(step.removed)
            )

    def _write_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        self._write(self.client.tag_resource, resourceArn=arn, tags=_tag_list(tags))

    def put_back(self, steps: Sequence[Step], machine: MachineState) -> str | None:
        """Undo steps of one kind; return a line that says so, None if nothing needs to be undone.

        Raises ConflictError when someone else has changed it since.
        """
        step = steps[0]
        match step:
            case UpdateStateMachine():
                return self._undo_update(step, steps)
            case PointAlias() | ShiftWeight():
                moves = [move for move in steps if isinstance(move, AliasStep)]
                return self._aliases.put_back(moves, machine.found())
            case CreateStateMachine():
                return f"{step.rendered.name} was created and stays, without callers"
            case HandOver():
                self._write_tags(step.arn, step.before)
                return "its tags name this project again"
            case PublishVersion() | TagStateMachine() | DeleteStateMachine() | Watch():
                return None
            case _:
                assert_never(step)

    def _undo_update(self, step: UpdateStateMachine, steps: Sequence[Step]) -> str:
        if step.before is None:
            raise ConflictError("the old definition couldn't be read")
        live = call(self.client.describe_state_machine, stateMachineArn=step.arn)
        found = rendered_from(step.workflow, live)
        ours = {sent.rendered.digest for sent in steps if isinstance(sent, UpdateStateMachine)}
        if found is not None and found.digest not in {*ours, step.before.digest}:
            raise ConflictError("someone else has changed it since; it stays as it is")
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
    return Counter(filter(None, map(_operation, steps)))


def _operation(step: Step) -> str | None:  # noqa: PLR0911 - a line for each kind of step
    """Return the operation that a step calls; None if it changes nothing."""
    match step:
        case CreateStateMachine():
            return "CreateStateMachine"
        case UpdateStateMachine():
            return "UpdateStateMachine"
        case PublishVersion():
            return "PublishStateMachineVersion"
        case PointAlias():
            return "UpdateStateMachineAlias" if step.before else "CreateStateMachineAlias"
        case ShiftWeight():
            return "UpdateStateMachineAlias"
        case TagStateMachine() | HandOver():
            return "TagResource"
        case DeleteStateMachine():
            return "DeleteStateMachine"
        case Watch():
            return None
        case _:
            assert_never(step)


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]
