"""JSONata expressions as values: ``q.input.order_id``, ``q.var("total") + 1``, ``q("$sum(...)")``.

A value holds only its text. Nothing is computed or translated here. Attributes and brackets go into
objects and arrays, and ``== != < <= > >= + - * /`` write JSONata's operators. You write everything
else as JSONata: ``q("$sum($states.input.lines.price)")``. In an f-string a value is its bare text:
``q(f"$uppercase({q.input.name})")``.
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
    """A JSONata expression, made by `q`.

    All attributes are fields of the data: ``q.input.text`` is the field *text*. Use brackets for a
    field whose name starts with an underscore. The only method is `next_then`, which makes a rule
    of a Choice.
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
        """Return the rule that goes to *state* if this expression is true."""
        from sfn_release.authoring.conditions import ChoiceRule

        return ChoiceRule(
            self, state, comment=comment, assign=assign, output=output, extra=extra or {}
        )

    def __getattr__(self, name: str) -> Jsonata:
        if name.startswith("_"):  # Python itself looks up many such names
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, key: str | int) -> Jsonata:
        if isinstance(key, str) and "`" in key:  # JSONata can't quote a backtick
            return Jsonata(f"$lookup({self._text}, {_operand(key)})", atom=True)
        return Jsonata(_closed(self) + member_text(key), atom=True)

    def __eq__(self, other: object) -> Jsonata:  # type: ignore[override] # returns an expression
        return _operation(self, "=", other)

    def __ne__(self, other: object) -> Jsonata:  # type: ignore[override] # returns an expression
        return _operation(self, "!=", other)

    def __lt__(self, other: object) -> Jsonata:
        return _operation(self, "<", other)

    def __le__(self, other: object) -> Jsonata:
        return _operation(self, "<=", other)

    def __gt__(self, other: object) -> Jsonata:
        return _operation(self, ">", other)

    def __ge__(self, other: object) -> Jsonata:
        return _operation(self, ">=", other)

    def __add__(self, other: Jsonata | float) -> Jsonata:
        return _operation(self, "+", _number(other))

    def __radd__(self, other: float) -> Jsonata:
        return _operation(_number(other), "+", self)

    def __sub__(self, other: Jsonata | float) -> Jsonata:
        return _operation(self, "-", _number(other))

    def __rsub__(self, other: float) -> Jsonata:
        return _operation(_number(other), "-", self)

    def __mul__(self, other: Jsonata | float) -> Jsonata:
        return _operation(self, "*", _number(other))

    def __rmul__(self, other: float) -> Jsonata:
        return _operation(_number(other), "*", self)

    def __truediv__(self, other: Jsonata | float) -> Jsonata:
        return _operation(self, "/", _number(other))

    def __rtruediv__(self, other: float) -> Jsonata:
        return _operation(_number(other), "/", self)

    def __and__(self, _: object) -> NoReturn:
        raise TypeError("in JSONata & joins texts: write sfn.and_(...), or q('... & ...')")

    def __or__(self, _: object) -> NoReturn:
        raise TypeError("write sfn.or_(...)")

    def __invert__(self) -> NoReturn:
        raise TypeError("write sfn.not_(...)")

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "an expression is evaluated when the workflow runs: use sfn.and_ or sfn.or_"
        )

    def __iter__(self) -> NoReturn:
        raise TypeError("an expression is evaluated when the workflow runs: it has no items yet")

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"q({self._text!r})"


class Queries:
    """Makes JSONata expressions. `q` is the only instance.

    >>> q("$count($states.input.items)") > 3
    q('($count($states.input.items)) > 3')
    >>> q.input["first name"][0]
    q('$states.input.`first name`[0]')
    """

    __slots__ = ()

    def __call__(self, text: str) -> Jsonata:
        """Return the expression *text*, with or without ``{%`` and ``%}`` around it.

        Raises DefinitionError for anything but text, for empty text, and for an unclosed one.
        """
        given: Any = text
        if not isinstance(given, str) or not given.strip():
            raise DefinitionError(f"{text!r} is not a JSONata expression.")
        if text.startswith("{%") != text.endswith("%}"):
            raise DefinitionError(
                f"{text!r} has only one of {{% and %}}.",
                fix="Write only the expression: q(...) adds them.",
            )
        if text.startswith("{%"):
            return Jsonata(text[2:-2].strip(), written=text)
        return Jsonata(text)

    @property
    def states(self) -> Jsonata:
        """The object ``$states``: input, result, error and context."""
        return Jsonata("$states", atom=True)

    @property
    def input(self) -> Jsonata:
        """The state's input."""
        return self.states.input

    @property
    def result(self) -> Jsonata:
        """The result of a Task, Parallel or Map, for its Assign and Output."""
        return self.states.result

    @property
    def error_output(self) -> Jsonata:
        """The Error and Cause that were caught, for a Catch's Assign and Output."""
        return self.states.errorOutput

    @property
    def context(self) -> Jsonata:
        """The context object. `Context` has its fields for both query languages."""
        return self.states.context

    def var(self, name: str) -> Jsonata:
        """Return the variable *name*. Raises DefinitionError for an invalid name."""
        given: Any = name
        if not isinstance(given, str) or not given.isidentifier() or given == "states":
            raise DefinitionError(f"{name!r} is not a valid variable name.")
        return Jsonata(f"${name}", atom=True)


q: Final = Queries()
"""Makes JSONata expressions: start every one of them here."""


def member_text(key: str | int) -> str:
    """Return the step to an object's field or an array's item."""
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _NAME.fullmatch(key) and key not in _WORDS else f".`{key}`"


def braced(expression: Jsonata) -> str:
    """Return the expression as it is written in a definition: ``{% ... %}``."""
    return expression._written  # noqa: SLF001 - a public name would hide a field of the data


def joined(operator: str, expressions: tuple[Jsonata, ...]) -> Jsonata:
    """Return *expressions* joined by ``and`` or ``or``."""
    return Jsonata(f" {operator} ".join(f"({expression})" for expression in expressions))


def inverted(expression: Jsonata) -> Jsonata:
    """Return the negation of *expression*."""
    return Jsonata(f"$not({expression})", atom=True)


def _operation(left: object, operator: str, right: object) -> Jsonata:
    return Jsonata(f"{_operand(left)} {operator} {_operand(right)}")


def _operand(value: object) -> str:
    if isinstance(value, Jsonata):
        return _closed(value)
    written = getattr(value, "jsonata", None)
    if isinstance(written, str):  # a value of the context object
        return written
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DefinitionError(
            f"{value!r} can't be written in JSONata.", fix="Write the expression: q('...')."
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
