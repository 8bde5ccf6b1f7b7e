"""Answers S3 tasks from buckets that folders or memory stand in for.

    bucket names → Buckets → getObject, putObject, listObjectsV2 ... in the shape of Step Functions

It answers Task states (``arn:aws:states:::aws-sdk:s3:getObject``), and the ItemReader and the
ResultWriter of a distributed Map (``arn:aws:states:::s3:getObject``).
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator import TaskCall
from sfn_release.tasks.bucket_listing import list_objects, list_objects_v2
from sfn_release.tasks.chain import Answer
from sfn_release.tasks.folder_bucket import FolderBucket
from sfn_release.tasks.object_store import (
    Bucket,
    MemoryBucket,
    StoredObject,
    invalid_argument,
    no_bucket,
    no_key,
    no_version,
)
from sfn_release.tasks.s3_request import S3Request, described, write_seconds
from sfn_release.text import did_you_mean

_RESOURCE = re.compile(r"arn:[\w-]+:states:::(aws-sdk:)?s3:(\w+)")
_TEXT = "text/plain; charset=UTF-8"

DeclaredBucket = str | Path | Mapping[str, str | bytes]
"""A bucket as users declare it: a folder, or the objects of a bucket in memory by key."""


class Buckets:
    """Buckets by name, shared by all executions. *now* is the time of the objects they write."""

    def __init__(self, buckets: Mapping[str, Bucket], now: Callable[[], datetime]) -> None:
        self._buckets = buckets
        self._now = now
        self._actions: Mapping[str, Callable[[S3Request], dict[str, Any]]] = {
            "getObject": self._get,
            "headObject": lambda request: described(self._object(request)),
            "putObject": self._put,
            "copyObject": self._copy,
            "deleteObject": self._delete,
            "deleteObjects": self._delete_all,
            "listObjects": lambda request: list_objects(self._bucket(request), request),
            "listObjectsV2": lambda request: list_objects_v2(self._bucket(request), request),
            "headBucket": self._head_bucket,
            "listBuckets": self._list_buckets,
        }

    def answer_to(self, call: TaskCall) -> Answer | None:
        """Return the answer to a call of S3; None for any other service, and without buckets."""
        found = _RESOURCE.fullmatch(call.resource)
        action = self._actions.get(found[2]) if found else None
        if not self._buckets or found is None or action is None:
            return None
        parameters = call.payload if isinstance(call.payload, Mapping) else {}
        request = S3Request(parameters, for_map=found[1] is None)
        return lambda: action(request)

    def _bucket(self, request: S3Request, *, to_write: bool = False) -> Bucket:
        name = request.required("Bucket")
        bucket = self._buckets.get(name)
        if bucket is None:
            known = ", ".join(sorted(self._buckets))
            problem = f"{json.dumps(name)} is not one of the buckets here: {known}."
            raise no_bucket(f"{problem} {did_you_mean(name, self._buckets)}".rstrip())
        if not to_write and not bucket.exists():
            raise no_bucket(f"{json.dumps(name)} is {bucket.place}, which does not exist.")
        return bucket

    def _object(self, request: S3Request) -> StoredObject:
        bucket = self._bucket(request)
        if request.optional("VersionId") not in ("", "null"):
            raise no_version()
        key = request.required("Key")
        found = bucket.get(key)
        if found is None:
            name = json.dumps(request.required("Bucket"))
            shown = json.dumps(key, ensure_ascii=False)
            raise no_key(f"The bucket {name} has no {shown}. It is {bucket.place}.")
        return found

    def _get(self, request: S3Request) -> dict[str, Any]:
        found = self._object(request)
        if request.for_map:
            return {"Body": found.body}
        return {**described(found), "Body": found.body.decode("utf-8", "replace")}

    def _put(self, request: S3Request) -> dict[str, Any]:
        bucket, key = self._bucket(request, to_write=True), request.required("Key")
        content = request.parameters.get("Body")
        # An SDK integration sends the JSON of its Body: a text keeps its quotes.
        text = content if request.for_map and isinstance(content, str) else compact(content)
        body = b"" if "Body" not in request.parameters else text.encode("utf-8", "surrogatepass")
        metadata = request.parameters.get("Metadata")
        stored = StoredObject(
            body,
            self._now(),
            request.optional("ContentType") or _TEXT,
            metadata if isinstance(metadata, Mapping) else {},
        )
        bucket.put(key, stored)
        return {
            "ChecksumCRC32": base64.b64encode(zlib.crc32(body).to_bytes(4)).decode(),
            "ChecksumType": "FULL_OBJECT",
            "ETag": stored.etag,
            "ServerSideEncryption": "AES256",
        }

    def _copy(self, request: S3Request) -> dict[str, Any]:
        bucket, key = self._bucket(request, to_write=True), request.required("Key")
        name, _, source = request.required("CopySource").removeprefix("/").partition("/")
        found = self._object(S3Request({"Bucket": name, "Key": source}))
        bucket.put(key, replace(found, modified=self._now()))
        result = {"ETag": found.etag, "LastModified": write_seconds(self._now())}
        return {"CopyObjectResult": result, "ServerSideEncryption": "AES256"}

    def _delete(self, request: S3Request) -> dict[str, Any]:
        self._bucket(request).delete(request.required("Key"))
        return {}

    def _delete_all(self, request: S3Request) -> dict[str, Any]:
        bucket = self._bucket(request)
        delete = request.parameters.get("Delete")
        objects = delete.get("Objects") if isinstance(delete, Mapping) else None
        if not isinstance(objects, list) or not all(isinstance(o, Mapping) for o in objects):
            raise invalid_argument("The XML you provided was not well-formed")
        keys = [S3Request(entry).required("Key") for entry in objects]
        for key in keys:
            bucket.delete(key)
        return {"Deleted": [{"Key": key} for key in keys]}

    def _head_bucket(self, request: S3Request) -> dict[str, Any]:
        self._bucket(request)
        return {"AccessPointAlias": False}

    def _list_buckets(self, _request: S3Request) -> dict[str, Any]:
        return {"Buckets": [{"Name": name} for name in sorted(self._buckets)]}


def buckets_of(declared: Mapping[str, DeclaredBucket], now: Callable[[], datetime]) -> Buckets:
    """Return the buckets that users declare, by name."""
    return Buckets(
        {
            name: MemoryBucket(place) if isinstance(place, Mapping) else FolderBucket(Path(place))
            for name, place in declared.items()
        },
        now,
    )
