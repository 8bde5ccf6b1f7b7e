"""Point, shift and restore aliases, without overwriting a change that someone else made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.live_state import describe_alias, rendered_from
from sfn_release.errors import ConflictError
from sfn_release.plan.steps import ObservedAlias, PointAlias, ShiftWeight, routing_text

AliasStep = PointAlias | ShiftWeight
Write = Callable[..., dict[str, Any]]
"""Makes one call that changes AWS: the operation, and its request."""


@dataclass
class Aliases:
    """The aliases of one deployment. It expects to find them as it wrote them."""

    client: StepFunctions
    write: Write
    _written: dict[str, list[ObservedAlias]] = field(default_factory=dict)

    def apply(self, step: AliasStep, new: str, machine_arn: str, latest: str | None) -> None:
        """Bring an alias to the version *new*, or some of its callers.

        *latest* is the digest that the machine's unqualified content has, if that is looked at.

        Raises ConflictError when someone else moved it, or changed ``$LATEST``, since this
        deployment looked.
        """
        routing: Mapping[str, int] = {new: 100}
        if isinstance(step, PointAlias) and step.routing:
            routing = step.routing
        if isinstance(step, ShiftWeight):
            routing = {step.old: 100 - step.weight, new: step.weight}
        routes = _routes(routing)
        if step.before is None:
            arn = f"{machine_arn}:{step.alias}"
            self._remember(step, ObservedAlias(arn, routing, step.description))
            self.write(
                self.client.create_state_machine_alias,
                name=step.alias,
                description=step.description,
                routingConfiguration=routes,
            )
            return
        # The last writer wins in AWS, so look once more just before.
        written = self._written.get(step.workflow)
        if describe_alias(self.client, step.before.arn) != (written or [step.before])[-1]:
            raise ConflictError(
                f"The alias {step.alias} of {step.workflow} was moved by someone else during"
                " this deployment.",
                fix="Run this again: the plan will show where it points.",
            )
        if step.latest is not None:
            self._refuse_edited(step, machine_arn, latest)
        self._remember(step, ObservedAlias(step.before.arn, routing, step.description))
        self.write(
            self.client.update_state_machine_alias,
            stateMachineAliasArn=step.before.arn,
            description=step.description,
            routingConfiguration=routes,
        )

    def put_back(self, steps: Sequence[AliasStep], machine_arn: str) -> str:
        """Bring an alias back to where it was before the first of its *steps*, and say so.

        Raises ConflictError when someone else has moved it since.
        """
        first = steps[0]
        arn = first.before.arn if first.before else f"{machine_arn}:{first.alias}"
        found = describe_alias(self.client, arn)
        ours = [*(step.before for step in steps), *self._written.get(first.workflow, [])]
        left = first.workflow not in self._written  # by an attempt that did not finish
        same = found is not None and left and found.description == first.description
        if found not in (None, *ours) and not same:
            raise ConflictError("someone else has moved it since; it stays as it is")
        if first.before is None:
            if found is not None:
                self.write(self.client.delete_state_machine_alias, stateMachineAliasArn=arn)
            return f"the new alias {first.alias} was deleted"
        self.write(
            self.client.update_state_machine_alias,
            stateMachineAliasArn=arn,
            description=first.before.description,
            routingConfiguration=_routes(first.before.routing),
        )
        return f"alias {first.alias} points at {routing_text(first.before.routing)} again"

    def _remember(self, step: AliasStep, written: ObservedAlias) -> None:
        self._written.setdefault(step.workflow, []).append(written)

    def _refuse_edited(self, step: AliasStep, machine_arn: str, latest: str | None) -> None:
        """Raise ConflictError when someone edited the machine while its callers were shifted."""
        found = rendered_from(
            step.workflow, call(self.client.describe_state_machine, stateMachineArn=machine_arn)
        )
        if found is not None and found.digest != latest:
            raise ConflictError(
                f"The state machine of {step.workflow} was changed by someone else during this"
                " deployment.",
                why="Callers that start it without the alias got that change immediately.",
                fix="Run this again: the plan will show what it overwrites.",
            )


def _routes(routing: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"stateMachineVersionArn": version, "weight": weight} for version, weight in routing.items()
    ]
