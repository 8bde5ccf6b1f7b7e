"""Policies, pure: facts in, refusals out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sfn_release.plan.policy import matches, refusals, refused
from sfn_release.plan.policy_facts import Facts, LivePeriod, MissingSignature, OnBranches
from sfn_release.project import Environment
from sfn_release.project.backends import AWS

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
COMMIT = "c" * 40
PROD = Environment("prod", AWS, requires=("staging",), soak=timedelta(hours=2))


def rules(environment: Environment, facts: Facts) -> list[str]:
    return [refusal.rule for refusal in refusals(environment, facts)]


def soaked(stay: LivePeriod, now: datetime = NOON) -> list[str]:
    """Return why PROD refuses a release with this *stay* in staging."""
    facts = Facts("1.2.0", COMMIT, now, {"staging": stay})
    return [str(refusal) for refusal in refusals(PROD, facts)]


def test_an_environment_without_policies_takes_everything() -> None:
    """Nothing is asked, nothing is refused."""
    assert rules(Environment("prod", AWS), Facts("1.2.0", COMMIT, NOON)) == []


def test_what_never_succeeded_is_refused_once() -> None:
    """Only `requires` refuses it: `soak` has nothing to add."""
    (told,) = soaked(LivePeriod())
    assert told == (
        'requires = ["staging"]: 1.2.0 has never succeeded in staging.\n'
        "Deploy it to staging first, with  --env staging  and then:"
        "  sfn-release promote --from staging --to prod"
    )


def test_what_is_still_served_may_enter_later() -> None:
    """It says since when, for how long, and from when on it would pass."""
    (told,) = soaked(LivePeriod("2030-01-01T11:19:40Z"))
    assert told == (
        "soak = 2h: 1.2.0 has been live in staging for 40m, since 2030-01-01T11:19:40Z.\n"
        "You can deploy it from 2030-01-01T13:19:40Z."
    )
    assert soaked(LivePeriod("2030-01-01T10:00:00Z")) == []
    assert soaked(LivePeriod("2030-01-01T10:00:01Z")) != []


def test_what_was_replaced_has_to_be_served_again() -> None:
    """Time counts until something else came, not until now."""
    gone = LivePeriod("2029-12-31T10:00:00Z", "2029-12-31T11:30:00Z", "1.3.0")
    (told,) = soaked(gone)
    assert told == (
        "soak = 2h: 1.2.0 was live in staging for 1h30m, from 2029-12-31T10:00:00Z until"
        " 2029-12-31T11:30:00Z, when 1.3.0 replaced it.\nDeploy it there again, and wait 2h."
    )
    assert soaked(LivePeriod("2029-12-31T10:00:00Z", "2029-12-31T12:00:00Z", "1.3.0")) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(119, "has been live in staging for 0s"), (121, "two deployers' clocks")],
)
def test_clocks_differ(seconds: int, words: str) -> None:
    """A success up to two minutes in the future counts as now; a later one is an error."""
    since = (NOON + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (told,) = soaked(LivePeriod(since))
    assert words in told


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (OnBranches("origin", ("main",), "main"), []),
        (OnBranches("origin", ("main", "release/1")), ["is not on main, release/1 of origin"]),
        (OnBranches("origin"), ["origin has no such branch"]),
        (OnBranches("origin", unknown="no route to host"), ["can't check", "no route to host"]),
    ],
)
def test_the_commit_must_be_on_a_branch(found: OnBranches, words: list[str]) -> None:
    """A commit whose branches can't be checked is refused, with the reason."""
    environment = Environment("prod", AWS, branches=("main", "release/*"))
    told = [
        str(refusal)
        for refusal in refusals(environment, Facts("1.2.0", COMMIT, NOON, branches=found))
    ]
    assert [word for word in words if word not in "".join(told)] == []
    assert bool(words) == bool(told)


def test_all_refusals_are_told_at_once() -> None:
    """The error lists every refusal, how to satisfy it and how to override it."""
    environment = Environment(
        "prod", AWS, requires=("staging", "eu"), soak=timedelta(hours=2), branches=("main",)
    )
    live_periods = {"staging": LivePeriod(), "eu": LivePeriod("2030-01-01T11:00:00Z")}
    facts = Facts("1.2.0", COMMIT, NOON, live_periods, OnBranches("origin", ("main",)))
    found = refusals(environment, facts)
    assert [refusal.rule for refusal in found] == ["requires", "soak", "branches"]
    error = refused(environment, "1.2.0", found)
    assert (error.code, error.message) == (
        "E_POLICY",
        "1.2.0 can't be deployed to prod: blocked by 3 policies.",
    )
    assert [refusal.message in error.why for refusal in found] == [True] * 3
    assert "--override" in error.fix


@pytest.mark.parametrize(
    ("branch", "pattern", "expected"),
    [
        ("main", "main", True),
        ("maintenance", "main", False),
        ("release/1.2", "release/*", True),
        ("release/1/2", "release/*", False),
        ("release/1x2", "release/1.2", False),
        ("x", "*", True),
        ("a/b-1", "*/b-*", True),
    ],
)
def test_a_star_stands_for_anything_but_a_slash(branch: str, pattern: str, expected: bool) -> None:
    """Git hosts' branch rules work the same way."""
    assert matches(branch, [pattern]) == expected


def test_missing_signatures_are_refused_with_their_reasons() -> None:
    """Each is a refusal of its own, with its advice."""
    missing = MissingSignature("the release 1.2.0 (3f2a)", "not signed", "Don't deploy it.")
    facts = Facts("1.2.0", "c" * 40, NOON, signatures=(missing, missing))
    found = refusals(Environment("prod", AWS, signed=True), facts)
    assert [refusal.rule for refusal in found] == ["signed", "signed"]
    text = "signed = true: the release 1.2.0 (3f2a): not signed."
    assert str(found[0]) == f"{text}\nDon't deploy it."
