"""Measures how replay finds generated changes of recorded executions' definitions.

    cd tests && python -m support.replay_changes [COUNT]

Whether a change is visible, and where, follows from two plain simulations: of the original and of
the changed definition, with the same answers. A change is *visible* when the two differ in their
way, in the requests of a task, in their end, or when the changed one needs an answer that the other
never got. It's found *exactly* when the first difference of the replay

- names the changed state, or the first state whose data differ is the changed state, and
- is about the way, a request, the end or a missing answer as the two simulations say.

A change that isn't visible has to replay as the same.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from sfn_release.simulator import ContextSeed, Later, NoAnswer, TaskCall, TaskFailure, TaskResult
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.instants import seconds_between
from sfn_release.testing.histories.state_visits import TaskAttempt, Visit, read_visits
from sfn_release.testing.replay.recorded_answers import resource_of
from sfn_release.testing.replay.replay_execution import replay_execution
from sfn_release.testing.replay.replayed import Replayed
from sfn_release.testing.run import Run
from sfn_release.testing.run_definition import run_definition
from support.changed_definitions import CHANGES, Change, changes
from support.oracle import CATEGORIES, Case, cases, parsed
from support.recorded_histories import recording_of

SEED = 11
COUNT = 200


class ByState:
    """Answers each state's calls in the recorded order, without looking at their place."""

    def __init__(self, visits: list[Visit]) -> None:
        self.missing: TaskCall | None = None
        self._left: dict[object, list[TaskAttempt]] = {}
        for visit in visits:
            key = (visit.state, tuple(index for _, index in visit.iterations))
            self._left.setdefault(key, []).extend(visit.tasks)

    def run(self, call: TaskCall) -> Any:
        """Return the next answer of the state."""
        left = self._left.get((call.state, tuple(index for _, index in call.iteration)))
        if not left or left[0].resource != resource_of(call.resource):
            self.missing = call
            raise NoAnswer("Missing", call.state)
        attempt = left.pop(0)
        seconds = seconds_between(attempt.scheduled, attempt.stopped)
        if attempt.ended == "succeeded":
            return TaskResult(parsed(attempt.result), seconds, parsed(attempt.submitted))
        if attempt.ended == "running":
            return Later(submitted=parsed(attempt.submitted))
        raise TaskFailure(
            attempt.error, attempt.cause, seconds=seconds, submitted=parsed(attempt.submitted)
        )


@dataclass(frozen=True)
class Found:
    """A change, whether it's *visible*, and what replay said."""

    case: Case
    change: Change
    visible: bool
    replayed: Replayed
    right: bool


def corpus() -> Iterator[tuple[Case, FinishedExecution, list[Visit]]]:
    """Yield the recordings that a plain simulation of the original runs as recorded."""
    for category in CATEGORIES:
        for case in cases(category):
            recording = recording_of(case)
            if recording is None or recording.status in ("RUNNING", "ABORTED", "TIMED_OUT"):
                continue
            visits = read_visits(recording.events)
            if any(visit.map_run for visit in visits):
                continue
            if replay_execution(recording, case["definition"]).same:
                yield case, recording, visits


def simulated(
    definition: Mapping[str, Any], recording: FinishedExecution, visits: list[Visit]
) -> tuple[Run, TaskCall | None]:
    """Run a definition with the recorded answers; return the call that has none, too."""
    answers = ByState(visits)
    seed = ContextSeed(
        recording.arn,
        recording.name,
        recording.events[0]["executionStartedEventDetails"].get("roleArn", ""),
        recording.arn.replace(":execution:", ":stateMachine:").rpartition(":")[0],
        recording.workflow,
        recording.started,
        recording.type,
    )
    run = run_definition(definition, parsed(recording.input), tasks=answers, context=seed)
    return run, answers.missing


def runs_as_recorded(
    definition: Mapping[str, Any], recording: FinishedExecution, visits: list[Visit]
) -> bool:
    """Whether a plain simulation of the original takes the recorded way.

    It answers by state, so attempts that a failure beside them cut off can mix the answers up.
    """
    run, missing = simulated(definition, recording, visits)
    way = [(visit.state, visit.iterations) for visit in run.visits]
    return missing is None and way == [(visit.state, visit.iterations) for visit in visits]


def visible_parts(before: Run, after: Run, missing: TaskCall | None) -> set[str]:
    """Return what two runs differ in: path, arguments, end, unanswered."""
    found = set()

    def way(run: Run) -> list[Any]:
        return [(visit.state, visit.iteration) for visit in run.visits]

    def requests(run: Run) -> list[Any]:
        return [(call.state, call.iteration, call.arguments) for call in run.all_calls]

    if way(before) != way(after):
        found.add("path")

    def end(run: Run) -> Any:
        cause = None if (run.error or "").startswith("States.") else run.cause
        return run.status, run.error, cause, run.output

    left, right = requests(before), requests(after)
    if len(left) > len(right):
        found.add("path")  # a task was tried again
    if any(one != other for one, other in zip(left, right, strict=False)):
        found.add("arguments")
    if missing is not None:
        found.add("unanswered")
    elif end(before) != end(after):
        found.add("end")
    return found


def measure(case: Case, recording: FinishedExecution, visits: list[Visit], change: Change) -> Found:
    """Replay a changed definition, and hold the report against two simulations."""
    before, _ = simulated(case["definition"], recording, visits)
    after, missing = simulated(change.definition, recording, visits)
    renamed = change.kind == "a renamed state"
    parts = {"path"} if renamed else visible_parts(before, after, missing)
    replayed = replay_execution(recording, change.definition)
    if not parts:
        return Found(case, change, False, replayed, replayed.same)
    return Found(case, change, True, replayed, _is_exact(change, parts, replayed))


def _is_exact(change: Change, parts: set[str], replayed: Replayed) -> bool:
    whats = {"status": "end", "output": "end"}
    if replayed.differences:
        first = replayed.differences[0]
        if change.kind == "a renamed state":
            states = {found.state for found in replayed.differences}
            return first.what == "path" and states == {change.state}
        kind = whats.get(first.what, first.what)
        return not {first.state, first.origin}.isdisjoint(change.visible_at) and kind in parts
    return any(found.state == change.state for found in replayed.unanswered)


def measured(count: int = COUNT, seed: int = SEED) -> list[Found]:
    """Return *count* changes, an equal share of each kind as far as there are places for it."""
    random = Random(seed)  # noqa: S311 - repeatable
    places = [
        (case, recording, visits, change)
        for case, recording, visits in corpus()
        for change in changes(case["definition"], visits, random)
    ]
    random.shuffle(places)
    chosen: list[Any] = []
    share = dict.fromkeys(CHANGES, 0)
    for limit in range(1, count):
        for place in places:
            if len(chosen) < count and share[place[3].kind] < limit and place not in chosen:
                chosen.append(place)
                share[place[3].kind] += 1
        if len(chosen) >= count:
            break
    return [measure(*place) for place in chosen]


def lines(found: list[Found]) -> Iterator[str]:
    """Yield a table by kind, then what wasn't found."""
    visible = Counter(item.change.kind for item in found if item.visible)
    exact = Counter(item.change.kind for item in found if item.visible and item.right)
    hidden = Counter(item.change.kind for item in found if not item.visible)
    same = Counter(item.change.kind for item in found if not item.visible and item.right)
    yield f"{'change':30}{'visible':>9}{'exactly':>9}{'hidden':>9}{'same':>9}"
    for kind in CHANGES:
        yield f"{kind:30}{visible[kind]:9}{exact[kind]:9}{hidden[kind]:9}{same[kind]:9}"
    totals = [sum(counts.values()) for counts in (visible, exact, hidden, same)]
    yield f"{'all':30}" + "".join(f"{total:9}" for total in totals)
    for item in found:
        if not item.right:
            place = f"{item.change.kind} in {item.change.state} of {item.case['id']}"
            yield f"\n{place}, visible: {item.visible}"
            yield from (f"   {difference}"[:400] for difference in item.replayed.differences)
            yield from (f"   {missing}"[:400] for missing in item.replayed.unanswered)
            yield f"   {item.replayed.unreplayable}"


def main(arguments: list[str]) -> int:
    """Print the table; return 1 if a change wasn't found."""
    found = measured(int(arguments[0]) if arguments else COUNT)
    sys.stdout.writelines(f"{line}\n" for line in lines(found))
    return int(not all(item.right for item in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
