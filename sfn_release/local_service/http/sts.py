"""STS beside Step Functions: only GetCallerIdentity, in the query protocol.

A deployer sends both to one endpoint: which account do these credentials belong to, and which state
machines are there? The access key decides the account (`request_headers.scope`).
Shapes: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

from __future__ import annotations

from urllib.parse import parse_qs

from sfn_release.aws.regions import partition_of
from sfn_release.local_service.api.arns import ArnScope

CONTENT_TYPE = "text/xml"
_FORM = "application/x-www-form-urlencoded"
_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


def is_get_caller_identity(content_type: str | None, body: bytes) -> bool:
    """Return whether a request is GetCallerIdentity of STS."""
    if not (content_type or "").lower().startswith(_FORM):
        return False
    return parse_qs(body.decode("latin-1")).get("Action") == ["GetCallerIdentity"]


def get_caller_identity(scope: ArnScope, request_id: str) -> bytes:
    """Return the answer of GetCallerIdentity: the root user of the account in *scope*.

    *request_id* becomes the id in the answer.
    """
    account = scope.account
    arn = f"arn:{partition_of(scope.region)}:iam::{account}:root"
    return (
        f'<GetCallerIdentityResponse xmlns="{_NAMESPACE}"><GetCallerIdentityResult>'
        f"<Arn>{arn}</Arn><UserId>{account}</UserId><Account>{account}</Account>"
        "</GetCallerIdentityResult><ResponseMetadata>"
        f"<RequestId>{request_id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    ).encode()
