"""One execution that this process drives: its clock, its signals and its events."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sfn_release.local_service.executions import task_signals
from sfn_release.local_service.executions.live_clock import LiveClock
from sfn_release.local_service.executions.open_tasks import OpenTask
from sfn_release.local_service.executions.task_signals import TaskSignal
from sfn_release.simulator import ChildExecution, Event, Execution, ExecutionOutcome, MapRun, Tasks


@dataclass(frozen=True)
class Progress:
    """The changes of an execution since it was last stored.

    *outcome* is None while it runs; *position* is then the checkpoint of its present wait.
    """

    events: Sequence[Event]
    opened: Collection[OpenTask]
    closed: Collection[str]
    map_runs: Sequence[MapRun]
    children: Sequence[tuple[MapRun, ChildExecution]]
    outcome: ExecutionOutcome | None
    position: Mapping[str, Any] | None = None


class LiveExecution:
    """An execution that one thread at a time drives with `advance`.

    `LiveExecutions` decides which thread. Any thread may `send` a signal or read the `events`.
    Build the `Execution` with this object's *clock* and `observe`, and set it as `execution`.
    *tasks* answers its tasks.
    """

    execution: Execution
    tasks: Tasks

    def __init__(self, arn: str, clock: LiveClock, *, input: str, started: float) -> None:
        self.arn = arn
        self.clock = clock
        self.input = input
        self.started = started
        self.end: Future[ExecutionOutcome | None] = Future()
        """Done when the execution has ended; None if it was given up."""
        self.tokens: set[str] = set()
        """The tokens of the tasks that wait for an answer; `TaskTokens` keeps them."""
        self._signals: deque[TaskSignal] = deque()
        self._taken: list[TaskSignal] = []
        self._events: list[Event] = []
        self._children: dict[str, tuple[MapRun, ChildExecution]] = {}
        self._stored_map_runs: set[str] = set()
        self._opened: dict[str, OpenTask] = {}
        self._stored: set[str] = set()
        self._answered: set[str] = set()
        self._work: set[Future[Any]] = set()
        self._asking: threading.Thread | None = None
        self._question: object | None = None

    def observe_child(self, map_run: MapRun, child: ChildExecution) -> None:
        """Keep a child execution that has started or ended until it is stored."""
        self._children[child.arn] = (map_run, child)

    def observe(self, event: Event) -> None:
        """Keep an event until it is stored."""
        self._events.append(event)

    @property
    def events(self) -> Sequence[Event]:
        """The events that aren't stored yet."""
        return tuple(self._events)

    @property
    def question(self) -> object | None:
        """The present call of a source of answers: a new object for each; None without one."""
        return self._question

    @property
    def asks_here(self) -> bool:
        """Whether the present thread is in such a call."""
        return self._question is not None and self._asking is threading.current_thread()

    def ask(self, task: Callable[[], Any]) -> Any:
        """Call a source of answers, which may take its time, or call the service."""
        self._asking = threading.current_thread()
        self._question = object()
        try:
            return task()
        finally:
            self._question = None

    def open(self, task: OpenTask) -> None:
        """Note a task that the API can answer from now on."""
        self._opened[task.token] = task

    def send(self, signal: TaskSignal) -> None:
        """Leave a signal. Then wake the execution."""
        if signal.answers:
            self._answered.add(signal.token)
        self._signals.append(signal)

    def answered(self, token: str) -> bool:
        """Return whether an answer to a task has been sent."""
        return token in self._answered

    @property
    def has_signals(self) -> bool:
        """Whether signals wait to be taken."""
        return bool(self._signals)

    def advance(self, woken: Callable[[], None]) -> datetime | None:
        """Run until the execution ends or waits; return the wall's time at which it goes on.

        In virtual time it waits only for answers from outside. None: it has ended. *woken* is
        called when work in progress is done.
        """
        execution = self.execution
        while True:
            self.clock.hold()
            while self._signals:
                signal = self._signals.popleft()
                self._taken.append(signal)
                task_signals.deliver(signal, execution)
            due = execution.advance()
            self._watch_work(woken)
            if execution.outcome is not None or due is None:
                return None
            if self._signals:
                continue
            if self.clock.real_time or execution.waiting or execution.work:
                self.clock.follow()
                return self.clock.wall(due)
            self.clock.wait(due)

    def progress(self) -> Progress:
        """Return the changes since the last call of `stored`."""
        waiting = {*self.execution.waiting}
        opened = [task for token, task in self._opened.items() if token in waiting]
        opened += [OpenTask(token) for token in waiting - self._opened.keys() - self._stored]
        closed = self._stored - waiting
        children = tuple(self._children.values())
        runs = self.execution.map_runs
        changed = {id(map_run) for map_run, _ in children}
        map_runs = [
            run for run in runs if run.arn not in self._stored_map_runs or id(run) in changed
        ]
        outcome = self.execution.outcome
        position = self.execution.position if outcome is None else None
        return Progress(self.events, opened, closed, map_runs, children, outcome, position)

    def stored(self, progress: Progress) -> None:
        """Forget the changes in *progress*, which are stored, and release their senders."""
        del self._events[: len(progress.events)]
        self._children.clear()
        self._stored_map_runs |= {run.arn for run in progress.map_runs if run.status != "RUNNING"}
        for _, child in progress.children:
            if child.stopped is not None:
                child.events = ()
        self._stored |= {task.token for task in progress.opened}
        self._stored.difference_update(progress.closed)
        self._opened.clear()
        taken, self._taken = self._taken, []
        for signal in taken:
            signal.done.set()

    def give_up(self) -> None:
        """End the execution without an outcome."""
        for signal in (*self._taken, *self._signals):
            signal.done.set()
        if not self.end.done():
            self.end.set_result(self.execution.outcome)

    def _watch_work(self, woken: Callable[[], None]) -> None:
        """Cancel the work that the execution has abandoned, and watch the new work."""
        ended = self.execution.outcome is not None
        now = set() if ended else {*self.execution.work}
        for future in self._work - now:
            future.cancel()  # does nothing if it's done
        for future in now - self._work:
            future.add_done_callback(lambda _done: woken())
        self._work = now
