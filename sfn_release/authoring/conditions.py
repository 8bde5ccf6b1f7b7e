"""Choice rules: what is tested, by which operator, and where to go then."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from sfn_release.asl.field_types import JSONPATH
from sfn_release.authoring.field_writer import put_field, with_extra
from sfn_release.authoring.jsonata_values import Jsonata, all_of, braced, none_of
from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven, plain, plain_object
from sfn_release.errors import DefinitionError

if TYPE_CHECKING:
    from sfn_release.authoring.value_types import TransitionTarget


class Condition(ABC):
    """Something that is true or false when the workflow runs, in JSONPath; JSONata's are `q`'s.

    Combine conditions with ``&``, ``|`` and ``~`` (or `and_`, `or_`, `not_`), and say where to go
    with `next_then`.
    """

    __slots__ = ()

    @abstractmethod
    def to_asl(self) -> dict[str, Any]:
        """Return the condition as the language writes it, without Next."""

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
            "a condition is decided when the workflow runs: use & | ~ to combine conditions"
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
    """A condition as it stands in the language: any operator, in any query language."""

    body: Mapping[str, Any]

    def to_asl(self) -> dict[str, Any]:
        """Return the condition as it was given."""
        return plain_object(self.body)


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """A condition and the state to go to; *next* is the state, or its id.

    In JSONata the condition may be True or False itself. *assign* sets variables on the way;
    *output* (JSONata) is what the next state gets.
    """

    condition: Condition | Jsonata | bool
    next: TransitionTarget
    comment: str | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    assign: Mapping[str, Any] | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    output: Any = field(default=NOT_GIVEN, kw_only=True)
    extra: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def to_asl(self, next_id: str, language: str = JSONPATH) -> dict[str, Any]:
        """Return the rule as the language writes it; *next_id* is the id of `next`.

        Raises DefinitionError for what is no condition, and values of the other query language.
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
            f"{self.condition!r} is no condition.",
            fix='Write sfn.Var("$.a").is_present(), or in JSONata q("...").',
        )


@overload
def and_(first: Condition, /, *others: Condition) -> Condition: ...
@overload
def and_(first: Jsonata, /, *others: Jsonata) -> Jsonata: ...
def and_(*conditions: Condition | Jsonata) -> Condition | Jsonata:
    """Return the condition that is true when all of *conditions* are.

    Raises DefinitionError for conditions of two query languages.
    """
    return _combined("And", conditions)


@overload
def or_(first: Condition, /, *others: Condition) -> Condition: ...
@overload
def or_(first: Jsonata, /, *others: Jsonata) -> Jsonata: ...
def or_(*conditions: Condition | Jsonata) -> Condition | Jsonata:
    """Return the condition that is true when one of *conditions* is.

    Raises DefinitionError for conditions of two query languages.
    """
    return _combined("Or", conditions)


@overload
def not_(condition: Condition) -> Condition: ...
@overload
def not_(condition: Jsonata) -> Jsonata: ...
def not_(condition: Condition | Jsonata) -> Condition | Jsonata:
    """Return the condition that is true when *condition* is not."""
    return none_of(condition) if isinstance(condition, Jsonata) else Negation(condition)


def _combined(operator: str, conditions: tuple[Condition | Jsonata, ...]) -> Condition | Jsonata:
    of_jsonata = tuple(each for each in conditions if isinstance(each, Jsonata))
    of_jsonpath = tuple(each for each in conditions if isinstance(each, Condition))
    if not of_jsonata and len(of_jsonpath) == len(conditions):
        return Combination(operator, of_jsonpath)
    if len(of_jsonata) == len(conditions):
        return all_of(operator.lower(), of_jsonata)
    for each in conditions:
        if not isinstance(each, Condition | Jsonata):
            raise DefinitionError(
                f"{each!r} is not a condition.",
                fix='Compare a value: sfn.Var("$.a") == True, with parentheses around each'
                " comparison that & or | combines.",
            )
    raise DefinitionError(
        f"{operator} takes conditions of one query language.",
        fix="Combine sfn.Var(...) tests with each other, and q(...) with q(...).",
    )
