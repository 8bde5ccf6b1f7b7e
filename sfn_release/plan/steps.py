"""The steps that plans are made of: each is one change to a state machine in AWS. Pure data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, assert_never

from sfn_release.names import TAG_PREFIX
from sfn_release.release.rendering import Rendered
from sfn_release.text import duration_text

"""How the tags that we write begin."""

_FEW = 6  # names in a line
NOT_YET = "(not known yet)"
"""Stands for the version and the commit in a plan of the work tree; no tag can hold it."""


@dataclass(frozen=True)
class ObservedAlias:
    """An alias as AWS has it; *routing* maps version ARNs to weights."""

    arn: str
    routing: Mapping[str, int]
    description: str = ""


@dataclass(frozen=True)
class CreateStateMachine:
    """Create a state machine and publish its first version.

    *awaits* lists workflows whose version *rendered* still needs.
    """

    workflow: str
    rendered: Rendered
    tags: Mapping[str, str]
    description: str
    awaits: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        name, type = self.rendered.name, self.rendered.type
        return f"create state machine {name} ({type}){_awaiting(self.awaits)}"


@dataclass(frozen=True)
class UpdateStateMachine:
    """Change the unqualified content of a state machine; *before* is the old content.

    *awaits* lists workflows whose version *rendered* still needs.
    """

    workflow: str
    arn: str
    rendered: Rendered
    before: Rendered | None
    awaits: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"update state machine {self.rendered.name}{_awaiting(self.awaits)}"


@dataclass(frozen=True)
class PublishVersion:
    """Publish the content that the step before left, or *revision* when there is none."""

    workflow: str
    arn: str
    revision: str | None
    description: str

    def __str__(self) -> str:
        return "publish a state machine version"


@dataclass(frozen=True)
class PointAlias:
    """Send an alias's callers to one version: *version_arn*, or the one just published.

    *latest* is the digest that the unqualified content must still have then, None if any will do.
    *shifted* callers come from where the stages before have brought them, not from *before*.
    *routing* maps version ARNs to weights where the callers are split, as they were once found.
    """

    workflow: str
    alias: str
    version_arn: str | None
    description: str
    before: ObservedAlias | None
    latest: str | None = None
    shifted: bool = False
    routing: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        to = number(self.version_arn) if self.version_arn else "the new version"
        to = routing_text(self.routing) if self.routing else to
        if self.before is None:
            return f"create alias {self.alias} at {to}"
        if self.shifted:
            return f"send all of alias {self.alias} to {to}"
        return f"point alias {self.alias} at {to} (now {routing_text(self.before.routing)})"


@dataclass(frozen=True)
class ShiftWeight:
    """Send *weight* percent of an alias's callers to one version, and the others to *old*.

    *version_arn* is None for the version just published; *before* is the alias as it was found,
    *latest* as in `PointAlias`.
    """

    workflow: str
    alias: str
    version_arn: str | None
    old: str
    weight: int
    description: str
    before: ObservedAlias
    latest: str | None = None

    def __str__(self) -> str:
        to = number(self.version_arn) if self.version_arn else "the new version"
        return f"send {self.weight} % of alias {self.alias} to {to}, the rest to {number(self.old)}"


@dataclass(frozen=True)
class Watch:
    """Watch the new versions for *interval*, while *weight* percent of callers use them.

    It is a step of the whole deployment: its *workflow* is "".
    """

    weight: int
    interval: timedelta
    workflow: str = ""

    def __str__(self) -> str:
        return f"watch {self.weight} % for {duration_text(self.interval)}"


@dataclass(frozen=True)
class TagStateMachine:
    """Update the tags of a state machine."""

    workflow: str
    arn: str
    tags: Mapping[str, str]
    removed: tuple[str, ...]

    @property
    def only_names(self) -> bool:
        """Whether nothing changes but our own tags, which name the release."""
        return not self.removed and all(key.startswith(TAG_PREFIX) for key in self.tags)

    def __str__(self) -> str:
        changes = [f"{key}={value}" for key, value in self.tags.items()]
        return "update tags " + ", ".join(changes + [f"without {key}" for key in self.removed])


@dataclass(frozen=True)
class DeleteStateMachine:
    """Delete a state machine with all its versions and aliases."""

    workflow: str
    arn: str

    def __str__(self) -> str:
        return f"delete {self.arn} with its versions and aliases"


@dataclass(frozen=True)
class HandOver:
    """Give a state machine to another *project*: its tags name that one, and no environment.

    *before* are the ownership tags that it has now.
    """

    workflow: str
    arn: str
    project: str
    before: Mapping[str, str]

    @property
    def tags(self) -> Mapping[str, str]:
        """The ownership tags that it gets: one call, so that no other state is ever seen."""
        return {TAG_PREFIX + "project": self.project, TAG_PREFIX + "environment": ""}

    def __str__(self) -> str:
        return f"hand {self.arn} over to the project {self.project}"


Step = (
    CreateStateMachine
    | UpdateStateMachine
    | PublishVersion
    | PointAlias
    | ShiftWeight
    | Watch
    | TagStateMachine
    | DeleteStateMachine
    | HandOver
)


def step_json(step: Step) -> dict[str, Any]:
    """Return the JSON form of a step: ``workflow``, ``action`` and the action's members."""
    action, members = _action(step)
    return {"workflow": step.workflow or None, "action": action, **members}


def _action(step: Step) -> tuple[str, dict[str, Any]]:  # noqa: PLR0911 - one for each kind
    """Return the word of a step in JSON, and the members that go with it."""
    match step:
        case CreateStateMachine():
            return "create", {"name": step.rendered.name, **_content(step)}
        case UpdateStateMachine():
            return "update", {"arn": step.arn, **_content(step)}
        case PublishVersion():
            return "publish", {"arn": step.arn}
        case PointAlias():
            before = step.before.routing if step.before else None
            return "point-alias", {"alias": step.alias, "to": step.version_arn, "from": before}
        case ShiftWeight():
            moved = {"alias": step.alias, "to": step.version_arn, "from": step.old}
            return "shift-weight", {**moved, "weight": step.weight}
        case Watch():
            seconds = int(step.interval.total_seconds())
            return "watch", {"weight": step.weight, "interval_seconds": seconds}
        case TagStateMachine():
            tags = {key: None if value == NOT_YET else value for key, value in step.tags.items()}
            return "tag", {"arn": step.arn, "tags": tags, "removed": list(step.removed)}
        case DeleteStateMachine():
            return "delete", {"arn": step.arn}
        case HandOver():
            return "hand-over", {"arn": step.arn, "project": step.project}
        case _:
            assert_never(step)


def step_line(step: Step) -> str:
    """Return a step in a line that names its workflow, as records hold it."""
    return f"{step.workflow}: {step}" if step.workflow else str(step)


def _content(step: CreateStateMachine | UpdateStateMachine) -> dict[str, Any]:
    """Return the digest of the content to send, or the workflows whose versions it waits for."""
    if step.awaits:
        return {"rendered_digest": None, "awaits": sorted({*step.awaits.values()})}
    return {"rendered_digest": step.rendered.digest}


def _awaiting(awaits: Mapping[str, str]) -> str:
    names = sorted({*awaits.values()})
    if not names:
        return ""
    return f" (pinned to the new version{'s' if len(names) > 1 else ''} of {', '.join(names)})"


def routing_text(routing: Mapping[str, int]) -> str:
    """Return a routing for people: ``:3``, or ``:3 90 %, :4 10 %``."""
    if len(routing) == 1:
        return number(next(iter(routing)))
    return ", ".join(f"{number(arn)} {weight} %" for arn, weight in routing.items()) or "nothing"


def version_number(version_arn: str) -> int:
    """Return the number of a state machine version, by which AWS orders them; 0 for none."""
    digits = version_arn.rpartition(":")[2]
    return int(digits) if digits.isdecimal() else 0


def number(version_arn: str) -> str:
    """Return a state machine version as people read it: ``:7``."""
    return ":" + version_arn.rpartition(":")[2]


def names_text(names: Sequence[str]) -> str:
    """Return names for people, the first few of many: ``a, b and 30 more``."""
    shown = ", ".join(names[:_FEW])
    return f"{shown} and {len(names) - _FEW} more" if len(names) > _FEW else shown
