"""Finds out whether a distributed Map can have made its recorded output, without its result.

The history has the output of the Map alone. Its fields still say much about it: ResultPath where
the result is, ResultSelector and Output which members there are, and which of them are constant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.asl import paths
from sfn_release.simulator.languages.path_lookup import parse_path
from sfn_release.simulator.states.state_visit import StateVisit
from sfn_release.testing.replay.json_differences import first_apart

UNKNOWN = object()
"""Stands for an output that the fields could have made."""
_ABSENT = object()


def output_of_fields(visit: StateVisit, output: Any, *, jsonata: bool) -> Any:
    """Return the output that the Map makes instead of the recorded *output*, as far as it's known.

    `UNKNOWN` means that it may make the recorded one. A member whose value only the result has is
    taken over from *output*; it's null if that doesn't have it. Raises StateFailure for a
    ResultPath that can't be applied.
    """
    if jsonata:
        template = visit.definition.get("Output", UNKNOWN)
        if template is UNKNOWN or _fits(template, output, jsonata=True):
            return UNKNOWN
        return _filled(template, output, jsonata=True)
    if visit.definition.get("OutputPath", "$") != "$":
        return UNKNOWN
    made = _placed(visit, output)
    return UNKNOWN if first_apart(output, made) is None else made


def _placed(visit: StateVisit, output: Any) -> Any:
    """Return the output that ResultSelector and ResultPath make."""
    text = visit.definition.get("ResultPath", "$")
    if text is None:
        return visit.raw
    path = parse_path(visit, text)
    possible = (_at(path, output), _result(visit.raw, output), output)
    known = [found for found in possible if found is not _ABSENT]
    selector = visit.definition.get("ResultSelector", UNKNOWN)
    fitting = [found for found in known if selector is UNKNOWN or _fits(selector, found)]
    result = fitting[0] if fitting else _filled(selector, known[0])
    try:
        return paths.put(visit.raw, path, result)
    except paths.PathNotFoundError as error:
        raise visit.error(str(error), error="States.ResultPathMatchFailure") from error


def _at(path: paths.Path, output: Any) -> Any:
    try:
        return path.find(output)
    except LookupError:
        return _ABSENT


def _result(raw: Any, output: Any) -> Any:
    """Return the result in a recorded output: its one new member, or the whole of it."""
    if not isinstance(raw, Mapping) or not isinstance(output, Mapping) or raw.keys() - output:
        return output
    new = [
        value
        for key, value in output.items()
        if key not in raw or first_apart(value, raw[key]) is not None
    ]
    return new[0] if len(new) == 1 else output


def _fits(template: Any, value: Any, *, jsonata: bool = False) -> bool:
    """Whether a template can have made a value: it has the same members, and its constants."""
    if isinstance(template, Mapping):
        parts = _parts(template, jsonata=jsonata)
        return (
            isinstance(value, Mapping)
            and parts.keys() == value.keys()
            and all(
                part is UNKNOWN or _fits(part, value[key], jsonata=jsonata)
                for key, part in parts.items()
            )
        )
    if isinstance(template, list):
        return (
            isinstance(value, list)
            and len(value) == len(template)
            and all(
                _fits(part, item, jsonata=jsonata)
                for part, item in zip(template, value, strict=True)
            )
        )
    computed = jsonata and _is_expression(template)
    return computed or first_apart(template, value) is None


def _filled(template: Any, value: Any, *, jsonata: bool = False) -> Any:
    """Return what a template makes; computed members are those of *value*."""
    if isinstance(template, Mapping):
        known = value if isinstance(value, Mapping) else {}
        return {
            key: known.get(key)
            if part is UNKNOWN
            else _filled(part, known.get(key), jsonata=jsonata)
            for key, part in _parts(template, jsonata=jsonata).items()
        }
    if isinstance(template, list):
        known_items = value if isinstance(value, list) else []
        padded = [*known_items, *[None] * len(template)]
        return [
            _filled(part, item, jsonata=jsonata)
            for part, item in zip(template, padded, strict=False)
        ]
    return value if jsonata and _is_expression(template) else template


def _parts(template: Mapping[str, Any], *, jsonata: bool) -> dict[str, Any]:
    """Return the members that a template makes: `UNKNOWN` for those of paths and functions."""
    if jsonata:
        return dict(template)
    return {
        key.removesuffix(".$"): UNKNOWN if key.endswith(".$") else part
        for key, part in template.items()
    }


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("{%")
