"""The steps of a path, and the values that they select. `sfn_release.asl.paths` parses them.

Evaluation follows Jayway's JSONPath, which Step Functions uses, with the same error messages. It
goes step by step over lists of nodes, so the depth of the data doesn't matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, assert_never

from sfn_release.asl.intrinsic_functions import java_text
from sfn_release.asl.path_budget import Budget


class PathNotFoundError(LookupError):
    """A path selects nothing in this data. The message says where it ends."""


class IndexPastEndError(PathNotFoundError):
    """A path ends at an index past the end of an array."""


class NotAnArrayError(PathNotFoundError):
    """A path takes an item of a value that is no array."""


class PathNames(NamedTuple):
    """``.name``, ``['name']`` or ``['one','other']``."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return "[" + ",".join(f"'{name}'" for name in self.names) + "]"


class Indexes(NamedTuple):
    """``[0]``, ``[-1]`` or ``[0,2]``."""

    indexes: tuple[int, ...]

    def __str__(self) -> str:
        return "[" + ",".join(map(str, self.indexes)) + "]"


class Slice(NamedTuple):
    """``[1:]``, ``[:2]``, ``[1:5]``, ``[::2]``."""

    bounds: slice
    text: str

    def __str__(self) -> str:
        return f"[{self.text}]"


@dataclass(frozen=True)
class Wildcard:
    """``[*]`` or ``.*``."""

    def __str__(self) -> str:
        return "[*]"


@dataclass(frozen=True)
class Descent:
    """``..``: the node and everything below it."""

    def __str__(self) -> str:
        return ".."


class Filter(NamedTuple):
    """``[?(...)]``."""

    test: Callable[[Any, Any, Budget], bool]  # of an item, in a document

    def __str__(self) -> str:
        return "[?]"


class PathFunction(NamedTuple):
    """``length()`` or another function, at the end of a path."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}()"


_ABSENT = object()

Selector = PathNames | Indexes | Slice | Wildcard | Descent | Filter
PathStep = Selector | PathFunction


@dataclass(frozen=True)
class Path:
    """A parsed path. *root* is ``$``, ``$$`` or ``$name``."""

    text: str
    root: str
    steps: tuple[PathStep, ...]

    @property
    def variable(self) -> str | None:
        """The variable that the path starts at, None for ``$`` and ``$$``."""
        return self.root[1:] if self.root not in ("$", "$$") else None

    @cached_property
    def definite(self) -> bool:
        """Whether the path selects at most one value. Otherwise it returns an array."""
        return all(
            isinstance(step, PathFunction)
            or (isinstance(step, PathNames) and (len(step.names) == 1 or step is self.steps[-1]))
            or (isinstance(step, Indexes) and len(step.indexes) == 1)
            for step in self.steps
        ) or isinstance(self.steps[-1], PathFunction)

    @property
    def is_reference(self) -> bool:
        """Whether it is a Reference Path, with names and single indexes only."""
        return all(
            (isinstance(step, PathNames) and len(step.names) == 1)
            or (isinstance(step, Indexes) and len(step.indexes) == 1)
            for step in self.steps
        )

    def find(self, document: Any, budget: Budget | None = None) -> Any:
        """Return the value that the path selects in *document*, within *budget*.

        An indefinite path returns a list, which may be empty. A definite path returns the value, or
        raises PathNotFoundError. Raises PathBudgetError above the budget.
        """
        found = self._follow(document)
        return self._search(document, budget or Budget()) if found is _ABSENT else found

    @cached_property
    def _keys(self) -> tuple[str | int, ...] | None:
        """The names and indexes of a Reference Path; None for any other path."""
        if not self.is_reference:
            return None
        return tuple(
            step.names[0] if isinstance(step, PathNames) else step.indexes[0]
            for step in self.steps
            if isinstance(step, PathNames | Indexes)
        )

    def _follow(self, node: Any) -> Any:
        """Return the value at a Reference Path, as most paths are; _ABSENT if it isn't there."""
        if self._keys is None:
            return _ABSENT
        for key in self._keys:
            if isinstance(key, str):
                if not isinstance(node, dict) or key not in node:
                    return _ABSENT
            elif not isinstance(node, list) or not -len(node) <= key < len(node):
                return _ABSENT
            node = node[key]
        return node

    def _search(self, document: Any, budget: Budget) -> Any:
        """Take the path step by step. Raises as `find` does."""
        search = _PathSearch(document, budget)
        nodes = [document]
        upstream: list[PathStep] = []
        for position, step in enumerate(self.steps):
            if isinstance(step, PathFunction):
                return FUNCTIONS[step.name](nodes[0] if _definite(upstream) else nodes)
            leaf = position == len(self.steps) - 1
            if self.definite and nodes:
                self._require(step, nodes[0], upstream, leaf=leaf)
            nodes = [found for node in nodes for found in search.select(step, node, leaf=leaf)]
            if self.definite and not nodes:
                kind = (
                    IndexPastEndError if leaf and isinstance(step, Indexes) else PathNotFoundError
                )
                raise kind(f"No results for path: {_text(self.steps)}")
            upstream.append(step)
        return nodes[0] if self.definite else nodes

    def _require(self, step: Selector, node: Any, upstream: list[PathStep], *, leaf: bool) -> None:
        """Raise PathNotFoundError if *step* of a definite path can't be taken at *node*."""
        here = _text(upstream)
        if isinstance(step, PathNames):
            if not isinstance(node, Mapping):
                raise PathNotFoundError(
                    f"Expected to find an object with property {step} in path {here} but found"
                    f" '{_java_class(node)}'. This is not a json object according to the"
                    " JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonProvider'."
                )
            if not leaf and step.names[0] not in node:
                raise PathNotFoundError(f"Missing property in path {here}{step}")
        elif node is None:
            raise PathNotFoundError(f"The path {here} is null")
        elif not isinstance(node, list):
            raise NotAnArrayError(
                f"Filter: {step} can only be applied to arrays. Current context is:"
                f" {java_text(node)}"
            )


def _definite(steps: list[PathStep]) -> bool:
    return Path("", "$", tuple(steps)).definite if steps else True


def _text(steps: list[PathStep] | tuple[PathStep, ...]) -> str:
    return "$" + "".join(map(str, steps))


@dataclass(frozen=True)
class _PathSearch:
    """One evaluation of a path in a document."""

    document: Any
    budget: Budget

    def select(self, step: Selector, node: Any, *, leaf: bool) -> Iterator[Any]:
        """Yield the values that *step* selects at *node*. *leaf* marks the last step."""
        for found in self._candidates(step, node, leaf=leaf):
            self.budget.spend()
            if not isinstance(step, Filter) or step.test(found, self.document, self.budget):
                yield found

    @staticmethod
    def _candidates(step: Selector, node: Any, *, leaf: bool) -> Iterator[Any]:
        match step:
            case PathNames(names):
                members = node if isinstance(node, Mapping) else {}
                present = {name: members[name] for name in names if name in members}
                yield from [present] if len(names) > 1 and leaf else present.values()
            case Indexes(indexes):
                items = _items(node)
                yield from (items[i] for i in indexes if -len(items) <= i < len(items))
            case Slice(bounds):
                yield from _items(node)[bounds]
            case Wildcard():
                yield from node.values() if isinstance(node, Mapping) else _items(node)
            case Descent():
                yield from _descend(node)
            case Filter():
                yield from [node] if isinstance(node, Mapping) else _items(node)
            case _:
                assert_never(step)


def _items(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []


def _descend(node: Any) -> Iterator[Any]:
    """Yield *node* and all nodes below it, parents first, without recursion."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        below = list(node.values()) if isinstance(node, Mapping) else _items(node)
        pending.extend(reversed(below))


def _java_class(node: Any) -> str:
    """Return the name of *node*'s type in messages of Step Functions."""
    if node is None:
        return "null"
    names = {bool: "java.lang.Boolean", int: "java.lang.Integer", float: "java.lang.Double"}
    return names.get(
        type(node), "java.util.ArrayList" if isinstance(node, list) else "java.lang.String"
    )


def _length(value: Any) -> Any:
    return len(value) if isinstance(value, list | Mapping | str) else None


def _numbers(value: Any) -> list[Any]:
    numbers = [
        item
        for item in _items(value)
        if isinstance(item, int | float) and item is not True and item is not False
    ]
    if not numbers:
        raise PathNotFoundError(
            "Aggregation function attempted to calculate value using empty array"
        )
    return numbers


def _deviation(value: Any) -> float:
    numbers = _numbers(value)
    mean = sum(numbers) / len(numbers)
    return float((sum((number - mean) ** 2 for number in numbers) / len(numbers)) ** 0.5)


FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "length": _length,
    "size": _length,
    "min": lambda value: float(min(_numbers(value))),
    "max": lambda value: float(max(_numbers(value))),
    "sum": lambda value: float(sum(_numbers(value))),
    "avg": lambda value: sum(_numbers(value)) / len(_numbers(value)),
    "stddev": _deviation,
    "keys": lambda value: list(value) if isinstance(value, Mapping) else None,
    "first": lambda value: value[0] if _items(value) else None,
    "last": lambda value: value[-1] if _items(value) else None,
}
