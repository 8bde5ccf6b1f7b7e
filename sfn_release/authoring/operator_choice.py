"""Choose the operator of a comparison by the type of a constant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sfn_release.asl.placeholders import Parameter
from sfn_release.authoring.expressions import Intrinsic, JsonPath, Portable
from sfn_release.authoring.json_values import timestamp
from sfn_release.authoring.jsonata_values import Jsonata
from sfn_release.errors import DefinitionError


def operator_for(variable: str, sign: str, how: str, value: Any) -> tuple[str, Any]:
    """Return the operator that compares *how* with a constant, and the constant as JSON.

    >>> operator_for("Var('$.total')", ">", "GreaterThan", 100)
    ('NumericGreaterThan', 100)

    *variable* and *sign* are for errors. Raises DefinitionError for a value without an operator,
    and for an expression, whose type is unknown.
    """
    match value:
        case Parameter() | JsonPath() | Intrinsic() | Portable() | Jsonata():
            raise _unknown_type(variable, sign, how, value)
        case None if how == "Equals":
            return "IsNull", True
        case bool() if how == "Equals":
            return "BooleanEquals", value
        case int() | float() if not isinstance(value, bool):
            return f"Numeric{how}", value
        case str():
            return f"String{how}", value
        case datetime():
            return f"Timestamp{how}", timestamp(value)
        case _:
            raise DefinitionError(
                f"{variable} {sign} {value!r}: a Choice has no operator for this.",
                why="Text, numbers and datetimes can be ordered. Bools and None can only be equal.",
                fix="Write is_in(*values) to test for several values."
                if isinstance(value, list | tuple | set | frozenset)
                else "Compare with a value of one of these types.",
            )


def _unknown_type(
    variable: str, sign: str, how: str, value: Parameter | JsonPath | Intrinsic | Portable | Jsonata
) -> DefinitionError:
    """Return the error for a value of unknown type, with the methods that compare it."""
    if isinstance(value, Jsonata):
        return DefinitionError(
            f"{variable} {sign} {value!r} mixes query languages: the right side is JSONata.",
            fix="Write q(...) on both sides, or path(...) with a method of Var.",
        )
    method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in how)
    ending = "" if isinstance(value, Parameter) else "_path"
    kinds = ["string", "numeric", "timestamp", *(["boolean"] if how == "Equals" else [])]
    *methods, last = [f".{kind}{method}{ending}(...)" for kind in kinds]
    return DefinitionError(
        f"{variable} {sign} {path_text(value)}: the right side has no known type, so the operator"
        " is unknown.",
        fix=f"Write {', '.join(methods)} or {last}.",
    )


def path_text(value: str | JsonPath | Intrinsic | Portable) -> str:
    """Return a path or a call as text."""
    if isinstance(value, Portable):
        return value.jsonpath
    return value if isinstance(value, str) else value.text
