"""The use that Athena makes of the role that starts a query: catalog, data, and results.

Source: "IAM policies for Amazon Athena" in AWS's developer guide. It lists all databases and
buckets; here it's the database and the place of the results that the request names.
"""

from __future__ import annotations

from typing import Final

from sfn_release.asl.known_text import UNKNOWN
from sfn_release.permissions.arguments import Arguments, KnownText
from sfn_release.permissions.needed import Place
from sfn_release.permissions.permission_list import PermissionList
from sfn_release.permissions.resource_arns import Target, Targets
from sfn_release.permissions.s3_locations import bucket_target, object_target

_WRITES: Final = (
    *("s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
)
_LISTS: Final = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
_GLUE: Final = (
    *("glue:GetDatabase", "glue:GetTable", "glue:GetTables"),
    *("glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition"),
)
_DATA: Final = ("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket")


def add_query_needs(
    needs: PermissionList, state: str, operation: str, arguments: Arguments, place: Place
) -> None:
    """Add the permissions beside its own actions to run a query, or to read its results."""
    if operation == "GetQueryResults":
        reason = "The results are in the bucket of the query's workgroup or request."
        needs.add_unknown(state, reason, ("s3:GetObject",), f"arn:{place.partition}:s3:::{UNKNOWN}")
        return
    context = arguments.part("QueryExecutionContext")
    catalog = context.texts("Catalog") or (KnownText("AwsDataCatalog"),)
    found = tuple(
        Target(
            KnownText(place.arn("athena", f"datacatalog/{text.text}"), text.source),
            not text.unknown,
        )
        for text in catalog
    )
    needs.add_targets(("athena:GetDataCatalog",), Targets(found), state)
    _add_results(needs, state, arguments, place)
    _add_tables(needs, state, context, place)


def _add_results(needs: PermissionList, state: str, arguments: Arguments, place: Place) -> None:
    texts = arguments.part("ResultConfiguration").texts("OutputLocation")
    for text in texts:
        under = object_target(text, place, below=True)
        needs.add_targets(_WRITES, Targets((under,)), state)
        needs.add_targets(_LISTS, Targets((bucket_target(text, place),)), state)
    if not texts:
        reason = "The workgroup decides in which bucket Athena writes the results."
        anywhere = f"arn:{place.partition}:s3:::{UNKNOWN}"
        needs.add_unknown(state, reason, (*_WRITES, *_LISTS), anywhere)


def _add_tables(needs: PermissionList, state: str, context: Arguments, place: Place) -> None:
    for text in context.texts("Database"):
        if text.unknown:
            continue
        arns = [
            place.arn("glue", "catalog"),
            place.arn("glue", f"database/{text.text}"),
            place.arn("glue", f"table/{text.text}/{UNKNOWN}"),
        ]
        needs.add(_GLUE, arns, state, partial=True)
    reason = (
        "The text of the query decides which tables and buckets Athena reads or writes with the"
        " role. Lake Formation, if it governs them, also needs lakeformation:GetDataAccess."
    )
    needs.add_unknown(state, reason, (*_GLUE, *_DATA, "lakeformation:GetDataAccess"))
