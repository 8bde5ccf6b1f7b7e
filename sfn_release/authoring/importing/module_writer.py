"""Write the whole module: its imports, the workflow, and the state machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sfn_release.asl.field_types import JSONPATH
from sfn_release.authoring.importing.graph_writer import GraphWriter, Script
from sfn_release.authoring.importing.python_syntax import (
    PyAssign,
    PyCall,
    PyExpression,
    PyItems,
    PyLiteral,
    PyMembers,
    PyName,
    PyStatement,
    quoted,
    source,
)
from sfn_release.authoring.importing.shared_rules import share_rules
from sfn_release.authoring.importing.value_expressions import literal
from sfn_release.authoring.importing.vocabulary import run
from sfn_release.authoring.state import own_language
from sfn_release.authoring.state_names import StateNames
from sfn_release.authoring.workflow import Workflow
from sfn_release.canonical import first_difference
from sfn_release.errors import DefinitionError

_WORKFLOW, _MACHINE = "workflow", "state_machine"
_BY_NAME = ("Context", "fn", "path", "q")  # the names that modules import from the package
_SIMPLE = re.compile(r"[\w .,:/@$-]*")


@dataclass(frozen=True)
class ImportedStateMachine:
    """An existing state machine, to be written as a module.

    *definition* is any definition in the Amazon States Language. *origin* says where it comes from,
    for people. The other fields are arguments of a `StateMachine`; None means "not declared".
    """

    name: str
    definition: Mapping[str, Any]
    origin: str
    type: str = "STANDARD"
    role: str | None = None
    logging: Mapping[str, Any] | None = None
    tracing: bool | None = None
    encryption: Mapping[str, Any] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


def write_module(given: ImportedStateMachine) -> str:
    """Return a Python module whose state machine has exactly the *given* definition.

    Raises DefinitionError if the definition isn't an object with an object of States, or is nested
    deeper than Python can read.
    """
    read = Workflow.from_dict(given.definition)
    try:
        text = _text(given, _script(read, given.definition))
        compile(text, given.origin.replace("\0", ""), "exec", dont_inherit=True)
    except (SyntaxError, RecursionError, MemoryError) as error:
        if isinstance(error, SyntaxError) and "nested" not in str(error):
            raise
        raise _too_deep() from None
    return text


def _text(given: ImportedStateMachine, script: Sequence[PyStatement]) -> str:
    body = [*script, PyAssign(_MACHINE, _machine(given))]
    imports = "import sfn_release as sfn\n"
    by_name = sorted(
        {name for statement in body for name in _names(statement.value)}, key=str.lower
    )
    if by_name:
        imports += f"from sfn_release import {', '.join(by_name)}\n"
    return f"{_docstring(given)}\n\n{imports}\n{source(body)}"


def _too_deep() -> DefinitionError:
    return DefinitionError(
        "This definition is nested too deeply for a Python module.",
        why="Python can read about 200 nested brackets.",
        fix="Keep it as JSON: a file workflows/NAME.asl.json is a workflow too.",
    )


def _script(read: Workflow, definition: Mapping[str, Any]) -> Sequence[PyStatement]:
    """Return statements that make the workflow: the nicer ones, if they make all of it."""
    for chained in (True, False):
        script = Script()
        for taken in (_WORKFLOW, _MACHINE):
            script.identifiers.new(taken)
        try:
            GraphWriter(read, _language(read), script, chained).write(_WORKFLOW)
            made: Workflow = script.variables[_WORKFLOW]
            if first_difference(made.to_asl(StateNames(made)), definition) is None:
                return _with_shared_rules(script, definition)
        except DefinitionError:
            continue  # a builder refuses a mistake in the definition
    return [PyAssign(_WORKFLOW, PyCall("sfn.Workflow.from_dict", (literal(definition),)))]


def _with_shared_rules(script: Script, definition: Mapping[str, Any]) -> Sequence[PyStatement]:
    """Return the statements with variables for repeated rules, if they make the same workflow."""
    statements = share_rules(script.statements, script.identifiers)
    if statements is not script.statements:
        variables: dict[str, Any] = {}
        for statement in statements:
            run(statement, variables)
        made: Workflow = variables[_WORKFLOW]
        if first_difference(made.to_asl(StateNames(made)), definition) is not None:
            return script.statements
    return statements


def _language(read: Workflow) -> str:
    return own_language(read, JSONPATH)


def _machine(given: ImportedStateMachine) -> PyExpression:
    keywords: list[tuple[str, PyExpression]] = []
    if given.role is not None:
        keywords.append(("role_arn", PyLiteral(given.role)))
    if given.type != "STANDARD":
        keywords.append(("type", PyLiteral(given.type)))
    for name in ("logging", "tracing", "encryption"):
        value = getattr(given, name)
        if value is not None:
            keywords.append((name, literal(value)))
    if given.tags:
        keywords.append(("tags", literal(given.tags)))
    return PyCall("sfn.StateMachine", (PyLiteral(given.name), PyName(_WORKFLOW)), tuple(keywords))


def _docstring(given: ImportedStateMachine) -> str:
    line = f"The workflow {given.name}, imported from {given.origin}."
    return f'"""{line}"""' if _SIMPLE.fullmatch(line) and line.isascii() else quoted(line)


def _names(expression: PyExpression) -> Iterator[str]:
    """Yield the names that an expression needs, beside ``sfn``."""
    queue = [expression]
    for part in queue:
        match part:
            case PyName(text):
                yield from _imported(text)
            case PyCall(name, args, keywords, of):
                if of is None:
                    yield from _imported(name)
                queue += [*args, *(value for _, value in keywords), *([of] if of else [])]
            case PyItems(items):
                queue += items
            case PyMembers(members):
                queue += [value for _, value in members]
            case _:
                pass


def _imported(dotted: str) -> Iterator[str]:
    first = dotted.partition(".")[0]
    if first in _BY_NAME:
        yield first
