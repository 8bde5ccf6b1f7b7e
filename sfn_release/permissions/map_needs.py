"""The needs of a distributed Map: to run its own executions, and its item reader and result writer.

Sources: "IAM policies for using Distributed Map states" and "Redriving Map Runs" in AWS's
developer guide.
"""

from __future__ import annotations

from typing import Any, Final

from sfn_release.asl.known_text import UNKNOWN, Known
from sfn_release.checks.definition import ParsedState
from sfn_release.checks.integrations import part_calls
from sfn_release.permissions.arguments import Arguments, KnownText, arguments_of
from sfn_release.permissions.needed import Place
from sfn_release.permissions.permission_list import PermissionList
from sfn_release.permissions.resource_arns import Target, Targets

_WRITER: Final = (
    *("s3:PutObject", "s3:GetObject"),
    *("s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"),
)
_GET: Final = ("s3:GetObject",)
_FLATTENED: Final = "LOAD_AND_FLATTEN"


def add_map_run_needs(needs: PermissionList, state: str, known: Known) -> None:
    """Add the needs of starting, watching, stopping and redriving child executions."""
    arn, name = known.arn, known.name
    head = arn.rpartition(":stateMachine:")[0]
    needs.add(("states:StartExecution",), [arn], state)
    children = [
        f"{head}:execution:{name}:{UNKNOWN}",
        f"{head}:execution:{name}/{UNKNOWN}:{UNKNOWN}",
    ]
    needs.add(("states:DescribeExecution", "states:StopExecution"), children, state)
    needs.add(("states:RedriveExecution",), children[1:], state)


def add_part_needs(needs: PermissionList, state: ParsedState, known: Known, place: Place) -> None:
    """Add the needs of a Map's item reader and result writer."""
    for part in part_calls(state):
        arguments = arguments_of(part.holder, part.language, known, whole_input=False)
        if part.key == "ResultWriter":
            if arguments.names or arguments.open:
                found = _objects(arguments, "Prefix", place, below=True)
                needs.add_targets(_WRITER, found, state.id)
        elif part.action == "listObjectsV2":
            _add_listing(needs, state.id, part.holder, arguments, place)
        else:
            get = ("s3:GetObjectVersion",) if arguments.has("VersionId") else _GET
            needs.add_targets(get, _objects(arguments, "Key", place), state.id)
            _add_manifest(needs, state.id, part.holder, place)


def _add_listing(
    needs: PermissionList, state: str, holder: Any, arguments: Arguments, place: Place
) -> None:
    buckets = tuple(
        Target(KnownText(_bucket(text, place), text.source), not text.unknown)
        for text in arguments.texts("Bucket")
    )
    needs.add_targets(
        ("s3:ListBucket",), Targets(buckets, "" if buckets else "no bucket is given"), state
    )
    if _config(holder).get("Transformation") == _FLATTENED:
        needs.add_targets(_GET, _objects(arguments, "Prefix", place, prefix=True), state)


def _add_manifest(needs: PermissionList, state: str, holder: Any, place: Place) -> None:
    if _config(holder).get("InputType") == "MANIFEST":
        reason = "The manifest names the files with the items."
        needs.add_unknown(state, reason, _GET, f"arn:{place.partition}:s3:::{UNKNOWN}")


def _config(holder: Any) -> dict[str, Any]:
    config = holder.get("ReaderConfig")
    return config if isinstance(config, dict) else {}


def _objects(
    arguments: Arguments, name: str, place: Place, *, below: bool = False, prefix: bool = False
) -> Targets:
    """Return the object of a key; those *below* it, or with it as a *prefix*."""
    keys = arguments.texts(name) or (KnownText(""),)
    found = []
    for bucket in arguments.texts("Bucket"):
        for key in keys:
            text = key.text
            if below:
                text = f"{text.rstrip('/')}/{UNKNOWN}" if text else UNKNOWN
            elif prefix:
                text = f"{text}{UNKNOWN}"
            source = next((part.source for part in (bucket, key) if not part.whole), "")
            arn = f"{_bucket(bucket, place)}/{text.replace('**', UNKNOWN)}"
            found.append(Target(KnownText(arn, source), not bucket.unknown))
    return Targets(tuple(found), "" if found else "no bucket is given")


def _bucket(text: KnownText, place: Place) -> str:
    bucket = text.text
    return bucket if bucket.startswith("arn:") else f"arn:{place.partition}:s3:::{bucket}"
