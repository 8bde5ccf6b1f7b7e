"""Callers that are split between two versions, after a traffic shift was killed."""

from __future__ import annotations

from sfn_release.deployment.live_state import describe_alias, in_parallel
from sfn_release.operations.workspace import Workspace
from sfn_release.plan.unfinished_attempts import mix_text
from sfn_release.release.serving import RecordedState

_FEW = 6


def mixes(workspace: Workspace, environment: str, state: RecordedState) -> list[str]:
    """Return a line for each workflow whose callers are split, the first few.

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
        text = mix_text(served[name], alias)
        return f"{name}: {text}" if text else None

    found = [line for line in in_parallel(split_of, sorted(served)) if line]
    more = len(found) - _FEW
    return [*found[:_FEW], *([f"… and {more} more workflows"] if more > 0 else [])]
