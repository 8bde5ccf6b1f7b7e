"""JSONata: the fields of a state in Step Functions' second query language.

Every text in ``{% %}``, at any depth of a field, is an expression; everything else stays as it is.
Assign and Output both read the values from before. The failures have AWS's words and name the
field, such as ``Output/total`` or ``Choices[1]/Condition``.

Source: "Transforming data with JSONata" in AWS's developer guide, and executions on AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sfn_release.simulator.languages.jsonata_amounts import amount, duration, text_of
from sfn_release.simulator.languages.jsonata_fields import JsonataFields
from sfn_release.simulator.languages.variables import within_limits
from sfn_release.simulator.states.state_visit import StateExit, StateVisit
from sfn_release.simulator.timestamps import later, parse_instant


class JsonataLanguage:
    """Implements `sfn_release.simulator.languages.query_language.QueryLanguage`."""

    def enter(self, visit: StateVisit) -> None:
        """Take the state's input as it is."""
        visit.input = visit.raw

    def arguments(self, visit: StateVisit) -> Any:
        """Compute Arguments; without it they are the input."""
        arguments = visit.input
        if "Arguments" in visit.definition:
            fields = JsonataFields(visit)
            arguments = fields.template(visit.definition["Arguments"], "Arguments")
        visit.note("afterArguments", arguments)
        return arguments

    def finish(self, visit: StateVisit, result: Any) -> StateExit:
        """Compute Assign and Output; without Output it is the result."""
        visit.note("result", result)
        given = {} if visit.definition.get("Type") == "Pass" else {"result": result}
        fields = JsonataFields(visit, **given)
        return _exit(fields, visit.definition, (), result, visit.definition.get("Next"))

    def leave(self, visit: StateVisit, rule: int | None = None) -> StateExit:
        """Compute Assign and Output, the rule's own if there is a rule."""
        fields = JsonataFields(visit)
        state = visit.definition
        if rule is None:
            return _exit(fields, state, (), visit.input, state.get("Next") or state.get("Default"))
        source = state["Choices"][rule]
        return _exit(fields, source, ("Choices", rule), visit.input, source.get("Next"))

    def catch(self, visit: StateVisit, catcher: int, error: Mapping[str, Any]) -> StateExit:
        """Compute the catcher's Assign and Output; without Output it is the error output."""
        fields = JsonataFields(visit, errorOutput=error)
        source = visit.definition["Catch"][catcher]
        return _exit(fields, source, ("Catch", catcher), error, source.get("Next"))

    def choose(self, visit: StateVisit) -> int | None:
        """Return the index of the first rule whose Condition is true."""
        fields = JsonataFields(visit)
        rules: list[Mapping[str, Any]] = visit.field("Choices", list)
        for index, rule in enumerate(rules):
            place = ("Choices", index, "Condition")
            if fields.typed(rule.get("Condition"), place, "boolean"):
                return index
        return None

    def wake(self, visit: StateVisit, now: datetime) -> datetime:
        """Compute Seconds or Timestamp."""
        fields = JsonataFields(visit)
        state = visit.definition
        if "Timestamp" not in state:
            return later(now, duration(fields, state.get("Seconds"), "Seconds"))
        text = fields.typed(state["Timestamp"], ("Timestamp",), "string")
        instant = parse_instant(text)
        if instant is None:
            raise fields.refusal(
                "Timestamp",
                "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time"
                f" format string: {text}",
            )
        return instant

    def seconds(self, visit: StateVisit, field: str) -> int | None:
        """Compute TimeoutSeconds or HeartbeatSeconds."""
        if field not in visit.definition:
            return None
        return int(duration(JsonataFields(visit), visit.definition[field], field))

    def credentials(self, visit: StateVisit) -> str | None:
        """Compute Credentials.RoleArn."""
        credentials = visit.definition.get("Credentials")
        if credentials is None:
            return None
        place = ("Credentials", "RoleArn")
        return str(JsonataFields(visit).typed(credentials.get("RoleArn"), place, "string"))

    def items(self, visit: StateVisit) -> list[Any] | Mapping[str, Any]:
        """Compute Items; without it they are the input.

        An inline Map refuses an object, as executions on AWS show.
        """
        fields = JsonataFields(visit)
        items = visit.input
        if "Items" in visit.definition:
            items = fields.template(visit.definition["Items"], "Items")
        mode = visit.part(("ItemProcessor", "ProcessorConfig")).get("Mode")
        if mode == "DISTRIBUTED" and isinstance(items, Mapping):
            return items
        if not isinstance(items, list):
            text = visit.definition.get("Items", "{% $states.input %}")
            raise fields.wrong_type(text, ("Items",), "array", items)
        return items

    def item(self, visit: StateVisit, value: Any) -> Any:
        """Compute ItemSelector."""
        if "ItemSelector" not in visit.definition:
            return value
        return JsonataFields(visit).template(visit.definition["ItemSelector"], "ItemSelector")

    def number(self, visit: StateVisit, place: tuple[str, ...]) -> float:
        """Compute a number of a Map."""
        holder, field = visit.part(place[:-1]), place[-1]
        return amount(JsonataFields(visit), holder[field], place) if field in holder else 0

    def template(self, visit: StateVisit, place: tuple[str, ...], value: Any) -> Any:
        """Compute a template of a part of the state."""
        return JsonataFields(visit).template(value, *place)

    def reason(self, visit: StateVisit) -> tuple[str | None, str | None]:
        """Compute Error and Cause."""
        fields = JsonataFields(visit)
        return text_of(fields, "Error"), text_of(fields, "Cause")


def _exit(
    fields: JsonataFields,
    source: Mapping[str, Any],
    place: tuple[str | int, ...],
    output: Any,
    next_: str | None,
) -> StateExit:
    """Compute the Assign and the Output of a state, a rule or a catcher at *place*."""
    assigned: dict[str, Any] = {}
    if "Assign" in source:
        assigned = within_limits(fields.visit, fields.template(source["Assign"], *place, "Assign"))
    if "Output" in source:
        output = fields.template(source["Output"], *place, "Output")
    return StateExit(output, assigned, next_)
