"""JSONPath: what the fields of a state compute in Step Functions' first query language.

The words of the failures are AWS's, as its executions report them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeGuard

from sfn_release.asl import intrinsics, paths
from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator.choice import holds
from sfn_release.simulator.following import found, lookup, path_of, referred, shown
from sfn_release.simulator.instants import later, parse_instant
from sfn_release.simulator.situation import Exit, Situation

_ALL = 100  # percent
_MAX_AMOUNT = 99_999_999  # of seconds, and more than any other number here may be


class JsonPath:
    """Implements `sfn_release.simulator.situation.Language`."""

    def input(self, at: Situation) -> Any:
        """Apply InputPath."""
        return _filtered(at, "InputPath", at.raw)

    def arguments(self, at: Situation, input: Any) -> Any:
        """Apply Parameters."""
        if "Parameters" not in at.definition:
            return input
        return _template(at, at.definition["Parameters"], input)

    def finish(self, at: Situation, input: Any, result: Any) -> Exit:  # noqa: ARG002 - JSONata's needs it
        """Apply ResultSelector, Assign, ResultPath and OutputPath."""
        state = at.definition
        if "ResultSelector" in state:
            result = _template(at, state["ResultSelector"], result)
        assigned = _assigned(at, state, result)
        output = _placed(at, state, result)
        return Exit(_filtered(at, "OutputPath", output), assigned, state.get("Next"))

    def leave(self, at: Situation, input: Any, rule: Mapping[str, Any] | None = None) -> Exit:
        """Apply Assign, the rule's own if there is a rule, and OutputPath."""
        source = at.definition if rule is None else rule
        next_ = source.get("Next") or (at.definition.get("Default") if rule is None else None)
        return Exit(_filtered(at, "OutputPath", input), _assigned(at, source, input), next_)

    def catch(self, at: Situation, catcher: Mapping[str, Any], error: Mapping[str, Any]) -> Exit:
        """Place the error output by the catcher's ResultPath."""
        output = _placed(at, catcher, error)
        return Exit(output, _assigned(at, catcher, error), catcher.get("Next"))

    def choose(self, at: Situation, input: Any) -> Mapping[str, Any] | None:
        """Return the first rule that holds."""

        def resolve(text: str) -> Any:
            return lookup(at, path_of(at, text), input)

        for rule in at.field("Choices", list):
            try:
                if holds(rule, resolve):
                    return dict(rule)
            except paths.PathNotFoundError as error:
                raise at.error(
                    f"Invalid path '{error.args[0]}': The choice state's condition path references"
                    " an invalid value."
                ) from error
        return None

    def wake(self, at: Situation, input: Any, now: datetime) -> datetime:
        """Read Seconds, SecondsPath, Timestamp or TimestampPath."""
        state = at.definition
        if "Timestamp" in state or "TimestampPath" in state:
            return _timestamp(at, input)
        if "SecondsPath" in state:
            seconds: float = _seconds_to_wait(at, input)
        else:
            seconds = _constant(at, "Seconds")
        return later(now, seconds)

    def seconds(self, at: Situation, input: Any, field: str) -> int | None:
        """Read *field* or its ...Path twin."""
        path = f"{field}Path"
        if path in at.definition:
            return _whole(at, path, input)
        return int(_constant(at, field)) if field in at.definition else None

    def credentials(self, at: Situation, input: Any) -> str | None:
        """Read Credentials.RoleArn."""
        if "Credentials" not in at.definition:
            return None
        return str(_template(at, at.definition["Credentials"], input).get("RoleArn"))

    def items(self, at: Situation, input: Any) -> list[Any]:
        """Read ItemsPath; an object gives one item for each of its members."""
        text = at.definition.get("ItemsPath", "$")
        items = found(at, text, input)
        if isinstance(items, Mapping):
            return [{"Key": key, "Value": value} for key, value in items.items()]
        if not isinstance(items, list):
            raise at.error(f'Reference path "{text}" must point to array.')
        return items

    def item(self, at: Situation, input: Any, value: Any) -> Any:
        """Apply ItemSelector, or its older name Parameters."""
        for field in ("ItemSelector", "Parameters"):
            if field in at.definition:
                return _template(at, at.definition[field], input)
        return value

    def number(self, at: Situation, input: Any, field: str, default: float) -> float:
        """Read *field* or its ...Path twin."""
        path = f"{field}Path"
        if path in at.definition:
            read = _share if "Percentage" in field else _whole
            return read(at, path, input)
        return _constant(at, field) if field in at.definition else default

    def reader(self, at: Situation, input: Any) -> Any:
        """Apply the ItemReader's Parameters."""
        return _template(at, at.definition["ItemReader"].get("Parameters", {}), input)

    def reason(self, at: Situation, input: Any) -> tuple[str | None, str | None]:
        """Read Error and Cause, or their ...Path twins."""
        return _reason(at, "Error", input), _reason(at, "Cause", input)


def _reason(at: Situation, field: str, input: Any) -> str | None:
    path = f"{field}Path"
    if path not in at.definition:
        text: str | None = at.definition.get(field)
        return text
    value = _value(at, at.definition[path], path, input)
    if not isinstance(value, str):
        raise at.error(f"The field '{path}' refers to a value that is not a string: {shown(value)}")
    return value


def _filtered(at: Situation, field: str, data: Any) -> Any:
    """Apply InputPath or OutputPath: null gives {}."""
    text = at.definition.get(field, "$")
    if text is None:
        return {}
    return data if text == "$" else found(at, text, data)


def _placed(at: Situation, source: Mapping[str, Any], result: Any) -> Any:
    """Apply ResultPath: put *result* into the state's raw input."""
    text = source.get("ResultPath", "$")
    if text is None:
        return at.raw
    path = path_of(at, text)
    try:
        return paths.put(at.raw, path, result)
    except paths.PathNotFoundError as error:
        raise at.error(
            f"Unable to apply ReferencePath {text} to input {compact(at.raw)}",
            error="States.ResultPathMatchFailure",
        ) from error


def _assigned(at: Situation, source: Mapping[str, Any], data: Any) -> dict[str, Any]:
    """Compute Assign, where ``$`` is *data*."""
    assign = source.get("Assign")
    return dict(_template(at, assign, data)) if assign else {}


def _template(at: Situation, template: Any, data: Any) -> Any:
    """Fill a payload template: the members whose name ends in ``.$``, at any depth."""
    if isinstance(template, Mapping):
        return {
            key.removesuffix(".$"): (
                _value(at, value, key, data) if key.endswith(".$") else _template(at, value, data)
            )
            for key, value in template.items()
        }
    if isinstance(template, list):
        return [_template(at, value, data) for value in template]
    return template


def _value(at: Situation, text: Any, field: str, data: Any) -> Any:
    """Return what a path or an intrinsic function in *field* yields."""
    if not isinstance(text, str) or not intrinsics.is_call(text):
        path = path_of(at, text)
        try:
            return lookup(at, path, data)
        except paths.PathNotFoundError as error:
            raise at.error(
                f"The JSONPath '{path.text}' specified for the field '{field}' could not be found"
                f" in the input '{compact(data)}'"
            ) from error
    try:
        return intrinsics.parse(text).evaluate(lambda path: lookup(at, path, data), at.random)
    except intrinsics.ArgumentNotFoundError as error:
        raise at.error(f"{error} in the input '{compact(data)}'") from error
    except (intrinsics.IntrinsicError, intrinsics.IntrinsicSyntaxError) as error:
        raise at.error(str(error), error="States.IntrinsicFailure") from error


def _seconds_to_wait(at: Situation, input: Any) -> int:
    """Return the seconds that a Wait's SecondsPath refers to: a whole number, not a text."""
    seconds = referred(at, "SecondsPath", input)
    where = f"{at.definition['SecondsPath']} == {shown(seconds)}"
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise at.error(f"The SecondsPath parameter cannot be parsed as a long value: {where}")
    if seconds < 0:
        raise at.error(f"The SecondsPath parameter references a negative value: {where}")
    if seconds > _MAX_AMOUNT:
        raise at.error(f"The SecondsPath parameter references too large a value: {where}")
    return seconds


def _whole(at: Situation, field: str, data: Any) -> int:
    """Return the whole number that a ...Path field refers to; a text of digits counts as one."""
    text = at.definition[field]
    value = shown(found(at, text, data))
    if not re.fullmatch(r"-?[0-9]{1,15}(\.0{1,15})?", value):
        raise at.error(
            f'The {field} field refers to value "{value}" which is not a valid integer: {text}'
        )
    number = int(float(value))
    name = field.removesuffix("Path")
    if number < 0 and name != "MaxItems":  # the map run refuses that
        if name == "ToleratedFailureCount":
            raise at.error(f"{name} cannot be negative.")
        raise at.error(f"Expected non-negative integer for {name}, got '{number}' instead.")
    return number


def _share(at: Situation, field: str, data: Any) -> float:
    """Return the percentage that a ...Path field refers to."""
    text = at.definition[field]
    value = shown(found(at, text, data))
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", value):
        raise at.error(
            f'The {field} field refers to value "{value}" which is not a valid float: {text}'
        )
    if not 0 <= float(value) <= _ALL:
        raise at.error(f"{field.removesuffix('Path')} must be between 0 and {_ALL}.")
    return float(value)


def _constant(at: Situation, field: str) -> float:
    value = at.definition[field]
    if not _is_amount(value):
        raise at.error(f"The field '{field}' is not a number of 0 or more: {shown(value)}")
    return value


def _timestamp(at: Situation, input: Any) -> datetime:
    state = at.definition
    if "TimestampPath" not in state:
        text, where = state["Timestamp"], "Timestamp"
    else:
        text, where = referred(at, "TimestampPath", input), state["TimestampPath"]
    instant = parse_instant(text)
    if instant is None:
        raise at.error(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset"
            f" date-time format string: {where} == {shown(text)}"
        )
    return instant


def _is_amount(value: Any) -> TypeGuard[float]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= _MAX_AMOUNT
