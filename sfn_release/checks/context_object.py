"""The rule of the context object: ``$$`` in JSONPath, ``$states.context`` in JSONata.

Source: "Accessing execution data from the Context object" in AWS's developer guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, Final

from sfn_release.asl.path_steps import Path, PathNames
from sfn_release.checks.definition import JsonataText, PathExpression, PathShape
from sfn_release.checks.location import Location
from sfn_release.checks.rule import Issue
from sfn_release.text import did_you_mean

_DATA: Final = None  # the workflow's own data: any field may exist
_VALUE: Final[Mapping[str, Any]] = {}
_FIELDS: Final[Mapping[str, Any]] = {
    "Execution": {
        **dict.fromkeys(("Id", "Name", "RoleArn", "StartTime"), _VALUE),
        **dict.fromkeys(("RedriveCount", "RedriveTime"), _VALUE),
        "Input": _DATA,
    },
    "State": dict.fromkeys(("EnteredTime", "Name", "RetryCount"), _VALUE),
    "StateMachine": dict.fromkeys(("Id", "Name"), _VALUE),
    "Task": {"Token": _VALUE},
    "Map": {"Item": {"Index": _VALUE, "Key": _VALUE, "Source": _VALUE, "Value": _DATA}},
}
"""The fields of the context object, each with those below it."""


def reads_context(shape: PathShape) -> bool:
    """Whether a path expression can read the context object, and does."""
    reads = any(path.root == "$$" for path in shape.reading.paths)
    return reads and not (shape.reference or shape.single)  # else `reference-path` reports it


def path_field(expression: PathExpression) -> Iterator[Issue]:
    """Report fields that the context object doesn't have, in a path expression."""
    for path in expression.reading.paths:
        if path.root == "$$":
            yield from _unknown("$$", _names(path), expression.place)


def jsonata_field(text: JsonataText) -> Iterator[Issue]:
    """Report fields that the context object doesn't have, in JSONata."""
    for names in text.expression.context if text.expression else ():
        yield from _unknown("$states.context", names, text.place)


def _names(path: Path) -> Sequence[str]:
    """Return the names that a path begins with."""
    plain = takewhile(lambda step: isinstance(step, PathNames) and len(step.names) == 1, path.steps)
    return [step.names[0] for step in plain if isinstance(step, PathNames)]


def _unknown(whole: str, names: Sequence[str], place: Location) -> Iterator[Issue]:
    fields: Mapping[str, Any] | None = _FIELDS
    for index, name in enumerate(names):
        if fields is None:
            return
        if name not in fields:
            above = ".".join((whole, *names[:index]))
            fix = _elsewhere(whole, name) or did_you_mean(name, fields)
            yield Issue(place, f"{above} has no field {name}.", fix)
            return
        fields = fields[name]


def _elsewhere(whole: str, name: str) -> str:
    """Suggest the one place where the context object has a field of that name."""
    homes = [top for top, below in _FIELDS.items() if name in below]
    return f'Did you mean "{whole}.{homes[0]}.{name}"?' if len(homes) == 1 else ""
