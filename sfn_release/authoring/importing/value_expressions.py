"""Write JSON values as Python: literals, and the expressions inside text."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from typing import Any, Final

from sfn_release.asl import intrinsics
from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.asl.placeholders import alone
from sfn_release.authoring import fn
from sfn_release.authoring.expressions import Intrinsic, JsonPath
from sfn_release.authoring.importing.python_syntax import (
    PyCall,
    PyExpression,
    PyItems,
    PyLiteral,
    PyMembers,
    PyName,
)
from sfn_release.errors import DefinitionError

_CONTEXT: Final = frozenset(
    (
        *("Execution.Id", "Execution.Input", "Execution.Name", "Execution.RedriveCount"),
        *("Execution.RedriveTime", "Execution.RoleArn", "Execution.StartTime"),
        *("State.EnteredTime", "State.Name", "State.RetryCount"),
        *("StateMachine.Id", "StateMachine.Name", "Task.Token"),
        *("Map.Item.Index", "Map.Item.Key", "Map.Item.ImportedStateMachine", "Map.Item.Value"),
    )
)
_JSONATA = re.compile(r"\{%(?=.*\S)(.*)%\}", re.DOTALL)
_STATES = re.compile(r"\$states\.(input|result|errorOutput|context)((?:\.[A-Za-z][A-Za-z0-9_]*)*)")
_VARIABLE = re.compile(r"\$([A-Za-z][A-Za-z0-9_]*)")
_BRACES = re.compile(r"\\([{}])")
_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BEGINNINGS: Final = {"errorOutput": "error_output"}
_NOT_FIELDS: Final = frozenset(
    {"and", "or", "in", "true", "false", "null", "function", "next_then"}
)


def literal(value: Any) -> PyExpression:
    """Return a JSON value as a literal."""
    if isinstance(value, Mapping):
        return PyMembers(tuple((key, literal(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return PyItems(tuple(literal(item) for item in value))
    return PyLiteral(value)


def is_parameter(value: Any) -> bool:
    """Whether a value is only a placeholder, which can stand for a value of any type."""
    return isinstance(value, str) and alone(value) is not None and ":" not in value.split("::")[-1]


def number(value: Any) -> PyExpression:
    """Return the value of a field that isn't text. A placeholder in it is a parameter."""
    name = alone(value) if is_parameter(value) else None
    return literal(value) if name is None else PyCall("sfn.parameter", (PyLiteral(name),))


def template(value: Any, language: str) -> PyExpression:
    """Return a JSON value, with the expressions that a state of *language* has in it."""
    if isinstance(value, Mapping):
        if language == JSONPATH:
            members = [_member(value, key, item) for key, item in value.items()]
        else:
            members = [(key, template(item, language)) for key, item in value.items()]
        return PyMembers(tuple(members))
    if isinstance(value, list | tuple):
        return PyItems(tuple(template(item, language) for item in value))
    if language == JSONATA and isinstance(value, str):
        return _query(value)
    return PyLiteral(value)


def dynamic(value: Any) -> PyExpression | None:
    """Return a path or a call of an intrinsic function; None for other values.

    If `fn` would write a call in another layout, `fn.call` keeps the original text.
    """
    if isinstance(value, str) and value.startswith("$"):
        return _path(value)
    if isinstance(value, str) and intrinsics.problem(value) is None:
        call = _call(intrinsics.parse(value))
        return call if _text(call) == value else PyCall("fn.call", (PyLiteral(value),))
    return None


def _member(holder: Mapping[str, Any], key: str, value: Any) -> tuple[str, PyExpression]:
    """Return a member of a payload template: ``x.$`` with a path becomes ``x``."""
    short = key.removesuffix(".$")
    free = short != key and short not in holder and not short.endswith(".$")
    if free and (found := dynamic(value)):
        return short, found
    return key, literal(value) if key.endswith(".$") else template(value, JSONPATH)


def _path(text: str) -> PyExpression:
    name = text.removeprefix("$$.")
    known = name != text and name in _CONTEXT
    return PyName(f"Context.{name}") if known else PyCall("path", (PyLiteral(text),))


def _call(call: intrinsics.IntrinsicCall) -> PyCall:
    """Return a call of an intrinsic function as one of `fn`."""
    args: list[PyExpression] = []
    for argument in call.arguments:
        match argument:
            case intrinsics.IntrinsicCall():
                args.append(_call(argument))
            case intrinsics.IntrinsicLiteral(value):
                args.append(PyLiteral(value))
            case _:
                args.append(_path(argument.text))
    function = call.name.removeprefix("States.")
    if function == "JsonMerge" and args[2:] == [PyLiteral(value=False)]:
        args.pop()
    if function == "Format" and isinstance(args[0], PyLiteral):
        args[0] = PyLiteral(_BRACES.sub(r"\1", str(args[0].value)))
    name = "uuid" if function == "UUID" else _CAPITALS.sub("_", function).lower()
    return PyCall(f"fn.{name}", tuple(args))


def _text(call: PyCall) -> str | None:
    """Return the text that a call of `fn` makes; None if `fn` refuses it."""
    values: list[Any] = []
    for argument in call.args:
        match argument:
            case PyCall(name="path", args=(PyLiteral(text),)):
                values.append(JsonPath(str(text)))
            case PyCall():
                values.append(Intrinsic(_text(argument) or ""))
            case PyName(text):
                values.append(JsonPath("$$" + text.removeprefix("Context")))
            case PyLiteral(value):
                values.append(value)
            case PyItems() | PyMembers():
                return None
    try:
        made: Intrinsic = getattr(fn, call.name.removeprefix("fn."))(*values)
    except (DefinitionError, TypeError, AttributeError):
        return None
    return made.text


def _query(text: str) -> PyExpression:
    """Return text of a JSONata state: an expression, or a literal."""
    found = _JSONATA.fullmatch(text)
    if found is None:
        return PyLiteral(text)
    inner = found[1].strip()
    if text != f"{{% {inner} %}}":
        return PyCall("q", (PyLiteral(text),))
    if simple := _STATES.fullmatch(inner):
        root, fields = simple[1], simple[2].split(".")[1:]
        name = ".".join(fields)
        if root == "context" and name in _CONTEXT:
            return PyName(f"Context.{name}")
        if not any(field in _NOT_FIELDS or keyword.iskeyword(field) for field in fields):
            return PyName(".".join(["q", _BEGINNINGS.get(root, root), *fields]))
    if (variable := _VARIABLE.fullmatch(inner)) and variable[1] != "states":
        return PyCall("q.var", (PyLiteral(variable[1]),))
    return PyCall("q", (PyLiteral(inner),))
