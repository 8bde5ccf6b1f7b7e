"""What is special about Amazon Bedrock's InvokeModel at an endpoint.

It belongs to the service ``bedrock-runtime``, and its result has the model's answer as JSON.
Source: "Invoke and customize Amazon Bedrock models with Step Functions" in AWS's developer guide.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sfn_release.checks.services.botocore_models import Service, optimized_service
from sfn_release.simulator import NoAnswer, TaskCall

RUNTIME = "bedrock-runtime"
_OBJECTS = ("Input", "Output")


def invokes_model(service: str, action: str) -> bool:
    """Whether an optimized integration invokes a model."""
    return (service, action) == ("bedrock", "invokeModel")


def model_service() -> Service | None:
    """Return the service of models; its errors are named as those of ``bedrock``."""
    runtime = optimized_service(RUNTIME)
    return None if runtime is None else replace(runtime, id="bedrock")


def refuse_objects(call: TaskCall) -> None:
    """Raise NoAnswer for a call whose input or output is an object of S3."""
    used = [name for name in _OBJECTS if isinstance(call.payload, Mapping) and name in call.payload]
    if used:
        raise NoAnswer(
            "SfnRelease.Unsupported",
            f"The state {call.state!r} has {' and '.join(used)} in S3, which only Step Functions on"
            " AWS reads and writes for a model. Mock the state, or use Body.",
        )


def model_answer(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of the task: the model's answer as JSON, and its content type."""
    body = members.get("Body")
    with contextlib.suppress(ValueError):  # it may be an image
        body = json.loads(body) if isinstance(body, str) else body
    return {"Body": body, "ContentType": members.get("ContentType")}
