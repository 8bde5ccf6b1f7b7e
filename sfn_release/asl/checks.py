"""Findings about a definition."""

from typing import Any

from sfn_release.asl.finding import Finding


def check_definition(definition: Any, *, type: str = "STANDARD") -> tuple[Finding, ...]:
    return ()
