"""Carrying a decided deployment out, and deciding it anew when somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable

from sfn_release.deployment import Prepared, Site, adoption, execute, kept_text
from sfn_release.errors import ConflictError
from sfn_release.ledger.git import RefMovedError
from sfn_release.release.record import Record


def run(
    site: Site,
    prepared: Prepared,
    again: Callable[[], Prepared],
    *,
    reason: str | None = None,
) -> Record | None:
    """Carry *prepared* out; None when there was nothing to do.

    *again* prepares it once more, which happens when the ledger moved in between, and after what
    the deployment takes over was kept.
    """
    attempt = 0
    while not prepared.nothing_to_do:
        try:
            if prepared.adopting:
                adopted = adoption(site, prepared)
                execute(site, adopted, reason=reason)
                site.runtime.watcher.say(kept_text(site, adopted))
                prepared = again()
                continue
            return execute(site, prepared, reason=reason)
        except RefMovedError as error:
            attempt += 1
            if not site.runtime.pause(attempt):
                raise ConflictError(
                    f"The ledger of {site.name} moved each time that this deployment began.",
                    why=error.why,
                    fix="Others are deploying: run this again when they have finished.",
                ) from error
            prepared = again()
    return None
