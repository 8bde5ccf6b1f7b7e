"""The fence: stops a deployment that may no longer write. Checked before every write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sfn_release.deployment.parameter_lookup import refuse_changed
from sfn_release.deployment.site import Site
from sfn_release.errors import GitError, LockedError
from sfn_release.release.record import timestamp
from sfn_release.release.serving import RecordedState


class OvertakenError(LockedError):
    """The deployment may no longer write: its lease is over, or another one took it."""


@dataclass
class Fence:
    """The lease of a deployment that has *started*: until *expires*, unless another takes it.

    *parameters* are the values that the plan was made with.
    """

    site: Site
    parameters: Mapping[str, Any]
    started: RecordedState
    expires: datetime
    _turned: bool = field(default=False)

    def check(self) -> None:
        """Raise OvertakenError when the lease is over; needs no network."""
        if self.site.runtime.now() >= self.expires:
            raise OvertakenError(
                f"This deployment's lock expired at {timestamp(self.expires)}, so it stopped.",
                fix="Run it again: it continues from the current state.",
            )

    def turn(self) -> None:
        """Raise, before callers are moved, when another deployer took the deployment over.

        At the first turn, raise ConflictError too when a parameter of the plan has changed.
        """
        self.check()
        if self.site.ledger.branches.tip(self.site.name) != self.started.tip:
            raise self.overtaken()
        if not self._turned:
            refuse_changed(self.site, self.parameters)
            self._turned = True

    def holds(self) -> bool:
        """Return whether the deployment is still ours, as far as the ledger can be read."""
        try:
            return self.site.ledger.branches.tip(self.site.name) == self.started.tip
        except GitError:
            return True  # the lease is the fence that needs no network

    def overtaken(self, *, why: str = "") -> OvertakenError:
        """Return the error that says that another deployer goes on."""
        return OvertakenError(
            "Another deployer took this deployment over, so it stopped.",
            why=why,
            fix=f"See who:  sfn-release history --env {self.site.name}",
        )
