"""The small part of Python that modules are written in, and its layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

WIDTH: Final = 100
_INDENT: Final = "    "
_PAIR: Final = 2  # a call, and one call on its result


@dataclass(frozen=True, slots=True)
class PyLiteral:
    """Text, a number, True, False or None."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class PyName:
    """A variable, or a dotted name of the vocabulary (``sfn.States.Timeout``)."""

    text: str


@dataclass(frozen=True, slots=True)
class PyItems:
    """A list, or a tuple."""

    items: tuple[PyExpression, ...]
    tuple: bool = False


@dataclass(frozen=True, slots=True)
class PyMembers:
    """A dict with text as keys."""

    members: tuple[tuple[str, PyExpression], ...]


@dataclass(frozen=True, slots=True)
class PyCall:
    """A call of a dotted name, or of a method of *of*."""

    name: str
    args: tuple[PyExpression, ...] = ()
    keywords: tuple[tuple[str, PyExpression], ...] = ()
    of: PyExpression | None = None


PyExpression: TypeAlias = PyLiteral | PyName | PyItems | PyMembers | PyCall
PyKeywords: TypeAlias = list[tuple[str, PyExpression]]
"""The keyword arguments of a call that is being made."""


@dataclass(frozen=True, slots=True)
class PyAssign:
    """``target = value``. The target may be an attribute of a variable."""

    target: str
    value: PyExpression


@dataclass(frozen=True, slots=True)
class PyDo:
    """An expression by itself."""

    value: PyExpression


PyStatement: TypeAlias = PyAssign | PyDo


def source(statements: Sequence[PyStatement]) -> str:
    """Return statements as Python.

    Empty lines surround statements of several lines, and separate values from chains of calls.
    """
    lines: list[str] = []
    kinds = [type(statement) for statement in statements]
    for index, text in enumerate(map(_statement, statements)):
        apart = "\n" in text or (lines and "\n" in lines[-1])
        begins = index > 0 and kinds[index - 1] is PyDo and kinds[index] is PyAssign
        to_come = kinds[index : index + 2] == [PyAssign, PyDo]
        if lines and (apart or begins or to_come):
            lines.append("")
        lines.append(text)
    return "".join(f"{line}\n" for line in lines)


def quoted(text: str) -> str:
    r"""Return a literal of *text*. Unprintable characters are escaped, so that nothing hides.

    >>> quoted('say "no"\u202e')
    '\'say "no"\\u202e\''
    """
    literal = repr(text)
    if literal.startswith("'") and text.count('"') <= text.count("'"):
        inside = literal[1:-1].replace("\\'", "'").replace('"', '\\"')
        return f'"{inside}"'
    return literal


def flat(expression: PyExpression) -> str:
    """Return an expression on one line."""
    match expression:
        case PyLiteral(str() as text):
            line = quoted(text)
        case PyLiteral(value):
            line = repr(value)
        case PyName(text):
            line = text
        case PyItems(items, tuple=is_tuple):
            inside = ", ".join(map(flat, items))
            ending = "," if len(items) == 1 else ""
            line = f"({inside}{ending})" if is_tuple else f"[{inside}]"
        case PyMembers(members):
            inside = ", ".join(f"{quoted(key)}: {flat(value)}" for key, value in members)
            line = f"{{{inside}}}"
        case PyCall(name, args, keywords, of):
            given = [*map(flat, args), *(f"{key}={flat(value)}" for key, value in keywords)]
            called = name if of is None else f"{flat(of)}.{name}"
            line = f"{called}({', '.join(given)})"
        case _:
            assert_never(expression)
    return line


def laid_out(expression: PyExpression, indent: str = "", before: int = 0, after: int = 0) -> str:
    """Return an expression on as few lines as possible. The first line has no indent.

    *before* and *after* are the columns that are taken on its first and last line.
    """
    room = WIDTH - len(indent) - before - after
    if _room_left(expression, room) >= 0:
        line = flat(expression)
        if len(line) <= room and not _has_lines(expression):
            return line
    inner = indent + _INDENT
    match expression:
        case PyLiteral(str() as text) if "\n" in text[:-1]:
            line = "\n".join(["(", *_pieces(text, inner), indent + ")"])
        case PyItems(items, tuple=is_tuple) if items:
            parts = [_part("", item, inner) for item in items]
            line = _block("(" if is_tuple else "[", parts, indent, ")" if is_tuple else "]")
        case PyMembers(members) if members:
            parts = [_part(f"{quoted(key)}: ", value, inner) for key, value in members]
            line = _block("{", parts, indent, "}")
        case PyCall(of=PyCall()):
            line = _methods(expression, indent)
        case PyCall(args=args, keywords=keywords) if args or keywords:
            line = _call(expression, indent)
        case _:
            line = flat(expression)
    return line


def _room_left(expression: PyExpression, room: int) -> int:
    """Return an upper limit for the columns of *room* that an expression leaves; stop below 0.

    Without this, a deep expression would be written on one line at every depth.
    """
    match expression:
        case PyLiteral(str() as text):
            return room - len(text) - 2
        case PyLiteral():
            return room - 1
        case PyName(text):
            return room - len(text)
        case PyItems(items):
            inside = [("", item) for item in items]
        case PyMembers(members):
            inside = [*members]
        case PyCall(name, args, keywords, of):
            called = [of] if of is not None else []
            inside = [("", argument) for argument in (*called, *args)] + [*keywords]
            room -= len(name)
        case _:
            assert_never(expression)
    room -= 2  # its brackets
    for key, value in inside:
        if room < 0:
            break
        room = _room_left(value, room - len(key))
    return room


def _statement(statement: PyStatement) -> str:
    match statement:
        case PyAssign(target, value):
            start = f"{target} = "
            return start + laid_out(value, before=len(start))
        case PyDo(value):
            return laid_out(value)


def _part(start: str, expression: PyExpression, indent: str) -> str:
    return indent + start + laid_out(expression, indent, len(start), 1) + ","


def _block(opening: str, parts: Sequence[str], indent: str, closing: str) -> str:
    return "\n".join([opening, *parts, indent + closing])


def _pieces(text: str, indent: str) -> list[str]:
    """Return text of several lines as literals, one for each line."""
    return [indent + quoted(piece) for piece in text.splitlines(keepends=True)]


def _call(call: PyCall, indent: str) -> str:
    inner = indent + _INDENT
    called = call.name if call.of is None else f"{flat(call.of)}.{call.name}"
    only = call.args[0] if len(call.args) == 1 and not call.keywords else None
    if isinstance(only, PyLiteral):  # a comma after it gains nothing
        has_lines = isinstance(only.value, str) and "\n" in only.value[:-1]
        parts = _pieces(str(only.value), inner) if has_lines else [inner + flat(only)]
    else:
        parts = [_part("", argument, inner) for argument in call.args]
        parts += [_part(f"{key}=", value, inner) for key, value in call.keywords]
    return _block(f"{called}(", parts, indent, ")")


def _methods(expression: PyCall, indent: str) -> str:
    """Return a chain of calls, one on each line. Two calls share a line if the first fits."""
    calls = list(_unchained(expression))
    first = laid_out(calls[0], indent)
    above, _, end = first.rpartition("\n")
    last = f"{end.strip()}.{calls[1].name}"
    if len(calls) == _PAIR and len(indent) + len(last) < WIDTH:
        start = f"{above}\n{indent}" if above else ""
        return start + laid_out(PyCall(last, *_call_arguments(calls[1])), indent)
    inner = indent + _INDENT
    parts = [inner + laid_out(calls[0], inner)]
    parts += [
        inner + laid_out(PyCall(f".{call.name}", *_call_arguments(call)), inner)
        for call in calls[1:]
    ]
    return "\n".join(["(", *parts, indent + ")"])


def _call_arguments(
    call: PyCall,
) -> tuple[tuple[PyExpression, ...], tuple[tuple[str, PyExpression], ...]]:
    return call.args, call.keywords


def _unchained(expression: PyCall) -> Iterator[PyCall]:
    """Yield the calls of a chain. The first one includes the object that it is called on."""
    chain = [expression]
    while isinstance(chain[-1].of, PyCall):
        chain.append(chain[-1].of)
    yield from reversed(chain)


def _has_lines(expression: PyExpression) -> bool:
    """Whether text inside is easier to read line by line."""
    match expression:
        case PyLiteral(str() as text):
            return "\n" in text[:-1] and len(text) > WIDTH // 2
        case PyItems(items):
            return any(map(_has_lines, items))
        case PyMembers(members):
            return any(_has_lines(value) for _, value in members)
        case PyCall(_, args, keywords, of):
            inside = [*args, *(value for _, value in keywords)]
            return any(map(_has_lines, inside)) or (of is not None and _has_lines(of))
        case _:
            return False
