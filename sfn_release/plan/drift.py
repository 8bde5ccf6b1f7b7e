"""Drift: the differences between AWS and the last record. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sfn_release.canonical import short
from sfn_release.names import TAG_PREFIX
from sfn_release.plan import Observed
from sfn_release.plan.steps import ObservedAlias, number, routing_text
from sfn_release.release.differences import definition_differences
from sfn_release.release.record import WorkflowOutcome
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Served, Serving

WorkflowState = Literal[
    "in-sync", "drifted", "shifting", "missing", "unreadable", "retained", "deleted"
]

_HIDDEN = "the definition can't be read: you may not use its KMS key, or it isn't exact JSON"
_SETTINGS = ("type", "role", "logging", "tracing", "encryption")


@dataclass(frozen=True)
class Drift:
    """How one workflow stands. *differences* are for people, a line each."""

    state: WorkflowState
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class MachineDetails:
    """Details of a state machine that take more calls.

    *versions* maps the ARN of every version to when it was made. *aliases* are those, beside the
    recorded one, that sfn-release wrote.
    """

    tags: Mapping[str, str]
    versions: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[ObservedAlias, ...] = ()


def compare(
    served: Served,
    observed: Observed | None,
    *,
    alias: str,
    form: Rendered | None = None,
    attempts: Sequence[WorkflowOutcome] = (),
    more: Collection[str] = (),
) -> Drift:
    """Compare the recorded workflow, *served*, with the live one, *observed*.

    *form* is the recorded form, if it was read: then differences in the definition are named.
    Changes that failed *attempts* may have left aren't drift. *more* are differences that a closer
    look found.
    """
    if observed is None:
        return Drift("missing", (f"the state machine {served.state_machine_arn} is gone",))
    found = list(_content(served, observed, form, attempts))
    if alias:
        found += _alias(served, observed, alias, attempts)
    found += more
    if found:
        return Drift("drifted", tuple(found))
    if observed.latest is None:
        return Drift("unreadable", (_HIDDEN,))
    return Drift("retained" if served.retained else "in-sync")


def differs(served: Served, observed: Observed | None) -> bool:
    """Return whether a machine's own content can be read and differs from the record."""
    return (
        observed is not None
        and observed.latest is not None
        and observed.latest.digest != served.latest_digest
    )


def naming_tags(served: Served, serving: Serving) -> dict[str, str]:
    """Return the tags that name the release of a workflow that is *served*, without our prefix.

    *serving* is the environment's state, which holds its release's source commit. A retained
    workflow, or one beside an adopted one, is of an earlier release with another commit.
    """
    tags = {"version": served.version, "digest": served.digest}
    if serving.commit and not served.retained and served.version == serving.version:
        tags["commit"] = serving.commit
    return tags


def tag_differences(served: Served, live: Mapping[str, str], own: Mapping[str, str]) -> list[str]:
    """Return how the *live* tags differ from the recorded ones and from our *own*.

    *own* has ``project``, ``environment``, and `naming_tags` where those are compared. Other
    people's tags don't matter.
    """
    own = {TAG_PREFIX + key: value for key, value in own.items()}
    recorded = {**served.settings["tags"], **own}
    return [
        f"the tag {key} is {_brief(live[key])}, the record says {_brief(value)}"
        if key in live
        else f"the tag {key} is gone, the record says {_brief(value)}"
        for key, value in recorded.items()
        if live.get(key) != value
    ]


def version_differences(versions: Mapping[str, str]) -> list[str]:
    """Return a line for each of the state machine *versions* that no release made."""
    return [
        f"no release made the state machine version {number(arn)} of {made}"
        for arn, made in versions.items()
    ]


def left_aliases(served: Served, aliases: Collection[ObservedAlias], alias: str) -> list[str]:
    """Return a note for each alias that a changed ``alias`` key leaves behind.

    *alias* is the environment's now. They are no drift: their callers are still served.
    """
    notes = []
    if served.alias is not None and served.alias != alias:
        was = f"the alias {served.alias}" if served.alias else "no alias"
        now = f"the alias {alias}" if alias else "none"
        notes.append(f"its callers use {was}; releases.toml names {now} for the next deployment")
    for left in aliases:
        name = left.arn.rpartition(":")[2]
        notes.append(
            f"the alias {name} was left at {routing_text(left.routing)} when `alias` changed"
            f" ({left.description}): delete it once it has no callers"
        )
    return notes


def _content(
    served: Served, observed: Observed, form: Rendered | None, attempts: Sequence[WorkflowOutcome]
) -> Iterator[str]:
    """Yield how $LATEST differs."""
    latest = observed.latest
    if latest is None or latest.digest == served.latest_digest:
        return
    if any(attempt.is_of(latest) for attempt in attempts):
        return
    yield f"$LATEST is {short(latest.digest)}, the record says {short(served.latest_digest)}"
    settings = latest.settings()
    unqualified = served.found.latest if served.found else None
    before = unqualified.settings if unqualified else served.settings
    for name in _SETTINGS:
        live, recorded = settings[name], before[name]
        if live != recorded:
            yield f"{name} is {_brief(live)}, the record says {_brief(recorded)}"
    if form is not None:
        for difference in definition_differences(form.definition, latest.definition):
            yield f"in $LATEST, {difference}"


def _alias(
    served: Served, observed: Observed, alias: str, attempts: Sequence[WorkflowOutcome]
) -> Iterator[str]:
    """Yield how the alias differs."""
    if observed.alias is None:
        if served.version_arn is not None:  # else it was left before it had one
            yield f"the alias {alias} is gone"
        return
    routing = observed.alias.routing
    if served.version_arn is None or routing == served.routing:
        return
    if attempts:
        digests = _digests(served, observed, attempts)
        known = {served.version_arn, *(attempt.version_arn for attempt in attempts)}
        known |= {arn for arn, digest in observed.versions.items() if digest in digests}
        if routing.keys() <= known:
            return
    contents = [
        f"{number(arn)} is {_content_of(observed.versions[arn], served)}"
        for arn in routing
        if arn != served.version_arn and arn in observed.versions
    ]
    details = f" ({', '.join(contents)})" if contents else ""
    was = routing_text(served.routing)
    yield f"the alias {alias} points at {routing_text(routing)}, the record says {was}{details}"


def _content_of(digest: str, served: Served) -> str:
    if not digest:
        return "unreadable"
    return "of the same content" if digest == served.rendered_digest else short(digest)


def _digests(served: Served, observed: Observed, attempts: Sequence[WorkflowOutcome]) -> set[str]:
    """Return the digests of the served content and of the content that *attempts* sent."""
    digests = {served.rendered_digest, *(attempt.rendered_digest for attempt in attempts)}
    if observed.latest is not None and any(attempt.is_of(observed.latest) for attempt in attempts):
        digests.add(observed.latest.digest)
    return digests


def _brief(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
