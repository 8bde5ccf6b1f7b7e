"""Places in S3 that a request names by URI: ``s3://bucket/key``."""

from __future__ import annotations

import re
from typing import Final

from sfn_release.asl.known_text import UNKNOWN
from sfn_release.permissions.arguments import Arguments, KnownText
from sfn_release.permissions.needed import Place
from sfn_release.permissions.permission_list import PermissionList
from sfn_release.permissions.resource_arns import Target, Targets

_URI: Final = re.compile(r"s3://(?P<bucket>[^/]+)/?(?P<key>.*)", re.DOTALL)


def bucket_target(text: KnownText, place: Place) -> Target:
    """Return the bucket of a URI."""
    found = _URI.fullmatch(text.text)
    return _target(text, found["bucket"] if found else UNKNOWN, place)


def object_target(text: KnownText, place: Place, *, below: bool = False) -> Target:
    """Return the object of a URI, or all objects *below* it."""
    found = _URI.fullmatch(text.text)
    if found is None:
        return _target(text, f"{UNKNOWN}/{UNKNOWN}", place)
    key = found["key"]
    if below:
        key = f"{key.rstrip('/')}/{UNKNOWN}" if key.strip("/") else UNKNOWN
    return _target(text, f"{found['bucket']}/{key}", place)


def _target(text: KnownText, path: str, place: Place) -> Target:
    named = re.match(r"\$\{|\w", path) is not None
    source = text.source or ("" if named else text.text)
    return Target(KnownText(f"arn:{place.partition}:s3:::{path}", source), named)


def add_body_needs(needs: PermissionList, state: str, arguments: Arguments, place: Place) -> None:
    """Add the objects that Bedrock's optimized integration reads and writes for a model.

    Source: "Invoke and customize Amazon Bedrock models" in AWS's developer guide.
    """
    for side, action in (("Input", "s3:GetObject"), ("Output", "s3:PutObject")):
        texts = arguments.part(side).texts("S3Uri")
        found = tuple(object_target(text, place) for text in texts)
        needs.add_targets((action,), Targets(found), state)
