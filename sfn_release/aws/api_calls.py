"""Calls to AWS: whatever goes wrong is one of our errors, and names service and permission."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sfn_release.errors import AccessError, AwsError, NetworkError

Operation = Callable[..., dict[str, Any]]
"""A bound method of a boto3 client: arguments and answer are those of the API."""

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
_SHOWN = 200  # characters of an answer that nobody understands
_NAMES = {
    # Service ids of botocore: how people call the service, and the prefix of its IAM actions.
    "stepfunctions": ("Step Functions", "states"),
    "ssm": ("Parameter Store", "ssm"),
    "lambda": ("Lambda", "lambda"),
    "cloudwatch": ("CloudWatch", "cloudwatch"),
    "sts": ("STS", "sts"),
}


def call(operation: Operation, **request: Any) -> dict[str, Any]:
    """Call one operation of a client; whatever goes wrong is an AwsError that names it.

    Raises AccessError (credentials, or a permission, with the IAM action that is missing),
    NetworkError (the endpoint did not answer: whether the call had an effect is not known), and
    AwsError, its ``aws_code`` set, for everything else that AWS refuses.
    """
    import botocore.exceptions as botocore
    from botocore.parsers import ResponseParserError

    try:
        return operation(**request)
    except botocore.ClientError as error:
        raise _refused(error, operation) from error
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
            f"The request is not one that {_service(operation)[0]} takes.", why=str(error)
        ) from error
    except (
        botocore.HTTPClientError,
        botocore.ConnectionError,
        botocore.IncompleteReadError,
    ) as error:
        raise NetworkError(
            f"The {_service(operation)[0]} endpoint was not reached.",
            why=str(error),
            fix="Check the network, and `region` and `endpoint_url` of the environment.",
        ) from error
    except botocore.BotoCoreError as error:
        raise AwsError(f"{_service(operation)[0]} could not be called.", why=str(error)) from error
    except ResponseParserError as error:
        raise AwsError(
            f"The endpoint doesn't speak the {_service(operation)[0]} API.",
            why=str(error)[:_SHOWN],
            fix="Check `endpoint_url` of the environment: it may be a table with one URL for each"
            " service.",
        ) from error


def call_or_none(operation: Operation, **request: Any) -> dict[str, Any] | None:
    """Call one operation like `call`; return None if the thing that it names doesn't exist."""
    try:
        return call(operation, **request)
    except AwsError as error:
        if error.missing:
            return None
        raise


def _service(operation: Operation) -> tuple[str, str]:
    """Return how people call the service of a client's method, and its IAM prefix."""
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
            "AWS does not take these credentials.",
            why=f"{code}: {message}",
            fix="Log in again (`aws sso login`), or set `profile` for the environment.",
            aws_code=code,
            operation=operation,
        )
    if code in {"AccessDenied", "AccessDeniedException"}:
        return AccessError(
            f"AWS denied {prefix}:{operation}.",
            why=message,
            fix=f"Allow the action {prefix}:{operation} for whoever deploys.",
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
    "StateMachineLimitExceeded": "The account's quota of state machines is used up.",
    "ServiceQuotaExceededException": "A quota is used up: delete old versions, or have it raised.",
    "KmsAccessDeniedException": "Allow kms:Decrypt and kms:GenerateDataKey on the machine's key.",
    "InvalidArn": "Check the role and the region of the environment.",
}
