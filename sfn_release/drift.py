"""Drift: how what AWS has differs from what the last record says. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sfn_release.canonical import short
from sfn_release.plan import Observed
from sfn_release.record import Served
from sfn_release.steps import routing_text

WorkflowState = Literal["in-sync", "drifted", "missing", "unreadable", "retained", "deleted"]


@dataclass(frozen=True)
class Drift:
    """How one workflow stands. *differences* are for people, a line each."""

    state: WorkflowState
    differences: tuple[str, ...] = ()


def compare(served: Served, there: Observed | None, *, alias: str) -> Drift:
    """Compare what the record says is *served* with what is *there*."""
    if there is None:
        return Drift("missing", (f"the state machine {served.state_machine_arn} is gone",))
    found = []
    if there.latest is not None and there.latest.digest != served.rendered_digest:
        found.append(
            f"$LATEST is {short(there.latest.digest)},"
            f" the record says {short(served.rendered_digest)}"
        )
        settings = there.latest.settings()
        found += [
            f"{name} is {settings[name]}, the record says {served.settings[name]}"
            for name in ("type", "role", "logging", "tracing", "encryption")
            if settings[name] != served.settings[name]
        ]
    if alias:
        found += _alias(served, there, alias)
    if found:
        return Drift("drifted", tuple(found))
    if there.latest is None:
        return Drift("unreadable", ("AWS does not show the definition (its KMS key is not ours)",))
    return Drift("retained" if served.retained else "in-sync")


def _alias(served: Served, there: Observed, alias: str) -> list[str]:
    if there.alias is None and served.version_arn is None:
        return []  # it was left by a deployment that did not get so far
    if there.alias is None:
        return [f"the alias {alias} is gone"]
    if served.version_arn and there.alias.routing != {served.version_arn: 100}:
        live, recorded = there.alias.routing, {served.version_arn: 100}
        is_at, was_at = routing_text(live), routing_text(recorded)
        return [f"the alias {alias} points at {is_at}, the record says {was_at}"]
    return []
