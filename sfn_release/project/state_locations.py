"""Where a Terraform state is: an object of S3, a URL of the HTTP backend, or a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sfn_release.aws.https_get import url_problem

_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]")


S3_SCHEMA: Final = {"pattern": "^[sS]3://"}
"""The texts in JSON Schema that name an object of S3."""


@dataclass(frozen=True)
class S3Location:
    """An object of S3, or one *version* of it: ``s3://bucket/key?versionId=…``."""

    bucket: str
    key: str
    version: str | None = None

    def __str__(self) -> str:
        version = f"?versionId={self.version}" if self.version else ""
        return f"s3://{self.bucket}/{self.key}{version}"


@dataclass(frozen=True)
class UrlLocation:
    """A URL that answers as Terraform's HTTP backend does."""

    url: str

    def __str__(self) -> str:
        return self.url.partition("?")[0]


@dataclass(frozen=True)
class FileLocation:
    """A file, relative to the folder of releases.toml."""

    path: str

    def __str__(self) -> str:
        return self.path


StateLocation = S3Location | UrlLocation | FileLocation


def parse_location(text: str) -> StateLocation:
    """Return the location that a *text* of releases.toml names. `location_problem` checks it."""
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if scheme == "s3":
        path, _, query = text[5:].partition("?versionId=")
        bucket, _, key = path.partition("/")
        return S3Location(bucket, key, query or None)
    return UrlLocation(text) if scheme else FileLocation(text)


def location_problem(text: str) -> str | None:
    """Return why *text* can't be the location of a state, None if it can."""
    if not text or not text.isprintable() or text != text.strip():
        return "Write s3://bucket/key, an https URL, or the path of a file."
    location = parse_location(text)
    match location:
        case S3Location():
            if not _BUCKET.fullmatch(location.bucket) or not location.key:
                return "Write it as s3://bucket/key, with the names that the backend has."
            return None
        case UrlLocation():
            return url_problem(location.url)
        case FileLocation():
            return _path_problem(location.path)


def _path_problem(path: str) -> str | None:
    if path.startswith(("/", "~")) or re.match(r"[A-Za-z]:", path) or "\\" in path:
        return "A path is relative to the folder of releases.toml, with '/' between folders."
    return None
