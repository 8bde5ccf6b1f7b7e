"""The marks of an environment: one rule for its card, its page and the board. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sfn_release.report.views.deployment_entry import Outcome, Tone

Health = Literal[
    "never-deployed",
    "serving",
    "in-sync",
    "drifted",
    "in-progress",
    "abandoned",
    "failed",
    "reverted",
    "unreachable",
]


@dataclass(frozen=True)
class EnvironmentMark:
    """One thing that is known of an environment: its colour, its sign, its words."""

    tone: Tone
    sign: str
    words: str


HEALTH: Mapping[Health, EnvironmentMark] = {
    "never-deployed": EnvironmentMark("", "○", "never deployed"),
    "serving": EnvironmentMark("ok", "✓", "deployed"),
    "in-sync": EnvironmentMark("ok", "✓", "in sync"),
    "drifted": EnvironmentMark("warn", "▲", "drifted"),
    "in-progress": EnvironmentMark("info", "◐", "deploying"),
    "abandoned": EnvironmentMark("warn", "▲", "deployment abandoned"),
    "failed": EnvironmentMark("bad", "✕", "last deployment failed"),
    "reverted": EnvironmentMark("warn", "↺", "last deployment reverted"),
    "unreachable": EnvironmentMark("bad", "✕", "unreachable"),
}
OF_OUTCOME: Mapping[Outcome, Health] = {
    "deploying": "in-progress",
    "abandoned": "abandoned",
    "succeeded": "serving",
    "failed": "failed",
    "reverted": "reverted",
}
_WORST_FIRST: tuple[Tone, ...] = ("bad", "warn", "info", "ok", "")


def environment_marks(
    health: Health,
    outcome: Outcome | None,
    *,
    yanked: bool,
    unsigned: bool,
    trial: bool,
    soaking: Sequence[str],
) -> tuple[EnvironmentMark, ...]:
    """Return the marks of an environment, the worst first; the first one colours its card.

    *health* comes from AWS if AWS was asked, and *outcome* is how the last deployment ended.
    *trial*: another release has the version. *soaking* are the environments that wait until its
    release has soaked. A mark that all is well stands only where nothing is wrong.
    """
    found = [EnvironmentMark("bad", "✕", "yanked")] if yanked else []
    found += [EnvironmentMark("bad", "✕", "unsigned")] if unsigned else []
    found += [EnvironmentMark("warn", "▲", "local trial")] if trial else []
    found += [EnvironmentMark("info", "◔", f"soaking for {name}") for name in soaking]
    found.append(HEALTH[health])
    if outcome in {"failed", "reverted", "abandoned"} and HEALTH[OF_OUTCOME[outcome]] not in found:
        found.append(HEALTH[OF_OUTCOME[outcome]])
    wrong = any(mark.tone in {"bad", "warn"} for mark in found)
    shown = [mark for mark in found if not (wrong and mark.tone == "ok")]
    return tuple(sorted(shown, key=lambda mark: _WORST_FIRST.index(mark.tone)))
