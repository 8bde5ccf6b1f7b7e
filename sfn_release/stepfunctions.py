"""AWS Step Functions as we use it: the only importer of boto3.

Everything that touches a state machine goes through a Step Functions client. There are two ways to
get one and no difference between them: boto3's own against AWS or an ``endpoint_url``, and boto3's
own whose requests are answered in this process (`in_process`), which is how ``local`` works.
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from sfn_release.errors import AccessError, AwsError, NetworkError, SfnReleaseError

Handler = Callable[[str, bytes], tuple[int, dict[str, str], bytes]]
"""Answers one request of AWS's JSON 1.0 protocol: operation name and body to status, headers, body."""

_MAX_THREADS = 32
_creating = threading.Lock()  # boto3 sessions are not thread-safe while they create clients


class StepFunctions(Protocol):
    """The operations that the release engine uses: members of boto3's ``stepfunctions`` client.

    Arguments and answers are those of the API (api version 2016-11-23).
    """

    def create_state_machine(self, **request: Any) -> dict[str, Any]: ...
    def update_state_machine(self, **request: Any) -> dict[str, Any]: ...
    def describe_state_machine(self, **request: Any) -> dict[str, Any]: ...
    def delete_state_machine(self, **request: Any) -> dict[str, Any]: ...
    def publish_state_machine_version(self, **request: Any) -> dict[str, Any]: ...
    def list_state_machine_versions(self, **request: Any) -> dict[str, Any]: ...
    def create_state_machine_alias(self, **request: Any) -> dict[str, Any]: ...
    def update_state_machine_alias(self, **request: Any) -> dict[str, Any]: ...
    def describe_state_machine_alias(self, **request: Any) -> dict[str, Any]: ...
    def delete_state_machine_alias(self, **request: Any) -> dict[str, Any]: ...
    def tag_resource(self, **request: Any) -> dict[str, Any]: ...
    def untag_resource(self, **request: Any) -> dict[str, Any]: ...
    def list_tags_for_resource(self, **request: Any) -> dict[str, Any]: ...
    def start_execution(self, **request: Any) -> dict[str, Any]: ...
    def start_sync_execution(self, **request: Any) -> dict[str, Any]: ...
    def describe_execution(self, **request: Any) -> dict[str, Any]: ...


def connect(
    *,
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
) -> StepFunctions:
    """Return boto3's Step Functions client for an account and region.

    Credentials come from *profile* or boto3's usual chain. Raises AccessError for an unknown
    profile and AwsError when no region is known.
    """
    import boto3
    import botocore.exceptions

    with _creating:
        try:
            session = boto3.Session(profile_name=profile, region_name=region)
            client: StepFunctions = session.client(
                "stepfunctions", endpoint_url=endpoint_url, config=_config(endpoint_url)
            )
        except botocore.exceptions.ProfileNotFound as error:
            raise AccessError(
                f"{error}.", fix="Name another profile in releases.toml, or run `aws configure`."
            ) from error
        except botocore.exceptions.NoRegionError as error:
            raise AwsError(
                "No AWS region is known.", fix="Set `region` for the environment in releases.toml."
            ) from error
        except ValueError as error:  # botocore's word for an endpoint that is no URL
            raise AwsError(f"The endpoint cannot be used: {error}.") from error
    return client


def in_process(handle: Handler, *, region: str) -> StepFunctions:
    """Return boto3's Step Functions client whose requests *handle* answers, without a network.

    Parameters are validated, errors raised and answers parsed by botocore itself, so that nothing
    can tell such a client from one over HTTP.
    """
    import boto3
    from botocore.awsrequest import AWSResponse

    def answer(request: Any, **_: Any) -> Any:
        operation = request.headers["X-Amz-Target"]
        operation = operation.decode() if isinstance(operation, bytes) else operation
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        status, headers, payload = handle(operation.rpartition(".")[2], body)
        return AWSResponse(request.url, status, headers, _Raw(payload))

    with _creating:
        session = boto3.Session(
            aws_access_key_id="local", aws_secret_access_key="local", region_name=region
        )
        client = session.client("stepfunctions", config=_config("in-process"))
    client.meta.events.register("before-send.stepfunctions", answer)
    return client  # type: ignore[no-any-return]


class _Raw(io.BytesIO):
    """What AWSResponse reads its content from."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _config(endpoint_url: str | None) -> Any:
    from botocore.config import Config

    return Config(
        # StartSyncExecution's host prefix "sync-" names no host beside a custom endpoint.
        inject_host_prefix=endpoint_url is None,
        max_pool_connections=_MAX_THREADS,
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=5,
        read_timeout=60,
        user_agent_extra="sfn-release",
    )


def client_of(session: Any) -> Any:
    """Return the Step Functions client of what a user holds.

    *session* is a ``boto_session_manager.BotoSesManager``, a ``boto3.Session``, a Step Functions
    client, or ``sfn.local()``. Raises TypeError for anything else.
    """
    if hasattr(session, "start_sync_execution"):
        return session
    if hasattr(session, "sfn_client"):  # BotoSesManager
        return session.sfn_client
    if hasattr(session, "client") and hasattr(session, "region_name"):  # boto3.Session
        return session.client("stepfunctions")
    raise TypeError(
        "expected a BotoSesManager, a boto3.Session, a Step Functions client or sfn.local(),"
        f" got {type(session).__name__}"
    )
