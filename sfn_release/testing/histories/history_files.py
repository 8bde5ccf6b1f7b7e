"""Reads the histories of executions from files.

A file is JSON, or JSON compressed with gzip (``.json.gz``). It has one of these forms:

- the output of ``aws stepfunctions get-execution-history``: ``{"events": [...]}``;
- several such pages, one after the other or in a list; a ``nextToken`` in the last one means that
  events are missing;
- the same with ``"execution"`` beside ``"events"``: the output of ``aws stepfunctions
  describe-execution``, which knows the ARN. ``replay --save`` writes this form;
- a list of events.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sfn_release.testing.histories.finished_execution import FinishedExecution


def history_files(path: Path) -> list[Path]:
    """Return the history files of a folder, at any depth, sorted; or the file *path* itself.

    Raises NotFoundError when there is none.
    """
    raise NotImplementedError


def read_history_file(path: Path, workflow: str = "") -> FinishedExecution:
    """Return the execution of a file. Without a known ARN, its *arn* is the file's name.

    Its status is RUNNING when the history has no end. Raises FileError for a file that has no
    history.
    """
    raise NotImplementedError


def read_history_files(path: Path, workflow: str = "") -> Iterator[FinishedExecution]:
    """Yield the executions of a folder's files, or of one file."""
    for file in history_files(path):
        yield read_history_file(file, workflow)
