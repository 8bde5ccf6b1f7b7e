"""A visit to a state, and the interface of a query language.

A `QueryLanguage` computes every field of a state: the state's input, what a task is sent, and the
state's output. `sfn_release.simulator.jsonpath` implements it for JSONPath.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Protocol

from sfn_release.simulator.failure import RUNTIME, StateFailure


@dataclass
class StateVisit:
    """One state that has been entered.

    *raw* is its input, *entered* the id of its StateEntered event, *context* the context object,
    *variables* those it may read. *random* feeds UUIDs, random numbers and jitter.
    """

    name: str
    definition: Mapping[str, Any]
    raw: Any
    context: dict[str, Any]
    variables: Mapping[str, Any]
    entered: int
    random: Random

    def error(self, text: str, *, error: str = RUNTIME) -> StateFailure:
        """Return a failure whose cause names this state as Step Functions does."""
        return StateFailure(
            error,
            f"An error occurred while executing the state '{self.name}' (entered at the event id"
            f" #{self.entered}). {text}",
        )

    def field(self, name: str, type_: type) -> Any:
        """Return a required field. Raises StateFailure when it is missing or of another type."""
        value = self.definition.get(name)
        if not isinstance(value, type_):
            raise self.error(f"The field '{name}' is missing or of a wrong type.")
        return value


@dataclass(frozen=True)
class StateExit:
    """What a state leaves behind: output, assigned variables, the next state (None: the end)."""

    output: Any
    assigned: Mapping[str, Any]
    next: str | None


class QueryLanguage(Protocol):
    """What the fields of a state mean in one query language.

    *input* is what `input` returned. All raise StateFailure.
    """

    def input(self, visit: StateVisit) -> Any:
        """Return the state's effective input before its arguments are made."""

    def arguments(self, visit: StateVisit, input: Any) -> Any:
        """Return what a Task is sent, a Parallel's branches get, a Pass passes."""

    def finish(self, visit: StateVisit, input: Any, result: Any) -> StateExit:
        """Return how a Pass, Task, Parallel or Map ends with *result*."""

    def leave(
        self, visit: StateVisit, input: Any, rule: Mapping[str, Any] | None = None
    ) -> StateExit:
        """Return how a Choice (by *rule*), Wait or Succeed ends."""

    def catch(
        self, visit: StateVisit, catcher: Mapping[str, Any], error: Mapping[str, Any]
    ) -> StateExit:
        """Return how a state ends whose failure *catcher* has caught."""

    def choose(self, visit: StateVisit, input: Any) -> Mapping[str, Any] | None:
        """Return the first rule of a Choice that holds."""

    def wake(self, visit: StateVisit, input: Any, now: datetime) -> datetime:
        """Return the instant at which a Wait ends."""

    def seconds(self, visit: StateVisit, input: Any, field: str) -> int | None:
        """Return TimeoutSeconds or HeartbeatSeconds."""

    def credentials(self, visit: StateVisit, input: Any) -> str | None:
        """Return the role that a Task assumes."""

    def items(self, visit: StateVisit, input: Any) -> list[Any]:
        """Return what a Map iterates over."""

    def item(self, visit: StateVisit, input: Any, value: Any) -> Any:
        """Return an iteration's input; the context object of *visit* has ``Map.Item``."""

    def number(self, visit: StateVisit, input: Any, field: str, default: float) -> float:
        """Return a Map's MaxConcurrency or a tolerance."""

    def reader(self, visit: StateVisit, input: Any) -> Any:
        """Return what a Map's ItemReader asks its resource for."""

    def reason(self, visit: StateVisit, input: Any) -> tuple[str | None, str | None]:
        """Return a Fail state's error and cause."""
