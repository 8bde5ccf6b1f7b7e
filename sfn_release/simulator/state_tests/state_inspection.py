"""Observes a visit to a state for a state test: the data after each of the state's fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sfn_release.simulator.state_visit import StateVisit

_INPUT: Final = ("afterInputPath", "afterParameters", "afterArguments")
_HIDDEN: Final[Mapping[str, tuple[str, ...]]] = {
    "Pass": ("result", "afterArguments"),
    "Parallel": ("result", *_INPUT),
    "Map": ("result", "afterParameters", "afterArguments"),
}
"""The data that a test of a state type doesn't show, as recorded."""


@dataclass
class InspectedVisit(StateVisit):
    """A visit that keeps *notes* of its data.

    With *given_context*, the context object is the caller's, so the visit doesn't add to it.
    *instant* is the time at which the state is entered.
    """

    given_context: bool = False
    instant: str = ""
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def entered_at(self) -> str:
        """The instant at which the state was entered, whatever the context object says."""
        return self.instant

    def note(self, stage: str, value: Any) -> None:
        """Keep the data after a field, by its member of the API's ``InspectionData``."""
        self.notes[stage] = value

    def count_retries(self, count: int) -> None:
        """Leave the count: the request says it."""

    def give_token(self, token: str) -> None:
        """Put a task token into the context object, unless the caller gave the object."""
        if not self.given_context:
            super().give_token(token)


def inspection(visit: InspectedVisit) -> dict[str, Any]:
    """Return the members of ``InspectionData`` that the type of the visited state has."""
    type_ = str(visit.definition.get("Type"))
    hidden = _HIDDEN.get(type_, ())
    notes = visit.notes
    if type_ == "Pass" and "Result" in visit.definition:
        # As recorded: with a Result, the data before it is not shown.
        hidden = _INPUT
    shown = {name: value for name, value in notes.items() if name not in hidden}
    return {"input": visit.raw, **shown}
