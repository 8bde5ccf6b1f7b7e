"""The texts that an expression can make, as far as you know them before it runs.

``States.Format('table/{}', $.name)`` and ``{% 'table/' & $name %}`` make a text that begins with
``table/``: here it is ``table/*``. A text without ``*`` is known whole.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from random import Random
from typing import Any, Final, NamedTuple

from sfn_release.asl import intrinsics
from sfn_release.asl.intrinsics import IntrinsicCall, IntrinsicLiteral, IntrinsicSyntaxError
from sfn_release.asl.jsonata import syntax_tree

UNKNOWN: Final = "*"
"""Stands for a part of a text, or a whole text, that is known only when the state runs."""


class Known(NamedTuple):
    """What an expression can read that is known before: the state machine, and variables.

    *arn* and *name* are the state machine's, which the context object has. *variables* have the
    texts of variables that are assigned once, to a literal.
    """

    arn: str = ""
    name: str = ""
    variables: tuple[tuple[str, str], ...] = ()

    def context(self, path: str) -> str:
        """Return what the context object has at a path."""
        texts = {"StateMachine.Id": self.arn, "StateMachine.Name": self.name}
        return texts.get(path) or UNKNOWN

    def variable(self, name: str) -> str:
        """Return the text of a variable."""
        return dict(self.variables).get(name, UNKNOWN)


NOTHING: Final = Known()
_MOST = 16  # alternatives of one text; with more, a condition counts as unknown
_STARS = re.compile(r"\*{2,}")
_READ = re.compile(r"\$([A-Za-z_]\w*)")
_FORMAT = re.compile(r"\\.|\{\}")
_UNSTEADY: Final = frozenset({"States.UUID", "States.MathRandom"})


@lru_cache(maxsize=4096)
def path_texts(text: str, known: Known = NOTHING) -> tuple[str, ...]:
    """Return the texts that a path or an intrinsic function of a JSONPath state can make.

    *known* is what they can read.

    >>> path_texts("States.Format('orders-{}', $.day)"), path_texts("$.table")
    (('orders-*',), ('*',))
    """
    if text.startswith("$$."):
        return (known.context(text[3:]),)
    if found := _READ.fullmatch(text):
        return (known.variable(found[1]),)
    if not intrinsics.is_call(text):
        return (UNKNOWN,)
    try:
        return (_short(_of_call(intrinsics.parse(text), known)),)
    except IntrinsicSyntaxError:
        return (UNKNOWN,)


def _of_call(call: IntrinsicCall, known: Known) -> str:
    values = [_of_argument(argument, known) for argument in call.arguments]
    literal = all(isinstance(argument, IntrinsicLiteral) for argument in call.arguments)
    if call.name == "States.Format":
        template, *parts = values or [UNKNOWN]
        rest = iter(parts)
        return _FORMAT.sub(
            lambda found: next(rest, UNKNOWN) if found[0] == "{}" else found[0][1:], template
        )
    if literal and call.name not in _UNSTEADY:
        try:
            value = call.evaluate(lambda _path: UNKNOWN, Random(0))  # noqa: S311 - draws nothing
        except (intrinsics.IntrinsicError, intrinsics.ArgumentNotFoundError):
            return UNKNOWN
        return value if isinstance(value, str) else UNKNOWN
    return UNKNOWN


def _of_argument(argument: Any, known: Known) -> str:
    if isinstance(argument, IntrinsicLiteral):
        value = argument.value
        return value if isinstance(value, str) else UNKNOWN if value is None else str(value)
    if isinstance(argument, IntrinsicCall):
        return _of_call(argument, known)
    return path_texts(argument.text, known)[0]


@lru_cache(maxsize=4096)
def jsonata_texts(text: str, known: Known = NOTHING) -> tuple[str, ...]:
    """Return the texts that a JSONata expression, without its ``{% %}``, can make.

    >>> jsonata_texts("'orders-' & $day"), jsonata_texts("$big ? 'many' : 'few'")
    (('orders-*',), ('many', 'few'))
    """
    tree = syntax_tree(text)
    try:
        found = (UNKNOWN,) if tree is None else _of_node(tree, known)
    except RecursionError:
        return (UNKNOWN,)
    return tuple(dict.fromkeys(map(_short, found))) if len(found) <= _MOST else (UNKNOWN,)


def _of_node(node: Any, known: Known) -> tuple[str, ...]:
    """Return the texts of a node of jsonata-python's tree."""
    match getattr(node, "type", ""):
        case "string":
            found = [str(node.value)]
        case "number" if not isinstance(node.value, float):
            found = [str(node.value)]
        case "binary" if node.value == "&":
            pairs = product(_of_node(node.lhs, known), _of_node(node.rhs, known))
            found = [left + right for left, right in pairs]
        case "condition" if getattr(node, "_else", None) is not None:
            found = [text for way in (node.then, node._else) for text in _of_node(way, known)]  # noqa: SLF001 - the parser's own name
        case "block" if len(node.expressions) == 1:
            found = list(_of_node(node.expressions[0], known))
        case "variable":
            found = [known.variable(str(node.value))]
        case "path":
            found = [_of_context(node.steps, known)]
        case _:
            found = [UNKNOWN]
    return tuple(found) if len(found) <= _MOST else (UNKNOWN,)


def _of_context(steps: Any, known: Known) -> str:
    names = [
        str(step.value)
        for step in steps
        if step.type in ("variable", "name") and not getattr(step, "stages", None)
    ]
    if len(names) == len(steps) and names[:2] == ["states", "context"]:
        return known.context(".".join(names[2:]))
    return UNKNOWN


def _short(text: str) -> str:
    return _STARS.sub(UNKNOWN, text)
