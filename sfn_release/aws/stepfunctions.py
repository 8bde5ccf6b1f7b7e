"""The Step Functions client: its operations, a client in this process, the client of a session.

Everything that touches a state machine goes through such a client. There are three kinds, and all
behave the same: botocore's client of AWS or an ``endpoint_url``; botocore's client whose requests
are answered in this process (`in_process`), which ``sfn.local()`` returns; and the client of
`sfn_release.aws.direct_client`, by which commands use the ``local`` environment.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Protocol

from sfn_release.aws.api_calls import Operation
from sfn_release.errors import AccessError, AwsError

RequestHandler = Callable[[str, bytes], tuple[int, dict[str, str], bytes]]
"""Answers a request of AWS's JSON 1.0 protocol: (operation, body) → (status, headers, body)."""


class StepFunctions(Protocol):
    """The operations that we use: members of boto3's ``stepfunctions`` client.

    Arguments and answers have the API's shapes (api version 2016-11-23).
    """

    create_state_machine: Operation
    update_state_machine: Operation
    describe_state_machine: Operation
    describe_state_machine_for_execution: Operation
    delete_state_machine: Operation
    list_state_machines: Operation
    publish_state_machine_version: Operation
    list_state_machine_versions: Operation
    delete_state_machine_version: Operation
    create_state_machine_alias: Operation
    update_state_machine_alias: Operation
    describe_state_machine_alias: Operation
    delete_state_machine_alias: Operation
    list_state_machine_aliases: Operation
    tag_resource: Operation
    untag_resource: Operation
    list_tags_for_resource: Operation
    start_execution: Operation
    start_sync_execution: Operation
    stop_execution: Operation
    describe_execution: Operation
    describe_map_run: Operation
    list_executions: Operation
    get_execution_history: Operation
    validate_state_machine_definition: Operation


def in_process(handle: RequestHandler, *, region: str) -> StepFunctions:
    """Return botocore's Step Functions client whose requests *handle* answers, without a network.

    botocore itself validates parameters, raises errors and parses answers, so the client behaves
    like a client over HTTP.
    """
    from botocore.awsrequest import AWSResponse

    from sfn_release.aws.sessions import client_config, creating

    def answer(request: Any, **_: Any) -> Any:
        operation = request.headers["X-Amz-Target"]
        operation = operation.decode() if isinstance(operation, bytes) else operation
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        status, headers, payload = handle(operation.rpartition(".")[2], body)
        return AWSResponse(request.url, status, headers, _RawBody(payload))

    with creating:
        client = _isolated_session().create_client(
            "stepfunctions",
            region_name=region,
            endpoint_url="http://localhost",  # unused; without it botocore reads AWS_ENDPOINT_URL
            config=client_config(custom_endpoint=True),
        )
    client.meta.events.register("before-send.stepfunctions", answer)
    return client  # type: ignore[no-any-return]


@cache
def _isolated_session() -> Any:
    """Return a session that ignores the user's AWS set-up, so a broken set-up can't break it.

    All clients in process share it: it reads its models once, and then a client takes 2 ms.
    """
    import botocore.session

    nowhere = (None, None, os.devnull, None)
    session = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": nowhere,
            "credentials_file": nowhere,
        }
    )
    session.set_credentials("local", "local")  # nothing checks these
    return session


class _RawBody(io.BytesIO):
    """The body that AWSResponse reads its content from."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def client_of(session: Any) -> Any:
    """Return the Step Functions client of a session.

    *session* is a ``boto_session_manager.BotoSesManager``, a ``boto3.Session``, a Step Functions
    client, or ``sfn.local()``. Raises TypeError for anything else, AwsError when no region is set,
    and AccessError for an unknown profile.
    """
    import botocore.exceptions

    from sfn_release.aws.sessions import creating

    try:
        with creating:
            client = _underlying_client(session)
    except botocore.exceptions.NoRegionError as error:
        raise AwsError("No AWS region is set.", fix="Give the session a region_name.") from error
    except botocore.exceptions.ProfileNotFound as error:
        raise AccessError(
            f"{error}.", fix="Name another profile, or run `aws configure`."
        ) from error
    client.meta.events.register(
        "before-call.stepfunctions.StartSyncExecution", _keep_host, unique_id="sfn-release-host"
    )
    return client


def _underlying_client(session: Any) -> Any:
    if hasattr(session, "start_sync_execution"):
        return session
    if hasattr(type(session), "sfn_client"):  # BotoSesManager
        return session.sfn_client
    if hasattr(session, "client") and hasattr(session, "region_name"):  # boto3.Session
        return session.client("stepfunctions")
    raise TypeError(
        "expected a BotoSesManager, a boto3.Session, a Step Functions client or sfn.local(),"
        f" got {type(session).__name__}"
    )


def _keep_host(params: dict[str, Any], **_: Any) -> None:
    """Remove StartSyncExecution's prefix "sync-" from an IP address or localhost."""
    params["url"] = _PREFIXED.sub(r"\1", params["url"])


_PREFIXED = re.compile(r"^(https?://)sync-(?=(?:[0-9.]+|localhost)(?:[:/]|$))")
