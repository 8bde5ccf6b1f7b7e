"""A state at work, and what a query language does for it.

The simulator asks a `Language` for everything that a state's fields compute: what goes in, what is
sent, what comes out. JSONPath's is `sfn_release.simulator.jsonpath`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Protocol

from sfn_release.simulator.failure import RUNTIME, StateFailure


@dataclass
class Situation:
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
class Exit:
    """What a state leaves behind: output, assigned variables, the next state (None: the end)."""

    output: Any
    assigned: Mapping[str, Any]
    next: str | None


class Language(Protocol):
    """What the fields of a state mean in one query language.

    *input* is what `input` returned. All raise StateFailure.
    """

    def input(self, at: Situation) -> Any:
        """Return the state's effective input before its arguments are made."""

    def arguments(self, at: Situation, input: Any) -> Any:
        """Return what a Task is sent, a Parallel's branches get, a Pass passes."""

    def finish(self, at: Situation, input: Any, result: Any) -> Exit:
        """Return how a Pass, Task, Parallel or Map ends with *result*."""

    def leave(self, at: Situation, input: Any, rule: Mapping[str, Any] | None = None) -> Exit:
        """Return how a Choice (by *rule*), Wait or Succeed ends."""

    def catch(self, at: Situation, catcher: Mapping[str, Any], error: Mapping[str, Any]) -> Exit:
        """Return how a state ends whose failure *catcher* has caught."""

    def choose(self, at: Situation, input: Any) -> Mapping[str, Any] | None:
        """Return the first rule of a Choice that holds."""

    def wake(self, at: Situation, input: Any, now: datetime) -> datetime:
        """Return the instant at which a Wait ends."""

    def seconds(self, at: Situation, input: Any, field: str) -> int | None:
        """Return TimeoutSeconds or HeartbeatSeconds."""

    def credentials(self, at: Situation, input: Any) -> str | None:
        """Return the role that a Task assumes."""

    def items(self, at: Situation, input: Any) -> list[Any]:
        """Return what a Map iterates over."""

    def item(self, at: Situation, input: Any, value: Any) -> Any:
        """Return an iteration's input; the context object of *at* has ``Map.Item``."""

    def number(self, at: Situation, input: Any, field: str, default: float) -> float:
        """Return a Map's MaxConcurrency or a tolerance."""

    def reader(self, at: Situation, input: Any) -> Any:
        """Return what a Map's ItemReader asks its resource for."""

    def reason(self, at: Situation, input: Any) -> tuple[str | None, str | None]:
        """Return a Fail state's error and cause."""
