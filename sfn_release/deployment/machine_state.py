"""What a deployment learns of each workflow's state machine while it is carried out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Machine:
    """What applying the plan has learnt of one workflow's state machine.

    *sent* is the rendered digest of what was sent to it.
    """

    arn: str | None = None
    revision: str | None = None
    version_arn: str | None = None
    alias_description: str | None = None
    latest: str | None = None
    sent: str | None = None

    def found(self, version_arn: str | None = None) -> str:
        """Return the machine's ARN, told from that of a version where nothing else did."""
        return self.arn or (version_arn or self.version_arn or "").rpartition(":")[0]
