"""Adds the sender to the entries of EventBridge's PutEvents, as the optimized integration does.

Source: "Add EventBridge events with Step Functions" in AWS's developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.simulator import TaskCall


def with_sender(request: Mapping[str, Any], call: TaskCall) -> dict[str, Any]:
    """Return *request* with the ARNs of the execution and the state machine in its Resources."""
    sender = [arn for arn in (call.execution_arn, call.state_machine_arn) if arn]
    entries = request.get("Entries")
    if not isinstance(entries, list):
        return dict(request)  # the service says what's wrong with it
    return {**request, "Entries": [_sent(entry, sender) for entry in entries]}


def _sent(entry: Any, sender: list[str]) -> Any:
    resources = entry.get("Resources", []) if isinstance(entry, Mapping) else None
    if not isinstance(resources, list):
        return entry
    return {**entry, "Resources": [*resources, *sender]}
