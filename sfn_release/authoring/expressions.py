"""Values that are known only when a workflow runs, in JSONPath states: paths and intrinsics.

    path("$.order.id")            a value in the state's input
    path("$total")                a variable
    Context.Execution.Id          a value of the context object, in either query language
    fn.format("Order {}", ...)    the result of an intrinsic function (see `fn`)

In an object, such a value is written under a key that ends in ``.$``: the key ``id`` becomes
``id.$``. A plain string is always text, even if it starts with ``$``. For JSONata, see
`jsonata_values`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias

from sfn_release.authoring.jsonata_values import Jsonata, member_text
from sfn_release.errors import DefinitionError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path in a JSONPath state, made by `path`.

    Brackets extend it: ``path("$.order")["lines"][0]`` is ``$.order.lines[0]``.
    """

    text: str

    def __getitem__(self, key: str | int) -> JsonPath:
        return JsonPath(self.text + _step(key))

    def __iter__(self) -> NoReturn:  # brackets alone would make it an endless sequence
        raise TypeError("a path is read when the workflow runs: you can't iterate over it")

    def __format__(self, _: str) -> NoReturn:  # it would write the path instead of the value
        raise _in_f_string("A path", self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A call of an intrinsic function in a JSONPath state, made by the functions of `fn`."""

    text: str

    def __format__(self, _: str) -> NoReturn:
        raise _in_f_string("A call", self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Portable:
    """A value that exists in both query languages. It is written in the language of its state."""

    jsonpath: str
    jsonata: str

    def __getitem__(self, key: str | int) -> Portable:
        return Portable(self.jsonpath + _step(key), self.jsonata + member_text(key))

    def __iter__(self) -> NoReturn:  # brackets alone would make it an endless sequence
        raise TypeError("a context value is read when the workflow runs: you can't iterate over it")

    def __format__(self, _: str) -> NoReturn:
        raise _in_f_string("A value of the context object", self.jsonpath)


@dataclass(frozen=True, slots=True)
class PortableData(Portable):
    """A value of the context object that holds any JSON: ``Context.Execution.Input.order.id``.

    Attributes and brackets go into objects. Use brackets for a member called ``jsonpath`` or
    ``jsonata``, and for a member that starts with an underscore.
    """

    def __getitem__(self, key: str | int) -> PortableData:
        return PortableData(self.jsonpath + _step(key), self.jsonata + member_text(key))

    def __getattr__(self, name: str) -> PortableData:
        if name.startswith("_"):  # Python itself looks up many such names
            raise AttributeError(name)
        return self[name]


Dynamic: TypeAlias = JsonPath | Intrinsic | Portable | Jsonata
"""A value that is known only when the workflow runs."""


class Inputs(dict[str, object]):
    """The input of a service: Parameters in JSONPath, Arguments in JSONata.

    A Task doesn't know the language of its workflow before it is written.
    """


def path(text: str) -> JsonPath:
    """Return the value at a path: ``$`` is the input, ``$$`` the context object, ``$x`` a variable.

    Raises DefinitionError for text that isn't a path.

    >>> path("$.order")["lines"][0].text
    '$.order.lines[0]'
    """
    given: Any = text
    if not isinstance(given, str) or not given.startswith("$"):
        raise DefinitionError(
            f"{text!r} is not a path: a path starts with $.",
            fix="Write text without path(...), a call as fn.format(...), and JSONata as q(...).",
        )
    return JsonPath(text)


def _in_f_string(kind: str, text: str) -> DefinitionError:
    return DefinitionError(
        f"{kind} can't be used in an f-string: {text} is read when the workflow runs.",
        fix='Write fn.format("... {}", value), or in JSONata q("...") with & between the texts.',
    )


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    if _NAME.fullmatch(key):
        return f".{key}"
    if "\\" in key:
        raise DefinitionError(
            f"{key!r} can't be quoted in a path: implementations differ on backslashes.",
            fix="Write the whole path yourself, and try it on AWS.",
        )
    quoted = key.replace("'", "\\'")
    return f"['{quoted}']"


def _context(name: str) -> Portable:
    return Portable(f"$$.{name}", f"$states.context.{name}")


def _data(name: str) -> PortableData:
    return PortableData(f"$$.{name}", f"$states.context.{name}")


class _ContextExecution:
    """The execution that is running."""

    Id: Final = _context("Execution.Id")
    Input: Final = _data("Execution.Input")
    Name: Final = _context("Execution.Name")
    RedriveCount: Final = _context("Execution.RedriveCount")
    RedriveTime: Final = _context("Execution.RedriveTime")
    RoleArn: Final = _context("Execution.RoleArn")
    StartTime: Final = _context("Execution.StartTime")


class _ContextState:
    """The state that is running."""

    EnteredTime: Final = _context("State.EnteredTime")
    Name: Final = _context("State.Name")
    RetryCount: Final = _context("State.RetryCount")


class _ContextStateMachine:
    """The state machine that is running."""

    Id: Final = _context("StateMachine.Id")
    Name: Final = _context("StateMachine.Name")


class _ContextTask:
    """The task that is running, if it waits for a callback."""

    Token: Final = _context("Task.Token")


class _ContextItem:
    """The item that a Map is processing."""

    Index: Final = _context("Map.Item.Index")
    Key: Final = _context("Map.Item.Key")
    Source: Final = _context("Map.Item.Source")
    Value: Final = _data("Map.Item.Value")


class _ContextMap:
    """The Map around the state."""

    Item: Final = _ContextItem


class Context:
    """The context object: information about the execution, spelled as Step Functions spells it.

    >>> Context.Execution.Id
    Portable(jsonpath='$$.Execution.Id', jsonata='$states.context.Execution.Id')
    """

    Execution: Final = _ContextExecution
    Map: Final = _ContextMap
    State: Final = _ContextState
    StateMachine: Final = _ContextStateMachine
    Task: Final = _ContextTask


ENTIRE_INPUT: Final = Portable("$", "$states.input")
"""The state's whole input."""
