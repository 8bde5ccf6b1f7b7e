"""Reads the signals that other processes left in the store."""

from __future__ import annotations

from sfn_release.local_service.executions import open_tasks, task_signals
from sfn_release.local_service.executions.live_executions import TakeSignals
from sfn_release.local_service.executions.task_signals import TaskSignal
from sfn_release.local_service.storage.store import Store


def signal_reader(store: Store) -> TakeSignals:
    """Return a function that removes and returns the signals for a process."""

    def take(owner: str) -> list[tuple[str, TaskSignal]]:
        with store.reading() as db:
            found = open_tasks.has_signals(db, owner)
        if not found:
            return []
        with store.writing() as db:
            signals = open_tasks.take_signals(db, owner)
        return [(execution, task_signals.from_form(form)) for execution, form in signals]

    return take
