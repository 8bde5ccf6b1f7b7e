"""The names that modules use, their values, and the evaluation of a syntax tree."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, Final

from sfn_release.asl.error_names import States
from sfn_release.asl.placeholders import parameter
from sfn_release.authoring import fn, task
from sfn_release.authoring.conditions import ChoiceRule, and_, not_, or_
from sfn_release.authoring.distributed_map import (
    ItemBatcher,
    ItemReader,
    ProcessorConfig,
    ReaderConfig,
    ResultWriter,
    WriterConfig,
)
from sfn_release.authoring.expressions import Context, path
from sfn_release.authoring.importing.python_syntax import (
    PyAssign,
    PyCall,
    PyExpression,
    PyItems,
    PyLiteral,
    PyMembers,
    PyName,
    PyStatement,
)
from sfn_release.authoring.jsonata_values import q
from sfn_release.authoring.retry import Catch, Retry
from sfn_release.authoring.states import (
    Choice,
    Fail,
    Map,
    Parallel,
    Pass,
    Raw,
    Succeed,
    Task,
    Wait,
)
from sfn_release.authoring.var import Var
from sfn_release.authoring.workflow import Workflow

_PACKAGE: Final = (
    *(Choice, Fail, Map, Parallel, Pass, Raw, Succeed, Task, Wait, Workflow),
    *(Catch, ChoiceRule, Retry, States, Var, and_, not_, or_, parameter),
    *(ItemBatcher, ItemReader, ProcessorConfig, ReaderConfig, ResultWriter, WriterConfig),
)
VOCABULARY: Final[Mapping[str, Any]] = {
    "sfn": SimpleNamespace(task=task, **{value.__name__: value for value in _PACKAGE}),
    "Context": Context,
    "fn": fn,
    "path": path,
    "q": q,
}
"""The imports of a module: the package as ``sfn``, and other names from it."""


def run(statement: PyStatement, variables: dict[str, Any]) -> None:
    """Run a statement on *variables*, as Python would.

    Raises DefinitionError if a builder refuses its arguments.
    """
    value = evaluate(statement.value, variables)
    if isinstance(statement, PyAssign):
        owner, _, attribute = statement.target.rpartition(".")
        if owner:
            setattr(variables[owner], attribute, value)
        else:
            variables[attribute] = value


def evaluate(expression: PyExpression, variables: Mapping[str, Any]) -> Any:
    """Return the value of an expression."""
    match expression:
        case PyLiteral(value):
            return value
        case PyName(text):
            return _named(text, variables)
        case PyItems(items, tuple=is_tuple):
            values = [evaluate(item, variables) for item in items]
            return tuple(values) if is_tuple else values
        case PyMembers(members):
            return {key: evaluate(value, variables) for key, value in members}
        case PyCall(name, args, keywords, of):
            called = (
                _named(name, variables) if of is None else getattr(evaluate(of, variables), name)
            )
            return called(
                *(evaluate(argument, variables) for argument in args),
                **{key: evaluate(value, variables) for key, value in keywords},
            )


def _named(text: str, variables: Mapping[str, Any]) -> Any:
    first, *rest = text.split(".")
    value = variables[first] if first in variables else VOCABULARY[first]
    for attribute in rest:
        value = getattr(value, attribute)
    return value
