"""Takes the result of a distributed Map over from the recording.

The child executions of a map run have histories of their own, so its inside isn't replayed. The
parent's history has the output of the Map, after its ResultSelector and ResultPath. The result is
looked for in that output: the candidate's own fields must make the recorded output of it. Where it
isn't there as a whole, their form is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.machine import ExecutionRun, Frame
from sfn_release.simulator.map_runs.map_run_items import (
    MapAttempt,
    dataset_request,
    given_items,
)
from sfn_release.simulator.scheduler import Strand
from sfn_release.simulator.states.retries import with_retries
from sfn_release.simulator.states.state_visit import StateExit, StateVisit
from sfn_release.testing.histories.state_visits import Visit
from sfn_release.testing.replay.json_differences import first_apart
from sfn_release.testing.replay.map_outputs import UNKNOWN, output_of_fields
from sfn_release.testing.replay.meetings import Findings, Meeting, is_readable, value_of


def recorded_map(
    run: ExecutionRun, frame: Frame, visit: StateVisit, meeting: Meeting, findings: Findings
) -> Strand:
    """Run a distributed Map as recorded; its failures are retried and caught by the candidate."""
    recorded = meeting.recorded
    language = run.language(frame, visit.definition)
    language.enter(visit)
    jsonata = visit.definition.get("QueryLanguage", frame.language) == "JSONata"
    findings.note(f"The inside of the distributed Map {visit.name} wasn't replayed.")

    def attempt(count: int) -> Strand:
        yield from ()
        _evaluate(MapAttempt(run, frame, visit, count))
        if recorded is None:
            raise StateFailure("States.Runtime", None)
        if count < len(recorded.map_failures):
            raise StateFailure(*recorded.map_failures[count])
        return _exit(partial(language.finish, visit), visit, recorded, findings, jsonata=jsonata)

    return (yield from with_retries(run, frame, visit, attempt, lambda _failure: None))


def _evaluate(attempt: MapAttempt) -> None:
    """Compute the fields of the Map that say which items it has. Raises StateFailure."""
    attempt.number("MaxConcurrency")
    if dataset_request(attempt) is None:
        given_items(attempt)


def _exit(
    finish: Callable[[Any], StateExit],
    visit: StateVisit,
    recorded: Visit,
    findings: Findings,
    *,
    jsonata: bool,
) -> StateExit:
    """Return the exit of the candidate's Map with the recorded result, as far as that is known."""
    output = value_of(recorded.output)
    for result in _results(visit, output):
        try:
            exit_ = finish(result)
        except StateFailure:
            continue
        if first_apart(output, exit_.output) is None:
            return exit_
    if is_readable(recorded.output):
        made = output_of_fields(visit, output, jsonata=jsonata)
        if made is not UNKNOWN:
            return StateExit(made, _assigned(visit, recorded), visit.definition.get("Next"))
    findings.note(
        f"The output of the distributed Map {visit.name} is the recorded one: the history doesn't"
        " have its result, so its ResultSelector, ResultPath and Output were compared by their"
        " form alone."
    )
    return StateExit(output, _assigned(visit, recorded), visit.definition.get("Next"))


def _assigned(visit: StateVisit, recorded: Visit) -> dict[str, Any]:
    """Return the recorded values of the variables that the candidate's Map assigns."""
    template = visit.definition.get("Assign", {})
    names = {name.removesuffix(".$") for name in template}
    return {name: value_of(text) for name, text in recorded.assigned.items() if name in names}


def _results(visit: StateVisit, output: Any) -> Iterator[Any]:
    """Yield the values in the recorded output that can be the Map's result."""
    yield output
    if isinstance(output, Mapping) and isinstance(visit.raw, Mapping):
        for key, value in output.items():
            if key not in visit.raw or first_apart(value, visit.raw[key]) is not None:
                yield value
