"""The kind and class of a change of each field of a state, where the field alone decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_release.comparison.semantic_change import UNTOLD, ChangeClass
from sfn_release.release.differences import MISSING


@dataclass(frozen=True)
class FieldClass:
    """The kind, class and reason of a field's change."""

    kind: str
    change_class: ChangeClass
    reason: str


_DATA: Final = FieldClass(
    "data",
    "results",
    f"The next states get other data, and the effect on the output {UNTOLD}.",
)
_ARGUMENTS: Final = FieldClass(
    "arguments", "results", f"The task gets other arguments. Its answer to them {UNTOLD}."
)
_WAIT: Final = FieldClass("wait", "results", "The next states run at another time.")
_TOLERATED: Final = FieldClass("map", "results", "The Map fails at another number of failed items.")
_ITEMS: Final = FieldClass("map", "results", "The items change.")
_CAUSE: Final = FieldClass("cause", "results", "Callers see another cause of the failure.")
_CONCURRENCY: Final = FieldClass(
    "map", "safe", "The same items run, but a different number at a time."
)
_FORMER: Final = FieldClass("state-type", "results", "The state's type changed.")
_COMMENT: Final = FieldClass("comment", "safe", "A comment doesn't run.")

FIELD_CLASSES: Final = {
    "Comment": _COMMENT,
    "Type": FieldClass("state-type", "results", "It is another kind of state."),
    "QueryLanguage": FieldClass(
        "query-language", "results", "Its expressions are read in another language."
    ),
    "Resource": FieldClass("resource", "results", f"It calls something else. The answer {UNTOLD}."),
    "Credentials": FieldClass("credentials", "permissions", "The task runs as another role."),
    "Arguments": _ARGUMENTS,
    "Parameters": _ARGUMENTS,
    **dict.fromkeys(
        (
            *("InputPath", "OutputPath", "Output", "ResultPath", "ResultSelector", "Result"),
            "Assign",
        ),
        _DATA,
    ),
    **dict.fromkeys(("Seconds", "Timestamp", "SecondsPath", "TimestampPath"), _WAIT),
    **dict.fromkeys(("ItemsPath", "Items", "ItemSelector", "ItemReader", "ItemBatcher"), _ITEMS),
    "ResultWriter": FieldClass("map", "results", "The results go elsewhere."),
    "MaxConcurrency": _CONCURRENCY,
    "MaxConcurrencyPath": _CONCURRENCY,
    **dict.fromkeys(
        (
            *("ToleratedFailureCount", "ToleratedFailureCountPath"),
            *("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
        ),
        _TOLERATED,
    ),
    "Label": FieldClass("map", "safe", "Only the names of Map runs change."),
    "ProcessorConfig": FieldClass("map", "results", "The items run in another mode."),
    **dict.fromkeys(("Cause", "CausePath"), _CAUSE),
    **dict.fromkeys(("Error", "ErrorPath"), _FORMER),
    "Version": FieldClass("version", "results", "The language has another version."),
}

_DEFAULTS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("InputPath", "OutputPath", "ResultPath"), "$"),
    **dict.fromkeys(("TimeoutSeconds", "HeartbeatSeconds"), 99999999),
    "QueryLanguage": "JSONPath",
    "Version": "1.0",
    "ProcessorConfig": {"Mode": "INLINE"},
}
"""The values that mean the same as no field. Source: Amazon States Language."""
_OTHER: Final = FieldClass("field", "results", f"The effect of this field {UNTOLD}.")
_TIMES: Final = {
    "TimeoutSeconds": "timeout",
    "TimeoutSecondsPath": "timeout",
    "HeartbeatSeconds": "heartbeat",
    "HeartbeatSecondsPath": "heartbeat",
}


def class_of_field(field: str, state_type: str, old: Any, new: Any) -> FieldClass:
    """Return the class of a change of a field from *old* to *new*, JSON or MISSING."""
    found = _class_of_change(field, state_type, old, new)
    default = _DEFAULTS.get(field, MISSING)
    if old in (MISSING, default) and new in (MISSING, default):
        return FieldClass(found.kind, "safe", "It means the same as no field.")
    return found


def _class_of_change(field: str, state_type: str, old: Any, new: Any) -> FieldClass:
    if field in _TIMES:
        return _class_of_time(_TIMES[field], old, new)
    if field == "Parameters" and state_type == "Map":
        return _ITEMS
    if field in ("Parameters", "Arguments") and state_type != "Task":
        return _DATA
    return FIELD_CLASSES.get(field, _OTHER)


def _class_of_time(kind: str, old: Any, new: Any) -> FieldClass:
    """Return the class of a change of a time. A longer one is safe."""
    if new is MISSING and _is_number(old):
        return FieldClass(kind, "safe", "Only an execution that timed out can end differently.")
    if not _is_number(new) or not (old is MISSING or _is_number(old)):
        return FieldClass(kind, "results", f"Whether the time is shorter {UNTOLD}.")
    if old is not MISSING and new >= old:
        return FieldClass(kind, "safe", "Only an execution that timed out can end differently.")
    return FieldClass(kind, "results", "Work that takes longer than this fails now.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
