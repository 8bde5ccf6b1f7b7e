"""JSONata expressions as values: ``q.input.order_id``, ``q.var("total") + 1``, ``q("$sum(...)")``.

A value is its text and nothing more: nothing is computed or translated here. Attributes and
brackets go into objects and arrays, ``== != < <= > >= + - * /`` write JSONata's operators, and
everything else is written as JSONata by hand: ``q("$sum($states.input.lines.price)")``. In an
f-string a value is its bare text: ``q(f"$uppercase({q.input.name})")``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven
from sfn_release.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfn_release.authoring.conditions import ChoiceRule
    from sfn_release.authoring.value_types import TransitionTarget

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS: Final = frozenset({"and", "or", "in", "true", "false", "null", "function"})


class Jsonata:
    """A JSONata expression; made by `q`.

    It has no attributes but those of the data: ``q.input.text`` is the field *text*. A field whose
    name starts with an underscore is reached by brackets. The one method is `next_then`, which
    makes a rule of a Choice.
    """

    __slots__ = ("_atom", "_text", "_written")

    def __init__(self, text: str, *, atom: bool = False, written: str | None = None) -> None:
        self._text = text
        self._atom = atom
        self._written = written or f"{{% {text} %}}"

    def next_then(
        self,
        state: TransitionTarget,
        *,
        comment: str | NotGiven = NOT_GIVEN,
        assign: Mapping[str, Any] | NotGiven = NOT_GIVEN,
        output: Any = NOT_GIVEN,
        extra: Mapping[str, Any] | None = None,
    ) -> ChoiceRule:
        """Return the rule "if this is true, go to *state*"."""
        from sfn_release.authoring.conditions import ChoiceRule

        return ChoiceRule(
            self, state, comment=comment, assign=assign, output=output, extra=extra or {}
        )

    def __getattr__(self, name: str) -> Jsonata:
        if name.startswith("_"):  # Python looks for many of those
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, key: str | int) -> Jsonata:
        if isinstance(key, str) and "`" in key:  # JSONata can't quote it
            return Jsonata(f"$lookup({self._text}, {_operand(key)})", atom=True)
        return Jsonata(_closed(self) + member_text(key), atom=True)

    def __eq__(self, other: object) -> Jsonata:  # type: ignore[override] # an expression, no answer
        return _joined(self, "=", other)

    def __ne__(self, other: object) -> Jsonata:  # type: ignore[override] # likewise
        return _joined(self, "!=", other)

    def __lt__(self, other: object) -> Jsonata:
        return _joined(self, "<", other)

    def __le__(self, other: object) -> Jsonata:
        return _joined(self, "<=", other)

    def __gt__(self, other: object) -> Jsonata:
        return _joined(self, ">", other)

    def __ge__(self, other: object) -> Jsonata:
        return _joined(self, ">=", other)

    def __add__(self, other: Jsonata | float) -> Jsonata:
        return _joined(self, "+", _number(other))

    def __radd__(self, other: float) -> Jsonata:
        return _joined(_number(other), "+", self)

    def __sub__(self, other: Jsonata | float) -> Jsonata:
        return _joined(self, "-", _number(other))

    def __rsub__(self, other: float) -> Jsonata:
        return _joined(_number(other), "-", self)

    def __mul__(self, other: Jsonata | float) -> Jsonata:
        return _joined(self, "*", _number(other))

    def __rmul__(self, other: float) -> Jsonata:
        return _joined(_number(other), "*", self)

    def __truediv__(self, other: Jsonata | float) -> Jsonata:
        return _joined(self, "/", _number(other))

    def __rtruediv__(self, other: float) -> Jsonata:
        return _joined(_number(other), "/", self)

    def __and__(self, _: object) -> NoReturn:
        raise TypeError("in JSONata & joins texts: write sfn.and_(...), or q('... & ...')")

    def __or__(self, _: object) -> NoReturn:
        raise TypeError("write sfn.or_(...)")

    def __invert__(self) -> NoReturn:
        raise TypeError("write sfn.not_(...)")

    def __bool__(self) -> NoReturn:
        raise TypeError("an expression is decided when the workflow runs; use sfn.and_, sfn.or_")

    def __iter__(self) -> NoReturn:
        raise TypeError("an expression is evaluated when the workflow runs; it has no items yet")

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"q({self._text!r})"


class Queries:
    """The beginnings of JSONata expressions; there is one, `q`.

    >>> q("$count($states.input.items)") > 3
    q('($count($states.input.items)) > 3')
    >>> q.input["first name"][0]
    q('$states.input.`first name`[0]')
    """

    __slots__ = ()

    def __call__(self, text: str) -> Jsonata:
        """Return the expression *text*, with or without ``{%`` and ``%}`` around it.

        Raises DefinitionError for what is no text, an empty one, or one that is not closed.
        """
        given: Any = text
        if not isinstance(given, str) or not given.strip():
            raise DefinitionError(f"{text!r} is no JSONata expression.")
        if text.startswith("{%") != text.endswith("%}"):
            raise DefinitionError(
                f"{text!r} has only one of {{% and %}}.",
                fix="Write the expression alone: q(...) puts them around it.",
            )
        if text.startswith("{%"):
            return Jsonata(text[2:-2].strip(), written=text)
        return Jsonata(text)

    @property
    def states(self) -> Jsonata:
        """All that a state has at hand: ``$states``."""
        return Jsonata("$states", atom=True)

    @property
    def input(self) -> Jsonata:
        """The state's input."""
        return self.states.input

    @property
    def result(self) -> Jsonata:
        """What a Task, Parallel or Map gave; for its Assign and Output."""
        return self.states.result

    @property
    def error_output(self) -> Jsonata:
        """The Error and Cause that were caught; for a Catch's Assign and Output."""
        return self.states.errorOutput

    @property
    def context(self) -> Jsonata:
        """The context object; `Context` has its fields for both languages."""
        return self.states.context

    def var(self, name: str) -> Jsonata:
        """Return the variable *name*. Raises DefinitionError for what can't be one's name."""
        given: Any = name
        if not isinstance(given, str) or not given.isidentifier() or given == "states":
            raise DefinitionError(f"{name!r} can't be the name of a variable.")
        return Jsonata(f"${name}", atom=True)


q: Final = Queries()
"""Where JSONata expressions begin."""


def member_text(key: str | int) -> str:
    """Return how JSONata goes to an object's field or an array's item."""
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _NAME.fullmatch(key) and key not in _WORDS else f".`{key}`"


def braced(expression: Jsonata) -> str:
    """Return the expression as a definition holds it: ``{% ... %}``."""
    return expression._written  # noqa: SLF001 - a public name would hide a field of the data


def all_of(operator: str, expressions: tuple[Jsonata, ...]) -> Jsonata:
    """Return *expressions* joined by ``and`` or ``or``."""
    return Jsonata(f" {operator} ".join(f"({expression})" for expression in expressions))


def none_of(expression: Jsonata) -> Jsonata:
    """Return the opposite of *expression*."""
    return Jsonata(f"$not({expression})", atom=True)


def _joined(left: object, operator: str, right: object) -> Jsonata:
    return Jsonata(f"{_operand(left)} {operator} {_operand(right)}")


def _operand(value: object) -> str:
    if isinstance(value, Jsonata):
        return _closed(value)
    written = getattr(value, "jsonata", None)
    if isinstance(written, str):  # of the context object
        return written
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DefinitionError(
            f"{value!r} has no form in JSONata.", fix="Write it out: q('...')."
        ) from error


def _closed(expression: Jsonata) -> str:
    atom = expression._atom  # noqa: SLF001 - as in `braced`
    return str(expression) if atom else f"({expression})"


def _number(value: object) -> object:
    if isinstance(value, str):
        raise DefinitionError(
            f"JSONata has no arithmetic with the text {value!r}.",
            fix="Texts are joined by &: write q('... & ...').",
        )
    return value
