"""The service's errors: AWS's codes and AWS's messages."""

from __future__ import annotations

_BAD_REQUEST = 400
_PAYMENT_REQUIRED = 402  # for an exceeded quota, in the service model


class ApiError(Exception):
    """A request is refused with AWS's *code* and *message*, and an HTTP *status*."""

    def __init__(self, code: str, message: str, *, status: int = _BAD_REQUEST) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def validation(message: str) -> ApiError:
    """Return the error for a request that contradicts itself or exceeds a limit."""
    return ApiError("ValidationException", message)


def constraint(failures: list[str]) -> ApiError:
    """Return the error for members that break the service model, which *failures* lists."""
    count = len(failures)
    noun = "error" if count == 1 else "errors"
    return validation(f"{count} validation {noun} detected: " + "; ".join(failures))


def unsupported(member: str) -> ApiError:
    """Return the error for a *member* of AWS's model that the local service can't honour."""
    return validation(f"The local Step Functions service doesn't support '{member}' yet.")


def serialization(message: str) -> ApiError:
    """Return the error for a body that is not JSON, or whose JSON types are not the model's."""
    return ApiError("SerializationException", message)


def invalid_arn(detail: str) -> ApiError:
    """Return the error for an ARN of the wrong kind."""
    return ApiError("InvalidArn", f"Invalid Arn: '{detail}'")


def invalid_name(name: str) -> ApiError:
    """Return the error for a name with characters that AWS refuses."""
    return ApiError("InvalidName", f"Invalid Name: '{name}'")


def invalid_token() -> ApiError:
    """Return the error for a ``nextToken`` that isn't from this listing."""
    return ApiError("InvalidToken", "Invalid Token: 'Invalid token'")


def task_timed_out() -> ApiError:
    """Return the error for an answer to a task that waits no more."""
    return ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")


def invalid_output(detail: str) -> ApiError:
    """Return the error for a task's output that is not JSON."""
    return ApiError("InvalidOutput", f"Invalid Output: '{detail}'")


def not_redrivable(reason: str) -> ApiError:
    """Return the error for an execution that can't be redriven, with AWS's *reason*."""
    return ApiError("ExecutionNotRedrivable", f"Execution Not Redrivable: '{reason}'")


def invalid_definition(detail: str) -> ApiError:
    """Return the error for a definition that Step Functions refuses."""
    return ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{detail}'")


def invalid_input(detail: str) -> ApiError:
    """Return the error for an execution's input that is not JSON or too large."""
    return ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{detail}'")


def invalid_logging(detail: str) -> ApiError:
    """Return the error for a logging configuration that Step Functions refuses."""
    return ApiError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {detail}")


def invalid_encryption(detail: str) -> ApiError:
    """Return the error for an encryption configuration that Step Functions refuses."""
    return ApiError("InvalidEncryptionConfiguration", f"Invalid Encryption Configuration: {detail}")


def no_state_machine(arn: str) -> ApiError:
    """Return the error for a state machine that does not exist."""
    return ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def execution_exists(arn: str) -> ApiError:
    """Return the error for the name of an execution that is in use."""
    return ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")


def no_execution(arn: str) -> ApiError:
    """Return the error for an execution that does not exist."""
    return ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def no_activity(arn: str) -> ApiError:
    """Return the error for an activity that does not exist."""
    return ApiError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")


def no_resource(arn: str) -> ApiError:
    """Return the error for a version, alias or tagged resource that does not exist."""
    return ApiError("ResourceNotFound", f"Resource not found: '{arn}'")


def no_referenced_resource() -> ApiError:
    """Return the error for an alias that does not exist."""
    return ApiError("ResourceNotFound", "Request references a resource that does not exist.")


def type_not_supported() -> ApiError:
    """Return the error for an operation of the other type of state machine."""
    return ApiError(
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    )


def quota(resources: str, most: int) -> ApiError:
    """Return the error for more *resources* (versions, aliases) than AWS allows."""
    return ApiError(
        "ServiceQuotaExceededException",
        f"A state machine can have at most {most} {resources}.",
        status=_PAYMENT_REQUIRED,
    )


def conflict(message: str) -> ApiError:
    """Return the error for a resource in another state than the request assumes."""
    return ApiError("ConflictException", message)


def unknown_operation(operation: str, supported: list[str]) -> ApiError:
    """Return the error for an operation outside of the *supported* ones."""
    named = f"The operation {operation}" if operation else "A request without X-Amz-Target"
    return ApiError(
        "UnknownOperationException",
        f"{named} is not supported by the local Step Functions service."
        f" Supported: {', '.join(supported)}.",
    )
