"""A request to S3 that a task makes, and the descriptions of objects in its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator import NoAnswer
from sfn_release.simulator.timestamps import write_instant
from sfn_release.tasks.object_store import StoredObject


@dataclass(frozen=True)
class S3Request:
    """The parameters of a request. *for_map* is true for an ItemReader or a ResultWriter.

    They get other answers than an SDK integration, as executions recorded on AWS show: an
    SDK integration spells ``ETag`` and ISO times, an ItemReader ``Etag`` and seconds since 1970.
    """

    parameters: Mapping[str, Any]
    for_map: bool = False

    def required(self, name: str) -> str:
        """Return a required text. Raises NoAnswer in Step Functions' words."""
        value = self.parameters.get(name)
        if not isinstance(value, str) or not value:
            raise NoAnswer(
                "States.Runtime",
                f"The Parameters '{compact(dict(self.parameters))}' could not be used to start the"
                f" Task: [The field '{name}' is required but was missing]",
            )
        return value

    def optional(self, name: str) -> str:
        """Return an optional text, empty when it's absent."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) else ""

    def entry(self, key: str, found: StoredObject) -> dict[str, Any]:
        """Return an entry of a listing."""
        if self.for_map:
            seconds = found.modified.replace(microsecond=0).timestamp()
            names = {"Etag": found.etag, "LastModified": seconds, "Key": key}
        else:
            when = write_seconds(found.modified)
            names = {"ETag": found.etag, "Key": key, "LastModified": when}
        return {**names, "Size": len(found.body), "StorageClass": "STANDARD"}


def described(found: StoredObject) -> dict[str, Any]:
    """Return an object's description, as GetObject and HeadObject answer through the SDK."""
    return {
        "AcceptRanges": "bytes",
        "ContentLength": len(found.body),
        "ContentType": found.type,
        "ETag": found.etag,
        "LastModified": write_seconds(found.modified),
        "Metadata": dict(found.metadata),
        "ServerSideEncryption": "AES256",
    }


def write_seconds(instant: datetime) -> str:
    """Write an instant as S3 does, without a fraction of the second."""
    return write_instant(instant).partition(".")[0] + "Z"
