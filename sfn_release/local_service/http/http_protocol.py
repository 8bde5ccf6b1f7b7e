"""AWS's JSON 1.0 protocol: from an HTTP request to its answer, whichever server carries them.

    HttpRequest → refusal (from a web page, for another host)      ┐
                → GetCallerIdentity of STS                         ├→ ServiceResponse
                → LocalService.answer(operation, body, scope)      ┘

`server` reads requests from sockets and writes answers back. To carry
the service over something else, build an `HttpRequest` and send the `ServiceResponse`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from sfn_release.errors import LocalServiceError
from sfn_release.local_service.http import request_headers, sts
from sfn_release.local_service.service import CONTENT_TYPE, LocalService, ServiceResponse

_TARGET = "AWSStepFunctions."


@dataclass(frozen=True)
class HttpRequest:
    """A POST request: the headers that decide its answer (None: not sent), and its body."""

    host: str | None = None
    origin: str | None = None
    authorization: str | None = None
    content_type: str | None = None
    target: str | None = None
    body: bytes = b""


def refusal(
    service: LocalService, request: HttpRequest, allowed: Collection[str] = ()
) -> ServiceResponse | None:
    """Return the answer for a request that the service doesn't take; None for all others.

    It depends on the headers alone: call it before you read the body.
    """
    why = request_headers.refusal(request.host, request.origin, allowed)
    if why is None:
        return None
    return refuse(service, HTTPStatus.FORBIDDEN, "AccessDeniedException", why)


def answer(service: LocalService, request: HttpRequest) -> ServiceResponse:
    """Answer a request that `refusal` lets through."""
    scope = request_headers.scope(
        request.authorization, service.context.scope, service.context.fixed
    )
    if sts.is_get_caller_identity(request.content_type, request.body):
        identity = sts.get_caller_identity(scope, str(uuid.uuid4()))
        return _response(service, HTTPStatus.OK, sts.CONTENT_TYPE, identity)
    target = request.target or ""
    operation = target.removeprefix(_TARGET) or target
    try:
        status, headers, body = service.answer(operation, request.body, scope)
    except LocalServiceError as error:
        # Clients retry a 5xx for a while, and would get the same answer each time.
        return refuse(service, HTTPStatus.BAD_REQUEST, "LocalServiceFailure", str(error))
    return ServiceResponse(status, {"Date": _date(service), **headers}, body)


def refuse(service: LocalService, status: HTTPStatus, code: str, message: str) -> ServiceResponse:
    """Return an error in the API's form, after which the server closes the connection.

    The next bytes of that connection may be the rest of a body that nothing has read.
    """
    body = json.dumps({"__type": code, "message": message}).encode()
    response = _response(service, status, CONTENT_TYPE, body)
    response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    response.headers["Connection"] = "close"
    return response


def _response(
    service: LocalService, status: HTTPStatus, content_type: str, body: bytes
) -> ServiceResponse:
    headers = {
        "Date": _date(service),
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
    }
    return ServiceResponse(status, headers, body)


def _date(service: LocalService) -> str:
    return formatdate(service.context.now(), usegmt=True)
