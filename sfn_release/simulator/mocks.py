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

In Python you can also answer with a callable. It takes the payload and returns the result. A
TaskFailure, or any other exception, fails the task as it would fail a Lambda function.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.integrations import CALLBACK, WAITS
from sfn_release.asl.partitions import known_arn
from sfn_release.canonical import loads
from sfn_release.errors import ConfigError, DefinitionError
from sfn_release.simulator.task_protocol import (
    Later,
    NoAnswer,
    TaskCall,
    TaskFailure,
    TaskResult,
)
from sfn_release.text import did_you_mean

MockAnswer = Mapping[str, Any] | Sequence[Mapping[str, Any]] | Callable[[Any], Any]

_KINDS = ("return", "payload", "error")
_SUBMITTED = "submitted"
_KEYS = (*_KINDS, "cause", "seconds", _SUBMITTED)
_PER = ("iteration", "execution")
_LAMBDA_INVOKE = ":states:::lambda:invoke"
_SUBMITS = tuple(filter(None, WAITS))


@dataclass(frozen=True)
class _Sequence:
    """The answers of successive calls, counted per iteration or per execution."""

    answers: list[Mapping[str, Any]]
    per_execution: bool = False


class Mocks:
    """Answers tasks from *answers*: ``{state name or Resource ARN: answer}``.

    Raises ConfigError for an answer of another shape. *file* is the name for messages. The counts
    of calls belong to one execution: use `fresh` to start the next one.
    """

    def __init__(self, answers: Mapping[str, MockAnswer] | None = None, *, file: str = "") -> None:
        self.file = file
        self._answers: dict[str, Callable[[Any], Any] | _Sequence] = {}
        for key, answer in (answers or {}).items():
            made = answer if callable(answer) else _sequence(key, answer, file)
            self._answers[known_arn(key)] = made
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

    def _give(self, answer: Callable[[Any], Any] | _Sequence, call: TaskCall) -> Any:
        if not isinstance(answer, _Sequence):
            return _ask(answer, call.payload)
        counted = call.state, () if answer.per_execution else call.iteration
        count = self._calls.get(counted, 0)
        self._calls[counted] = count + 1
        chosen = answer.answers[min(count, len(answer.answers) - 1)]
        seconds, submitted = chosen.get("seconds", 0), chosen.get(_SUBMITTED)
        if _SUBMITTED in chosen:
            self._refuse_unsubmitted(call, chosen)
        if chosen.keys().isdisjoint(_KINDS):
            return Later(submitted=submitted)
        if "error" in chosen:
            raise TaskFailure(
                chosen["error"], chosen.get("cause"), seconds=seconds, submitted=submitted
            )
        result = chosen["return"] if "return" in chosen else chosen["payload"]
        if "payload" in chosen and call.resource.endswith(_LAMBDA_INVOKE):
            result = {"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": 200}
        return TaskResult(result, seconds, submitted)

    def _refuse_unsubmitted(self, call: TaskCall, answer: Mapping[str, Any]) -> None:
        """Raise NoAnswer if the task isn't submitted, or if you couldn't send its end."""
        ends = not answer.keys().isdisjoint(_KINDS)
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


def _ask(answer: Callable[[Any], Any], payload: Any) -> Any:
    try:
        return answer(json.loads(json.dumps(payload)))  # a copy, which the callable may change
    except (TaskFailure, NoAnswer):
        raise
    except Exception as error:  # a Lambda function can raise anything
        cause = {"errorMessage": str(error), "errorType": type(error).__name__}
        raise TaskFailure(type(error).__name__, json.dumps(cause)) from error


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


def _sequence(key: str, answer: Any, file: str) -> _Sequence:
    """Check one key's *answer* and return it as a sequence."""
    where = f"{file or 'mocks'}: {json.dumps(key, ensure_ascii=False)}"
    per = _PER[0]
    if isinstance(answer, Mapping) and not {"answers", "per"}.isdisjoint(answer):
        per = answer.get("per", per)
        others = ", ".join(json.dumps(key) for key in answer if key not in ("per", "answers"))
        if others or "answers" not in answer:
            raise ConfigError(
                f'{where}: write "per" and "answers" together, without other keys.',
                why=f"Found {others}." if others else "",
                fix='Write {"per": "execution", "answers": [...]}.',
            )
        if per not in _PER:
            raise ConfigError(f'{where}: "per" must be "iteration" or "execution".')
        answer = answer["answers"]
        if not isinstance(answer, list | tuple):
            raise ConfigError(f'{where}: "answers" must be a list.')
    answers = list(answer) if isinstance(answer, list | tuple) else [answer]
    if not answers:
        raise ConfigError(f"{where}: an empty list has no answer.")
    for index, single in enumerate(answers):
        listed = isinstance(answer, list | tuple)
        at = f"{where}[{index}]" if listed else where
        if not isinstance(single, Mapping):
            raise ConfigError(
                f"{at}: an answer must be an object, not {json.dumps(single, default=repr)}.",
                why="A list has the answers of successive calls." if listed else "",
                fix='If the list is the result, write {"return": [...]}.'
                if listed
                else 'Wrap the result: {"return": ...}.',
            )
        _check(single, at)
    return _Sequence(answers, per == "execution")


def _check(answer: Mapping[str, Any], at: str) -> None:
    for name in answer:
        if name not in _KEYS:
            raise ConfigError(
                f"{at}: unknown key {json.dumps(name, ensure_ascii=False)}.",
                fix=did_you_mean(name, _KEYS) or f"Known here: {', '.join(_KEYS)}.",
            )
    kinds = [kind for kind in _KINDS if kind in answer]
    if len(kinds) > 1 or not (kinds or _SUBMITTED in answer):
        raise ConfigError(
            f'{at}: an answer needs exactly one of "return", "payload" and "error".',
            why='"submitted" can be alone for a callback task, which waits until you send its end.',
        )
    if "seconds" in answer and not kinds:
        raise ConfigError(f'{at}: "seconds" needs "return", "payload" or "error" beside it.')
    if "cause" in answer and "error" not in answer:
        raise ConfigError(f'{at}: "cause" needs "error" beside it.')
    for name in ("error", "cause"):
        if name in answer and not isinstance(answer[name], str | None):
            raise ConfigError(f'{at}: "{name}" must be a string.')
    seconds = answer.get("seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise ConfigError(f'{at}: "seconds" must be a number, 0 or more.')
