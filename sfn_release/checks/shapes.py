"""Shapes: which fields an object has, without their values.

Most states of a workflow look alike: a Pass with Type, Result and Next. Everything that depends on
the names of the fields alone (unknown fields, missing ones, which rules apply) is worked out once
for each shape, and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sfn_release.asl.field_types import FieldType, anything
from sfn_release.asl.fields import (
    BRANCH,
    CATCHER,
    FIELDS,
    NESTED,
    PROCESSOR,
    RETRIER,
    ROOT,
)

DEFINITION: Final = "A definition"
BRANCH_NOUN: Final = "A branch"
PROCESSOR_NOUN: Final = "An item processor"
RETRIER_NOUN: Final = "A retrier"
CATCHER_NOUN: Final = "A catcher"
UNTYPED: Final = "A state"
CHOICE_RULE: Final = "A choice rule"
CONDITION: Final = "A condition"

_NONE: Final[Mapping[str, FieldType]] = {}
_STATES: Final = {f"A {type}": type for type in FIELDS}
_FIELDS: Final[Mapping[str, Mapping[str, FieldType]]] = {
    DEFINITION: ROOT,
    BRANCH_NOUN: BRANCH,
    PROCESSOR_NOUN: PROCESSOR,
    RETRIER_NOUN: RETRIER,
    CATCHER_NOUN: CATCHER,
    **dict.fromkeys((UNTYPED, CHOICE_RULE, CONDITION), _NONE),
    **{noun: FIELDS[type] for noun, type in _STATES.items()},
    **NESTED,
}
_FLOW: Final = frozenset({"Next", "End"})
"""Fields of states that only the rules of `transitions` check."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The fields of an object. Equal objects share one shape, so shapes are compared by identity.

    *noun* names the object in a message: ``A Task``, ``A retrier``, ``ItemReader``. *type* is a
    state's type, "" for other objects and for states without a valid one. *fields* are the fields
    that such an object can have. *typed* are the fields that it has and that not every value fits;
    *strays* the fields that it has and can't have. Without *is_object* it isn't an object at all.
    """

    noun: str
    type: str
    language: str
    keys: frozenset[str]
    fields: Mapping[str, FieldType]
    typed: tuple[tuple[str, FieldType], ...]
    strays: tuple[str, ...]
    is_object: bool

    def has(self, *keys: str) -> bool:
        """Whether the object has one of these fields."""
        return not self.keys.isdisjoint(keys)


@lru_cache(maxsize=2048)
def shape_of(noun: str, language: str, keys: tuple[str, ...] | None) -> Shape:
    """Return the shape of an object by its *noun* and its *keys*, None if it isn't an object."""
    fields = _FIELDS[noun]
    type = _STATES.get(noun, "")
    checked = [key for key in keys or () if not (type and key in _FLOW)]
    return Shape(
        noun,
        type,
        language,
        frozenset(keys or ()),
        fields,
        tuple((key, fields[key]) for key in checked if fields.get(key, anything) is not anything),
        tuple(key for key in checked if fields and key not in fields),
        keys is not None,
    )
