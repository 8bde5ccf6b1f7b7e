"""Callers that are split between two versions, after a traffic shift was killed."""

from __future__ import annotations

from sfn_release.deployment.live_state import describe_alias, in_parallel
from sfn_release.operations.workspace import Workspace
from sfn_release.plan.unfinished_attempts import mix_text
from sfn_release.release.serving import RecordedState
from sfn_release.text import grouped_lines

_FEW = 6


def mixes(workspace: Workspace, environment: str, state: RecordedState) -> list[str]:
    """Return a line for each way in which callers are split, with the workflows.

    ``charge: 20 % of callers are on :4 (1.2.0)``. AWS is asked when the last deployment did not
    succeed. Raises AwsError.
    """
    chosen = workspace.environment(environment)
    if not state.unfinished or state.serving is None or not chosen.alias:
        return []
    client = workspace.reach(chosen).stepfunctions
    served = state.serving.workflows

    def split_of(name: str) -> str | None:
        alias = describe_alias(client, f"{served[name].state_machine_arn}:{chosen.alias}")
        return mix_text(served[name], alias)

    names = sorted(served)
    found = zip(names, in_parallel(split_of, names), strict=True)
    lines = grouped_lines((name, text) for name, text in found if text)
    more = len(lines) - _FEW
    return [*lines[:_FEW], *([f"… and {more} more such lines"] if more > 0 else [])]
