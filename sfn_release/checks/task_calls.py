"""The calls of a Task: its Resource, the integration, and the functions that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sfn_release.asl.integrations import ServiceCall
from sfn_release.checks.location import Location

if TYPE_CHECKING:
    from sfn_release.checks.definition import ParsedState


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A Resource, parsed: its text, in the partition ``aws`` where a parameter names the partition.

    It *is_open* when the text holds a ``${Parameter}``. *call* is None for functions, activities
    and open Resources. Equal texts share one Resource.
    """

    text: str
    is_open: bool
    call: ServiceCall | None


class IntegrationCall(NamedTuple):
    """A Task that calls an integration."""

    state: ParsedState
    call: ServiceCall

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters of the call; none if they aren't an object."""
        parameters = self.state.body.get(self.state.arguments_field)
        return parameters if isinstance(parameters, dict) else {}

    @property
    def place(self) -> Location:
        """Where the parameters are."""
        return self.state.place.at(self.state.arguments_field)


class Callee(NamedTuple):
    """A function or state machine that a Task calls, and the version or alias in its name.

    *qualifier* is the parameter ``Qualifier``, which names the version apart. *by_arn* is false
    where the name of a function stands alone.
    """

    kind: str
    version: str | None
    place: Location
    language: str
    qualifier: Any = None
    by_arn: bool = True
