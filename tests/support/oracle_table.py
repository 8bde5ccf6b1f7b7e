"""Measures the simulator against AWS's recordings, by category and query language.

    cd tests && python -m support.oracle_table [CATEGORY...]

prints how many recordings end as recorded, have the recorded history, and have it without any
tolerance; then the differences of the others.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sfn_release.simulator import ContextSeed, Execution, ExecutionOutcome, VirtualClock, drive
from support.oracle import CATEGORIES, Case, Recorded, cases
from support.oracle_comparison import TOLERANCES, event_differences, outcome_differences

START = datetime(2026, 1, 1, tzinfo=UTC)
_SHOWN = 3  # differences of a case


@dataclass(frozen=True)
class Agreement:
    """How an execution differs from its recording; empty lists are agreement."""

    case: Case
    outcome: list[str]
    events: list[str]
    strictly: list[str]

    @property
    def language(self) -> str:
        """JSONPath, JSONata or mixed."""
        return str(self.case["query_language"])

    @property
    def differences(self) -> list[str]:
        """All differences but the tolerated ones."""
        return self.outcome + self.events


def replay(case: Case) -> ExecutionOutcome:
    """Run a case as it ran on AWS."""
    values = {token["token"]: token.get("value") for token in case["wildcards"]}
    machine = values.get("<ArnPart_0idx>") or "machine"
    name = case.get("execution_name") or values.get("<ExecArnPart_0idx>") or "execution"
    stopped = any(call["op"] == "stop_execution" for call in case.get("callback_calls", []))
    now = case.get("time_relative_to")
    start = datetime.fromisoformat(now) if now else START
    clock = VirtualClock(start)
    execution = Execution(
        case["definition"],
        {} if case.get("input_omitted") or case.get("input") is None else case["input"],
        tasks=Recorded(case),
        clock=clock,
        context=ContextSeed(
            execution_arn=f"arn:aws:states:us-east-1:111111111111:execution:{machine}:{name}",
            execution_name=name,
            role_arn=values.get("snf_role_arn") or "arn:aws:iam::111111111111:role/role",
            state_machine_arn=f"arn:aws:states:us-east-1:111111111111:stateMachine:{machine}",
            state_machine_name=machine,
            started_at=start,
            type=case["type"],
        ),
    )
    if stopped:  # while it waited
        execution.advance()
        execution.stop()
    return drive(execution, clock)


def measure(case: Case) -> Agreement:
    """Run a case and compare it."""
    outcome = replay(case)
    return Agreement(
        case,
        outcome_differences(case, outcome),
        event_differences(case, outcome),
        event_differences(case, outcome, strict=True),
    )


def lines(agreements: list[Agreement]) -> Iterator[str]:
    """Yield the table's lines, a total for each language last."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for agreement in agreements:
        for key in ((agreement.case["category"], agreement.language), ("all", agreement.language)):
            count = counts.setdefault(key, Counter())
            count["cases"] += 1
            count["outcome"] += not agreement.outcome
            count["both"] += not agreement.differences
            count["strictly"] += not agreement.outcome + agreement.strictly
            count[agreement.case["replay"]] += 1
    figures = f"{'cases':>6}{'outcome':>9}{'+events':>9}{'strictly':>10}"
    yield f"{'category':22}{'language':10}{figures}  replays"
    for (category, language), count in sorted(counts.items(), key=lambda item: item[0][0] == "all"):
        figures = f"{count['cases']:6}{count['outcome']:9}{count['both']:9}{count['strictly']:10}"
        kinds = [
            f"{kind} {count[kind]}"
            for kind in ("pure", "mocks", "partial", "s3_setup", "none")
            if count[kind]
        ]
        yield f"{category:22}{language:10}{figures}  {', '.join(kinds)}"


def report(agreements: list[Agreement]) -> Iterator[str]:
    """Yield the table, the tolerances, and the differences of each case that has some."""
    yield from lines(agreements)
    yield from ("", "tolerated:")
    yield from (f"- {tolerance.name}: {tolerance.reason}" for tolerance in TOLERANCES)
    for agreement in agreements:
        if agreement.differences:
            yield f"\n{agreement.case['id']} ({agreement.language}, {agreement.case['replay']})"
            yield from (f"   {found[:400]}" for found in agreement.differences[:_SHOWN])


def main(categories: list[str]) -> int:
    """Print the report; return 1 if anything differs."""
    agreements = [
        measure(case) for category in categories or CATEGORIES for case in cases(category)
    ]
    sys.stdout.writelines(f"{line}\n" for line in report(agreements))
    return int(any(agreement.differences for agreement in agreements))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
