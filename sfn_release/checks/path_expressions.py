"""The paths and intrinsic functions of JSONPath states, each parsed once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from sfn_release.asl import intrinsics, paths
from sfn_release.asl.field_types import is_open
from sfn_release.checks.definition import ParsedState, PathExpression, PathShape, Reading
from sfn_release.checks.location import Location, entries
from sfn_release.checks.payload_templates import COMPUTED
from sfn_release.checks.shapes import Shape

_PATHS: Final = (
    *("InputPath", "OutputPath", "ItemsPath", "SecondsPath", "TimestampPath"),
    *("TimeoutSecondsPath", "HeartbeatSecondsPath"),
)
_NUMBERS: Final = (
    *("MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath"),
)
"""Numbers of a Map. AWS reads them from the input or a variable only."""
_CALLABLE: Final = ("ErrorPath", "CausePath")
_BATCH_LIMITS: Final = ("MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath")
_RESULT: Final = "ResultPath"
PATH_FIELDS: Final = frozenset(
    (*_PATHS, *_NUMBERS, *_CALLABLE, _RESULT, "Catch", "Choices", "ItemBatcher", "ItemReader")
)


@lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """Parse a path or an intrinsic function. A syntax error is in `Reading.problem`."""
    try:
        tree = intrinsics.parse(text) if intrinsics.is_call(text) else paths.parse(text)
    except (intrinsics.IntrinsicSyntaxError, paths.PathError) as error:
        return Reading(text, str(error))
    found = tuple(_paths_in(tree))
    variables = tuple(path.variable for path in found if path.variable is not None)
    return Reading(text, "", tree, found, variables)


@lru_cache(maxsize=4096)
def path_shape(text: str, callable: bool, reference: bool, single: bool) -> PathShape:
    """Return the one shape of equal expressions."""
    return PathShape(read(text), callable, reference, single)


def _paths_in(tree: paths.Path | intrinsics.IntrinsicCall) -> Iterator[paths.Path]:
    queue: list[Any] = [tree]
    while queue:
        node = queue.pop()
        if isinstance(node, intrinsics.IntrinsicCall):
            queue.extend(reversed(node.arguments))
        elif isinstance(node, paths.Path):
            yield node


def paths_of(state: ParsedState) -> list[PathExpression]:
    """Return every path and intrinsic function of a JSONPath state whose members are known.

    A text that can't be one (it doesn't begin with ``$`` or ``States.``), or that a parameter of
    the environment may change, is left out.
    """
    collector = _Collector(state)
    if not state.shape.keys.isdisjoint(PATH_FIELDS):
        collector.fields()
    for member in state.members:
        if member.key.endswith(COMPUTED):
            collector.add(member.key, member.value, member.around, callable=True)
    return collector.found


@lru_cache(maxsize=2048)
def _fields(shape: Shape) -> tuple[tuple[str, bool, bool, bool], ...]:
    """Return the fields of a state that hold expressions: callable, reference, single."""
    fields = (
        *((key, False, False, False) for key in _PATHS),
        *((key, False, False, True) for key in _NUMBERS),
        *((key, True, False, False) for key in _CALLABLE),
        (_RESULT, False, True, False),
    )
    return tuple(field for field in fields if field[0] in shape.keys)


class _Collector:
    """Collects the path expressions of one state."""

    def __init__(self, state: ParsedState) -> None:
        self.found: list[PathExpression] = []
        self._state = state

    def add(
        self,
        key: str,
        text: Any,
        around: Location,
        *,
        callable: bool = False,
        reference: bool = False,
        single: bool = False,
    ) -> None:
        """Add the text of a field, if it can be an expression."""
        if (
            isinstance(text, str)
            and text.startswith(("$", "States.") if callable else "$")
            and not is_open(text)
        ):
            shape = path_shape(text, callable, reference, single)
            self.found.append(PathExpression(key, around, shape))

    def fields(self) -> None:
        """Add the expressions in fields of the state, and of the objects in it."""
        state = self._state
        body, place = state.body, state.place
        for key, callable, reference, single in _fields(state.shape):
            self.add(key, body[key], place, callable=callable, reference=reference, single=single)
        if "Catch" in body:
            for index, catcher in entries(body["Catch"]):
                if isinstance(catcher, dict) and _RESULT in catcher:
                    around = place.at("Catch", index)
                    self.add(_RESULT, catcher[_RESULT], around, reference=True)
        if state.shape.has("ItemBatcher", "ItemReader"):
            self._limits()
        for condition in state.conditions:
            if isinstance(condition.body, dict):
                for key, value in condition.body.items():
                    if key == "Variable" or key.endswith("Path"):
                        self.add(key, value, condition.place)

    def _limits(self) -> None:
        """Add the paths to the limits of a distributed Map's reader and batches."""
        body, place = self._state.body, self._state.place
        batcher, reader = body.get("ItemBatcher"), body.get("ItemReader")
        if isinstance(batcher, dict):
            for key in _BATCH_LIMITS:
                if key in batcher:
                    self.add(key, batcher[key], place.at("ItemBatcher"), single=True)
        config = reader.get("ReaderConfig") if isinstance(reader, dict) else None
        if isinstance(config, dict) and "MaxItemsPath" in config:
            around = place.at("ItemReader", "ReaderConfig")
            self.add("MaxItemsPath", config["MaxItemsPath"], around, single=True)
