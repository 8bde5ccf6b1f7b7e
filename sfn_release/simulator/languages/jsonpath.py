"""JSONPath: the fields of a state in Step Functions' first query language.

The failures have AWS's words, as AWS's executions report them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sfn_release.asl import intrinsics, paths
from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.languages.choice import holds
from sfn_release.simulator.languages.jsonpath_amounts import (
    constant,
    seconds_to_wait,
    share,
    timestamp,
    whole,
)
from sfn_release.simulator.languages.path_lookup import (
    as_text,
    look_up,
    parse_path,
    value_at,
)
from sfn_release.simulator.languages.variables import within_limits
from sfn_release.simulator.states.state_visit import StateExit, StateVisit
from sfn_release.simulator.timestamps import later


class JsonPathLanguage:
    """Implements `sfn_release.simulator.languages.query_language.QueryLanguage`."""

    def enter(self, visit: StateVisit) -> None:
        """Apply InputPath."""
        visit.input = _filtered(visit, "InputPath", visit.raw)
        visit.note("afterInputPath", visit.input)

    def arguments(self, visit: StateVisit) -> Any:
        """Apply Parameters."""
        arguments = visit.input
        if "Parameters" in visit.definition:
            arguments = _template(visit, visit.definition["Parameters"], arguments)
        visit.note("afterParameters", arguments)
        return arguments

    def finish(self, visit: StateVisit, result: Any) -> StateExit:
        """Apply ResultSelector, Assign, ResultPath and OutputPath."""
        state = visit.definition
        visit.note("result", result)
        if "ResultSelector" in state:
            result = _template(visit, state["ResultSelector"], result)
        visit.note("afterResultSelector", result)
        assigned = _assigned(visit, state, result)
        output = _placed(visit, state, result)
        visit.note("afterResultPath", output)
        return StateExit(_filtered(visit, "OutputPath", output), assigned, state.get("Next"))

    def leave(self, visit: StateVisit, rule: int | None = None) -> StateExit:
        """Apply Assign, the rule's own if there is a rule, and OutputPath."""
        source = visit.definition if rule is None else visit.definition["Choices"][rule]
        next_ = source.get("Next") or (visit.definition.get("Default") if rule is None else None)
        output = _filtered(visit, "OutputPath", visit.input)
        return StateExit(output, _assigned(visit, source, visit.input), next_)

    def catch(self, visit: StateVisit, catcher: int, error: Mapping[str, Any]) -> StateExit:
        """Place the error output by the catcher's ResultPath."""
        source = visit.definition["Catch"][catcher]
        output = _placed(visit, source, error)
        return StateExit(output, _assigned(visit, source, error), source.get("Next"))

    def choose(self, visit: StateVisit) -> int | None:
        """Return the index of the first rule that holds."""

        def resolve(text: str) -> Any:
            return look_up(visit, parse_path(visit, text), visit.input)

        for index, rule in enumerate(visit.field("Choices", list)):
            try:
                if holds(rule, resolve):
                    return index
            except paths.PathNotFoundError as error:
                raise visit.error(
                    f"Invalid path '{error.args[0]}': The choice state's condition path references"
                    " an invalid value."
                ) from error
        return None

    def wake(self, visit: StateVisit, now: datetime) -> datetime:
        """Read Seconds, SecondsPath, Timestamp or TimestampPath."""
        state = visit.definition
        if "Timestamp" in state or "TimestampPath" in state:
            return timestamp(visit)
        if "SecondsPath" in state:
            seconds: float = seconds_to_wait(visit)
        else:
            seconds = constant(visit, state, "Seconds")
        return later(now, seconds)

    def seconds(self, visit: StateVisit, field: str) -> int | None:
        """Read *field* or its ...Path twin."""
        path = f"{field}Path"
        if path in visit.definition:
            return whole(visit, visit.definition, path)
        return int(constant(visit, visit.definition, field)) if field in visit.definition else None

    def credentials(self, visit: StateVisit) -> str | None:
        """Read Credentials.RoleArn."""
        if "Credentials" not in visit.definition:
            return None
        return str(_template(visit, visit.definition["Credentials"], visit.input).get("RoleArn"))

    def items(self, visit: StateVisit) -> list[Any] | Mapping[str, Any]:
        """Read ItemsPath: an array or an object."""
        text = visit.definition.get("ItemsPath", "$")
        items = value_at(visit, text, visit.input)
        visit.note("afterItemsPath", items)
        if not isinstance(items, list | Mapping):
            raise visit.error(f'Reference path "{text}" must point to array.')
        return items

    def item(self, visit: StateVisit, value: Any) -> Any:
        """Apply ItemSelector, or its older name Parameters."""
        for field in ("ItemSelector", "Parameters"):
            if field in visit.definition:
                return _template(visit, visit.definition[field], visit.input)
        return value

    def number(self, visit: StateVisit, place: tuple[str, ...]) -> float:
        """Read the field at *place* or its ...Path twin."""
        holder, field = visit.part(place[:-1]), place[-1]
        path = f"{field}Path"
        if path in holder:
            read = share if "Percentage" in field else whole
            return read(visit, holder, path)
        return constant(visit, holder, field) if field in holder else 0

    def template(self, visit: StateVisit, place: tuple[str, ...], value: Any) -> Any:  # noqa: ARG002 - JSONata's causes name the place
        """Apply a template of a part of the state."""
        return _template(visit, value, visit.input)

    def reason(self, visit: StateVisit) -> tuple[str | None, str | None]:
        """Read Error and Cause, or their ...Path twins."""
        return _reason(visit, "Error"), _reason(visit, "Cause")


def _reason(visit: StateVisit, field: str) -> str | None:
    path = f"{field}Path"
    if path not in visit.definition:
        text: str | None = visit.definition.get(field)
        return text
    value = _value(visit, visit.definition[path], path, visit.input)
    if not isinstance(value, str):
        raise visit.error(
            f"The field '{path}' refers to a value that is not a string: {as_text(value)}"
        )
    return value


def _filtered(visit: StateVisit, field: str, data: Any) -> Any:
    """Apply InputPath or OutputPath; null means {}."""
    text = visit.definition.get(field, "$")
    if text is None:
        return {}
    return data if text == "$" else value_at(visit, text, data)


def _placed(visit: StateVisit, source: Mapping[str, Any], result: Any) -> Any:
    """Apply ResultPath: put *result* into the state's raw input."""
    text = source.get("ResultPath", "$")
    if text is None:
        return visit.raw
    path = parse_path(visit, text)
    try:
        return paths.put(visit.raw, path, result)
    except paths.PathNotFoundError as error:
        raise visit.error(
            f"Unable to apply ReferencePath {text} to input {compact(visit.raw)}",
            error="States.ResultPathMatchFailure",
        ) from error


def _assigned(visit: StateVisit, source: Mapping[str, Any], data: Any) -> dict[str, Any]:
    """Compute Assign; its ``$`` is *data*."""
    assign = source.get("Assign")
    return within_limits(visit, dict(_template(visit, assign, data))) if assign else {}


def _template(visit: StateVisit, template: Any, data: Any) -> Any:
    """Fill a payload template: the members whose name ends in ``.$``, at any depth."""
    if isinstance(template, Mapping):
        return {
            key.removesuffix(".$"): (
                _value(visit, value, key, data)
                if key.endswith(".$")
                else _template(visit, value, data)
            )
            for key, value in template.items()
        }
    if isinstance(template, list):
        return [_template(visit, value, data) for value in template]
    return template


def _value(visit: StateVisit, text: Any, field: str, data: Any) -> Any:
    """Return the value of a path or an intrinsic function in *field*."""
    if isinstance(text, str) and intrinsics.is_call(text):
        return _called(visit, text, data)
    path = parse_path(visit, text)
    try:
        return look_up(visit, path, data)
    except paths.IndexPastEndError:
        if field.endswith(".$"):
            return None  # AWS is lenient here, unlike with a missing field
        raise _not_found(visit, path, field, data) from None
    except paths.PathNotFoundError as error:
        raise _not_found(visit, path, field, data) from error


def _not_found(visit: StateVisit, path: paths.Path, field: str, data: Any) -> StateFailure:
    searched = visit.context if path.root == "$$" else data
    return visit.error(
        f"The JSONPath '{path.text}' specified for the field '{field}' could not be found"
        f" in the input '{compact(searched)}'"
    )


def _called(visit: StateVisit, text: str, data: Any) -> Any:
    """Return the value of an intrinsic function."""

    def argument(path: paths.Path) -> Any:
        try:
            return look_up(visit, path, data)
        except paths.NotAnArrayError as error:
            raise intrinsics.ArgumentNotFoundError(str(error)) from error
        except paths.PathNotFoundError as error:
            raise intrinsics.ArgumentNotFoundError(
                f"The JsonPath argument for the field '{path.text.replace('$$', '$', 1)}' could"
                f" not be found in the input '{compact(data)}'"
            ) from error

    try:
        return intrinsics.parse(text).evaluate(argument, visit.random)
    except intrinsics.ArgumentNotFoundError as error:
        raise visit.error(str(error)) from error
    except (intrinsics.IntrinsicError, intrinsics.IntrinsicSyntaxError) as error:
        raise visit.error(str(error), error="States.IntrinsicFailure") from error
