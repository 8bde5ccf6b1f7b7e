"""Parts that several answers share: absent members, excluded data, JSON texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.local_service.storage import history_store


def json_text(value: Any) -> str:
    """Write JSON as AWS writes outputs: compact, in UTF-8."""
    return history_store.storable(compact(value))


def with_included_data(answer: dict[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out absent members, and the data if the request wants metadata only."""
    if request.get("includedData") == "METADATA_ONLY":
        for name in ("input", "output", "error", "cause"):
            answer[name] = None
        for name in ("inputDetails", "outputDetails"):
            if name in answer:
                answer[name] = {"included": False}
    return present(answer)


def present(members: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the members that are None."""
    return {name: value for name, value in members.items() if value is not None}
