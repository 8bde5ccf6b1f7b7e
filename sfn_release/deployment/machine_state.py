"""The results of a deployment for each state machine, while it is applied."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class MachineState:
    """The results so far for one workflow's state machine.

    *sent* is the rendered digest of the content that was sent to it.
    """

    arn: str | None = None
    revision: str | None = None
    version_arn: str | None = None
    alias_description: str | None = None
    latest: str | None = None
    sent: str | None = None

    def found(self, version_arn: str | None = None) -> str:
        """Return the machine's ARN, from its version's ARN if need be."""
        return self.arn or (version_arn or self.version_arn or "").rpartition(":")[0]

    def version(self, planned: str | None) -> str:
        """Return the version that callers go to: the *planned* one, or the one just published.

        Raises ValueError when there is neither: a plan publishes before it moves callers.
        """
        version = planned or self.version_arn
        if version is None:
            raise ValueError("the plan moves callers to a version before it publishes this version")
        return version
