"""Map and Parallel in a state test: a mock takes the place of their iterations and branches.

These behaviours replace `sfn_release.simulator.states.nested_states` in a state test. They compute
the fields of the state in the same order, and start nothing inside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.languages.query_language import QueryLanguage
from sfn_release.simulator.machine import ExecutionRun, Frame
from sfn_release.simulator.map_runs.map_run_items import MapAttempt, child_inputs, items_of
from sfn_release.simulator.map_runs.map_run_record import too_many_failed
from sfn_release.simulator.scheduler import Strand
from sfn_release.simulator.state_tests.state_test import (
    MockedError,
    MockedResult,
    StateTest,
    StateTestRefused,
)
from sfn_release.simulator.states.item_processor import is_distributed
from sfn_release.simulator.states.state_visit import StateVisit
from sfn_release.simulator.task_protocol import TaskCall, TaskFailure

_LIMITS = ("ToleratedFailureCount", "ToleratedFailurePercentage")


class MockedTasks:
    """Tasks that the mock of *test* answers, and an ItemReader's object that it holds."""

    def __init__(self, test: StateTest) -> None:
        self._test = test

    def run(self, call: TaskCall) -> Any:
        """Return the mocked result, or fail with the mocked error."""
        if call.reads_items:
            return {"Body": self._test.reader_data or ""}
        return mocked(self._test)


def mocked(test: StateTest) -> Any:
    """Return the mocked result of *test*. Raises TaskFailure for a mocked error."""
    match test.mock:
        case MockedResult(result):
            return result
        case MockedError(error, cause):
            raise TaskFailure(error, cause)
        case None:
            raise ValueError("This state test has no mock.")


class NestedMocks:
    """The behaviours of Map and Parallel under the mock of *test*.

    *handled* says whether the state has a Retry or a Catch.
    """

    def __init__(self, test: StateTest, *, handled: bool) -> None:
        self._test = test
        self._handled = handled

    def parallel(self, run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
        """Take the mock as the list of the branches' outputs."""
        yield from ()
        language = run.language(frame, visit.definition)
        language.enter(visit)
        language.arguments(visit)
        return language.finish(visit, self._result())

    def map(self, run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
        """Take the mock as the result of all iterations, after the tolerance of failures."""
        language = run.language(frame, visit.definition)
        language.enter(visit)
        visit.note("maxConcurrency", int(language.number(visit, ("MaxConcurrency",))))
        limits = [self._limit(language, visit, field) for field in _LIMITS]
        reading = replace(run, tasks=MockedTasks(self._test))
        attempt = MapAttempt(reading, frame, visit, count=0)
        inputs = child_inputs(attempt, (yield from items_of(attempt)))
        self._require_known(len(inputs))
        if is_distributed(visit):
            self._require_tolerated(len(inputs), *limits)
        result = self._result()
        if isinstance(result, list) and len(result) != len(inputs) - self._failed:
            raise StateTestRefused("Input array does not equal the mocked result array's size.")
        return language.finish(visit, result)

    @property
    def _failed(self) -> int:
        return self._test.failed_iterations or 0

    def _limit(self, language: QueryLanguage, visit: StateVisit, field: str) -> float | None:
        """Return a tolerance, None for a missing one."""
        if field not in visit.definition and f"{field}Path" not in visit.definition:
            return None
        limit = language.number(visit, (field,))
        member = f"{field[0].lower()}{field[1:]}"
        visit.note(member, int(limit) if field == "ToleratedFailureCount" else float(limit))
        return limit

    def _require_known(self, total: int) -> None:
        """Refuse more failed iterations than there are iterations."""
        if self._failed > total:
            raise StateTestRefused(
                "Map iteration failure count must be less than or equal to the number of Map"
                " iterations."
            )

    def _require_tolerated(self, total: int, count: float | None, percentage: float | None) -> None:
        """Fail the Map when more iterations failed than it tolerates: without a tolerance, one.

        As recorded: a mocked error that nothing handles is the state's error in any case.
        """
        if isinstance(self._test.mock, MockedError) and not self._handled:
            return
        if too_many_failed(self._failed, total, count, percentage):
            raise StateFailure(
                "States.ExceedToleratedFailureThreshold",
                "The specified tolerated failure threshold was exceeded",
            )

    def _result(self) -> Any:
        try:
            return mocked(self._test)
        except TaskFailure as failure:
            raise StateFailure(failure.error, failure.cause) from failure
