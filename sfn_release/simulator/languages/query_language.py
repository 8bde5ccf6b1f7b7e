"""The interface of a query language, which computes every field of a state.

`jsonpath` implements it for JSONPath, `jsonata_language` for JSONata. To add a language, implement
`QueryLanguage` and name it in `language_table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sfn_release.simulator.states.state_visit import StateExit, StateVisit


class QueryLanguage(Protocol):
    """Computes the fields of a state in one query language.

    `enter` comes first. Every method may raise StateFailure.
    """

    def enter(self, visit: StateVisit) -> None:
        """Set ``visit.input``, which the other methods read."""

    def arguments(self, visit: StateVisit) -> Any:
        """Return a Task's request, the input of a Parallel's branches, or a Pass's result."""

    def finish(self, visit: StateVisit, result: Any) -> StateExit:
        """End a Pass, Task, Parallel or Map with *result*."""

    def leave(self, visit: StateVisit, rule: int | None = None) -> StateExit:
        """End a Choice (by the *rule* with that index), Wait or Succeed."""

    def catch(self, visit: StateVisit, catcher: int, error: Mapping[str, Any]) -> StateExit:
        """End a state whose failure the *catcher* with that index has caught."""

    def choose(self, visit: StateVisit) -> int | None:
        """Return the index of the first rule of a Choice that holds."""

    def wake(self, visit: StateVisit, now: datetime) -> datetime:
        """Return the instant when a Wait ends."""

    def seconds(self, visit: StateVisit, field: str) -> int | None:
        """Return TimeoutSeconds or HeartbeatSeconds."""

    def credentials(self, visit: StateVisit) -> str | None:
        """Return the role that a Task assumes."""

    def items(self, visit: StateVisit) -> list[Any] | Mapping[str, Any]:
        """Return the items of a Map: an array, or an object with an item for each member."""

    def item(self, visit: StateVisit, value: Any) -> Any:
        """Return an iteration's input; the context object of *visit* has ``Map.Item``."""

    def number(self, visit: StateVisit, place: tuple[str, ...]) -> float:
        """Return a number of a Map at *place*: ``ItemBatcher/MaxItemsPerBatch``; 0 if missing."""

    def template(self, visit: StateVisit, place: tuple[str, ...], value: Any) -> Any:
        """Return the value of a template at *place* in the state: ``ItemBatcher/BatchInput``."""

    def reason(self, visit: StateVisit) -> tuple[str | None, str | None]:
        """Return a Fail state's error and cause."""
