"""The types of the fields that states have, for annotations.

Every field can be left out (`NOT_GIVEN`). Most take a value that is known only when the workflow
runs (`Dynamic`), and numbers take a ``${Parameter}`` too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sfn_release.asl.placeholders import Parameter
from sfn_release.authoring.expressions import Dynamic, JsonPath, Portable
from sfn_release.authoring.jsonata_values import Jsonata
from sfn_release.authoring.not_given import NotGiven

if TYPE_CHECKING:
    from sfn_release.authoring.chain import Chain
    from sfn_release.authoring.retry import Catch, Retry
    from sfn_release.authoring.state import State
    from sfn_release.authoring.state_graph import StateGraph

DataPath: TypeAlias = str | JsonPath | Portable | NotGiven | None
"""A JSONPath; None is written as null, which passes nothing in, or nothing out."""
ValuePath: TypeAlias = str | JsonPath | Portable | NotGiven
"""The path where a field's value is read."""
Whole: TypeAlias = int | Parameter | Dynamic | NotGiven
Real: TypeAlias = float | Parameter | Dynamic | NotGiven
Seconds: TypeAlias = int | timedelta | Parameter | Dynamic | NotGiven
"""A number of seconds. A `timedelta` must be a whole number of seconds."""
Text: TypeAlias = str | NotGiven
"""Text that is known when the workflow is written."""
OpenText: TypeAlias = str | Dynamic | NotGiven
"""Text, or an expression for it."""
Template: TypeAlias = Mapping[str, Any] | NotGiven
"""An object that may hold expressions: `path`, `fn`, `q`, `Context`."""
Arguments: TypeAlias = Mapping[str, Any] | str | Jsonata | NotGiven
Language: TypeAlias = Literal["JSONPath", "JSONata"] | NotGiven
Retries: TypeAlias = "Retry | Sequence[Retry]"
Catches: TypeAlias = "Catch | Sequence[Catch]"
TransitionTarget: TypeAlias = "State | Chain | str"
"""Where a transition goes: a state, a chain (to its first state; its open ends end the workflow),
or the id of a state."""
_Written: TypeAlias = "State | StateGraph | Mapping[str, Any]"
Piece: TypeAlias = "_Written | Callable[[], _Written]"
"""A branch or an item processor: a state, a chain, a workflow, a definition as a dict, or a
function without arguments that returns one of them. The function is called once."""
