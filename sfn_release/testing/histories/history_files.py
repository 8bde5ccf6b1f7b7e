"""Reads the histories of executions from files.

A file is JSON, or JSON compressed with gzip (``.json.gz``). It has one of these forms:

- the output of ``aws stepfunctions get-execution-history``: ``{"events": [...]}``;
- several such pages, one after the other or in a list; a ``nextToken`` in the last one means that
  events are missing;
- the same with ``"execution"`` beside ``"events"``: the output of ``aws stepfunctions
  describe-execution``, which knows the ARN. ``replay --save`` writes this form;
- a list of events.

Beside "events" there may be a "definition", as an object or as text.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sfn_release.errors import FileError, NotFoundError
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_ends import ends_of, text_of
from sfn_release.testing.histories.instants import instant_of

_GZIP = b"\x1f\x8b"
_SUFFIXES = (".json", ".json.gz")
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class SavedHistory:
    """The content of a history file: its *events*, and what else it says of the execution.

    *described* are members of DescribeExecution's answer, {} if the file has none. *definition* is
    the state machine's definition, if the file has one. *incomplete* says why events are missing.
    *saved* is the "sfn_release" of a file of ``replay --save``: its workflow, environment, version.
    """

    events: Sequence[Mapping[str, Any]]
    described: Mapping[str, Any] = field(default_factory=dict)
    definition: Any = None
    incomplete: str = ""
    saved: Mapping[str, Any] = field(default_factory=dict)


def history_files(path: Path) -> list[Path]:
    """Return the history files of a folder, at any depth, sorted; or the file *path* itself.

    Raises NotFoundError when there is none.
    """
    if path.is_dir():
        found = sorted(file for file in path.rglob("*.json*") if file.name.endswith(_SUFFIXES))
        if found:
            return found
        raise NotFoundError(
            f"{path} has no history of an execution.",
            why="Histories are files that end in .json or .json.gz.",
            fix="aws stepfunctions get-execution-history --execution-arn ARN > FOLDER/NAME.json",
        )
    if path.exists():
        return [path]
    raise NotFoundError(f"There is no file or folder {path}.")


def read_history_file(path: Path, workflow: str = "") -> FinishedExecution:
    """Return the execution of a file. Without a known ARN, its *arn* is the file's name.

    Its status is RUNNING when the history has no end. Raises FileError for a file that has no
    history.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path} can't be read: {error.strerror}.") from error
    saved = parse_history(data, file=str(path))
    name = path.name.removesuffix(".gz").removesuffix(".json")
    found = execution_of(
        saved.events, saved.described, name=name, workflow=workflow, incomplete=saved.incomplete
    )
    return replace(
        found,
        map_state=text_of(saved.saved.get("map_state")) or "",
        saved_as=text_of(saved.saved.get("workflow")) or "",
    )


def parse_history(data: bytes, *, file: str) -> SavedHistory:
    """Return the history in the content of a *file*; raises FileError if there is none."""
    try:
        text = gzip.decompress(data) if data.startswith(_GZIP) else data
        document = _document(text.decode("utf-8-sig"))
    except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
        raise FileError(
            f"{file} can't be read as the history of an execution.",
            why=f"It isn't JSON: {error}",
            fix="Write it with  aws stepfunctions get-execution-history --execution-arn ARN"
            " --output json",
        ) from error
    return _parts(document, file)


def read_history_files(path: Path, workflow: str = "") -> Iterator[FinishedExecution]:
    """Yield the executions of a folder's files, or of one file."""
    for file in history_files(path):
        yield read_history_file(file, workflow)


def execution_of(
    events: Sequence[Mapping[str, Any]],
    described: Mapping[str, Any],
    *,
    name: str,
    workflow: str = "",
    incomplete: str = "",
) -> FinishedExecution:
    """Return the execution of a history.

    *described* is what DescribeExecution says of it, or ``{}``: then input, times and end come from
    the events, and *name* stands for its ARN.
    """
    ends = ends_of(events)
    arn = text_of(described.get("executionArn")) or name
    last = events[-1] if events else {}
    return FinishedExecution(
        arn=arn,
        workflow=workflow or _machine(arn),
        version=None,
        status=text_of(described.get("status"), ends.status) or "RUNNING",
        input=text_of(described.get("input"), ends.input),
        output=text_of(described.get("output"), ends.output),
        error=text_of(described.get("error"), ends.error),
        cause=text_of(described.get("cause"), ends.cause),
        started=instant_of(described.get("startDate")) or ends.started or _EPOCH,
        stopped=(
            instant_of(described.get("stopDate"))
            or ends.stopped
            or instant_of(last.get("timestamp"))
        ),
        events=events,
        type="EXPRESS" if ":express:" in arn else "STANDARD",
        version_arn=text_of(described.get("stateMachineVersionArn"), ends.version_arn),
        incomplete=incomplete or _gap(events),
    )


def _document(text: str) -> Any:
    """Parse a JSON document, or several one after the other, into one value or a list."""
    try:
        return json.loads(text)
    except ValueError:
        decoder, found, at = json.JSONDecoder(), [], 0
        text = text.strip()
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            found.append(value)
            while at < len(text) and text[at].isspace():
                at += 1
        return found


def _parts(document: Any, file: str) -> SavedHistory:
    """Return the events of a file, what it says of the execution, and why events are missing."""
    pages = document if isinstance(document, list) else [document]
    if pages and all(map(_is_event, pages)):
        return SavedHistory(pages)
    events: list[Mapping[str, Any]] = []
    described: Mapping[str, Any] = {}
    saved: Mapping[str, Any] = {}
    incomplete, definition = "", None
    for page in pages:
        found = page.get("events") if isinstance(page, Mapping) else None
        if not isinstance(found, list) or not all(map(_is_event, found)):
            raise _no_history(file)
        events += found
        described = _object(page.get("execution")) or described
        definition = page.get("definition", definition)
        saved = _object(page.get("sfn_release")) or saved
        incomplete = page.get("incomplete") or (
            "The file has a nextToken: the rest of the history is missing."
            if page.get("nextToken") or page.get("NextToken")
            else ""
        )
    if not events:
        raise _no_history(file)
    if len(events) > 1 and events[0]["id"] > events[-1]["id"]:
        events.reverse()  # --reverse-order
    return SavedHistory(events, described, definition, incomplete, saved)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _no_history(file: str) -> FileError:
    return FileError(
        f"{file} has no history of an execution.",
        why='It needs "events", as the output of aws stepfunctions get-execution-history.',
        fix="Write it with  aws stepfunctions get-execution-history --execution-arn ARN"
        " --output json",
    )


def _is_event(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("id"), int)
        and isinstance(value.get("type"), str)
        and "timestamp" in value
    )


def _gap(events: Sequence[Mapping[str, Any]]) -> str:
    """Return the reason why events are missing; "" if the history begins with the execution."""
    if events and events[0]["type"] != "ExecutionStarted":
        return "The history doesn't begin with ExecutionStarted: its first events are missing."
    return ""


def _machine(arn: str) -> str:
    *_, machine, _name = arn.split(":")[:8] if arn.startswith("arn:") else ("", "")
    return machine
