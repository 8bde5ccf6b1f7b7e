"""A page of GetExecutionHistory for an execution of 20,000 events, compared with one of 200.

You see the times of the local service without HTTP. It reads the first page and a page in the
middle, in both orders, of a finished and of a running execution. You also see the memory that
reading a page needs. A page has 100 events.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring import compare

from sfn_release.local_service import LocalService, open_service
from sfn_release.simulator import Mocks

SHORT, LONG = 200, 20_000  # events
GOAL = 1.3
MEMORY_GOAL = 1.3
PAGES = 20  # per measurement, because one page takes about a millisecond
ROLE = "arn:aws:iam::000000000000:role/benchmark"
LOOP = {
    # Four events a round: two states are entered and exited.
    "StartAt": "Count",
    "States": {
        "Count": {
            "Type": "Pass",
            "Parameters": {
                "n.$": "States.MathAdd($.n, 1)",
                "last.$": "$.last",
                "rest.$": "$.rest",
            },
            "Next": "Again",
        },
        "Again": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThanPath": "$.last", "Next": "Count"}],
            "Default": "Rest",
        },
        "Rest": {"Type": "Wait", "SecondsPath": "$.rest", "End": True},
    },
}


def main() -> int:
    """Measure, print, and return 1 when a goal is missed."""
    met = True
    for real_time in (False, True):
        with _service(real_time=real_time) as service:
            short = _execution(service, SHORT, real_time=real_time)
            long = _execution(service, LONG, real_time=real_time)
            kind = "running" if real_time else "ended"
            for backwards in (False, True):
                order = "backwards" if backwards else "forwards"
                for name, depth in (("first", 0), ("middle", 0.5)):
                    met &= compare(
                        f"{name} page, {order}, {kind}",
                        _pages(service, long, int(LONG * depth), backwards=backwards),
                        _pages(service, short, int(SHORT * depth), backwards=backwards),
                        goal=GOAL,
                    )
            met &= _memory(service, long, short, kind)
    return 0 if met else 1


@contextmanager
def _service(*, real_time: bool) -> Iterator[LocalService]:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_service(
            Path(folder, "service.db"), tasks_for=lambda _scope: Mocks(), real_time=real_time
        ) as service,
    ):
        created = {"name": "loop", "roleArn": ROLE, "definition": json.dumps(LOOP)}
        _ask(service, "CreateStateMachine", **created)
        yield service


def _execution(service: LocalService, events: int, *, real_time: bool) -> str:
    """Run an execution of so many events; in real time, it waits at its end."""
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:loop"
    data = {"n": 0, "last": events // 4, "rest": 3600}
    started = _ask(service, "StartExecution", stateMachineArn=machine, input=json.dumps(data))
    arn: str = started["executionArn"]
    while real_time:
        last = _ask(
            service, "GetExecutionHistory", executionArn=arn, reverseOrder=True, maxResults=1
        )["events"][0]
        if last["type"] == "WaitStateEntered":
            break
        time.sleep(0.05)
    return arn


def _pages(service: LocalService, arn: str, after: int, *, backwards: bool) -> Callable[[], None]:
    """Return an action that reads the page after *after* events."""
    token: dict[str, str] = {}
    left = after
    while left:
        size = min(left, 1000)
        token = {"nextToken": _page(service, arn, size, backwards=backwards, **token)["nextToken"]}
        left -= size

    def read() -> None:
        for _ in range(PAGES):
            page = _page(service, arn, 100, backwards=backwards, **token)
            assert len(page["events"]) == 100  # noqa: PLR2004 - the size that was asked for

    return read


def _page(
    service: LocalService, arn: str, size: int, *, backwards: bool, **token: str
) -> dict[str, Any]:
    request = {"executionArn": arn, "maxResults": size, "reverseOrder": backwards, **token}
    return _ask(service, "GetExecutionHistory", **request)


def _memory(service: LocalService, long: str, short: str, kind: str) -> bool:
    peaks = []
    for arn in (long, short):
        tracemalloc.start()
        _page(service, arn, 100, backwards=False)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    ratio = peaks[0] / peaks[1]
    met = ratio <= MEMORY_GOAL
    print(
        f"memory of a page, {kind}: {peaks[0] / 1024:.0f} KiB of {LONG} events against"
        f" {peaks[1] / 1024:.0f} of {SHORT}: {ratio:.2f} times"
        f" (goal {MEMORY_GOAL}: {'met' if met else 'MISSED'})"
    )
    return met


def _ask(service: LocalService, operation: str, **request: Any) -> dict[str, Any]:
    status, _, body = service.answer(operation, json.dumps(request).encode())
    assert status == 200, body  # noqa: PLR2004 - HTTP's
    answer: dict[str, Any] = json.loads(body)
    return answer


if __name__ == "__main__":
    sys.exit(main())
