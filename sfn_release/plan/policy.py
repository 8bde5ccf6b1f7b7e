"""Policies: which releases may enter an environment. Pure: facts in, refusals out.

An environment of releases.toml sets conditions for a release that is published, deployed or
promoted there. Each rule is a function of the environment and the Facts, and yields its refusals.
To add a rule, write such a function and add it to `RULES`. Only missing signatures stop a rollback
too (`signature_refusals`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sfn_release.errors import PolicyError
from sfn_release.permissions.role_comparison import shown
from sfn_release.plan.policy_facts import Facts, MissingSignature
from sfn_release.project import Environment
from sfn_release.release.record import SKEW, timestamp
from sfn_release.text import count, duration_text

_SHOWN = 10  # differences in a refusal; `status` shows them all


@dataclass(frozen=True)
class Refusal:
    """A rule's objection to a release. *fix* says how to satisfy the rule."""

    rule: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.message}\n{self.fix}"

    def to_json(self) -> dict[str, str]:
        """Return the JSON form."""
        return {"rule": self.rule, "message": self.message, "fix": self.fix}


def refusals(environment: Environment, facts: Facts) -> tuple[Refusal, ...]:
    """Return every objection of *environment*'s policies to a release."""
    return tuple(refusal for rule in RULES for refusal in rule(environment, facts))


def refused(environment: Environment, release: str, found: Sequence[Refusal]) -> PolicyError:
    """Return the error that shows all refusals at once."""
    rules = len({refusal.rule for refusal in found})
    policies = "a policy" if rules == 1 else f"{rules} policies"
    return PolicyError(
        f"{release[:1].upper()}{release[1:]} can't be deployed to {environment.name}: blocked by"
        f" {policies}.",
        why="\n".join(str(refusal) for refusal in found).replace("\n", "\n  "),
        fix='To deploy it anyway, with the reason recorded, add:  --override "…"',
    )


def refused_release(release: str, found: Sequence[Refusal]) -> PolicyError:
    """Return the error that shows why content can't become a release."""
    return PolicyError(
        f"{release} can't be released: blocked by a policy.",
        why="\n".join(str(refusal) for refusal in found).replace("\n", "\n  "),
        fix='To release it anyway, with the reason recorded, add:  --override "…"',
    )


def matches(branch: str, patterns: Iterable[str]) -> bool:
    """Return whether one of the *patterns* names a branch; ``*`` stands for anything but a slash.

    >>> matches("release/1.2", ["main", "release/*"]), matches("release/1/2", ["release/*"])
    (True, False)
    """
    return any(
        re.fullmatch("[^/]*".join(map(re.escape, pattern.split("*"))), branch)
        for pattern in patterns
    )


def _requires(environment: Environment, facts: Facts) -> Iterator[Refusal]:
    rule = f"requires = {_listed(environment.requires)}"
    for required in environment.requires:
        if facts.live_periods[required].since is None:
            yield Refusal(
                "requires",
                f"{rule}: {facts.release} has never succeeded in {required}.",
                f"Deploy it to {required} first, with  --env {required}  and then:"
                f"  sfn-release promote --from {required} --to {environment.name}",
            )


def _soak(environment: Environment, facts: Facts) -> Iterator[Refusal]:
    """Refuse a release that wasn't served for long enough.

    Clocks differ: a success that lies in the future by less than `SKEW` has only just been.
    """
    soak = environment.soak
    for required in environment.requires if soak else ():
        period = facts.live_periods[required]
        if soak is None or period.since is None:
            continue  # `requires` reports it
        since = datetime.fromisoformat(period.since)
        end = datetime.fromisoformat(period.until) if period.until else facts.now
        served = max(end - since, timedelta())
        if served >= soak:
            continue
        rule = f"soak = {duration_text(soak)}: {facts.release}"
        if since > facts.now + SKEW:
            yield Refusal(
                "soak",
                f"{rule} succeeded in {required} at {period.since}, but here it is"
                f" {timestamp(facts.now)}: the two deployers' clocks differ.",
                "Synchronize the clocks (up to 2 minutes' difference is accepted).",
            )
        elif period.until is not None:
            yield Refusal(
                "soak",
                f"{rule} was live in {required} for {_rough(served)}, from {period.since} until"
                f" {period.until}, when {period.replaced_by} replaced it.",
                f"Deploy it there again, and wait {duration_text(soak)}.",
            )
        else:
            yield Refusal(
                "soak",
                f"{rule} has been live in {required} for {_rough(served)}, since {period.since}.",
                f"You can deploy it from {timestamp(since + soak)}.",
            )


def _branches(environment: Environment, facts: Facts) -> Iterator[Refusal]:
    found = facts.branches
    if not environment.branches or found is None or found.holder is not None:
        return
    rule = f"branches = {_listed(environment.branches)}"
    commit = f"commit {facts.commit[:12]} of {facts.release}"
    if found.unknown:
        yield Refusal(
            "branches",
            f"{rule}: can't check whether {commit} is on one of them in"
            f" {found.where}: {found.unknown}",
            "Make the branches reachable from this clone, and run this again.",
        )
    elif found.matching:
        yield Refusal(
            "branches",
            f"{rule}: {commit} is not on {', '.join(found.matching)} of {found.where}.",
            "Merge it and push, and run this again.",
        )
    else:
        yield Refusal(
            "branches",
            f"{rule}: {found.where} has no such branch.",
            f"Push a branch of that name that contains {facts.commit[:12]}.",
        )


def _protect_drift(environment: Environment, facts: Facts) -> Iterator[Refusal]:
    if environment.protect_drift and facts.drift:
        lines = [f"{name}: {line}" for name, found in facts.drift.items() for line in found]
        more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        rule = f"protect_drift = true: {facts.release} would overwrite manual changes:"
        yield Refusal(
            "protect_drift",
            "\n  ".join([rule, *lines[:_SHOWN], *more]),
            "Put them into a release, or restore the recorded state with"
            f"  sfn-release rollback {facts.serves} --env {environment.name}",
        )


def _pins(_: Environment, facts: Facts) -> Iterator[Refusal]:
    for line in facts.unpinned:
        yield Refusal(
            "pins",
            f'pins = "required": {line}.',
            'Publish a version and name it, or set  pins = "resolve"',
        )


def _replay(environment: Environment, facts: Facts) -> Iterator[Refusal]:
    policy = environment.replay
    if policy is None:
        return
    for workflow, replayed in facts.replays.items():
        outcome = replayed.outcome
        if outcome is None:
            yield Refusal(
                "replay",
                f"{policy}: can't replay executions of {workflow}: {replayed.unknown}",
                replayed.advice or 'Name the workflows of the policy:  workflows = ["…"]',
            )
            continue
        of = f"{count(outcome.executions, 'execution')} of {workflow} in {outcome.environment}"
        against = f"  sfn-release replay {workflow} --env {outcome.environment}"
        against += "" if facts.version is None else f" --against {facts.version}"
        if outcome.different > policy.max_different:
            yield Refusal(
                "replay",
                f"{policy}: {outcome.different} of {of} would differ with {facts.release}."
                + (f"\n  {replayed.first}" if replayed.first else ""),
                f"See the differences:{against}",
            )
        if policy.max_unanswered is not None and outcome.unanswered > policy.max_unanswered:
            yield Refusal(
                "replay",
                f"{policy}: {outcome.unanswered} of {of} need an answer that was never recorded."
                + (f"\n  {replayed.waiting}" if replayed.waiting else ""),
                f"See the tasks:{against}",
            )


def _permissions(environment: Environment, facts: Facts) -> Iterator[Refusal]:
    """Refuse a role that lacks a permission, or that couldn't be checked.

    A check that is silently left out protects nothing, so that refuses too. A single permission
    that can't be known doesn't: then a workflow that computes a resource could never be released.
    """
    if environment.permissions != "required":
        return
    rule = 'permissions = "required"'
    missing = [line for compared in facts.roles for line in compared.missing]
    if missing:
        yield Refusal(
            "permissions",
            "\n  ".join([f"{rule}: a role lacks permissions:", *shown(missing)]),
            "Add them to the role. The policies that the roles need:"
            f"  sfn-release permissions --env {environment.name}",
        )
    for compared in facts.roles:
        if compared.unchecked:
            yield Refusal("permissions", f"{rule}: {compared.uncheckable}.", compared.fix)


def _signed(_: Environment, facts: Facts) -> Iterator[Refusal]:
    yield from signature_refusals(facts.signatures)


def signature_refusals(missing: Iterable[MissingSignature]) -> Iterator[Refusal]:
    """Yield the refusal of each missing signature; they stop rollbacks too."""
    for found in missing:
        yield Refusal("signed", f"signed = true: {found.subject}: {found.why}.", found.fix)


def untested_refusal(untested: Sequence[str]) -> Iterator[Refusal]:
    """Yield the refusal of content whose required tests fail, or don't exist."""
    if untested:
        more = [f"and {len(untested) - _SHOWN} more"] if len(untested) > _SHOWN else []
        yield Refusal(
            "tests",
            "\n  ".join(['tests = "required":', *untested[:_SHOWN], *more]),
            "Run them:  sfn-release test",
        )


RULES: tuple[Callable[[Environment, Facts], Iterator[Refusal]], ...] = (
    _requires,
    _soak,
    _branches,
    _signed,
    _protect_drift,
    _pins,
    _replay,
    _permissions,
)
"""Every rule, in the order in which refusals are shown."""


def _listed(names: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _rough(span: timedelta) -> str:
    """Return a span of time, without seconds from a minute on."""
    minute = timedelta(minutes=1)
    return duration_text(span - span % minute if span >= minute else span)
