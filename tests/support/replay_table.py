"""Replays AWS's recordings on their own definitions, by category.

    cd tests && python -m support.replay_table [CATEGORY...]

prints how many have a history, and how many of those replay as the same; then the others.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sfn_release.testing.replay.replay_execution import replay_execution
from sfn_release.testing.replay.replayed import Difference, Replayed
from support.oracle import CATEGORIES, Case, cases, compare
from support.recorded_histories import recording_of

_SHOWN = 300


@dataclass(frozen=True)
class Outcome:
    """A recording and its replay. *differences* are without those of the recording's tokens."""

    case: Case
    replayed: Replayed
    differences: list[Difference]

    @property
    def same(self) -> bool:
        """Whether the replay is the same, as far as the recording has values."""
        return not (self.differences or self.replayed.unanswered or self.replayed.unreplayable)


def measure(case: Case) -> Outcome | None:
    """Replay a case on its own definition; None for a case without a history."""
    recording = recording_of(case)
    if recording is None:
        return None
    replayed = replay_execution(recording, case["definition"])
    return Outcome(
        case, replayed, [found for found in replayed.differences if _is_one(case, found)]
    )


def _is_one(case: Case, found: Difference) -> bool:
    """Whether a difference is more than a token of the recording."""
    if found.what == "path":
        return True
    actual = compare().normalise(found.candidate)
    tokens = compare().tokens_of(case)
    matched: list[Any] = compare().match(found.recorded, actual, tokens)
    if matched:
        matched = compare().match(compare().normalise(found.recorded), actual, tokens)
    return bool(matched)


def lines(outcomes: list[Outcome]) -> Iterator[str]:
    """Yield the table's lines, then each replay that isn't the same."""
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        for key in (outcome.case["category"], "all"):
            counts.setdefault(key, Counter())["histories"] += 1
            counts[key]["same"] += outcome.same
            counts[key]["tokens"] += outcome.same and not outcome.replayed.same
    yield f"{'category':22}{'histories':>10}{'same':>8}"
    for category, count in sorted(counts.items(), key=lambda item: item[0] == "all"):
        yield f"{category:22}{count['histories']:10}{count['same']:8}"
    for outcome in outcomes:
        if not outcome.same:
            yield f"\n{outcome.case['id']}"
            yield from (f"   {found}"[:_SHOWN] for found in outcome.differences)
            yield from (f"   {found}"[:_SHOWN] for found in outcome.replayed.unanswered)
            yield f"   {outcome.replayed.unreplayable}"


def main(categories: list[str]) -> int:
    """Print the table; return 1 if a replay differs."""
    found = [measure(case) for category in categories or CATEGORIES for case in cases(category)]
    outcomes = [outcome for outcome in found if outcome is not None]
    sys.stdout.writelines(f"{line}\n" for line in lines(outcomes))
    return int(not all(outcome.same for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
