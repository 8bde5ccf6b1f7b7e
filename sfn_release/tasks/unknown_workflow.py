"""Says why no workflow answers a task that starts one: its state machine doesn't exist here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sfn_release.simulator import TaskCall
from sfn_release.tasks.execution_scope import ApiRefusal, CallApi
from sfn_release.text import did_you_mean

_START = re.compile(
    r"arn:[^:]+:states:[^:]*:[^:]*:(states:startExecution|aws-sdk:sfn:start(Sync)?Execution)\b.*"
)
_MACHINE = re.compile(r"(?:arn:[^:]+:states:[^:]*:[^:]*:stateMachine:)?([^:#]+).*")


@dataclass(frozen=True)
class UnknownWorkflow:
    """The reason why a start isn't answered. *machines* returns the names that can be started.

    Without *machines*, they are asked for with *call_api*.
    """

    call_api: CallApi
    machines: Callable[[], Iterable[str]] | None = None

    def reason(self, call: TaskCall) -> str:
        """Return the state machine that doesn't exist, and the name that is near to its own."""
        arn = call.payload.get("StateMachineArn") if isinstance(call.payload, Mapping) else None
        if not isinstance(arn, str) or not _START.fullmatch(call.resource):
            return ""
        named = _MACHINE.fullmatch(arn)
        near = did_you_mean(named[1], self._names()) if named else ""
        return f"There is no state machine {arn} here. {near}".rstrip()

    def _names(self) -> Iterable[str]:
        if self.machines is not None:
            return self.machines()
        try:
            found = self.call_api("ListStateMachines", {})
        except ApiRefusal:
            return ()
        return [machine["name"] for machine in found["stateMachines"]]
