"""One request to any AWS service, or to an emulator of it, with the answer as AWS sent it.

`api_calls` turns failures into our own errors, for the services that a deployment needs. Here they
stay the service's own: codes, messages and request ids. Each call is logged at debug, without its
arguments and answer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.aws.sessions import client_config, creating

_LOG = logging.getLogger(__name__)
_ANY = "local"  # credentials for an endpoint that isn't AWS's, where you have none


@dataclass(frozen=True)
class ServiceAnswer:
    """An answer: its members as botocore names them, and the HTTP headers, status and id."""

    members: Mapping[str, Any]
    headers: Mapping[str, str]
    status: int
    request_id: str


class RefusedRequest(Exception):  # noqa: N818 - names the thing
    """A service refused a request. *extended_id* is S3's second request id.

    *shape* is the error's name in the service's model. It's the *code*, except in services such as
    SQS that keep the codes of an older protocol (``AWS.SimpleQueueService.NonExistentQueue``).
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int,
        request_id: str,
        extended_id: str = "",
        shape: str = "",
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.extended_id = extended_id
        self.shape = shape or code


class UnansweredRequest(Exception):  # noqa: N818 - names the thing
    """A request got no answer: no credentials, no connection, or an answer in another protocol."""


def service_client(service: str, *, region: str, url: str | None) -> Any:
    """Return botocore's client of a *service*, by botocore's name, at *url* or at AWS (None).

    It uses your credentials; for a *url* it needs none. Raises UnansweredRequest.
    """
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        with creating:
            session = botocore.session.Session()
            if url is not None and session.get_credentials() is None:
                session.set_credentials(_ANY, _ANY)
            config = client_config(custom_endpoint=url is not None)
            return session.create_client(
                service, region_name=region, endpoint_url=url, config=config
            )
    except BotoCoreError as error:
        raise UnansweredRequest(str(error)) from error


def send(client: Any, operation: str, request: Mapping[str, Any]) -> ServiceAnswer:
    """Send a *request* for an *operation*, by its name in the API, and return the answer.

    Raises RefusedRequest and UnansweredRequest.
    """
    from botocore import xform_name
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
    from botocore.parsers import ResponseParserError

    service = client.meta.service_model.service_name
    try:
        answer = getattr(client, xform_name(operation))(**request)
    except ClientError as error:
        _LOG.debug("%s %s: %s", service, operation, error.response.get("Error", {}).get("Code"))
        raise _refused(error.response) from error
    except ParamValidationError as error:
        raise RefusedRequest("ValidationException", str(error), 400, "none") from error
    except (BotoCoreError, ResponseParserError) as error:
        raise UnansweredRequest(str(error)) from error
    metadata = answer.get("ResponseMetadata", {})
    _LOG.debug("%s %s: ok, request %s", service, operation, metadata.get("RequestId"))
    return ServiceAnswer(
        {name: member for name, member in answer.items() if name != "ResponseMetadata"},
        metadata.get("HTTPHeaders", {}),
        metadata.get("HTTPStatusCode", 0),
        metadata.get("RequestId", ""),
    )


def _refused(response: Mapping[str, Any]) -> RefusedRequest:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    return RefusedRequest(
        error.get("Code", ""),
        error.get("Message", ""),
        metadata.get("HTTPStatusCode", 0),
        metadata.get("RequestId", ""),
        metadata.get("HostId", ""),
        error.get("QueryErrorCode", ""),
    )
