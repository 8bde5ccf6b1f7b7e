"""The Step Functions client: its operations, one in this process, one from what a user holds.

Everything that touches a state machine goes through such a client. There are two kinds and no
difference between them: botocore's own against AWS or an ``endpoint_url``, and botocore's own whose
requests are answered in this process (`in_process`), which is how ``local`` works.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Protocol

from sfn_release.aws.api_calls import Operation
from sfn_release.aws.sessions import client_config, creating
from sfn_release.errors import AccessError, AwsError

RequestHandler = Callable[[str, bytes], tuple[int, dict[str, str], bytes]]
"""Answers a request of AWS's JSON 1.0 protocol: operation and body to status, headers and body."""


class StepFunctions(Protocol):
    """The operations that the release engine uses: members of boto3's ``stepfunctions`` client.

    Arguments and answers are those of the API (api version 2016-11-23).
    """

    create_state_machine: Operation
    update_state_machine: Operation
    describe_state_machine: Operation
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
    describe_execution: Operation
    list_executions: Operation
    get_execution_history: Operation
    validate_state_machine_definition: Operation


def in_process(handle: RequestHandler, *, region: str) -> StepFunctions:
    """Return botocore's Step Functions client whose requests *handle* answers, without a network.

    Parameters are validated, errors raised and answers parsed by botocore itself, so that nothing
    can tell such a client from one over HTTP.
    """
    from botocore.awsrequest import AWSResponse

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
            endpoint_url="http://localhost",  # never asked; or AWS_ENDPOINT_URL would be read
            config=client_config(custom_endpoint=True),
        )
    client.meta.events.register("before-send.stepfunctions", answer)
    return client  # type: ignore[no-any-return]


@cache
def _isolated_session() -> Any:
    """Return a session that knows nothing of the user's AWS set-up, and so cannot trip over it.

    One for all clients in process: its models are read once, after which a client takes 2 ms.
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
    session.set_credentials("local", "local")  # nothing checks them
    return session


class _RawBody(io.BytesIO):
    """What AWSResponse reads its content from."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def client_of(session: Any) -> Any:
    """Return the Step Functions client of what a user holds.

    *session* is a ``boto_session_manager.BotoSesManager``, a ``boto3.Session``, a Step Functions
    client, or ``sfn.local()``. Raises TypeError for anything else, AwsError when no region is
    known and AccessError for an unknown profile.
    """
    import botocore.exceptions

    try:
        with creating:
            client = _held(session)
    except botocore.exceptions.NoRegionError as error:
        raise AwsError("No AWS region is known.", fix="Give the session a region_name.") from error
    except botocore.exceptions.ProfileNotFound as error:
        raise AccessError(f"{error}.", fix="Name another profile, or `aws configure`.") from error
    client.meta.events.register(
        "before-call.stepfunctions.StartSyncExecution", _keep_host, unique_id="sfn-release-host"
    )
    return client


def _held(session: Any) -> Any:
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
    """Take StartSyncExecution's prefix "sync-" off an IP address or localhost: no such host is."""
    params["url"] = _PREFIXED.sub(r"\1", params["url"])


_PREFIXED = re.compile(r"^(https?://)sync-(?=(?:[0-9.]+|localhost)(?:[:/]|$))")
