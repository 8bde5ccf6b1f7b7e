"""The objects behind a bucket: the interface of folders and memory, and S3's refusals."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

from sfn_release.simulator import TaskFailure

_REQUEST = "Request ID: local, Extended Request ID: local"


@dataclass(frozen=True)
class StoredObject:
    """One object of a bucket. *type* is its Content-Type, *metadata* what its writer added."""

    body: bytes
    modified: datetime
    type: str = "binary/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def etag(self) -> str:
        """The entity tag as S3 makes it: the MD5 sum, in quotes."""
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


class Bucket(Protocol):
    """One bucket. Keys are S3's: any text. To add a kind of bucket, implement it."""

    @property
    def place(self) -> str:
        """Where the objects are, for messages."""
        ...

    def exists(self) -> bool:
        """Whether its place is there. If it isn't, the first object that you put makes it."""
        ...

    def get(self, key: str) -> StoredObject | None:
        """Return an object; None if there is none."""
        ...

    def put(self, key: str, content: StoredObject) -> None:
        """Store an object. Raises NoAnswer for a key that this kind of bucket can't hold."""
        ...

    def delete(self, key: str) -> None:
        """Delete an object, if there is one."""
        ...

    def keys(self, prefix: str) -> Iterable[str]:
        """Return the keys that begin with *prefix*, in S3's order: by their UTF-8 bytes."""
        ...


class MemoryBucket:
    """A bucket in memory, for tests. *objects* are bodies by key, texts or bytes.

    It shares a dictionary with you: it sees the objects that you add, and you see the bodies that
    executions write, as bytes.
    """

    def __init__(
        self,
        objects: Mapping[str, str | bytes],
        modified: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    ) -> None:
        self._bodies = objects if isinstance(objects, MutableMapping) else dict(objects)
        self._written: dict[str, StoredObject] = {}
        self._modified = modified

    @property
    def place(self) -> str:
        """Where the objects are."""
        return "memory"

    def exists(self) -> bool:
        """Return True: there is nothing to make."""
        return True

    def get(self, key: str) -> StoredObject | None:
        """Return an object; None if there is none."""
        if key not in self._bodies:
            return None
        body = self._bodies[key]
        data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        written = self._written.get(key)
        if written is not None and written.body == data:
            return written
        return StoredObject(data, self._modified)

    def put(self, key: str, content: StoredObject) -> None:
        """Store an object."""
        self._bodies[key] = content.body
        self._written[key] = content

    def delete(self, key: str) -> None:
        """Delete an object, if there is one."""
        self._bodies.pop(key, None)
        self._written.pop(key, None)

    def keys(self, prefix: str) -> Iterable[str]:
        """Return the keys that begin with *prefix*, in S3's order."""
        return in_s3_s_order(key for key in list(self._bodies) if key.startswith(prefix))


def in_s3_s_order(keys: Iterable[str]) -> list[str]:
    """Sort keys as S3 lists them."""
    return sorted(keys, key=lambda key: key.encode("utf-8", "surrogatepass"))


def no_bucket(problem: str) -> TaskFailure:
    """Return S3's refusal of a bucket that doesn't exist, as Step Functions reports it.

    AWS doesn't name the bucket. *problem* is a sentence that does, after AWS's words.
    """
    return _refused("NoSuchBucket", "The specified bucket does not exist", problem=problem)


def no_key(problem: str) -> TaskFailure:
    """Return S3's refusal of a key that doesn't exist. *problem* names it after AWS's words."""
    return _refused("NoSuchKey", "The specified key does not exist.", problem=problem)


def no_version() -> TaskFailure:
    """Return S3's refusal of a version: a bucket here keeps none."""
    return _refused("S3", "The specified version does not exist.")


def invalid_argument(message: str) -> TaskFailure:
    """Return S3's refusal of a parameter's value."""
    return _refused("S3", message, 400)


def _refused(name: str, message: str, status: int = 404, problem: str = "") -> TaskFailure:
    """Return the failure. Source: executions recorded on AWS (``S3.NoSuchBucketException``)."""
    cause = f"{message} (Service: S3, Status Code: {status}, {_REQUEST}) {problem}".rstrip()
    return TaskFailure(f"S3.{name}Exception", cause)
