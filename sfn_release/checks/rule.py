"""What a rule is, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sfn_release.canonical import member

if TYPE_CHECKING:
    from sfn_release.checks.definition import ParsedDefinition
    from sfn_release.checks.finding import Severity

Keys = tuple[str | int, ...]


class Location(NamedTuple):
    """A place in a definition: the keys that lead there, and the state that it is in, if any."""

    keys: Keys = ()
    state: str = ""

    def at(self, *keys: str | int) -> Location:
        """Return the place below this one."""
        return Location((*self.keys, *keys), self.state)

    @property
    def path(self) -> str:
        """The place as a JSON path: ``$.States["Two words"].Retry[0]``."""
        path = "$"
        for key in self.keys:
            path = f"{path}[{key}]" if isinstance(key, int) else member(path, key)
        return path


class Issue(NamedTuple):
    """One thing that a rule reports: where, the problem, the fix, and the type that is needed."""

    place: Location
    message: str
    fix: str = ""
    wanted: str = ""
    """As in `Finding`."""


Find = Callable[["ParsedDefinition"], Iterator[Issue]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the table.

    *means* completes "It is broken when ...", *find* are the functions that tell. *code* is what
    ValidateStateMachineDefinition calls it. An error is *final* when AWS is known to refuse it: no
    project can silence it. One that depends on how new this program is (a field, an integration
    that AWS may have added since) is not. A *late* one is an error of executions: AWS creates the
    state machine.
    """

    name: str
    severity: Severity
    means: str
    find: tuple[Find, ...]
    final: bool = True
    late: bool = False
    code: str = "SCHEMA_VALIDATION_FAILED"

    @property
    def can_be_silenced(self) -> bool:
        """Whether a project may decide to live with it."""
        return self.severity == "warning" or not self.final


def entries(value: Any) -> Iterator[tuple[int, Any]]:
    """Yield the items of an array with their index; of anything else nothing."""
    if isinstance(value, list | tuple):
        yield from enumerate(value)
