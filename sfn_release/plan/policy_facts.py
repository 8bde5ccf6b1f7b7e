"""The facts by which policies decide about a release. Pure data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sfn_release.permissions.role_comparison import RoleComparison
from sfn_release.release.record import ReplayOutcome


@dataclass(frozen=True)
class LivePeriod:
    """When an environment served a release, as its records say. Times are UTC, ISO 8601.

    *since* is when its last success ended there, None when it never had one. *until* is when that
    was over, None while it lasts, and *replaced_by* the version that came then: ``1.3.0``.
    """

    since: str | None = None
    until: str | None = None
    replaced_by: str = ""


@dataclass(frozen=True)
class OnBranches:
    """Whether the commit of a release is on a branch that may release.

    *where* is the remote that was asked, or ``this clone``; *matching* are its branches that the
    patterns name, *holder* one of them that holds the commit. *unknown* is why that can't be
    checked.
    """

    where: str
    matching: tuple[str, ...] = ()
    holder: str | None = None
    unknown: str = ""


@dataclass(frozen=True)
class ReplayedWorkflow:
    """The replay of a workflow's executions on a release.

    *outcome* counts them. *first* describes the first difference, and *waiting* the first task
    without an answer, a line each. *unknown* is why the executions can't be replayed, and *advice*
    what helps, if the error says so.
    """

    outcome: ReplayOutcome | None = None
    first: str = ""
    waiting: str = ""
    unknown: str = ""
    advice: str = ""


@dataclass(frozen=True)
class MissingSignature:
    """What has no good signature of an allowed signer.

    *subject* is its name: ``the release 1.2.0 (3f2a…)``. *why* is the verdict, *fix* the advice.
    """

    subject: str
    why: str
    fix: str


@dataclass(frozen=True)
class Facts:
    """The facts about a release that wants to enter an environment.

    *release* is its name for people: its *version*, or ``the work tree``. *live_periods* has every
    environment of ``requires``; *branches* is None where the environment names none. *serves* is
    the version that the environment serves, and *drift* the manual changes to each workflow that
    would be overwritten, a line each. *unpinned* names references that can't be pinned, and why,
    where pins are required. *replays* are the replays of executions, by workflow. *roles* are the
    roles of the workflows that change, compared with what those need. *signatures* are missing
    where the environment needs them.
    """

    release: str
    commit: str
    now: datetime
    live_periods: Mapping[str, LivePeriod] = field(default_factory=dict)
    branches: OnBranches | None = None
    serves: str | None = None
    drift: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unpinned: tuple[str, ...] = ()
    replays: Mapping[str, ReplayedWorkflow] = field(default_factory=dict)
    version: str | None = None
    roles: tuple[RoleComparison, ...] = ()
    signatures: tuple[MissingSignature, ...] = ()
