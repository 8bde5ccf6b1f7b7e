"""Reads MockConfigFile.json, the mock file of Step Functions Local.

    {
      "StateMachines": {"Orders": {"TestCases": {"HappyPath": {"Charge": "Charged"}}}},
      "MockedResponses": {
        "Charged": {
          "0": {"Throw": {"Error": "Lambda.TooManyRequestsException", "Cause": "Slow down"}},
          "1-2": {"Return": {"StatusCode": 200, "Payload": {"charged": true}}}
        }
      }
    }

A test case names a mocked response for each state. The response has an answer for each call of the
state in one execution, counted from 0; ``1-2`` answers two calls. Source: "Configuration file for
mocked service integrations in Step Functions" in AWS's developer guide.

Step Functions Local looks a response up when the state runs. So a test case may name a response
that doesn't exist as long as no execution needs it, and a response may have no answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_release.canonical import loads, member
from sfn_release.errors import ConfigError, DefinitionError
from sfn_release.text import did_you_mean

_MACHINES, _RESPONSES, _CASES = "StateMachines", "MockedResponses", "TestCases"
_CALLS = re.compile(r"(0|[1-9]\d{0,8})(?:-(0|[1-9]\d{0,8}))?")
_EXAMPLE = '{"0": {"Return": {"StatusCode": 200}}, "1-2": {"Throw": {"Error": "E", "Cause": "c"}}}'


@dataclass(frozen=True)
class MockedAnswer:
    """The answer to the calls from *first* to *last*: a result, or with *error* a failure."""

    first: int
    last: int
    result: Any = None
    error: str | None = None
    cause: str | None = None
    fails: bool = False


@dataclass(frozen=True)
class MockedTestCase:
    """A test case of a state machine: the name of a response for each state, and all responses.

    *file* is the file's name for messages.
    """

    name: str
    states: Mapping[str, str]
    responses: Mapping[str, tuple[MockedAnswer, ...]]
    file: str = ""

    @property
    def place(self) -> str:
        """The file and the case, for messages."""
        name = json.dumps(self.name, ensure_ascii=False)
        return f"{self.file or 'The mock configuration'}: the test case {name}"

    def unknown_states(self, tasks: Iterable[str]) -> list[str]:
        """Return a line for each state of the case that isn't among the names of *tasks*."""
        known = set(tasks)
        return [
            f"{self.place} mocks {json.dumps(state, ensure_ascii=False)}, which is no task of the"
            f" workflow. {did_you_mean(state, known)}".rstrip()
            for state in self.states
            if state not in known
        ]


@dataclass(frozen=True)
class MockConfig:
    """A MockConfigFile.json. *file* is its name for messages.

    *machines* maps a state machine's name to its test cases, a test case to its states, and a state
    to the name of a response. *responses* have their answers in order.
    """

    file: str = ""
    machines: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    responses: Mapping[str, tuple[MockedAnswer, ...]] = field(default_factory=dict)

    def case(self, machine: str, name: str) -> MockedTestCase:
        """Return a test case of a state machine. Raises ConfigError for an unknown one."""
        place = self.file or "the mock configuration"
        if machine not in self.machines:
            raise ConfigError(
                f"{place} has no test cases for the state machine {machine!r}.",
                why=f"It has test cases for: {', '.join(self.machines) or 'none'}.",
                fix=did_you_mean(machine, self.machines),
            )
        cases = self.machines[machine]
        if name not in cases:
            raise ConfigError(
                f"{place}: the state machine {machine!r} has no test case {name!r}.",
                why=f"Its test cases: {', '.join(cases) or 'none'}.",
                fix=did_you_mean(name, cases),
            )
        return MockedTestCase(name, cases[name], self.responses, self.file)


def load_mock_config(text: str | bytes, *, file: str = "") -> MockConfig:
    """Parse a MockConfigFile.json. Raises ConfigError, which names *file*, the place and a fix."""
    reader = _Reader(file or "the mock configuration")
    try:
        document = loads(text)
    except DefinitionError as error:
        raise ConfigError(f"{reader.file}: {error.message}") from error
    table = reader.object(document, "$")
    reader.only(table, "$", _MACHINES, _RESPONSES)
    machines = reader.object(table.get(_MACHINES, {}), f"$.{_MACHINES}")
    responses = reader.object(table.get(_RESPONSES, {}), f"$.{_RESPONSES}")
    return MockConfig(
        file,
        {
            name: dict(reader.cases(machine, member(f"$.{_MACHINES}", name)))
            for name, machine in machines.items()
        },
        {
            name: reader.answers(response, member(f"$.{_RESPONSES}", name))
            for name, response in responses.items()
        },
    )


@dataclass(frozen=True)
class _Reader:
    """Reads the parts of a document, and refuses what they can't be."""

    file: str

    def fail(self, place: str, problem: str, fix: str = "") -> ConfigError:
        return ConfigError(f"{self.file}: {place}: {problem}", fix=fix)

    def object(self, value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            shown = json.dumps(value, ensure_ascii=False)
            raise self.fail(place, f"expected an object, got {shown}.")
        return value

    def only(self, table: Mapping[str, Any], place: str, *keys: str) -> None:
        for key in table:
            if key not in keys:
                raise self.fail(
                    place,
                    f"unknown key {json.dumps(key, ensure_ascii=False)}.",
                    did_you_mean(key, keys) or f"Known here: {', '.join(keys)}.",
                )

    def text(self, value: Any, place: str) -> str:
        if not isinstance(value, str):
            raise self.fail(place, f"expected a string, got {json.dumps(value)}.")
        return value

    def cases(self, value: Any, place: str) -> Iterator[tuple[str, dict[str, str]]]:
        machine = self.object(value, place)
        self.only(machine, place, _CASES)
        inside = f"{place}.{_CASES}"
        for name, case in self.object(machine.get(_CASES, {}), inside).items():
            at = member(inside, name)
            yield (
                name,
                {
                    state: self.text(response, member(at, state))
                    for state, response in self.object(case, at).items()
                },
            )

    def answers(self, value: Any, place: str) -> tuple[MockedAnswer, ...]:
        found: list[MockedAnswer] = []
        for calls, given in self.object(value, place).items():
            at = member(place, calls)
            first, last = self._calls(calls, at)
            for other in found:
                if first <= other.last and other.first <= last:
                    raise self.fail(at, f"call {max(first, other.first)} has two answers.")
            found.append(self._answer(first, last, given, at))
        return tuple(sorted(found, key=lambda answer: answer.first))

    def _calls(self, text: str, place: str) -> tuple[int, int]:
        match = _CALLS.fullmatch(text)
        if match is None:
            problem = "the key must be the number of a call, or a range such as 1-3."
            raise self.fail(place, problem, f"For example: {_EXAMPLE}")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise self.fail(place, f"the range {text} ends before it begins.", f"{last}-{first}")
        return first, last

    def _answer(self, first: int, last: int, value: Any, place: str) -> MockedAnswer:
        given = self.object(value, place)
        self.only(given, place, "Return", "Throw")
        if len(given) != 1:
            raise self.fail(place, 'expected either "Return" or "Throw".', f"Example: {_EXAMPLE}")
        if "Return" in given:
            return MockedAnswer(first, last, given["Return"])
        thrown = self.object(given["Throw"], f"{place}.Throw")
        self.only(thrown, f"{place}.Throw", "Error", "Cause")
        texts = {
            key: self.text(text, f"{place}.Throw.{key}")
            for key, text in thrown.items()
            if text is not None
        }
        return MockedAnswer(
            first, last, error=texts.get("Error"), cause=texts.get("Cause"), fails=True
        )
