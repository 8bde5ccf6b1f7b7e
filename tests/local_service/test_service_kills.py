"""The local service survives the kill of its process."""

from __future__ import annotations

from pathlib import Path

from support.service_kills import Plan, attack


def test_a_kill_loses_no_acknowledged_execution(tmp_path: Path) -> None:
    """Ended executions stay whole, and those that waited are aborted: none is RUNNING for ever."""
    plan = Plan(threads=8, executions=160, machines=8, kills=1)
    report = attack(tmp_path / "local.db", plan)
    assert report.faults == []
    assert {*report.statuses} == {"SUCCEEDED", "ABORTED"}
    assert report.started >= plan.executions * 3 // 4
