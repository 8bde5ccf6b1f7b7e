"""The environments that each environment is compared with: those that it requires. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfn_release.report.facts.report_facts import ReportFacts


def environments_before(facts: ReportFacts) -> Mapping[str, tuple[str, ...]]:
    """Return the environments that each one is compared with, by name.

    A release comes from the environments that ``requires`` names. Where it names none, it is the
    one before in the order of promotion. Environments that serve nothing are left out.
    """
    serving = [environment for environment in facts.environments if environment.serving]
    names = [environment.name for environment in serving]
    found: dict[str, tuple[str, ...]] = {}
    for place, environment in enumerate(serving):
        required = environment.settings.requires if environment.settings else ()
        before = required or names[max(place - 1, 0) : place]
        found[environment.name] = tuple(name for name in before if name in names)
    return found
