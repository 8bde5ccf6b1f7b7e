"""The user's options for a deployment, beside the release and the environment."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_release.errors import UsageError


@dataclass(frozen=True)
class Request:
    """How a deployment should go. A verb makes it once and hands it down.

    With *adopt*, it takes over state machines that another tool or ledger made. With *resume*, a
    traffic shift that an attempt left goes on at the weight that it reached. With *rerender*, a
    rollback fills in today's parameters instead of sending the recorded bytes. *reason* is
    recorded. *override* is the recorded reason why policies may be ignored.

    Raises UsageError for an empty *override*.
    """

    adopt: bool = False
    resume: bool = False
    rerender: bool = False
    reason: str | None = None
    override: str | None = None

    def __post_init__(self) -> None:
        if self.override is not None and not self.override.strip():
            raise UsageError(
                "--override needs a reason, which is recorded.",
                fix='For example:  --override "Hotfix of incident 42"',
            )
