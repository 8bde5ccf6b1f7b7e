"""Credentials that would expire while callers are being shifted: found before the start."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sfn_release.deployment.site import Site
from sfn_release.errors import AccessError
from sfn_release.plan import Plan
from sfn_release.release.record import timestamp
from sfn_release.text import duration_text

_REST = timedelta(minutes=5)  # for the work before and after the shift
_SHORTEST = timedelta(minutes=15)  # AssumeRole, parameter DurationSeconds: 900 at least


def outlasting(site: Site, plan: Plan) -> Plan:
    """Return *plan*, with a note when the credentials may expire before its shift ends.

    Credentials that are renewed, or that don't expire, are no concern. Raises AccessError when it
    is known that they expire before.
    """
    if not plan.stages:
        return plan
    found = site.aws.lifetime()
    if found is None:
        return plan
    takes = plan.watching + _REST
    if found.until is None:
        if takes <= _SHORTEST:
            return plan
        note = (
            f"the AWS credentials are temporary and don't say when they expire: they need to last"
            f" {duration_text(takes)}. Set assume_role, which is renewed, or"
            " AWS_CREDENTIAL_EXPIRATION"
        )
        return replace(plan, notes=(*plan.notes, note))
    end = site.runtime.now() + takes
    if found.until >= end:
        return plan
    raise AccessError(
        f"The AWS credentials for {site.name} expire before the shift ends.",
        why=f"They last until {timestamp(found.until)}, and the shift takes"
        f" {duration_text(takes)}, until {timestamp(end)}. Callers would stay split.",
        fix="Get credentials that last longer, use a profile that renews them, or shorten the"
        " strategy.",
    )
