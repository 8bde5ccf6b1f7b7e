"""The policy `replay`: executions that a release has to stand before it enters an environment."""

from __future__ import annotations

from dataclasses import dataclass

MOST = 10_000
"""The most executions of a policy. Reading their histories takes about nine minutes."""


@dataclass(frozen=True)
class ReplayPolicy:
    """Replays the *last* finished executions of *environment* on a release's definitions.

    The release may enter if at most *max_different* executions of each workflow differ, and at most
    *max_unanswered* need an answer that was never recorded (None: any number). *workflows* are the
    ones that it is for, all without any.
    """

    environment: str
    last: int = 100
    max_different: int = 0
    max_unanswered: int | None = None
    workflows: tuple[str, ...] = ()

    def concerns(self, workflow: str) -> bool:
        """Return whether the policy is for a workflow."""
        return not self.workflows or workflow in self.workflows

    def __str__(self) -> str:
        """Return the policy as releases.toml writes it."""
        unanswered = self.max_unanswered
        return (
            f'replay = {{ environment = "{self.environment}", last = {self.last},'
            f" max_different = {self.max_different}"
            + (f", max_unanswered = {unanswered}" if unanswered is not None else "")
            + " }"
        )
