"""Writes the results of a distributed Map: to its output, or to files in S3 (ResultWriter).

    child executions, WriterConfig → transformed results → the output, or files and a manifest

`result_files` returns the files, and the caller stores them: this module does no I/O.
Source: "ResultWriter (Map)" in AWS's developer guide, and files that AWS wrote.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.asl.quotas import data_size
from sfn_release.simulator.map_runs.child_execution import ChildExecution

_LARGEST_FILE = 5 * 1024**3  # bytes: S3 takes no larger object in one request
_GROUPS = {
    "FAILED": ("FAILED", "TIMED_OUT", "ABORTED"),
    "PENDING": ("PENDING", "RUNNING"),
    "SUCCEEDED": ("SUCCEEDED",),
}
"""The groups of result files in a manifest, with the status of the children in each."""


@dataclass(frozen=True)
class ResultPlace:
    """The destination of a map run's results. *arn* is the map run's; its id names the folder."""

    bucket: str
    prefix: str
    arn: str
    redrive_count: int = 0

    def key(self, name: str) -> str:
        """Return the key of the file *name*."""
        redrive = f"Redrive-{self.redrive_count}" if self.redrive_count else ""
        parts = [self.prefix.rstrip("/"), self.arn.rpartition(":")[2], redrive, name]
        return "/".join(part for part in parts if part)


@dataclass(frozen=True)
class ResultFile:
    """One file to store: its *key* and *body*."""

    key: str
    body: str

    @property
    def size(self) -> int:
        """The size in bytes."""
        return data_size(self.body)


def inline_results(children: Sequence[ChildExecution], config: Mapping[str, Any]) -> Any:
    """Return the results as the output of a Map that doesn't export them.

    *config* is the WriterConfig. JSON Lines are one text. Children that didn't succeed are
    described by their status, error and cause.
    """
    finished = (child for child in children if child.status not in _GROUPS["PENDING"])
    results = list(_transformed(finished, config.get("Transformation", "COMPACT")))
    if config.get("OutputType") == "JSONL":
        return "\n".join(map(compact, results))
    return results


def result_files(
    children: Sequence[ChildExecution],
    config: Mapping[str, Any],
    place: ResultPlace,
    largest: int = _LARGEST_FILE,
) -> Iterator[ResultFile]:
    """Yield the files of a map run, ``manifest.json`` last.

    Each status has its own files, which are at most *largest* bytes long unless one result is
    longer. Only successful children are transformed.
    """
    lines = config.get("OutputType") == "JSONL"
    listed: dict[str, list[dict[str, Any]]] = {}
    for group, statuses in _GROUPS.items():
        chosen = (child for child in children if child.status in statuses)
        transformation = config.get("Transformation", "NONE") if group == "SUCCEEDED" else "NONE"
        listed[group] = []
        bodies = _bodies(map(compact, _transformed(chosen, transformation)), largest, lines=lines)
        for number, body in enumerate(bodies):
            file = ResultFile(place.key(f"{group}_{number}.json"), body)
            listed[group].append({"Key": file.key, "Size": file.size})
            yield file
    manifest = {
        "DestinationBucket": place.bucket,
        "MapRunArn": place.arn,
        "ResultFiles": listed,
    }
    yield ResultFile(place.key("manifest.json"), compact(manifest))


def exported(place: ResultPlace) -> dict[str, Any]:
    """Return the output of a Map whose results are in files."""
    details = {"Bucket": place.bucket, "Key": place.key("manifest.json")}
    return {"MapRunArn": place.arn, "ResultWriterDetails": details}


def _transformed(children: Iterable[ChildExecution], transformation: str) -> Iterator[Any]:
    for child in children:
        if transformation == "NONE":
            yield child.record()
        elif child.output is None:
            yield child.failure()
        else:
            output = json.loads(child.output)
            if transformation == "FLATTEN" and isinstance(output, list):
                yield from output
            else:
                yield output


def _bodies(results: Iterable[str], largest: int, *, lines: bool) -> Iterator[str]:
    """Join JSON texts into files."""
    start, between, end = ("", "\n", "\n") if lines else ("[", ",", "]")
    room = largest - len(start) - len(end)
    file: list[str] = []
    size = 0
    for result in results:
        length = data_size(result) + len(between)
        if file and size + length > room:
            yield start + between.join(file) + end
            file, size = [], 0
        file.append(result)
        size += length
    if file:
        yield start + between.join(file) + end
