"""The answers that a mock can have, and the check of their shape."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sfn_release.errors import ConfigError
from sfn_release.simulator.task_protocol import TaskCall
from sfn_release.text import did_you_mean


@dataclass(frozen=True)
class ByCall:
    """An answer that *give* makes from the whole call, as `Tasks.run` does."""

    give: Callable[[TaskCall], Any]


Single = Mapping[str, Any] | Callable[[Any], Any] | ByCall
MockAnswer = Single | Sequence[Single]

KINDS = ("return", "payload", "error", "timeout")
TIMEOUTS: Mapping[bool | str, Literal["task", "heartbeat"]] = {
    True: "task",
    "heartbeat": "heartbeat",
}
SUBMITTED = "submitted"
_KEYS = (*KINDS, "cause", "seconds", SUBMITTED)
_PER = ("iteration", "execution")
ANSWER_KEYS = (*_KEYS, "per", "answers")
"""Every key of an answer in a mock file."""


@dataclass(frozen=True)
class AnswerSequence:
    """The answers of successive calls, counted per iteration or per execution."""

    answers: Sequence[Single]
    per_execution: bool = False


def read_answers(key: str, answer: Any, file: str) -> AnswerSequence:
    """Check one key's *answer* and return it as a sequence. Raises ConfigError."""
    where = f"{file or 'mocks'}: {json.dumps(key, ensure_ascii=False)}"
    per = _PER[0]
    if isinstance(answer, Mapping) and not {"answers", "per"}.isdisjoint(answer):
        per, answer = _counted(answer, where)
    if not isinstance(answer, list | tuple):
        _check(answer, where, 'Wrap the result: {"return": ...}.')
        return AnswerSequence([answer])
    if not answer:
        raise ConfigError(f"{where}: an empty list has no answer.")
    for index, single in enumerate(answer):
        _check(
            single,
            f"{where}[{index}]",
            'If the list is the result, write {"return": [...]}.',
            "A list has the answers of successive calls.",
        )
    return AnswerSequence(answer, per == "execution")


def _counted(answer: Mapping[str, Any], where: str) -> tuple[str, Sequence[Any]]:
    """Return the members of an answer that says how its calls are counted."""
    others = ", ".join(json.dumps(key) for key in answer if key not in ("per", "answers"))
    if others or "answers" not in answer:
        raise ConfigError(
            f'{where}: write "per" and "answers" together, without other keys.',
            why=f"Found {others}." if others else "",
            fix='Write {"per": "execution", "answers": [...]}.',
        )
    per, answers = answer.get("per", _PER[0]), answer["answers"]
    if per not in _PER:
        raise ConfigError(f'{where}: "per" must be "iteration" or "execution".')
    if not isinstance(answers, list | tuple):
        raise ConfigError(f'{where}: "answers" must be a list.')
    return per, answers


def _check(answer: Any, at: str, fix: str, why: str = "") -> None:
    """Refuse an answer that is neither a callable nor an object as a mock file has it."""
    if isinstance(answer, ByCall):
        return
    if callable(answer):
        if not takes(answer, 1):
            raise ConfigError(
                f"{at}: the callable can't take the task's payload alone.",
                fix="Write  lambda payload: ...",
            )
        return
    if not isinstance(answer, Mapping):
        raise ConfigError(
            f"{at}: an answer must be an object, not {json.dumps(answer, default=repr)}.",
            why=why,
            fix=fix,
        )
    _check_keys(answer, at)
    for name in ("error", "cause"):
        if name in answer and not isinstance(answer[name], str | None):
            raise ConfigError(f'{at}: "{name}" must be a string.')
    if "timeout" in answer and not _is_timeout(answer["timeout"]):
        raise ConfigError(f'{at}: "timeout" must be true or "heartbeat".')
    seconds = answer.get("seconds", 0)
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not 0 <= seconds < math.inf:
        raise ConfigError(f'{at}: "seconds" must be a number, 0 or more.')


def _check_keys(answer: Mapping[str, Any], at: str) -> None:
    for name in answer:
        if name not in _KEYS:
            raise ConfigError(
                f"{at}: unknown key {json.dumps(name, ensure_ascii=False)}.",
                fix=did_you_mean(name, _KEYS) or f"Known here: {', '.join(_KEYS)}.",
            )
    kinds = [kind for kind in KINDS if kind in answer]
    if len(kinds) > 1 or not (kinds or SUBMITTED in answer):
        raise ConfigError(
            f"{at}: an answer needs exactly one of {', '.join(map(json.dumps, KINDS))}.",
            why='"submitted" can be alone for a callback task, which waits until you send its end.',
        )
    if "seconds" in answer and (not kinds or kinds == ["timeout"]):
        raise ConfigError(f'{at}: "seconds" needs "return", "payload" or "error" beside it.')
    if "cause" in answer and "error" not in answer:
        raise ConfigError(f'{at}: "cause" needs "error" beside it.')


def takes(answer: Callable[..., Any], count: int) -> bool:
    """Whether a callable can be called with *count* values. Some of C don't show it: they can."""
    try:
        inspect.signature(answer).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:  # it has no signature
        return True
    return True


def _is_timeout(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value in TIMEOUTS)
