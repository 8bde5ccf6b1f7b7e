"""The pairs of releases that a report compares, each with the reasons why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfn_release.errors import NotFoundError, UsageError
from sfn_release.release.version import Precedence
from sfn_release.report.views.environments_before import environments_before
from sfn_release.text import did_you_mean

if TYPE_CHECKING:
    from sfn_release.report.facts.report_facts import ReportFacts


@dataclass(frozen=True)
class ComparedPair:
    """Two releases to compare. *reasons* say why you would compare them, in words."""

    older: str
    newer: str
    reasons: tuple[str, ...] = ()


def compared_pairs(
    facts: ReportFacts, asked: Sequence[tuple[str, str]] = ()
) -> tuple[ComparedPair, ...]:
    """Return the pairs: each release and the one below, the environments, and the pairs *asked*.

    An environment is compared with the newest release, and with the environments before it, where
    they serve different releases.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for older, newer, reason in (*_releases(facts), *_environments(facts), *_asked(asked)):
        reasons = found.setdefault((older, newer), [])
        if reason not in reasons:
            reasons.append(reason)
    return tuple(ComparedPair(*pair, tuple(reasons)) for pair, reasons in found.items())


def read_pair(text: str, facts: ReportFacts) -> tuple[str, str]:
    """Return the two versions of ``A..B``, from A to B. ``@ENV`` is the one you have there now.

    Raises UsageError for other text, NotFoundError for an unknown version or environment.
    """
    older, dots, newer = text.partition("..")
    if not dots or not older or not newer:
        raise UsageError(
            f"{text!r} doesn't name two releases.",
            fix="Write two versions:  --compare 1.0.0..1.1.0",
        )
    return _version(older, facts), _version(newer.removeprefix("."), facts)


def _version(text: str, facts: ReportFacts) -> str:
    if text.startswith("@"):
        served = {it.name: it.serving.version for it in facts.environments if it.serving}
        if text[1:] not in served:
            raise NotFoundError(
                f"{text[1:]} serves no release.", fix=did_you_mean(text[1:], served)
            )
        return served[text[1:]]
    version = text.removeprefix("v")
    if version not in facts.by_version:
        raise NotFoundError(
            f"{text} is not a release.",
            fix=did_you_mean(version, facts.by_version) or "To see all:  sfn-release releases",
        )
    return version


def _releases(facts: ReportFacts) -> Iterator[tuple[str, str, str]]:
    for release in facts.releases:
        if release.below is not None:
            yield release.below, release.version, "a release and the one before it"


def _environments(facts: ReportFacts) -> Iterator[tuple[str, str, str]]:
    served = [
        (environment.name, environment.serving.version)
        for environment in facts.environments
        if environment.serving is not None and environment.serving.version in facts.by_version
    ]
    newest = facts.releases[-1].version if facts.releases else ""
    for name, version in served:
        if version != newest:
            yield version, newest, f"live in {name} and the newest release"
    versions = dict(served)
    for following, names in environments_before(facts).items():
        for name in names:
            if name in versions and versions.get(following, versions[name]) != versions[name]:
                older, newer = sorted((versions[name], versions[following]), key=Precedence)
                yield older, newer, f"live in {name} and in {following}"


def _asked(asked: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    yield from ((older, newer, "asked for") for older, newer in asked)
