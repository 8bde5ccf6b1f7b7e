"""A visit to a state, and its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from sfn_release.simulator.clock import Clock
from sfn_release.simulator.failure import RUNTIME, StateFailure
from sfn_release.simulator.observer import TransitionKind
from sfn_release.simulator.timestamps import write_instant


@dataclass
class StateVisit:
    """One state that has been entered.

    *raw* is its input, *entered* the id of its StateEntered event, *context* the context object,
    *variables* the variables in its scope. *random* draws UUIDs, random numbers and jitter.
    *resumed* are the checkpoints of the branches or iterations, when a redrive goes on in this
    state. *previous* is the id of the event before *entered*. *input* is the effective input: the
    query language sets it.
    """

    name: str
    definition: Mapping[str, Any]
    raw: Any
    context: dict[str, Any]
    variables: Mapping[str, Any]
    entered: int
    random: Random
    clock: Clock
    resumed: Sequence[Mapping[str, Any] | None] = ()
    previous: int = 0
    input: Any = None

    def now(self) -> str:
        """Return the instant of the execution's clock, as the context object writes instants."""
        return write_instant(self.clock.now())

    def note(self, stage: str, value: Any) -> None:
        """Take note of the data after a field of the state. A state test overrides it."""

    def count_retries(self, count: int) -> None:
        """Put the number of retries into the context object."""
        self.context["State"]["RetryCount"] = count

    def give_token(self, token: str) -> None:
        """Put a task token into the context object."""
        self.context["Task"] = {"Token": token}

    def error(self, text: str, *, error: str = RUNTIME) -> StateFailure:
        """Return a failure whose cause names this state in Step Functions' words."""
        return StateFailure(error, self.cause(text))

    def cause(self, text: str) -> str:
        """Return *text* after the words with which Step Functions names this state."""
        return (
            f"An error occurred while executing the state '{self.name}' (entered at the event id"
            f" #{self.entered}). {text}"
        )

    def evaluation_cause(self, text: str) -> str:
        """Return the cause of a failure to compute a JSONata field. A state test overrides it."""
        return self.cause(text)

    def part(self, place: tuple[str, ...]) -> Mapping[str, Any]:
        """Return the object at *place* in the state; an empty one if it's missing."""
        found = self.definition
        for name in place:
            found = found.get(name, {})
        return found

    def field(self, name: str, type_: type) -> Any:
        """Return a required field. Raises StateFailure when it is missing or of another type."""
        value = self.definition.get(name)
        if not isinstance(value, type_):
            raise self.error(f"The field '{name}' is missing or of a wrong type.")
        return value


@dataclass(frozen=True)
class StateExit:
    """The end of a visit: output, assigned variables, the next state (None: the last one).

    *kind*, *rule* and *error* are those of the `Transition` to the next state.
    """

    output: Any
    assigned: Mapping[str, Any]
    next: str | None
    kind: TransitionKind = "next"
    rule: int | None = None
    error: str | None = None
