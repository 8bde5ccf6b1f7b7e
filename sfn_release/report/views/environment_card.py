"""The state of an environment as the board shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sfn_release.release.record import Record
from sfn_release.release.yank_list import Yank
from sfn_release.report.facts.report_facts import EnvironmentFacts, ReportFacts
from sfn_release.report.texts import duration, moment_of
from sfn_release.report.views.deployment_entry import TONES, Tone, outcome_of, undone_attempt
from sfn_release.report.views.environment_marks import (
    OF_OUTCOME,
    EnvironmentMark,
    Health,
    environment_marks,
)
from sfn_release.text import grouped_lines

_DIFFERENCES = 5  # lines of the card; the page of the environment has all


@dataclass(frozen=True)
class Soak:
    """How long a release must still be served here before *environment* takes it.

    *left* is "" when that time is over, which it is at *until*.
    """

    environment: str
    left: str
    until: datetime


@dataclass(frozen=True)
class EnvironmentCard:
    """An environment: the release that it serves, and everything that you should know about it.

    *marks* are its states, the worst first; *health* is what the last deployment and AWS say.
    *is_known* is false for a release that the report has no page of, such as a local trial whose
    version another release has taken. *deployed* is the deployment that brought it. *attempt* is
    the last deployment, if it didn't succeed, and *expired* says that its lock ran out. *problems*
    are lines about drift and reachability, *more* aren't shown. *undone* is the unfinished
    deployment that *deployed*, a rollback, undid.
    """

    facts: EnvironmentFacts
    health: Health
    marks: tuple[EnvironmentMark, ...]
    version: str | None
    is_known: bool
    deployed: Record | None
    attempt: Record | None
    yank: Yank | None
    unsigned: tuple[str, ...]
    soaks: tuple[Soak, ...]
    problems: tuple[str, ...]
    more: int
    expired: bool = False
    undone: Record | None = None

    @property
    def abandoned(self) -> bool:
        """Whether the last deployment is given up: its lock expired, or AWS's state says so."""
        return self.expired or self.health == "abandoned"

    @property
    def attempt_tone(self) -> Tone:
        """The colour of the note about the last deployment."""
        if self.attempt is None:
            return ""
        match self.attempt.status:
            case "started":
                return "warn" if self.abandoned else "info"
            case status:
                return TONES[status]

    @property
    def tone(self) -> Tone:
        """The colour of the card: that of the worst mark."""
        return self.marks[0].tone


def environment_card(
    facts: ReportFacts, environment: EnvironmentFacts, *, differences: int = _DIFFERENCES
) -> EnvironmentCard:
    """Return the card of an environment, with at most so many lines of *differences*."""
    last, serving, live = environment.last, environment.serving, environment.live
    version = serving.version if serving else None
    release = facts.released(serving.version, serving.release_digest) if serving else None
    problems = [*_problems(environment)]
    health = _health(environment, facts.built_at)
    unsigned = (live.unsigned if live else ()) or environment.unsigned
    soaks = tuple(_soaks(facts, environment))
    marks = environment_marks(
        health,
        outcome_of(last, facts.built_at) if last else None,
        yanked=release is not None and release.yank is not None,
        unsigned=bool(unsigned),
        trial=release is None and version in facts.by_version,
        soaking=[soak.environment for soak in soaks if soak.left],
    )
    return EnvironmentCard(
        facts=environment,
        health=health,
        marks=marks,
        version=version,
        is_known=release is not None,
        deployed=environment.deployed,
        attempt=last if last is not None and last.status != "succeeded" else None,
        yank=release.yank if release else None,
        unsigned=unsigned,
        soaks=soaks,
        problems=tuple(problems[:differences]),
        more=max(len(problems) - differences, 0),
        expired=last is not None and outcome_of(last, facts.built_at) == "abandoned",
        undone=undone_attempt(environment.deployed, environment.records),
    )


def _health(environment: EnvironmentFacts, now: datetime) -> Health:
    last, live = environment.last, environment.live
    if last is None:
        return "never-deployed"
    recorded = OF_OUTCOME[outcome_of(last, now)]
    if live is None or (live.state == "failed" and recorded == "reverted"):
        return recorded
    return live.state


def _problems(environment: EnvironmentFacts) -> Iterator[str]:
    live = environment.live
    if live is None:
        return
    if live.state == "unreachable":
        yield live.problem
    yield from live.reasons
    yield from grouped_lines(
        (workflow.name, line) for workflow in live.workflows for line in workflow.differences
    )


def _soaks(facts: ReportFacts, environment: EnvironmentFacts) -> Iterator[Soak]:
    """Yield the environments that wait until this one has served its release for some time."""
    since = moment_of(environment.period.since)
    serving = environment.serving
    if since is None or serving is None or environment.period.until is not None:
        return
    for other in facts.environments:
        settings = other.settings
        if settings is None or settings.soak is None or environment.name not in settings.requires:
            continue
        if other.serving and other.serving.release_digest == serving.release_digest:
            continue
        until = since + settings.soak
        left = until - facts.built_at
        yield Soak(other.name, duration(left) if left > timedelta() else "", until)
