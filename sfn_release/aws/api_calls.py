"""Calls to AWS. Their failures become our errors, which name the service and the permission.

Each call is logged at debug with its time and AWS's request id, and without its arguments and
answer: definitions, inputs and parameters may hold secrets.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from sfn_release.errors import AccessError, AwsError, NetworkError

Operation = Callable[..., dict[str, Any]]
"""A bound method of a boto3 client: arguments and answer are those of the API."""

_LOG = logging.getLogger(__name__)

_CREDENTIALS = {
    # AWS refuses the credentials themselves, whatever they're allowed to do.
    "ExpiredToken",
    "ExpiredTokenException",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "IncompleteSignature",
}
_ENDPOINT = (
    "Check `endpoint_url` of the environment: it may be a table with one URL for each service."
)
_SHOWN = 200  # characters of an answer that isn't AWS's
_NAMES = {
    # botocore's service id: the service's name, and the prefix of its IAM actions.
    "stepfunctions": ("Step Functions", "states"),
    "ssm": ("Parameter Store", "ssm"),
    "lambda": ("Lambda", "lambda"),
    "cloudwatch": ("CloudWatch", "cloudwatch"),
    "logs": ("CloudWatch Logs", "logs"),
    "cloudformation": ("CloudFormation", "cloudformation"),
    "s3": ("S3", "s3"),
    "sts": ("STS", "sts"),
    "iam": ("IAM", "iam"),
    "events": ("EventBridge", "events"),
    "scheduler": ("EventBridge Scheduler", "scheduler"),
    "pipes": ("EventBridge Pipes", "pipes"),
}


def call(operation: Operation, **request: Any) -> dict[str, Any]:
    """Call one operation of a client.

    Raises AccessError (credentials, or a permission, with the IAM action that is missing),
    NetworkError (no answer from the endpoint, so you can't know whether the call had an effect;
    also when you read a member that the answer doesn't have), and AwsError, its ``aws_code`` set,
    for everything else that AWS refuses.
    """
    begun = time.perf_counter()
    try:
        answer = _call(operation, request)
    except AwsError as error:
        _log(operation, begun, getattr(error.__cause__, "response", {}), error)
        raise
    _log(operation, begun, answer, None)
    return _Answer(answer, operation)


class _Answer(dict[str, Any]):
    """An answer of AWS. A member that AWS always sends, but an emulator doesn't, is an error."""

    def __init__(self, members: Mapping[str, Any], operation: Operation) -> None:
        super().__init__(members)
        self._operation = operation

    def __missing__(self, member: str) -> Any:
        raise NetworkError(
            f"The answer to {_api_name(self._operation)} isn't one of"
            f" {_service(self._operation)[0]}: it has no `{member}`.",
            fix=_ENDPOINT,
        )


def _log(
    operation: Operation, begun: float, answer: Mapping[str, Any], error: AwsError | None
) -> None:
    """Log one call: service, operation, outcome, seconds, request id, retries."""
    if not _LOG.isEnabledFor(logging.DEBUG):
        return
    seconds = time.perf_counter() - begun
    metadata = answer.get("ResponseMetadata", {})
    _LOG.debug(
        "%s %s: %s in %.3f s, request %s, %d retries",
        _service(operation)[0],
        _api_name(operation),
        "ok" if error is None else error.aws_code or type(error).__name__,
        seconds,
        metadata.get("RequestId", "without id"),
        metadata.get("RetryAttempts", 0),
    )


def _api_name(operation: Operation) -> str:
    """Return an operation's name in AWS's spelling: ``DescribeStateMachine``."""
    name: str = getattr(operation, "__name__", "?")
    client = getattr(operation, "__self__", None)
    names = getattr(getattr(client, "meta", None), "method_to_api_mapping", {})
    return names.get(name, name)  # type: ignore[no-any-return]


def _call(operation: Operation, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return operation(**request)
    except Exception as error:
        explained = _explained(error, operation)
        if explained is None:
            raise
        raise explained from error


def _explained(error: Exception, operation: Operation) -> AwsError | None:  # noqa: PLR0911 - one per kind of error
    """Return our error for an error of botocore; None for any other error."""
    # Only now, so that a call that succeeds without botocore doesn't have to import it.
    import botocore.exceptions as botocore
    from botocore.parsers import ResponseParserError

    match error:
        case botocore.ClientError():
            return _refused(error, operation)
        case (
            botocore.NoCredentialsError()
            | botocore.PartialCredentialsError()
            | botocore.CredentialRetrievalError()
            | botocore.TokenRetrievalError()
            | botocore.SSOError()
        ):
            return AccessError(
                "No usable AWS credentials were found.",
                why=str(error),
                fix="Set `profile` for the environment, or log in"
                " (`aws sso login`, `aws configure`).",
            )
        case botocore.ParamValidationError():
            return AwsError(f"Invalid request to {_service(operation)[0]}.", why=str(error))
        case (
            botocore.HTTPClientError() | botocore.ConnectionError() | botocore.IncompleteReadError()
        ):
            return NetworkError(
                f"Can't reach the {_service(operation)[0]} endpoint.",
                why=str(error),
                fix="Check the network, and `region` and `endpoint_url` of the environment.",
            )
        case botocore.BotoCoreError():
            return AwsError(f"Can't call {_service(operation)[0]}.", why=str(error))
        case ResponseParserError():
            return AwsError(
                f"The endpoint doesn't speak the {_service(operation)[0]} API.",
                why=str(error)[:_SHOWN],
                fix=_ENDPOINT,
            )
        case _:
            return None


def call_or_none(operation: Operation, **request: Any) -> dict[str, Any] | None:
    """Call one operation like `call`; return None if the thing that it names doesn't exist."""
    try:
        return call(operation, **request)
    except AwsError as error:
        if error.missing:
            return None
        raise


def _service(operation: Operation) -> tuple[str, str]:
    """Return the name of the service that a client's method calls, and its IAM prefix."""
    client = getattr(operation, "__self__", None)
    model = getattr(getattr(client, "meta", None), "service_model", None)
    return _NAMES.get(getattr(model, "service_name", ""), _NAMES["stepfunctions"])


def _refused(error: Any, call: Operation) -> AwsError:
    service, prefix = _service(call)
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    operation = error.operation_name
    if operation == "AssumeRole":  # which the first call of any client with that role makes
        service, prefix = _NAMES["sts"]
    if code in _CREDENTIALS:
        return AccessError(
            "AWS refused these credentials.",
            why=f"{code}: {message}",
            fix="Log in again (`aws sso login`), or set `profile` for the environment.",
            aws_code=code,
            operation=operation,
        )
    if code in {"AccessDenied", "AccessDeniedException"}:
        return AccessError(
            f"AWS denied {prefix}:{operation}.",
            why=message,
            fix=f"The deployer needs {prefix}:{operation}: add it to the IAM policy.",
            aws_code=code,
            operation=operation,
        )
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = NetworkError if status >= 500 else AwsError  # noqa: PLR2004 - HTTP's own
    return kind(
        f"{service} refused {operation}: {code}.",
        why=message,
        fix=_FIXES.get(code, ""),
        aws_code=code,
        operation=operation,
    )


_FIXES = {
    "ThrottlingException": "Too many calls in this account: try again later.",
    "StateMachineLimitExceeded": "The quota of state machines is used up: have it raised.",
    "ServiceQuotaExceededException": "A quota is used up: delete old versions, or have it raised.",
    "KmsAccessDeniedException": "Allow kms:Decrypt and kms:GenerateDataKey on the KMS key.",
    "InvalidArn": "Check the role and the region of the environment.",
}
