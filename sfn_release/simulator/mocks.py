r"""Answers Task states from a mock file or from Python callables.

A mock file is one JSON object beside the workflow: ``workflows/<module>.mocks.json``. Its keys are
state names or Resource ARNs, and a state's name wins. Its values are the tasks' answers::

    {
      "Charge": [
        {"error": "Lambda.TooManyRequestsException", "cause": "Rate exceeded"},
        {"payload": {"charged": true}}
      ],
      "Reserve": {"return": {"reserved": 3}, "seconds": 12},
      "arn:aws:states:::sns:publish": {"return": {"MessageId": "1"}}
    }

An answer is an object with exactly one of

``return``
    the result, exactly as the service returns it;
``payload``
    the Lambda function's result. For ``arn:aws:states:::lambda:invoke`` it goes into that
    integration's envelope (``{"ExecutedVersion", "Payload", "StatusCode"}``); for any other
    resource it is the result itself;
``error``
    the name of the error that the task fails with (null for a callback that names none), and
    optionally its ``cause``;
``timeout``
    true: the task never ends, and runs into its TimeoutSeconds. ``"heartbeat"``: its worker is
    silent, and it runs into its HeartbeatSeconds. A task without them ends with its execution;

and optionally ``seconds``, the time that the task takes. A task that exceeds the state's
TimeoutSeconds or HeartbeatSeconds fails with States.Timeout. A list has the answers of successive
calls, and repeats its last one. Each iteration of a Map counts its own calls, including retries. If
you want to count the calls of all iterations together, as Step Functions Local does, put the list
into an object::

      "Charge": {"per": "execution", "answers": [{"payload": 1}, {"payload": 2}]}

A ``.sync`` or ``.waitForTaskToken`` task is first submitted. ``submitted`` is the service's answer
to that, beside the answer of the finished task. A ``.waitForTaskToken`` task that has nothing else
waits until you send the end yourself, with SendTaskSuccess or SendTaskFailure::

      "Approve": {"submitted": {"MessageId": "1"}}

For a Map with an ItemReader, use the Map's name: ``return`` is the list of items, or S3's answer,
``{"Body": "id\n1\n2"}`` from GetObject or ``{"Contents": [...]}`` from ListObjectsV2.

In Python you can also answer with a callable, alone or in a list. It takes the payload and returns
the result. A TaskFailure, or any other exception, fails the task as it would fail a Lambda
function. An AssertionError is the test's own, and leaves the simulator. `ByCall` is for a callable
that needs more than the payload.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sfn_release.asl.integrations import CALLBACK, WAITS
from sfn_release.asl.partitions import known_arn
from sfn_release.canonical import loads
from sfn_release.errors import ConfigError, DefinitionError
from sfn_release.simulator.mock_answers import (
    KINDS,
    SUBMITTED,
    TIMEOUTS,
    AnswerSequence,
    ByCall,
    MockAnswer,
    read_answers,
)
from sfn_release.simulator.task_protocol import (
    FunctionResult,
    Later,
    NoAnswer,
    TaskCall,
    TaskFailure,
    TaskResult,
)

LAMBDA_INVOKE = ":states:::lambda:invoke"
_SUBMITS = tuple(filter(None, WAITS))


class Mocks:
    """Answers tasks from *answers*: ``{state name or Resource ARN: answer}``.

    Raises ConfigError for an answer of another shape. *file* is the name for messages. The counts
    of calls belong to one execution: use `fresh` to start the next one.
    """

    def __init__(self, answers: Mapping[str, MockAnswer] | None = None, *, file: str = "") -> None:
        self.file = file
        self._answers = {
            known_arn(key): read_answers(key, answer, file)
            for key, answer in (answers or {}).items()
        }
        self._calls: dict[object, int] = {}

    def fresh(self) -> Mocks:
        """Return the same mocks, with no calls yet."""
        other = Mocks(file=self.file)
        other._answers = self._answers
        return other

    def run(self, call: TaskCall) -> Any:
        """Answer *call* with its mock. Raises TaskFailure, or NoAnswer if there is no mock."""
        answer = self.answer_to(call)
        if answer is None:
            raise NoAnswer("SfnRelease.NoMock", self.how_to_add(call))
        return answer()

    def answer_to(self, call: TaskCall) -> Callable[[], Any] | None:
        """Return the answer to *call*, not yet given; None if there is no mock."""
        key = call.state if call.state in self._answers else known_arn(call.resource)
        answer = self._answers.get(key)
        return None if answer is None else lambda: self._give(answer, call)

    def _give(self, answers: AnswerSequence, call: TaskCall) -> Any:
        counted = call.state, () if answers.per_execution else call.iteration
        count = self._calls.get(counted, 0)
        self._calls[counted] = count + 1
        chosen = answers.answers[min(count, len(answers.answers) - 1)]
        if isinstance(chosen, ByCall):
            return chosen.give(call)
        return self._written(chosen, call) if isinstance(chosen, Mapping) else _ask(chosen, call)

    def _written(self, chosen: Mapping[str, Any], call: TaskCall) -> Any:
        """Give an answer as mock files write it."""
        seconds, submitted = chosen.get("seconds", 0), chosen.get(SUBMITTED)
        if SUBMITTED in chosen:
            self._refuse_unsubmitted(call, chosen)
        if chosen.keys().isdisjoint(KINDS):
            return Later(submitted=submitted)
        if "timeout" in chosen:
            return Later(submitted=submitted, timeout=TIMEOUTS[chosen["timeout"]])
        if "error" in chosen:
            raise TaskFailure(
                chosen["error"], chosen.get("cause"), seconds=seconds, submitted=submitted
            )
        if "return" in chosen:
            return TaskResult(chosen["return"], seconds, submitted)
        payload = chosen["payload"]
        if not call.resource.endswith(LAMBDA_INVOKE):
            return TaskResult(payload, seconds, submitted)
        return FunctionResult(envelope(payload), seconds, submitted)

    def _refuse_unsubmitted(self, call: TaskCall, answer: Mapping[str, Any]) -> None:
        """Raise NoAnswer if the task isn't submitted, or if you couldn't send its end."""
        ends = not answer.keys().isdisjoint(KINDS)
        if call.resource.endswith(_SUBMITS if ends else CALLBACK):
            return
        known = "a .sync or .waitForTaskToken task" if ends else "a .waitForTaskToken task"
        raise NoAnswer(
            "SfnRelease.BadMock",
            f'The mock of the task {json.dumps(call.state, ensure_ascii=False)} has "submitted"'
            f"{'' if ends else ' alone'}, which is for {known}. Its Resource is {call.resource}.",
        )

    def unused(self, names: Iterable[str]) -> list[str]:
        """Return the keys that aren't in *names*, the names that `task_names` yields."""
        known = set(map(known_arn, names))
        return [key for key in self._answers if key not in known]

    def how_to_add(self, call: TaskCall, reasons: Iterable[str] = ()) -> str:
        """Return the cause for a task that nothing answers: the state, its resource, the mock.

        *reasons* are sentences on why it has no other answer; empty ones are left out.
        """
        kind = "payload" if ":lambda:" in call.resource else "return"
        shape: Any = [{"id": 1}, {"id": 2}] if call.reads_items else {}
        snippet = json.dumps({call.state: {kind: shape}}, ensure_ascii=False)
        place = self.file or "the workflow's mock file (workflows/<module>.mocks.json)"
        known = ", ".join(json.dumps(key, ensure_ascii=False) for key in self._answers)
        name = json.dumps(call.state, ensure_ascii=False)
        asks = f"ItemReader of the Map {name}" if call.reads_items else f"task {name}"
        problem = " ".join([f"The {asks} ({call.resource}) has no mock.", *filter(None, reasons)])
        return f"{problem} Add one to {place}: {snippet}" + (
            f" (mocks exist for {known})" if known else ""
        )


def load_mocks(text: str | bytes, *, file: str = "") -> Mocks:
    """Parse a mock file's *text*. Raises ConfigError, which names *file*, the key and the fault."""
    name = file or "the mock file"
    try:
        answers = loads(text)
    except DefinitionError as error:
        raise ConfigError(f"{name}: {error.message}") from error
    if not isinstance(answers, dict):
        raise ConfigError(
            f"{name}: a mock file must be one JSON object.",
            fix='For example: {"Charge": {"return": {"charged": true}}}',
        )
    return Mocks(answers, file=file)


def _ask(answer: Callable[[Any], Any], call: TaskCall) -> Any:
    """Return the result of a callable for a copy of the payload of *call*.

    Raises TaskFailure for an exception, as a Lambda function fails.
    """
    try:
        return answer(json.loads(json.dumps(call.payload)))
    except (TaskFailure, NoAnswer, AssertionError):
        raise
    except Exception as error:  # a Lambda function can raise anything
        cause = {"errorMessage": str(error), "errorType": type(error).__name__}
        raise TaskFailure(type(error).__name__, json.dumps(cause)) from error


def envelope(payload: Any) -> dict[str, Any]:
    """Return a Lambda function's *payload* as ``lambda:invoke`` returns it."""
    return {"ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200}


def task_names(definition: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that a mock of a definition can have: its Task states and Resources."""
    for names in mocked_tasks(definition):
        yield from names


def mocked_tasks(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the state's name and the Resource of each task that a mock can answer."""
    scopes: list[Any] = [definition]
    while scopes:
        scope = scopes.pop()
        states = scope.get("States") if isinstance(scope, Mapping) else None
        for name, state in states.items() if isinstance(states, Mapping) else ():
            if not isinstance(state, Mapping):
                continue
            for holder in (state, state.get("ItemReader"), state.get("ResultWriter")):
                if isinstance(holder, Mapping) and isinstance(holder.get("Resource"), str):
                    yield name, holder["Resource"]
            scopes += [state.get("ItemProcessor"), state.get("Iterator")]
            scopes += branches if isinstance(branches := state.get("Branches"), list) else []
