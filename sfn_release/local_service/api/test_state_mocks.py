"""Compares a mocked result of TestState with the API that the tested Task calls.

Source: "Mocking service integrations" in AWS's developer guide.
"""

from __future__ import annotations

from typing import Any, Final

from sfn_release.asl.integrations import CALLBACK, ServiceCall, service_call
from sfn_release.checks.services.botocore_models import (
    Service,
    optimized_service,
    sdk_service,
)
from sfn_release.checks.services.polled_actions import POLLED
from sfn_release.checks.services.result_validation import result_fault
from sfn_release.local_service.api import api_errors

_WITHOUT_MODEL: Final = (("http", "invoke"), ("apigateway", "invoke"), ("eks", "call"))
"""Calls whose results AWS doesn't validate, as the guide says. ``eks:runJob`` has no model."""


def check_result(resource: str, result: Any, *, mode: str) -> None:
    """Raise ValidationException when *result* doesn't fit the API that *resource* calls.

    *mode* is the request's ``fieldValidationMode``. A function's or activity's result is free, and
    so is the result of a callback, which ``SendTaskSuccess`` brings.
    """
    call = service_call(resource)
    if mode == "NONE" or call is None or call.wait == CALLBACK:
        return
    service = _service(call)
    action = POLLED.get((call.service, call.action), "") if call.wait else call.action
    if service is None or action not in service.actions:
        return
    shape = service.output_of(action)
    if shape is None:
        return
    if not isinstance(result, dict):
        raise api_errors.validation("Mocked result must be a JSON object.")
    fault = result_fault(service, shape, result, sdk=bool(call.sdk), strict=mode == "STRICT")
    if fault:
        raise api_errors.validation(f"Mock result schema validation error: {fault}")


def _service(call: ServiceCall) -> Service | None:
    if (call.service, call.action) in _WITHOUT_MODEL:
        return None
    return sdk_service(call.sdk) if call.sdk else optimized_service(call.service)
