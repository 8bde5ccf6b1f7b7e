"""The errors that the service answers with: AWS's codes in AWS's words."""

from __future__ import annotations

_BAD_REQUEST = 400


class ApiError(Exception):
    """A request is refused; *code* and *message* are what AWS would answer, *status* its HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = _BAD_REQUEST) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def validation(message: str) -> ApiError:
    """A request that contradicts itself or the service's limits."""
    return ApiError("ValidationException", message)


def constraint(failures: list[str]) -> ApiError:
    """Members that do not satisfy the service model, each told in one of *failures*."""
    count = len(failures)
    noun = "error" if count == 1 else "errors"
    return validation(f"{count} validation {noun} detected: " + "; ".join(failures))


def serialization(message: str) -> ApiError:
    """A body that is not JSON, or whose JSON types are not the model's."""
    return ApiError("SerializationException", message)


def invalid_arn(detail: str) -> ApiError:
    """An ARN that cannot mean what the operation needs."""
    return ApiError("InvalidArn", f"Invalid Arn: '{detail}'")


def invalid_name(name: str) -> ApiError:
    """A name with characters that AWS does not take."""
    return ApiError("InvalidName", f"Invalid Name: '{name}'")


def invalid_token() -> ApiError:
    """A ``nextToken`` that this listing did not give out."""
    return ApiError("InvalidToken", "Invalid Token: 'Invalid token'")


def invalid_definition(detail: str) -> ApiError:
    """A definition that Step Functions refuses."""
    return ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{detail}'")


def invalid_input(detail: str) -> ApiError:
    """An execution's input that is not JSON or too large."""
    return ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{detail}'")


def invalid_logging(detail: str) -> ApiError:
    """A logging configuration that Step Functions refuses."""
    return ApiError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {detail}")


def invalid_encryption(detail: str) -> ApiError:
    """An encryption configuration that Step Functions refuses."""
    return ApiError("InvalidEncryptionConfiguration", f"Invalid Encryption Configuration: {detail}")


def no_state_machine(arn: str) -> ApiError:
    """The state machine does not exist."""
    return ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def no_execution(arn: str) -> ApiError:
    """The execution does not exist."""
    return ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def no_resource(arn: str) -> ApiError:
    """The version, alias or tagged resource does not exist."""
    return ApiError("ResourceNotFound", f"Resource not found: '{arn}'")


def type_not_supported() -> ApiError:
    """The operation is for the other type of state machine."""
    return ApiError(
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    )


def conflict(message: str) -> ApiError:
    """The resource is not in the state that the request assumes."""
    return ApiError("ConflictException", message)


def unknown_operation(operation: str, supported: list[str]) -> ApiError:
    """An operation that the local service does not have, or that nobody has."""
    named = f"The operation {operation}" if operation else "A request without X-Amz-Target"
    return ApiError(
        "UnknownOperationException",
        f"{named} is not supported by the local Step Functions service."
        f" Supported: {', '.join(supported)}.",
    )
