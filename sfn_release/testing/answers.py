"""The answers of tasks in a test, and their conversion to mocks.

    mocks={
        "Charge": [Error("Lambda.TooManyRequestsException"), Payload(status="PAID")],
        "Reserve Item": lambda arguments: {"Attributes": arguments["Key"]},
        "arn:aws:states:::sns:publish": {"MessageId": "1"},
    }

The keys are the names of states, or Resource ARNs; a state's name wins. The answers are

- a `Result`, a `Payload`, an `Error` or a `Timeout`;
- a JSON value: the result itself;
- a list: the answers of successive calls, of which the last one repeats;
- a callable of the task's arguments, and, if it needs two, of the `Call`; it returns any of these
  but lists, or raises TaskFailure. Another exception is a fault of the test: it leaves `simulate`;
- an object as in a mock file, ``{"return": ...}``: see `sfn_release.simulator.mocks`.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sfn_release.asl.integrations import CALLBACK, is_activity, is_function, service_call
from sfn_release.asl.intrinsic_functions import compact
from sfn_release.errors import UsageError
from sfn_release.simulator import Later, Mocks, NoAnswer, TaskCall, TaskFailure, TaskResult
from sfn_release.simulator.mock_answers import KINDS, ByCall, takes
from sfn_release.simulator.mocks import LAMBDA_INVOKE, envelope
from sfn_release.simulator.task_protocol import FunctionResult
from sfn_release.testing.run import Call
from sfn_release.text import shorten


@dataclass(frozen=True)
class Result:
    """A task succeeds with *value*, exactly as the service returns it, after *seconds*.

    *submitted* is the service's answer to the submission of a ``.sync`` or ``.waitForTaskToken``
    task; *value* is then the end of the job, or what the token's holder sent.
    """

    value: Any = None
    seconds: float = 0
    submitted: Any = None

    def __post_init__(self) -> None:
        _refuse_seconds("Result", self.seconds)


@dataclass(frozen=True, init=False)
class Payload:
    """A Lambda function returns an object with these members, or one positional *value*.

    >>> Payload(status="PAID").value
    {'status': 'PAID'}

    It's right for every Resource that calls a function: ``lambda:invoke`` puts it into its
    envelope, and a function's ARN doesn't. For any other task it's an error.
    """

    value: Any

    def __init__(self, *value: Any, **members: Any) -> None:
        if value and (len(value) > 1 or members):
            raise UsageError(
                "A Payload is one value, or an object's members.",
                fix='Write Payload([1, 2]) or Payload(status="PAID").',
            )
        object.__setattr__(self, "value", value[0] if value else members)


@dataclass(frozen=True)
class Error:
    """A task fails with the error *name* and a *cause*, after *seconds*.

    An error of AWS always has a cause. With None it has none, as SendTaskFailure allows.

    *submitted* is the service's answer to the submission of a ``.sync`` or ``.waitForTaskToken``
    task. With *at_submission*, the service refuses the submission itself.
    """

    name: str
    cause: str | None = "A mocked error."
    seconds: float = 0
    submitted: Any = None
    at_submission: bool = False

    def __post_init__(self) -> None:
        for member, value in (("name", self.name), ("cause", self.cause)):
            if not isinstance(value, str | None):
                raise UsageError(f"The {member} of an Error must be a text, not {_shown(value)}.")
        _refuse_seconds("Error", self.seconds)


@dataclass(frozen=True)
class Timeout:
    """A task never ends, and runs into its TimeoutSeconds: States.Timeout.

    With *heartbeat*, its worker sends no heartbeats, and the task runs into its HeartbeatSeconds:
    States.HeartbeatTimeout. As on AWS, a task without a timeout lasts as long as its execution.
    *submitted* is the service's answer to the submission, as in `Result`.
    """

    heartbeat: bool = False
    submitted: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.heartbeat, bool):
            raise UsageError(f"heartbeat must be True or False, not {_shown(self.heartbeat)}.")


def _refuse_seconds(answer: str, seconds: Any) -> None:
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not 0 <= seconds < math.inf:
        raise UsageError(
            f"The seconds of {answer} must be a number, 0 or more, not {_shown(seconds)}."
        )


def _shown(value: Any) -> str:
    return shorten(repr(value))


_TYPES = (Result, Payload, Error, Timeout)
_WRITTEN = {*KINDS, "cause", "seconds", "submitted"}


def answers_of(mocks: Mapping[str, Any] | Mocks | None = None, *, file: str = "") -> Mocks:
    """Return *mocks* as the simulator takes them. *file* is their place for messages.

    Raises UsageError and ConfigError for an answer that can't be one.
    """
    if isinstance(mocks, Mocks):
        return mocks
    if mocks is not None and not isinstance(mocks, Mapping):
        raise UsageError(
            f"mocks must be a dictionary, not {type(mocks).__name__}.",
            fix='For example: mocks={"Charge": Payload(status="PAID")}',
        )
    answers = {key: _converted(key, answer) for key, answer in (mocks or {}).items()}
    return Mocks(answers, file=file)


def _converted(key: str, answer: Any) -> Any:
    if not isinstance(key, str):
        raise UsageError(f"The mock {key!r} has no name.", fix="Use a state's name or a Resource.")
    if isinstance(answer, list | tuple):
        return [_single(key, single) for single in answer]
    counted = isinstance(answer, Mapping) and answer.keys() == {"per", "answers"}
    if counted and isinstance(answer["answers"], list | tuple):
        return {**answer, "answers": [_single(key, single) for single in answer["answers"]]}
    return _single(key, answer)


def _single(key: str, answer: Any) -> Any:
    """Return one answer in a form that `Mocks` takes."""
    _refuse_slips(key, answer)
    if isinstance(answer, _TYPES):
        return ByCall(partial(_give, answer))
    if isinstance(answer, ByCall):
        return answer
    if callable(answer):
        return ByCall(partial(ask_function, answer, _takes_call(key, answer)))
    return answer if _is_written(answer) else {"return": answer}


def _refuse_slips(key: str, answer: Any) -> None:
    """Raise UsageError for a class or an exception, which were meant otherwise."""
    if isinstance(answer, type) and answer in _TYPES:
        raise UsageError(f"The mock of {key!r} is a class.", fix=f"Write {answer.__name__}(...).")
    exception = answer if isinstance(answer, type) else type(answer)
    if issubclass(exception, BaseException):
        raise UsageError(
            f"The mock of {key!r} is a Python exception.",
            why="A task fails with an error's name.",
            fix=f'Write Error("{exception.__name__}").',
        )


def _is_written(answer: Any) -> bool:
    """Return whether an object is an answer as a mock file has it, and not a result."""
    if not isinstance(answer, Mapping) or not answer:
        return False
    return "return" in answer or (
        answer.keys() <= _WRITTEN and bool({*answer} - {"seconds", "cause"})
    )


def _takes_call(key: str, answer: Callable[..., Any]) -> bool:
    """Return whether a callable needs the `Call` too. Raises UsageError if it can't be called."""
    if takes(answer, 1):
        return False
    if takes(answer, 2):
        return True
    name = getattr(answer, "__name__", "") or type(answer).__name__
    raise UsageError(
        f"The mock of {key!r} can't be called.",
        why=f"A mock takes the task's arguments, or the arguments and the Call; it is"
        f" {name}{inspect.signature(answer)}.",
        fix="Write  lambda arguments: ...  or  lambda arguments, call: ...",
    )


def ask_function(answer: Callable[..., Any], takes_call: bool, call: TaskCall) -> Any:
    """Return the answer of a test's function to *call*; raises its exceptions as they are."""
    seen = Call(call.state, call.resource, call.payload, call.attempt, call.iteration)
    arguments = json.loads(json.dumps(call.payload))  # a copy: the function may change it
    result = answer(arguments, *([seen] if takes_call else []))
    return _give(result, call) if isinstance(result, _TYPES) else result


def _give(answer: Result | Payload | Error | Timeout, call: TaskCall) -> Any:
    """Answer *call*. Raises TaskFailure, and NoAnswer for an answer that the task can't have."""
    match answer:
        case Result():
            return TaskResult(answer.value, answer.seconds, answer.submitted)
        case Payload():
            return _payload(answer.value, call)
        case Error():
            raise TaskFailure(
                answer.name,
                answer.cause,
                seconds=answer.seconds,
                submitted=answer.submitted,
                at_submission=answer.at_submission,
            )
        case Timeout():
            if answer.heartbeat:
                _require_heartbeat(call)
            return Later(
                submitted=answer.submitted, timeout="heartbeat" if answer.heartbeat else "task"
            )


def _payload(value: Any, call: TaskCall) -> FunctionResult:
    called = service_call(call.resource)
    if called is not None and called[:3] == ("aws-sdk", "lambda", "invoke"):
        # The SDK's answer has the payload as text.
        return FunctionResult(envelope(compact(value)))
    if call.resource.endswith(LAMBDA_INVOKE):
        return FunctionResult(envelope(value))
    if is_function(call.resource) or (called is not None and called.service == "lambda"):
        return FunctionResult(value)
    raise _bad(
        call,
        f"Payload is the result of a Lambda function, and the task calls {call.resource}."
        " Use Result(...), or the result itself.",
    )


def _require_heartbeat(call: TaskCall) -> None:
    if not (call.resource.endswith(CALLBACK) or is_activity(call.resource)):
        raise _bad(call, "only activities and .waitForTaskToken tasks have heartbeats.")
    if call.heartbeat_seconds is None:
        raise _bad(call, "the state has no HeartbeatSeconds. Use Timeout().")


def _bad(call: TaskCall, problem: str) -> NoAnswer:
    return NoAnswer("SfnRelease.BadMock", f'The mock of "{call.state}" can\'t answer it: {problem}')
