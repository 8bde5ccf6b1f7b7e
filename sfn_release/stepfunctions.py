"""AWS Step Functions as we use it: the only importer of boto3.

Everything that touches a state machine goes through a Step Functions client. There are two ways to
get one and no difference between them: boto3's own against AWS or an ``endpoint_url``, and boto3's
own whose requests are answered in this process (`in_process`), which is how ``local`` works.
"""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Protocol

from sfn_release.errors import AccessError, AwsError, NetworkError

Handler = Callable[[str, bytes], tuple[int, dict[str, str], bytes]]
"""Answers a request of AWS's JSON 1.0 protocol: operation and body to status, headers and body."""

Operation = Callable[..., dict[str, Any]]

_MAX_THREADS = 32
_CREDENTIALS = {
    # What AWS says of credentials that it does not take, whatever they may do.
    "ExpiredToken",
    "ExpiredTokenException",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "IncompleteSignature",
}
_creating = threading.Lock()  # boto3 sessions are not thread-safe while they create clients


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
    create_state_machine_alias: Operation
    update_state_machine_alias: Operation
    describe_state_machine_alias: Operation
    delete_state_machine_alias: Operation
    tag_resource: Operation
    untag_resource: Operation
    list_tags_for_resource: Operation
    start_execution: Operation
    start_sync_execution: Operation
    describe_execution: Operation
    get_execution_history: Operation


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
    from botocore.awsrequest import AWSResponse

    def answer(request: Any, **_: Any) -> Any:
        operation = request.headers["X-Amz-Target"]
        operation = operation.decode() if isinstance(operation, bytes) else operation
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        status, headers, payload = handle(operation.rpartition(".")[2], body)
        return AWSResponse(request.url, status, headers, _Raw(payload))

    with _creating:
        client = _isolated_session().client(
            "stepfunctions",
            region_name=region,
            endpoint_url="http://localhost",  # never asked; or AWS_ENDPOINT_URL would be read
            config=_config("in-process"),
        )
    client.meta.events.register("before-send.stepfunctions", answer)
    return client  # type: ignore[no-any-return]


@cache
def _isolated_session() -> Any:
    """Return a session that knows nothing of the user's AWS set-up, and so cannot trip over it.

    One for all clients in process: its models are read once, after which a client takes 2 ms.
    """
    import boto3
    import botocore.session

    nowhere = (None, None, os.devnull, None)
    return boto3.Session(
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - nothing checks it
        botocore_session=botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": nowhere,
                "credentials_file": nowhere,
            }
        ),
    )


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
    client, or ``sfn.local()``. Raises TypeError for anything else, AwsError when no region is
    known and AccessError for an unknown profile.
    """
    import botocore.exceptions

    try:
        with _creating:
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


def call(operation: Operation, **request: Any) -> dict[str, Any]:
    """Call one operation of a client; whatever goes wrong is an AwsError that names it.

    Raises AccessError (credentials, or a permission, with the IAM action that is missing),
    NetworkError (the endpoint did not answer: whether the call had an effect is not known), and
    AwsError, its ``aws_code`` set, for everything else that AWS refuses.
    """
    import botocore.exceptions as botocore

    try:
        return operation(**request)
    except botocore.ClientError as error:
        raise _refused(error) from error
    except (
        botocore.NoCredentialsError,
        botocore.PartialCredentialsError,
        botocore.CredentialRetrievalError,
        botocore.TokenRetrievalError,
        botocore.SSOError,
    ) as error:
        raise AccessError(
            "No usable AWS credentials were found.",
            why=str(error),
            fix="Set `profile` for the environment, or log in (`aws sso login`, `aws configure`).",
        ) from error
    except botocore.ParamValidationError as error:
        raise AwsError(
            "The request is not one that Step Functions takes.", why=str(error)
        ) from error
    except (
        botocore.HTTPClientError,
        botocore.ConnectionError,
        botocore.IncompleteReadError,
    ) as error:
        raise NetworkError(
            "The Step Functions endpoint was not reached.",
            why=str(error),
            fix="Check the network, and `region` and `endpoint_url` of the environment.",
        ) from error
    except botocore.BotoCoreError as error:
        raise AwsError("Step Functions could not be called.", why=str(error)) from error


def _refused(error: Any) -> AwsError:
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    operation = error.operation_name
    if code in _CREDENTIALS:
        return AccessError(
            "AWS does not take these credentials.",
            why=f"{code}: {message}",
            fix="Log in again (`aws sso login`), or set `profile` for the environment.",
            aws_code=code,
            operation=operation,
        )
    if code in {"AccessDenied", "AccessDeniedException"}:
        return AccessError(
            f"AWS denied states:{operation}.",
            why=message,
            fix=f"Allow the action states:{operation} for whoever deploys.",
            aws_code=code,
            operation=operation,
        )
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = NetworkError if status >= 500 else AwsError  # noqa: PLR2004 - HTTP's own
    return kind(
        f"Step Functions refused {operation}: {code}.",
        why=message,
        fix=_FIXES.get(code, ""),
        aws_code=code,
        operation=operation,
    )


_FIXES = {
    "ThrottlingException": "Too many calls to Step Functions in this account: try again later.",
    "StateMachineLimitExceeded": "The account's quota of state machines is used up.",
    "ServiceQuotaExceededException": "A quota is used up: delete old versions, or have it raised.",
    "KmsAccessDeniedException": "Allow kms:Decrypt and kms:GenerateDataKey on the machine's key.",
    "InvalidArn": "Check the role and the region of the environment.",
}
