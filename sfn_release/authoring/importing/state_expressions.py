"""Write a state as Python: a maker of `task` where one fits, otherwise its class."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.authoring.importing.map_parts import PARTS, part
from sfn_release.authoring.importing.python_syntax import (
    PyCall,
    PyExpression,
    PyItems,
    PyKeywords,
    PyLiteral,
    PyMembers,
    PyName,
)
from sfn_release.authoring.importing.rule_expressions import Link, catchers, choices, retriers
from sfn_release.authoring.importing.value_expressions import (
    dynamic,
    is_parameter,
    literal,
    number,
    template,
)
from sfn_release.authoring.json_values import asl_key
from sfn_release.authoring.not_given import NOT_GIVEN
from sfn_release.authoring.retry import Retry
from sfn_release.authoring.state import State, as_list
from sfn_release.authoring.states import Raw, Task
from sfn_release.authoring.task import LAMBDA_RETRY

_TEMPLATES: Final = frozenset(
    {"parameters", "result_selector", "item_selector", "assign", "credentials"}
)
_OBJECTS: Final = _TEMPLATES - {"item_selector"}
_NULLABLE: Final = frozenset({"input_path", "output_path", "result_path"})
_CONSTANT: Final = frozenset({"comment", "resource", "query_language", "label", "result", "extra"})
_TWINNED: Final = frozenset(
    (
        *("seconds", "timestamp", "timeout_seconds", "heartbeat_seconds", "error", "cause"),
        *("max_concurrency", "tolerated_failure_count", "tolerated_failure_percentage"),
    )
)
_NUMBERS: Final = _TWINNED - {"timestamp", "error", "cause"}
_LINKED: Final = frozenset({"id", "next", "end", "default", "body"})
_OPTIMIZED = re.compile(
    r"arn:aws:states:::(?P<sdk>aws-sdk:)?(?P<action>[A-Za-z0-9-]+:[A-Za-z0-9]+"
    r"(?:\.(?:sync|sync:2|waitForTaskToken))?)"
)
_PLACED: Final = ("result_selector", "result_path", "output_path", "output")
_CALLBACK: Final = ".waitForTaskToken"


@dataclass(frozen=True, slots=True)
class StateContext:
    """The surroundings of a state: its query language, its links, and the graphs inside it.

    With *linked*, the workflow writes Next and End.
    """

    language: str
    link: Link
    graphs: Mapping[str, PyExpression]
    linked: bool


def state_expressions(state: State, writer: StateContext) -> Iterator[PyExpression]:
    """Yield expressions for a state, the best first. Not every one makes the whole state."""
    if isinstance(state, Raw):
        yield raw(str(state.id), state.body)
        return
    if isinstance(state, Task):
        yield from _maker_calls(state, writer)
    kind = f"sfn.{type(state).__name__}"
    yield PyCall(kind, (PyLiteral(state.id),), tuple(_fields(state, writer)))


def raw(id: str, body: Mapping[str, Any]) -> PyExpression:
    """Return a state as JSON."""
    return PyCall("sfn.Raw", (PyLiteral(id), literal(body)))


def _fields(state: State, writer: StateContext, but: Sequence[str] = ()) -> PyKeywords:
    keywords: PyKeywords = []
    further: dict[str, Any] = {}
    for field in fields(state):
        value = getattr(state, field.name)
        if field.name in _LINKED or field.name in but or value is NOT_GIVEN:
            continue
        if field.name == "extra":
            further |= value
            continue
        if field.name in ("retry", "catch", "branches") and not value:
            continue
        if _is_mistyped(field.name, value, writer.language):
            further[asl_key(field.name)] = value
            continue
        keywords.append(
            _twin(state, field.name, value) or (field.name, _field(field.name, value, writer))
        )
    if further:
        keywords.append(("extra", literal(further)))
    return keywords + _links(state, writer)


def _is_mistyped(name: str, value: Any, language: str) -> bool:
    """Whether a type checker would refuse the value of a field. Such a field goes to *extra*."""
    if name in _OBJECTS:
        return not isinstance(value, Mapping)
    if name in _NUMBERS and language == JSONPATH:
        return not isinstance(value, int | float) and not is_parameter(value)
    return value is None and name.endswith("_path") and name not in _NULLABLE


def _twin(state: State, name: str, value: Any) -> tuple[str, PyExpression] | None:
    """Return a path as the value of the shorter field: seconds=path("$.pause")."""
    short = name.removesuffix("_path")
    if short not in _TWINNED or short == name or getattr(state, short) is not NOT_GIVEN:
        return None
    found = dynamic(value)
    return None if found is None else (short, found)


def _field(name: str, value: Any, writer: StateContext) -> PyExpression:
    if name in writer.graphs:
        return writer.graphs[name]
    if name == "retry":
        return retriers(value)
    if name in ("catch", "choices"):
        write = catchers if name == "catch" else choices
        return write(value, writer.language, writer.link)
    if name in PARTS and isinstance(value, Mapping):
        return part(PARTS[name], value, writer.language)
    if name not in _CONSTANT and (name in _TEMPLATES or writer.language == JSONATA):
        return template(value, writer.language)
    return number(value) if name in _NUMBERS else literal(value)


def _links(state: State, writer: StateContext) -> PyKeywords:
    keywords: PyKeywords = []
    default = getattr(state, "default", None)
    if default is not None:
        keywords.append(("default", writer.link(str(default))))
    if not writer.linked:
        following = getattr(state, "next", None)
        if following is not None:
            keywords.append(("next", writer.link(str(following))))
        if getattr(state, "end", False):
            keywords.append(("end", PyLiteral(value=True)))
    return keywords


# -- tasks ------------------------------------------------------------------------------------


def _maker_calls(task: Task, writer: StateContext) -> Iterator[PyExpression]:
    """Yield the makers that may fit a Task."""
    resource: Any = task.resource
    found = _OPTIMIZED.fullmatch(resource) if isinstance(resource, str) else None
    inputs = task.arguments if writer.language == JSONATA else task.parameters
    if found is None or not isinstance(inputs, Mapping | type(NOT_GIVEN)):
        return
    if found["action"].removesuffix(_CALLBACK) == "lambda:invoke" and not found["sdk"]:
        yield from _lambda(task, inputs, writer, waits=found["action"].endswith(_CALLBACK))
    maker = "sdk" if found["sdk"] else "optimized"
    args: list[PyExpression] = [PyLiteral(found["action"])]
    if isinstance(inputs, Mapping):
        args.append(template(inputs, writer.language))
    but = ("resource", "parameters", "arguments", *_absent(task))
    keywords = [("id", PyLiteral(task.id)), *_fields(task, writer, but)]
    yield PyCall(f"sfn.task.{maker}", tuple(args), tuple(keywords))


def _lambda(
    task: Task, inputs: Any, writer: StateContext, *, waits: bool
) -> Iterator[PyExpression]:
    given = dict(inputs) if isinstance(inputs, Mapping) else {}
    members = template(given, writer.language)
    named = dict(members.members) if isinstance(members, PyMembers) else {}
    placed = [name for name in _PLACED if getattr(task, name) is not NOT_GIVEN]
    output: Any = task.output if writer.language == JSONATA else task.output_path
    answer = "{% $states.result.Payload %}" if writer.language == JSONATA else "$.Payload"
    if named.keys() != {"FunctionName", "Payload"} or not (placed or waits):
        return
    but = ["resource", "parameters", "arguments", "retry", *_absent(task)]
    if len(placed) == 1 and output == answer and not waits:
        but += placed
    keywords: PyKeywords = [("id", PyLiteral(task.id))]
    if waits:
        keywords.append(("pattern", PyLiteral("waitForTaskToken")))
    if not _whole_input(named["Payload"]):
        keywords.append(("payload", named["Payload"]))
    retry = _retry(as_list(task.retry))
    keywords += [*retry, *_fields(task, writer, but)]
    yield PyCall("sfn.task.lambda_invoke", (named["FunctionName"],), tuple(keywords))


def _whole_input(payload: PyExpression) -> bool:
    return payload in (PyCall("path", (PyLiteral("$"),)), PyName("q.input"))


def _retry(rules: Sequence[Retry]) -> PyKeywords:
    """Return the retriers of a function, unless they are the maker's default."""
    if list(rules) == [LAMBDA_RETRY]:
        return []
    default = [LAMBDA_RETRY.to_asl()] == [rule.to_asl() for rule in rules]
    return [] if default else [("retry", retriers(rules) if rules else PyItems(()))]


def _absent(state: State) -> Sequence[str]:
    """Return the fields that a Task doesn't have."""
    return [field.name for field in fields(state) if getattr(state, field.name) is NOT_GIVEN]
