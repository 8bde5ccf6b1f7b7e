"""The results of a map run: the output of its Map, or files in S3 (ResultWriter)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.map_runs.map_run_items import MapAttempt
from sfn_release.simulator.map_runs.map_run_record import MapRun
from sfn_release.simulator.map_runs.result_writer import (
    ResultPlace,
    exported,
    inline_results,
    result_files,
)
from sfn_release.simulator.scheduler import Strand
from sfn_release.simulator.task_protocol import TaskFailure

_FAILED = "States.ResultWriterFailed"


def finish(attempt: MapAttempt, map_run: MapRun) -> Strand:
    """Return the result of the Map, after its files are written. Raises StateFailure."""
    writer = attempt.visit.definition.get("ResultWriter", {})
    config = writer.get("WriterConfig", {})
    if "Resource" not in writer:
        return inline_results(map_run.children, config)
    place = yield from export(attempt, map_run)
    return exported(place)


def exports(attempt: MapAttempt) -> bool:
    """Return whether the Map writes its results to S3."""
    return "Resource" in attempt.visit.definition.get("ResultWriter", {})


def export(attempt: MapAttempt, map_run: MapRun) -> Strand:
    """Write the result files to S3, and return their place. Raises StateFailure."""
    writer = attempt.visit.definition["ResultWriter"]
    place = _place(attempt.parameters("ResultWriter"), map_run)
    for file in result_files(map_run.children, writer.get("WriterConfig", {}), place):
        request = {
            "Bucket": place.bucket,
            "Key": file.key,
            "Body": file.body,
            "ContentType": "application/json",
        }
        try:
            yield from attempt.call(writer["Resource"], request)
        except TaskFailure as failure:
            raise StateFailure(_FAILED, failure.cause) from failure
    map_run.results_written = True
    return place


def _place(parameters: Any, map_run: MapRun) -> ResultPlace:
    given: Mapping[str, Any] = parameters if isinstance(parameters, Mapping) else {}
    bucket, prefix = given.get("Bucket"), given.get("Prefix", "")
    if not isinstance(bucket, str) or not bucket:
        raise StateFailure(_FAILED, "The ResultWriter needs the name of a Bucket.")
    if not isinstance(prefix, str):
        raise StateFailure(_FAILED, "The Prefix of the ResultWriter must be a text.")
    return ResultPlace(bucket, prefix, map_run.arn, map_run.redrive_count)
