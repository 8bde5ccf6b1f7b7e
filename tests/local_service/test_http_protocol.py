"""AWS's JSON protocol without a socket: a request in, an answer out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sfn_release.local_service import LocalService, open_service
from sfn_release.local_service.http.http_protocol import HttpRequest, answer, refusal
from sfn_release.simulator import Mocks

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
LIST = HttpRequest(host="127.0.0.1:8083", target="AWSStepFunctions.ListStateMachines", body=b"{}")


@pytest.fixture
def service() -> Iterator[LocalService]:
    """Return a service at noon."""
    with open_service(":memory:", tasks_for=lambda _scope: Mocks(), clock=lambda: NOON) as opened:
        yield opened


def body(response: Any) -> dict[str, Any]:
    """Return the JSON of an answer, and check its Content-Length."""
    assert response.headers["Content-Length"] == str(len(response.body))
    members: dict[str, Any] = json.loads(response.body)
    return members


def test_a_request_is_answered_with_the_service_s_date(service: LocalService) -> None:
    """The date is from the service's clock, and the connection stays open."""
    assert refusal(service, LIST) is None
    response = answer(service, LIST)
    assert (response.status, body(response)) == (200, {"stateMachines": []})
    assert response.headers["Date"] == "Thu, 01 Jan 2026 12:00:00 GMT"
    assert "Connection" not in response.headers


@pytest.mark.parametrize(
    "request_",
    [replace(LIST, origin="https://evil.example"), replace(LIST, host="evil.example")],
    ids=["a web page", "another host"],
)
def test_a_refusal_needs_the_headers_alone(service: LocalService, request_: HttpRequest) -> None:
    """The connection is closed, because the body wasn't read."""
    response = refusal(service, request_)
    assert response is not None
    assert (response.status, body(response)["__type"]) == (403, "AccessDeniedException")
    assert response.headers["Connection"] == "close"
    assert response.headers["Date"] == "Thu, 01 Jan 2026 12:00:00 GMT"
    allowed = refusal(service, request_, allowed=["EVIL.example"])
    assert (allowed is None) == (request_.origin is None), "an allowed host, never an origin"


@pytest.mark.parametrize(
    ("target", "named"),
    [(None, "A request without X-Amz-Target"), ("S3.Get", "S3.Get"), ("AWSStepFunctions.No", "No")],
)
def test_an_unknown_operation_is_named(
    service: LocalService, target: str | None, named: str
) -> None:
    """The error has the operation's name without Step Functions' prefix."""
    response = answer(service, replace(LIST, target=target))
    assert response.status == 400
    assert body(response)["__type"] == "UnknownOperationException"
    assert named in body(response)["message"]


def test_the_identity_is_the_account_of_the_access_key(service: LocalService) -> None:
    """GetCallerIdentity answers for the region and the access key of the signature."""
    signed = "AWS4-HMAC-SHA256 Credential=111122223333/20260101/cn-north-1/sts/aws4_request, x"
    response = answer(
        service,
        HttpRequest(
            authorization=signed,
            content_type="application/x-www-form-urlencoded; charset=utf-8",
            body=b"Action=GetCallerIdentity&Version=2011-06-15",
        ),
    )
    assert (response.status, response.headers["Content-Type"]) == (200, "text/xml")
    assert b"<Arn>arn:aws-cn:iam::111122223333:root</Arn>" in response.body


def test_a_database_that_fails_is_an_error_that_clients_do_not_retry(tmp_path: Path) -> None:
    """The error names the file."""
    path = tmp_path / "local.db"
    path.write_text("not a database, " * 100)
    with open_service(path, tasks_for=lambda _scope: Mocks()) as service:
        response = answer(service, LIST)
    assert (response.status, body(response)["__type"]) == (400, "LocalServiceFailure")
    assert str(path) in body(response)["message"]
