"""Keeps the histories of executions in a folder, one JSON file each, for `replay FOLDER`."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from sfn_release.asl.path_steps import Path as DataPath
from sfn_release.errors import FileError, UsageError
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.redaction import Redaction
from sfn_release.text import count

SCHEMA = "sfn-release/recorded-execution/1"
_LONGEST_NAME = 60  # characters, which may have four bytes each


@dataclass
class ExecutionFolder:
    """A folder of saved executions of an *environment*; *paths* are masked in each.

    A file has the output of ``aws stepfunctions get-execution-history``, and beside it the output
    of ``describe-execution``, so other tools read it too.

    Nothing is in the folder before every path has selected something: a misspelled path would
    leave the data unmasked. Until then the files wait in a private temporary folder. Use it as a
    context manager, which removes that folder.
    """

    folder: Path
    environment: str
    paths: tuple[DataPath, ...] = ()
    saved: int = 0
    kept: int = 0

    def __post_init__(self) -> None:
        """Draw the key of the masks."""
        self._redaction = Redaction(self.paths, secrets.token_bytes(32))
        self._waiting: TemporaryDirectory[str] | None = None
        self._count = 0

    def __enter__(self) -> Self:
        """Return the folder itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the files that still wait."""
        if self._waiting is not None:
            self._waiting.cleanup()
            self._waiting = None

    def save(self, execution: FinishedExecution) -> None:
        """Write the file of one execution, or let it wait. The same content again is fine.

        Raises FileError for a file of the same name with other content, and for a folder that
        can't be written.
        """
        self._count += 1
        document = self._redaction.redact(self._document(execution))
        name = self._name(document["execution"]["executionArn"])
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        if self._redaction.unmatched:
            if self._waiting is None:
                self._waiting = TemporaryDirectory(prefix="sfn-release-")
            (Path(self._waiting.name) / name).write_text(text, encoding="utf-8")
            return
        self._write_waiting()
        self._write(name, text)

    def complete(self) -> None:
        """Raise UsageError if a path selected nothing in any execution. Then nothing is saved."""
        unmatched = self._redaction.unmatched
        if not self._count or not unmatched:
            return
        texts = " and ".join(path.text for path in unmatched)
        raise UsageError(
            f"--redact {texts} matches nothing in {count(self._count, 'execution')}, so nothing was"
            " saved.",
            why="A misspelled path would leave the data that it means in the files.",
            fix="Correct the path or leave it out. A path with .. matches at any depth:"
            "  --redact '$..email'",
        )

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(
                f"Can't write to the folder {self.folder}: {error.strerror}.",
                fix="Name another folder with --save.",
            ) from error

    def _write_waiting(self) -> None:
        """Write the files that waited for the last path to select something."""
        if self._waiting is None:
            return
        for file in sorted(Path(self._waiting.name).iterdir()):
            self._write(file.name, file.read_text(encoding="utf-8"))
        self.__exit__()

    def _write(self, name: str, text: str) -> None:
        self._make_folder()
        path = self.folder / name
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            self.saved += 1
        except FileExistsError:
            self._compare(path, text)
        except OSError as error:
            raise FileError(
                f"Can't write {path}: {error.strerror}.", fix="Make the folder writable."
            ) from error

    def _compare(self, path: Path, text: str) -> None:
        """Count a file that has the same content; raise FileError for another content."""
        try:
            same = path.read_text(encoding="utf-8") == text
        except (OSError, UnicodeDecodeError):
            same = False
        if not same:
            raise FileError(
                f"{path} exists, with other content.",
                why="Each --redact draws new masks, so the same execution is saved differently."
                if self.paths
                else "",
                fix="Name an empty folder with --save.",
            )
        self.kept += 1

    @staticmethod
    def _name(arn: str) -> str:
        """Return the name of an execution's file: readable, and one for each ARN."""
        name = re.sub(r"[^\w.-]+", "_", arn.split(":", 7)[-1])[:_LONGEST_NAME]
        return f"{name}-{hashlib.sha256(arn.encode()).hexdigest()[:8]}.json"

    def _document(self, execution: FinishedExecution) -> dict[str, Any]:
        machine = ":".join(execution.arn.split(":")[:7])
        described = {
            "executionArn": execution.arn,
            "stateMachineArn": re.sub(r":(execution|express):", ":stateMachine:", machine),
            "name": execution.name,
            "status": execution.status,
            "startDate": execution.started,
            "stopDate": execution.stopped,
            "input": execution.input,
            "output": execution.output,
            "error": execution.error,
            "cause": execution.cause,
            "stateMachineVersionArn": execution.version_arn,
        }
        header = {
            "schema": SCHEMA,
            "workflow": execution.workflow,
            "environment": self.environment,
            "version": execution.version,
            "type": execution.type,
            "redacted": [path.text for path in self.paths],
            **({"map_state": execution.map_state} if execution.map_state else {}),
        }
        document: dict[str, Any] = _plain(
            {
                "sfn_release": header,
                "execution": {key: value for key, value in described.items() if value is not None},
                "events": list(execution.events),
                **({"incomplete": execution.incomplete} if execution.incomplete else {}),
            }
        )
        return document


def _plain(value: Any) -> Any:
    """Return a copy as JSON holds it: times in ISO 8601, as the AWS CLI writes them."""
    match value:
        case dict():
            return {key: _plain(member) for key, member in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds")
        case _:
            return value
