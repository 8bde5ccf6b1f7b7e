"""The rules of a Choice: a condition, and the state to go to when it is true."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from sfn_release.asl.field_types import JSONPATH
from sfn_release.authoring.field_writer import put_field, with_extra
from sfn_release.authoring.json_values import plain, plain_object
from sfn_release.authoring.jsonata_values import Jsonata, braced, inverted, joined
from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven
from sfn_release.errors import DefinitionError

if TYPE_CHECKING:
    from sfn_release.authoring.value_types import TransitionTarget


class Condition(ABC):
    """A test that a JSONPath workflow makes when it runs. In JSONata, use `q`.

    Combine conditions with ``&``, ``|`` and ``~`` (or `and_`, `or_`, `not_`). `next_then` makes a
    rule of a Choice from one.
    """

    __slots__ = ()

    @abstractmethod
    def to_asl(self) -> dict[str, Any]:
        """Return the condition as JSON, without Next."""

    def next_then(
        self,
        state: TransitionTarget,
        *,
        comment: str | NotGiven = NOT_GIVEN,
        assign: Mapping[str, Any] | NotGiven = NOT_GIVEN,
        extra: Mapping[str, Any] | None = None,
    ) -> ChoiceRule:
        """Return the rule "if this is true, set the variables of *assign* and go to *state*"."""
        return ChoiceRule(self, state, comment=comment, assign=assign, extra=extra or {})

    def __and__(self, other: Condition) -> Condition:
        return and_(self, other)

    def __or__(self, other: Condition) -> Condition:
        return or_(self, other)

    def __invert__(self) -> Condition:
        return not_(self)

    def __bool__(self) -> bool:
        raise TypeError(
            "a condition is tested when the workflow runs: combine conditions with & | ~"
            " instead of and, or, not; write (1 < x) & (x < 3) instead of 1 < x < 3, and"
            ' sfn.Var("$.x").is_in("a", "b") instead of in'
        )


@dataclass(frozen=True, slots=True)
class Comparison(Condition):
    """One operator applied to one variable, which is a path."""

    variable: str
    operator: str
    value: Any

    def to_asl(self) -> dict[str, Any]:
        """Return Variable and the operator."""
        return {"Variable": self.variable, self.operator: plain(self.value)}


@dataclass(frozen=True, slots=True)
class Combination(Condition):
    """And or Or over several conditions."""

    operator: str
    conditions: tuple[Condition, ...]

    def to_asl(self) -> dict[str, Any]:
        """Return the operator over its conditions."""
        return {self.operator: [condition.to_asl() for condition in self.conditions]}


@dataclass(frozen=True, slots=True)
class Negation(Condition):
    """The opposite of a condition."""

    condition: Condition

    def to_asl(self) -> dict[str, Any]:
        """Return Not over the condition."""
        return {"Not": self.condition.to_asl()}


@dataclass(frozen=True, slots=True)
class RawCondition(Condition):
    """A condition as JSON: any operator, in any query language."""

    body: Mapping[str, Any]

    def to_asl(self) -> dict[str, Any]:
        """Return a copy of the condition."""
        return plain_object(self.body)


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """A condition, and the state to go to if it is true. *next* is the state, or its id.

    In JSONata the condition may be True or False. *assign* sets variables. *output* (JSONata) is
    the input of the next state.
    """

    condition: Condition | Jsonata | bool
    next: TransitionTarget
    comment: str | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    assign: Mapping[str, Any] | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    output: Any = field(default=NOT_GIVEN, kw_only=True)
    extra: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def to_asl(self, next_id: str, language: str = JSONPATH) -> dict[str, Any]:
        """Return the rule as JSON. *next_id* is the id of `next`.

        Raises DefinitionError for anything but a condition, and for values of the other query
        language.
        """
        body: dict[str, Any] = {}
        put_field(body, "Comment", self.comment, language)
        body |= self._tested()
        put_field(body, "Assign", self.assign, language)
        put_field(body, "Output", self.output, language)
        return with_extra(body, self.extra, language) | {"Next": next_id}

    def _tested(self) -> dict[str, Any]:
        if isinstance(self.condition, bool):
            return {"Condition": self.condition}
        if isinstance(self.condition, Jsonata):
            return {"Condition": braced(self.condition)}
        if isinstance(self.condition, Condition):
            return self.condition.to_asl()
        raise DefinitionError(
            f"{self.condition!r} is not a condition.",
            fix='Write sfn.Var("$.a").is_present(), or in JSONata q("...").',
        )


@overload
def and_(first: Condition, /, *others: Condition) -> Condition: ...
@overload
def and_(first: Jsonata, /, *others: Jsonata) -> Jsonata: ...
def and_(*conditions: Condition | Jsonata) -> Condition | Jsonata:
    """Return a condition that is true if all of *conditions* are.

    Raises DefinitionError for conditions in two query languages.
    """
    return _combined("And", conditions)


@overload
def or_(first: Condition, /, *others: Condition) -> Condition: ...
@overload
def or_(first: Jsonata, /, *others: Jsonata) -> Jsonata: ...
def or_(*conditions: Condition | Jsonata) -> Condition | Jsonata:
    """Return a condition that is true if at least one of *conditions* is.

    Raises DefinitionError for conditions in two query languages.
    """
    return _combined("Or", conditions)


@overload
def not_(condition: Condition) -> Condition: ...
@overload
def not_(condition: Jsonata) -> Jsonata: ...
def not_(condition: Condition | Jsonata) -> Condition | Jsonata:
    """Return a condition that is true if *condition* is not."""
    return inverted(condition) if isinstance(condition, Jsonata) else Negation(condition)


def _combined(operator: str, conditions: tuple[Condition | Jsonata, ...]) -> Condition | Jsonata:
    in_jsonata = tuple(condition for condition in conditions if isinstance(condition, Jsonata))
    in_jsonpath = tuple(condition for condition in conditions if isinstance(condition, Condition))
    if not in_jsonata and len(in_jsonpath) == len(conditions):
        return Combination(operator, in_jsonpath)
    if len(in_jsonata) == len(conditions):
        return joined(operator.lower(), in_jsonata)
    for condition in conditions:
        if not isinstance(condition, Condition | Jsonata):
            raise DefinitionError(
                f"{condition!r} is not a condition.",
                fix='Compare a value: sfn.Var("$.a") == True, with parentheses around each'
                " comparison that & or | combines.",
            )
    raise DefinitionError(
        f"{operator} can't combine conditions of two query languages.",
        fix="Combine sfn.Var(...) tests with each other, and q(...) with q(...).",
    )
