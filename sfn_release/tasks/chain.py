"""Asks the sources of answers in order: the first source that knows a task answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sfn_release.simulator import Mocks, NoAnswer, TaskCall

Answer = Callable[[], Any]
"""Answers one call, as `Tasks.run` does: returns the result, raises TaskFailure or NoAnswer."""

Reason = Callable[[TaskCall], str]
"""Returns why a source doesn't know a call, as a sentence; empty if you didn't expect it to."""


class TaskSource(Protocol):
    """One kind of answers. To add a kind, implement it and name it in `task_sources`."""

    def answer_to(self, call: TaskCall) -> Answer | None:
        """Return the answer to *call*, not yet given; None leaves it to the next source."""
        ...


@dataclass(frozen=True)
class TaskChain:
    """Tasks that several *sources* answer.

    *mock_file* explains how to mock a task of no source, and *reasons* why they don't know it.
    """

    sources: Sequence[TaskSource]
    mock_file: Mocks
    reasons: Sequence[Reason] = ()

    def run(self, call: TaskCall) -> Any:
        """Answer *call*. Raises TaskFailure; NoAnswer if no source knows the task."""
        for source in self.sources:
            answer = source.answer_to(call)
            if answer is not None:
                return answer()
        reasons = [reason(call) for reason in self.reasons]
        cause = self.mock_file.how_to_add(call, reasons) + _folder_hint(call)
        raise NoAnswer("SfnRelease.NoMock", cause)


def _folder_hint(call: TaskCall) -> str:
    """Return how to answer a task of S3 without a mock; empty for any other task."""
    bucket = call.payload.get("Bucket") if isinstance(call.payload, Mapping) else None
    if ":s3:" not in call.resource or not isinstance(bucket, str):
        return ""
    return f" Or use a folder as the bucket: --bucket {bucket}=FOLDER"
