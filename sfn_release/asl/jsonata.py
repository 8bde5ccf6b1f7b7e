"""Parse JSONata expressions, ``{% $states.input.id %}``, without running them.

    parse(text) → JsonataExpression    the variables, members of $states and bare names it reads

The engine that runs expressions, jlens, says what is valid; the tree that shows the names is
jsonata-python's, since jlens has none.

Step Functions evaluates an expression without a context item. So a name at its top, ``id`` instead
of ``$states.input.id``, refers to nothing, and AWS refuses it.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from typing import Any, Final

from sfn_release.asl.jsonata_dialect import newer_operator

TOO_DEEP: Final = "U1001"
"""The code of JsonataError for an expression that is nested too deeply to be parsed."""
OPENING: Final = "{%"
CLOSING: Final = "%}"

FUNCTIONS: Final = frozenset(
    (
        *("string", "length", "substring", "substringBefore", "substringAfter", "uppercase"),
        *("lowercase", "trim", "pad", "contains", "split", "join", "match", "replace"),
        *("base64encode", "base64decode", "encodeUrlComponent", "encodeUrl"),
        *("decodeUrlComponent", "decodeUrl", "number", "abs", "floor", "ceil", "round", "power"),
        *("sqrt", "random", "formatNumber", "formatBase", "formatInteger", "parseInteger"),
        *("sum", "max", "min", "average", "boolean", "not", "exists", "count", "append", "sort"),
        *("reverse", "shuffle", "distinct", "zip", "keys", "lookup", "spread", "merge", "sift"),
        *("each", "error", "assert", "type", "now", "millis", "fromMillis", "toMillis", "map"),
        *("filter", "single", "reduce", "clone"),
        *("partition", "range", "hash", "uuid", "parse"),
    )
)
"""The functions of JSONata 2.0.6 that Step Functions has (not ``eval``), and its own five.

Sources: docs.jsonata.org; "Transforming data with JSONata" in AWS's developer guide.
"""

_TOP = (
    *("lhs", "rhs", "lhs_object", "rhs_object", "expressions", "arguments", "procedure"),
    *("condition", "then", "_else"),
)
_BELOW = ("predicate", "stages", "group", "terms", "expression", "expr", "pattern", "update")


class JsonataError(ValueError):
    """Text is not valid JSONata. The message says why, in the words that AWS uses.

    *code* is JSONata's, such as S0201; *position* counts the characters before the mistake.
    """

    def __init__(self, code: str, text: str, position: int) -> None:
        super().__init__(text)
        self.code = code
        self.position = position


@dataclass(frozen=True, slots=True)
class JsonataExpression:
    """The names that an expression reads.

    *variables* are the variables that it doesn't bind itself, without ``states`` and functions.
    *members* are the members of ``$states``: ``input``, ``result`` ... *contexts* are the names,
    ``$`` and ``$$`` that need a context item where there is none. *context* has the names below
    ``$states.context``, one tuple for each use. *unread* says why the expression couldn't be
    analyzed.
    """

    variables: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    contexts: tuple[str, ...] = ()
    context: tuple[tuple[str, ...], ...] = ()
    unread: str = field(default="", compare=False)


def is_jsonata(value: Any) -> bool:
    """Whether a value of a JSONata state is an expression: text in ``{% %}``."""
    return (
        isinstance(value, str)
        and value.startswith(OPENING)
        and value.endswith(CLOSING)
        and len(value) >= len(OPENING + CLOSING)
    )


def parsed(text: str) -> Any:
    """Parse an expression without its ``{% %}`` with the engine that runs it.

    Returns a ``jlens.Expression``. Raises JsonataError.
    """
    from jlens import Expression, JlensError

    try:
        expression = Expression(text.encode("utf-8", "replace").decode())
    except JlensError as error:
        words = re.sub(r"(?<= )(\d+)\.0$", r"\1", str(error))  # a number as JSONata writes it
        raise JsonataError(error.code, words, error.position or 0) from error
    newer = newer_operator(text)
    if newer is not None:
        symbol, position = newer
        words = f'The symbol "{symbol}" cannot be used as a unary operator'
        raise JsonataError("S0211", words, position)
    return expression


@lru_cache(maxsize=4096)
def parse(text: str) -> JsonataExpression:
    """Read an expression without its ``{% %}``. Raises JsonataError.

    An expression that is nested too deeply for Python, or has a regular expression that Python
    doesn't know, is *unread*: it may be valid, and counts as reading nothing.
    """
    try:
        parsed(text)
    except JsonataError as error:
        if error.code != TOO_DEEP:
            raise
        return JsonataExpression(unread="it is nested too deeply")
    try:
        tree = _tree(text)
    except RecursionError:
        return JsonataExpression(unread="it is nested too deeply")
    except re.error:
        return JsonataExpression(unread="it holds a regular expression that Python does not know")
    if tree is None:
        return JsonataExpression(unread="its grammar is not known here")
    return _read(tree)


def syntax_tree(text: str) -> Any:
    """Return jsonata-python's tree of a valid expression without ``{% %}``; None without one."""
    try:
        if parse(text).unread:
            return None
        return _tree(text)
    except (JsonataError, RecursionError, re.error):
        return None


def _tree(text: str) -> Any:
    """Return the tree; None for a grammar that jsonata-python lacks."""
    with _recursion_limit_kept():
        from jsonata.jexception import JException
        from jsonata.parser import Parser

    try:
        with warnings.catch_warnings(
            action="ignore"
        ):  # Python's warnings about regular expressions
            return Parser().parse(text)
    except (JException, AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None


@contextmanager
def _recursion_limit_kept() -> Iterator[None]:
    """Restore Python's recursion limit: importing jsonata sets it to 10,000 for the process.

    With that limit, an endless recursion can overflow the stack before Python stops it.
    """
    limit = sys.getrecursionlimit()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _read(tree: Any) -> JsonataExpression:
    """Walk a syntax tree without recursion."""
    used: set[str] = set()
    bound: set[str] = set()
    members: set[str] = set()
    contexts: dict[str, None] = {}
    context: dict[tuple[str, ...], None] = {}
    seen: set[int] = set()
    queue: list[tuple[Any, bool]] = [(tree, True)]  # a node; whether it has no context item
    while queue:
        node, top = queue.pop()
        if isinstance(node, list | tuple):
            queue.extend((item, top) for item in reversed(node))
            continue
        if node is None or isinstance(node, str) or id(node) in seen:
            continue
        seen.add(id(node))
        bound.update(_bound(node))
        if node.type == "path" and node.steps:
            members.update(_members(node.steps))
            context.update(dict.fromkeys(_of_context(node.steps)))
            queue.extend((step, False) for step in reversed(node.steps[1:]))
            queue.append((node.steps[0], top))
        elif node.type == "variable":
            if node.value in ("", "$"):
                contexts.update({f"${node.value}": None} if top else {})
            else:
                used.add(str(node.value))
        elif top and node.type in ("name", "wildcard", "descendant", "parent"):
            contexts[str(node.value)] = None
        queue.extend(_children(node, top=top))
    if "states" in used and not members:
        members.add("")
    return JsonataExpression(
        frozenset(used - bound - FUNCTIONS - {"states"}),
        frozenset(members),
        tuple(contexts),
        tuple(context),
    )


def _children(node: Any, *, top: bool) -> list[tuple[Any, bool]]:
    """Return the nodes below a node."""
    if node.type == "lambda":
        return [(node.body, False)]  # its caller may give it a context item
    if node.type == "transform":
        top = False
    found = [
        (child, top)
        for key in _TOP
        if (child := getattr(node, key)) and (key != "lhs" or node.type != "bind")
    ]
    found += [(child, False) for key in _BELOW if (child := getattr(node, key))]
    return found


def _bound(node: Any) -> Iterator[str]:
    """Yield the variables that a node binds, for the whole expression."""
    if node.type == "bind":
        yield str(node.lhs.value)
    elif node.type == "lambda":
        yield from (str(argument.value) for argument in node.arguments or ())
    for binding in (node.focus, node.index):
        if isinstance(binding, str):
            yield binding


def _members(steps: Any) -> Iterator[str]:
    first = steps[0]
    if first.type != "variable" or first.value != "states":
        return
    second = steps[1] if len(steps) > 1 else None
    named = second is not None and second.type in ("name", "string")
    yield str(second.value) if named and second is not None else ""


def _of_context(steps: Any) -> Iterator[tuple[str, ...]]:
    """Yield the names after ``$states.context``, up to the first step that isn't a name."""
    if list(_members(steps)) == ["context"]:
        plain = takewhile(lambda step: step.type in ("name", "string"), steps[2:])
        yield tuple(str(step.value) for step in plain)
