"""Lists the objects of a bucket in pages, as S3's ListObjectsV2 and ListObjects do."""

from __future__ import annotations

from typing import Any

from sfn_release.tasks.object_store import Bucket, invalid_argument
from sfn_release.tasks.s3_request import S3Request

_PAGE = 1000  # S3: the most keys in one listing


def list_objects_v2(bucket: Bucket, request: S3Request) -> dict[str, Any]:
    """Return one page. Its token is the last key in it."""
    after = request.optional("ContinuationToken") or request.optional("StartAfter")
    page, last = _page(bucket, request, after)
    page["KeyCount"] = len(page["Contents"]) + len(page.get("CommonPrefixes", []))
    if last:
        page["NextContinuationToken"] = last
    echoed = ("ContinuationToken", "StartAfter")
    return page | {name: request.parameters[name] for name in echoed if name in request.parameters}


def list_objects(bucket: Bucket, request: S3Request) -> dict[str, Any]:
    """Return one page of the older action, which goes on after a Marker."""
    marker = request.optional("Marker")
    page, last = _page(bucket, request, marker)
    page["Marker"] = marker
    if last and "Delimiter" in page:
        page["NextMarker"] = last
    return page


def _page(bucket: Bucket, request: S3Request, after: str) -> tuple[dict[str, Any], str]:
    """Return a page, and its last key if there are more."""
    prefix, delimiter = request.optional("Prefix"), request.optional("Delimiter")
    most = _most(request)
    names, last = _names(bucket, prefix, delimiter, after, most)
    keys = [name for name, is_prefix in names.items() if not is_prefix]
    found = [(key, entry) for key in keys if (entry := bucket.get(key)) is not None]
    page: dict[str, Any] = {
        "Contents": [request.entry(key, entry) for key, entry in found],
        "IsTruncated": bool(last),
        "MaxKeys": most,
        "Name": request.required("Bucket"),
        "Prefix": prefix,
    }
    if delimiter:
        prefixes = [{"Prefix": name} for name, is_prefix in names.items() if is_prefix]
        page |= {"CommonPrefixes": prefixes, "Delimiter": delimiter}
    return page, last


def _names(
    bucket: Bucket, prefix: str, delimiter: str, after: str, most: int
) -> tuple[dict[str, bool], str]:
    """Return keys and common prefixes (True), and the last key when there are more."""
    order = after.encode("utf-8", "surrogatepass")
    names: dict[str, bool] = {}
    last = ""
    for key in bucket.keys(prefix):
        if after and key.encode("utf-8", "surrogatepass") <= order:
            continue
        head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        name = prefix + head + delimiter if found else key
        if name not in names and len(names) == most:
            return names, last
        names[name] = bool(found)
        last = key
    return names, ""


def _most(request: S3Request) -> int:
    most = request.parameters.get("MaxKeys", _PAGE)
    if isinstance(most, bool) or not isinstance(most, int) or most < 0:
        raise invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647")
    return min(most, _PAGE)
