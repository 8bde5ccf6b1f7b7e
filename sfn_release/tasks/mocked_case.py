"""Answers tasks from one test case of a MockConfigFile.json."""

from __future__ import annotations

import json
from typing import Any

from sfn_release.simulator import NoAnswer, TaskCall, TaskFailure
from sfn_release.tasks.chain import Answer
from sfn_release.tasks.mock_config import MockedAnswer, MockedTestCase
from sfn_release.text import nearest

_RUNTIME = "States.Runtime"
"""How an execution of Step Functions Local fails that calls a state more often than it's mocked."""


class MockedCase:
    """Answers the tasks of one execution from its test case.

    Like Step Functions Local, it counts the calls of each state in the whole execution: retries,
    loops and all iterations of a Map together. A state that the case doesn't name is left to the
    next source.
    """

    def __init__(self, case: MockedTestCase) -> None:
        self._case = case
        self._calls: dict[str, int] = {}

    def answer_to(self, call: TaskCall) -> Answer | None:
        """Return the mocked answer; None for a state that the case doesn't mock."""
        response = self._case.states.get(call.state)
        return None if response is None else lambda: self._next(call.state, response)

    def reason(self, call: TaskCall) -> str:
        """Return why the case doesn't answer a task that no other source knows either."""
        states = self._case.states
        near = nearest(call.state, states)
        typo = f" Is {_shown(near)} a misspelt {_shown(call.state)}?" if near else ""
        return f"{self._case.place} mocks {', '.join(map(_shown, states)) or 'no state'}.{typo}"

    def _next(self, state: str, response: str) -> Any:
        number = self._calls.get(state, 0)
        self._calls[state] = number + 1
        answers = self._case.responses.get(response)
        if answers is None:
            raise NoAnswer(_RUNTIME, self._no_answer(state, response, "which doesn't exist."))
        for answer in answers:
            if answer.first <= number <= answer.last:
                return _give(answer)
        missing = f'which has no answer to call {number} of the state. Add "{number}".'
        raise NoAnswer(_RUNTIME, self._no_answer(state, response, missing))

    def _no_answer(self, state: str, response: str, problem: str) -> str:
        return (
            f"{self._case.place} mocks the state {_shown(state)} with"
            f" MockedResponses.{_shown(response)}, {problem}"
        )


def _shown(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _give(answer: MockedAnswer) -> Any:
    if answer.fails:
        raise TaskFailure(answer.error, answer.cause)
    return answer.result
