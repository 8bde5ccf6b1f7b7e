"""Keeps the histories of executions in a folder, one JSON file each, for `replay FOLDER`."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sfn_release.asl.path_steps import Path as DataPath
from sfn_release.errors import FileError
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.redaction import Redaction

SCHEMA = "sfn-release/recorded-execution/1"
_LONGEST_NAME = 60  # characters, which may have four bytes each


@dataclass
class ExecutionFolder:
    """A folder of saved executions of an *environment*; *paths* are masked in each.

    A file has the output of ``aws stepfunctions get-execution-history``, and beside it the output
    of ``describe-execution``, so other tools read it too.
    """

    folder: Path
    environment: str
    paths: tuple[DataPath, ...] = ()
    saved: int = 0
    kept: int = 0
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def save(self, execution: FinishedExecution) -> None:
        """Write the file of one execution. The same content again is fine.

        Raises FileError for a file of the same name with other content, and for a folder that
        can't be written.
        """
        document = Redaction(self.paths, self._key).redact(self._document(execution))
        path = self.folder / self._name(document["execution"]["executionArn"])
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(
                f"Can't write to the folder {self.folder}: {error.strerror}.",
                fix="Name another folder with --save.",
            ) from error
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
