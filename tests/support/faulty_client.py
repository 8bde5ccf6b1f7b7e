"""A client of AWS whose answers a test replaces, and AWS's refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


class Faulty:
    """A Step Functions client, one of whose operations is answered by a function before it."""

    def __init__(self, client: Any, **answers: Callable[..., Any]) -> None:
        self._client = client
        self._answers = answers
        self.calls: list[str] = []
        self.meta = client.meta

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls.append(name)
            answer = self._answers.get(name)
            found = answer(request) if answer is not None else None
            return getattr(self._client, name)(**request) if found is None else found

        call.__name__ = name
        call.__dict__["__self__"] = self._client  # as a client's own methods have it
        return call


def refused(code: str, operation: str) -> ClientError:
    """Return an error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": "refused"}}, operation)
