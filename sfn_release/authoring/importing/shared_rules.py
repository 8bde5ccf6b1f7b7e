"""Give retriers and catchers that a module repeats a variable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sfn_release.authoring.importing.identifiers import Identifiers
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

_RULES: Final = {"sfn.Retry": "retry", "sfn.Catch": "catch"}


def share_rules(
    statements: Sequence[PyStatement], identifiers: Identifiers
) -> Sequence[PyStatement]:
    """Return *statements* with a variable for each repeated rule; unchanged if none repeats.

    A catcher's variable stands before its first use, because it names the variable of a state.
    Rules without states stand at the top.
    """
    count = Counter(rule for statement in statements for rule in _rules(statement.value))
    repeated = [rule for rule, times in count.items() if times > 1]
    if not repeated:
        return statements
    names = {rule: identifiers.new(_rule_words(rule), "rule") for rule in repeated}
    top = [PyAssign(names[rule], rule) for rule in repeated if not _variables(rule)]
    done = {statement.target for statement in top}
    body: list[PyStatement] = []
    for statement in statements:
        for rule in _rules(statement.value):
            if rule in names and names[rule] not in done:
                done.add(names[rule])
                body.append(PyAssign(names[rule], rule))
        body.append(replace(statement, value=_with_names(statement.value, names)))
    return [*top, *body]


def _rules(expression: PyExpression) -> Iterator[PyCall]:
    if isinstance(expression, PyCall) and expression.name in _RULES:
        yield expression
        return
    for part in _parts(expression):
        yield from _rules(part)


def _parts(expression: PyExpression) -> Iterator[PyExpression]:
    match expression:
        case PyItems(items):
            yield from items
        case PyMembers(members):
            yield from (value for _, value in members)
        case PyCall(_, args, keywords, of):
            yield from args
            yield from (value for _, value in keywords)
            if of is not None:
                yield of
        case _:
            pass


def _variables(expression: PyExpression) -> bool:
    """Whether an expression names a variable: names with a dot aren't variables."""
    if isinstance(expression, PyName):
        return "." not in expression.text
    return any(map(_variables, _parts(expression)))


def _rule_words(rule: PyCall) -> str:
    """Return words for a rule: its first error, or the state that a catcher goes to."""
    kind = _RULES[rule.name]
    to = rule.args[1] if len(rule.args) > 1 else None
    match to or rule.args[0]:
        case PyName(text):
            words = text.removeprefix("sfn.States.")
        case PyLiteral(value):
            words = str(value).rpartition(".")[2]
        case PyItems((PyLiteral(value), *_)):
            words = str(value).rpartition(".")[2]
        case PyItems((PyName(text), *_)):
            words = text.removeprefix("sfn.States.")
        case _:
            words = ""
    return f"{kind} {words}"


def _with_names(expression: PyExpression, names: Mapping[PyCall, str]) -> PyExpression:
    match expression:
        case PyCall(name) if name in _RULES and expression in names:
            return PyName(names[expression])
        case PyItems(items):
            return replace(expression, items=tuple(_with_names(item, names) for item in items))
        case PyMembers(members):
            return PyMembers(tuple((key, _with_names(value, names)) for key, value in members))
        case PyCall(_, args, keywords, of):
            return replace(
                expression,
                args=tuple(_with_names(argument, names) for argument in args),
                keywords=tuple((key, _with_names(value, names)) for key, value in keywords),
                of=None if of is None else _with_names(of, names),
            )
        case _:
            return expression
