"""A shop for the pages of a report: three releases, an execution that failed, and coverage."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sfn_release.operations.explained_execution import Explanation
from sfn_release.operations.verbs.explain import explain_file
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.pages.execution_page import ReportedExecution
from sfn_release.report.views.coverage_sources import read_coverage_text
from sfn_release.testing.coverage.coverage_data import CoverageData, WorkflowCounts
from sfn_release.testing.coverage.points import points_of
from sfn_release.testing.histories.history_files import parse_history
from support.reports import report_facts

ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"`&{{7*7}}\u202e\u0007"
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def task(name: str, **more: Any) -> dict[str, Any]:
    """Return a Task that invokes a function."""
    arguments = {"FunctionName": f"arn:aws:lambda:eu-west-1:111111111111:function:{name}"}
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": arguments}
    return {**state, **more}


def orders(charge: str = "Charge", seconds: int = 30) -> dict[str, Any]:
    """Return a workflow with a Map."""
    inner = {"StartAt": "Pack", "States": {"Pack": task("pack", End=True)}}
    return {
        "StartAt": charge,
        "States": {
            charge: task(
                "charge",
                TimeoutSeconds=seconds,
                Retry=[{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 2}],
                Catch=[{"ErrorEquals": ["Declined"], "Next": "Refuse"}],
                Next="Each",
            ),
            "Each": {"Type": "Map", "ItemProcessor": inner, "End": True},
            "Refuse": {"Type": "Fail", "Error": "Refused"},
        },
    }


@cache
def report_shop() -> ReportFacts:
    """Return a shop with three releases and two environments."""
    refunds = {"StartAt": "Refund", "States": {"Refund": task("refund", End=True)}}
    return report_facts(
        {
            "1.0.0": {"orders": orders()},
            "1.1.0": {"orders": orders(seconds=60), "refunds": refunds},
            "2.0.0": {"orders": orders("Charge card", seconds=60), "refunds": refunds},
        },
        notes="### Changed\n\n- a timeout",
        environments={"staging": ["1.0.0", "1.1.0", "2.0.0"], "prod": ["1.0.0", "1.1.0", "1.0.0"]},
        reason="quieter",
    )


def history() -> dict[str, Any]:
    """Return a history: a retried Task, a Map with an item that failed."""

    def event(
        number: int, previous: int, kind: str, seconds: float, **details: Any
    ) -> dict[str, Any]:
        at = (START + timedelta(seconds=seconds)).isoformat()
        return {"id": number, "previousEventId": previous, "type": kind, "timestamp": at, **details}

    def entered(name: str, data: str = "{}") -> dict[str, Any]:
        return {"stateEnteredEventDetails": {"name": name, "input": data}}

    scheduled = {"resourceType": "lambda", "resource": "invoke", "region": "x", "parameters": "{}"}
    failed = {"resourceType": "lambda", "resource": "invoke", "error": "Slow", "cause": ATTACK}
    return {
        "definition": json.dumps(orders()),
        "events": [
            event(
                1,
                0,
                "ExecutionStarted",
                0,
                executionStartedEventDetails={"input": '{"secret":"s3cr3t"}'},
            ),
            event(2, 0, "TaskStateEntered", 0, **entered("Charge", '{"secret":"s3cr3t"}')),
            event(3, 2, "TaskScheduled", 0, taskScheduledEventDetails=scheduled),
            event(4, 3, "TaskFailed", 2, taskFailedEventDetails=failed),
            event(5, 4, "TaskScheduled", 4, taskScheduledEventDetails=scheduled),
            event(
                6,
                5,
                "TaskSucceeded",
                5,
                taskSucceededEventDetails={
                    "resourceType": "lambda",
                    "resource": "invoke",
                    "output": "{}",
                },
            ),
            event(
                7,
                6,
                "TaskStateExited",
                5,
                stateExitedEventDetails={"name": "Charge", "output": "{}"},
            ),
            event(8, 7, "MapStateEntered", 5, **entered("Each")),
            event(9, 8, "MapStateStarted", 5, mapStateStartedEventDetails={"length": 1}),
            event(
                10,
                9,
                "MapIterationStarted",
                5,
                mapIterationStartedEventDetails={"name": "Each", "index": 0},
            ),
            event(11, 10, "TaskStateEntered", 5, **entered("Pack")),
            event(12, 11, "TaskScheduled", 5, taskScheduledEventDetails=scheduled),
            event(13, 12, "TaskFailed", 8, taskFailedEventDetails={**failed, "error": "Broken"}),
            event(
                14,
                13,
                "MapIterationFailed",
                8,
                mapIterationFailedEventDetails={"name": "Each", "index": 0},
            ),
            event(15, 14, "MapStateFailed", 8),
            event(
                16,
                15,
                "ExecutionFailed",
                8,
                executionFailedEventDetails={"error": "Broken", "cause": ATTACK},
            ),
        ],
    }


def execution_of_orders() -> Explanation:
    """Return the explanation of the history."""
    return explain_file(parse_history(json.dumps(history()).encode(), file="history.json"))


def content_options(definition: Any, *, name: str, data: bool = True) -> dict[str, Any]:
    """Return the options of a report: an execution, and coverage of *definition* as orders."""
    points = points_of(definition)
    first = next(iter(points.steps))
    counts = WorkflowCounts(points, {points.states[0]: 3}, {first: 3}, 3)
    written = json.dumps(CoverageData({"orders": counts}).to_json())
    return {
        "executions": (ReportedExecution(name, execution_of_orders(), data),),
        "coverage": read_coverage_text(written, "cover.json"),
    }


def with_options(facts: ReportFacts, *, data: bool = True) -> ReportFacts:
    """Return facts with an execution and with coverage."""
    definition = facts.definition("2.0.0", "orders")
    return replace(facts, extra=content_options(definition, name=ATTACK, data=data))
