"""Faults: at any call of a Step Functions client, and at any write to Git."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    IncompleteReadError,
    MetadataRetrievalError,
    ReadTimeoutError,
)

from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.ledger.git.objects import ObjectStore
from sfn_release.ledger.git.refs import RefStore
from sfn_release.ledger.git.remotes import Remotes

_ENDPOINT = "https://states.us-east-1.amazonaws.com/"


class KilledError(BaseException):
    """The process ends here, as by SIGKILL: nothing may catch this but the test."""


# Faults of AWS, in the place of a call


@dataclass(frozen=True)
class Fault:
    """A fault in a call to AWS. With *effect*, AWS has done the work anyway."""

    name: str
    error: Callable[[str], BaseException]
    effect: bool = False

    def __str__(self) -> str:
        return self.name


def _refusal(code: str, status: int) -> Callable[[str], BaseException]:
    def error(operation: str) -> ClientError:
        told = {"Code": code, "Message": f"injected into {operation}"}
        return ClientError(
            {"Error": told, "ResponseMetadata": {"HTTPStatusCode": status}}, operation
        )

    return error


THROTTLED = Fault("throttled", _refusal("ThrottlingException", 400))
SERVER_ERROR = Fault("5xx", _refusal("InternalServerError", 503))
DENIED = Fault("access-denied", _refusal("AccessDeniedException", 400))
TIMEOUT_BEFORE = Fault("timeout-before", lambda _: ConnectTimeoutError(endpoint_url=_ENDPOINT))
TIMEOUT_AFTER = Fault("timeout-after", lambda _: ReadTimeoutError(endpoint_url=_ENDPOINT), True)
CUT_OFF = Fault(
    "cut-off", lambda _: IncompleteReadError(actual_bytes=7, expected_bytes=70), effect=True
)
NO_METADATA = Fault("no-metadata", lambda _: MetadataRetrievalError(error_msg="no answer"))
KILLED = Fault("killed", KilledError, True)

FAULTS = (THROTTLED, SERVER_ERROR, DENIED, TIMEOUT_BEFORE, TIMEOUT_AFTER)


@dataclass
class At:
    """A *fault* at one call of a run, named as `Faulty.calls` names it; *lasting*: from then on."""

    call: str
    fault: Fault
    lasting: bool = False
    struck: bool = False


class Faulty:
    """A Step Functions client whose calls are recorded, and one of which fails.

    A call is named by state machine and operation, ``alpha.UpdateStateMachine``, and from the
    second time by its number too: so it has one name, although workflows are handled side by side.
    *before* is called with the name ahead of every call.
    """

    def __init__(
        self,
        client: StepFunctions,
        at: At | None = None,
        *,
        before: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.calls: list[str] = []
        self._client = client
        self._at = at
        self._before = before
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = getattr(self._client, name)
        title = name.replace("_", " ").title().replace(" ", "")

        def call(**request: Any) -> dict[str, Any]:
            known = self._name(title, request)
            self._before(known)
            at = self._at
            if at is None or (at.call != known and not (at.struck and at.lasting)):
                return cast("dict[str, Any]", operation(**request))
            at.struck = True
            if at.fault.effect:
                operation(**request)
            raise at.fault.error(title)

        call.__dict__["__self__"] = self._client  # as a client's own methods have it
        return call

    def _name(self, operation: str, request: Mapping[str, Any]) -> str:
        name = f"{_machine(request)}.{operation}".removeprefix(".")
        with self._lock:
            count = self._counts[name] = self._counts.get(name, 0) + 1
            known = f"{name}.{count}" if count > 1 else name
            self.calls.append(known)
        return known


def _machine(request: Mapping[str, Any]) -> str:
    """Return the name of the state machine that a request is about, "" if it is about none."""
    if "routingConfiguration" in request:
        return _machine(request["routingConfiguration"][0])
    arns = [value for key, value in request.items() if key.lower().endswith("arn")]
    named = [arn.split(":")[6] for arn in arns if ":stateMachine:" in arn]
    return str(next(iter(named), request.get("name", "")))


# Faults of Git: the process is killed before or after a write

WRITES: dict[str, tuple[type, str]] = {
    "write_blobs": (ObjectStore, "write_blobs"),
    "write_tree": (ObjectStore, "write_tree"),
    "write_commit": (ObjectStore, "write_commit"),
    "write_tag": (ObjectStore, "write_tag"),
    "update_refs": (RefStore, "update"),
    "delete_ref": (RefStore, "delete"),
    "push": (Remotes, "push"),
    "fetch": (Remotes, "fetch"),
}
"""The methods of a repository's parts that write, each with the name of its writes here."""


def _die() -> None:
    raise KilledError


class GitWrites:
    """Counts the writes to Git, and strikes at one of them: by default it kills the process.

    A write is named by method and number, ``update_refs.2``. *when* is ``before`` or ``after``. The
    refs that a fetch moves are part of the fetch.
    """

    def __init__(
        self, write: str = "", when: str = "", *, strike: Callable[[], object] = _die
    ) -> None:
        self.writes: list[str] = []
        self._at = (write, when)
        self._strike = strike
        self._fetching = False

    def wrap(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return *method* of Git, counted."""

        @functools.wraps(method)
        def written(part: object, *arguments: Any, **options: Any) -> Any:
            if self._fetching:
                return method(part, *arguments, **options)
            count = 1 + sum(write.startswith(f"{name}.") for write in self.writes)
            known = f"{name}.{count}"
            self.writes.append(known)
            if (known, "before") == self._at:
                self._strike()
            self._fetching = name == "fetch"
            try:
                answer = method(part, *arguments, **options)
            finally:
                self._fetching = False
            if (known, "after") == self._at:
                self._strike()
            return answer

        return written

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the writes of every repository of this process."""
        with pytest.MonkeyPatch.context() as patch:
            for name, (part, method) in WRITES.items():
                patch.setattr(part, method, self.wrap(name, getattr(part, method)))
            yield
