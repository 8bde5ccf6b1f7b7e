"""One deployment as a timeline shows it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, assert_never

from sfn_release.release.record import SKEW, Action, Record
from sfn_release.report.texts import moment_of
from sfn_release.text import excerpt

Tone = Literal["", "ok", "warn", "bad", "info"]
"""The colour of a badge. Its text always says the same."""

Outcome = Literal["deploying", "abandoned", "succeeded", "failed", "reverted"]

TONES: Mapping[Outcome, Tone] = {
    "deploying": "info",
    "abandoned": "warn",
    "succeeded": "ok",
    "failed": "bad",
    "reverted": "warn",
}
ACTIONS: Mapping[Action, tuple[str, str]] = {
    # action → its words when it succeeded, and else
    "publish": ("Published", "Publish"),
    "deploy": ("Deployed", "Deploy"),
    "promote": ("Promoted", "Promote"),
    "rollback": ("Rolled back", "Roll back"),
    "delete": ("Deleted from", "Delete from"),
    "adopt": ("Adopted", "Adopt"),
    "acknowledge": ("Acknowledged versions", "Acknowledge versions"),
    "handover": ("Handed over from", "Hand over from"),
}
_LISTED = 20  # workflows of an entry
_ERROR = 1_500  # characters of an error, and of a reason
_UNCHANGED = frozenset({"unchanged", "retained"})


@dataclass(frozen=True)
class DeploymentEntry:
    """A deployment with the texts that its entry shows.

    *outcome* says how it ended, or that it is open. *changes* sums up its workflows, *workflows*
    has each changed one with its change and *more* of them aren't listed.
    """

    record: Record
    outcome: Outcome
    changes: str
    workflows: tuple[tuple[str, str], ...]
    more: int
    error: str
    reason: str
    override: str
    replays: tuple[str, ...]

    @property
    def tone(self) -> Tone:
        """The colour of its badge."""
        return TONES[self.outcome]

    @property
    def action(self) -> str:
        """Its first words: ``Rolled back``, or ``Roll back`` if it didn't succeed."""
        done, other = ACTIONS[self.record.action]
        return done if self.outcome == "succeeded" else other

    @property
    def is_open(self) -> bool:
        """Whether its record has no end, so that its changes are only planned."""
        return self.record.status == "started"

    @property
    def day(self) -> str:
        """The day on which it began, in UTC; "" if its record has no time that can be read."""
        at = moment_of(self.record.started_at)
        return at.astimezone(UTC).date().isoformat() if at else ""

    @property
    def replaced(self) -> str | None:
        """The version that it replaced, None if there was none or it is the same."""
        before = self.record.from_version
        return before if before != self.record.version else None


def outcome_of(record: Record, now: datetime) -> Outcome:
    """Return how a deployment ended, or whether it still runs at *now*."""
    match record.status:
        case "started":
            until = moment_of(record.expires_at)
            return "abandoned" if until is not None and now > until + SKEW else "deploying"
        case "succeeded" | "failed" | "reverted":
            return record.status
        case _:
            assert_never(record.status)


def undone_attempt(record: Record | None, newest_first: Sequence[Record]) -> Record | None:
    """Return the attempt that a rollback undid: it put the same version back. Else None.

    Such a rollback follows a deployment that failed, or that was abandoned, half-way.
    """
    if record is None or record.action != "rollback" or record.from_version != record.version:
        return None
    ids = [it.id for it in newest_first]
    before = newest_first[ids.index(record.id) + 1 :] if record.id in ids else ()
    attempt = before[0] if before else None
    return attempt if attempt is not None and attempt.status != "succeeded" else None


def attempt_words(attempt: Record) -> str:
    """Return how an attempt ended, as a sentence says it: ``was abandoned``."""
    match attempt.status:
        case "started":
            return "was abandoned"
        case "failed":
            return "was abandoned" if attempt.was_abandoned else "failed"
        case "reverted":
            return "was reverted"
        case "succeeded":
            return "succeeded"
        case _:
            assert_never(attempt.status)


def deployment_entry(record: Record, now: datetime) -> DeploymentEntry:
    """Return the entry of a deployment, by its last event."""
    changed = [
        (name, outcome.change)
        for name, outcome in record.workflows.items()
        if outcome.change not in _UNCHANGED
    ]
    counted = Counter(outcome.change for outcome in record.workflows.values())
    return DeploymentEntry(
        record=record,
        outcome=outcome_of(record, now),
        changes=", ".join(f"{number:,} {change}" for change, number in counted.items()),
        workflows=tuple(changed[:_LISTED]),
        more=max(len(changed) - _LISTED, 0),
        error=excerpt(record.error or "", _ERROR),
        reason=excerpt(record.reason or "", _ERROR),
        override=excerpt(record.override or "", _ERROR),
        replays=tuple(
            outcome.text(workflow) for workflow, outcome in [*record.replayed.items()][:_LISTED]
        ),
    )
