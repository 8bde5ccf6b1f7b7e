"""The executions that this process drives side by side, without a thread for each.

A start drives its execution in the thread of the request. An execution that waits has no thread: a
timer wakes it when something is due, and so does a signal (`task_signals`). Then a thread of the
`WorkerPool` drives it on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import wait
from datetime import datetime, timedelta
from functools import partial

from sfn_release.errors import LocalServiceError
from sfn_release.local_service.executions.kept_answers import KeptAnswers
from sfn_release.local_service.executions.live_execution import LiveExecution, Progress
from sfn_release.local_service.executions.process_owner import (
    PROCESS_ENDED,
    lives,
    owner_of_this_process,
)
from sfn_release.local_service.executions.task_signals import TaskSignal
from sfn_release.local_service.executions.task_tokens import TaskTokens
from sfn_release.local_service.executions.wake_timer import WakeTimer
from sfn_release.local_service.executions.worker_pool import WorkerPool
from sfn_release.simulator import Event, RealClock

_CLOSE_SECONDS = 1.0  # to wait for the ends of all executions
_LOOKS, _BETWEEN_SECONDS = 200, 0.05  # to wait for an execution that takes a signal
_LOOK_SECONDS = 0.25  # between two looks for the signals of other processes
_RELIEF_SECONDS = 0.05  # after which a blocked worker gets company

Store = Callable[[Progress], bool]
"""Stores the progress of an execution. False: it has ended in the store, so give it up."""

TakeSignals = Callable[[str], Iterable[tuple[str, TaskSignal]]]
"""Returns the signals from other processes to this owner, each with its execution's ARN."""


class _Turn:
    """The place of an execution: driven by a thread, or waiting for its time."""

    def __init__(self, run: LiveExecution) -> None:
        self.run = run
        self.store: Store = lambda _progress: True
        self.crashed: Callable[[], None] = lambda: None
        self.driven = True  # by the thread of its start
        self.woken = False


class LiveExecutions:
    """The executions of this process by ARN; *id* identifies the process.

    *take_signals* is None if other processes can't send any.
    """

    def __init__(self, id: str, take_signals: TakeSignals | None = None) -> None:
        self.owner = owner_of_this_process(id)
        self.tokens = TaskTokens()
        self.answers = KeptAnswers()
        self.closed = threading.Event()
        self.activity_scheduled = threading.Condition()
        self._take_signals = take_signals
        self._lock = threading.Lock()
        self._turns: dict[str, _Turn] = {}
        self._pool = WorkerPool()
        self._wall = RealClock()
        self._relief = self._wall.now()
        self._looking = False
        self._timer = WakeTimer(self.wake, self._pause, self._look)

    def begin(self, run: LiveExecution) -> LiveExecution | None:
        """Take in an execution that the caller's thread drives first, with `advance`.

        If an execution with its ARN runs here already, return that one, and don't take this one in.
        """
        with self._lock:
            present = self._turns.setdefault(run.arn, _Turn(run)).run
            closed = self.closed.is_set()
        if present is not run:
            return present
        if closed:
            run.execution.stop(PROCESS_ENDED, _CLOSED)
        return None

    def replace(self, run: LiveExecution) -> None:
        """Take in an execution in place of one that has ended in the store, if there is one."""
        while (stale := self.begin(run)) is not None:
            self.forget(stale)

    def advance(self, run: LiveExecution) -> datetime | None:
        """Drive an execution in the caller's thread until it ends or waits; see `keep`.

        Lets go of it at an exception, which is a bug's.
        """
        try:
            due = run.advance(partial(self.wake, run.arn))
        except BaseException:
            self.forget(run)
            raise
        self.tokens.sync(run)
        return due

    def keep(
        self,
        run: LiveExecution,
        due: datetime | None,
        store: Store,
        crashed: Callable[[], None] = lambda: None,
    ) -> None:
        """Drive an execution on after its start, from *due* or a signal on.

        *store* stores its progress from now on, *crashed* the end of an execution that a bug ends.
        """
        with self._lock:
            turn = self._turns.get(run.arn)
            if turn is None or turn.run is not run:
                return
            turn.store, turn.crashed = store, crashed
        self._timer.look()
        if not self._rest(turn, due):
            self._submit(turn)

    def launch(
        self, run: LiveExecution, store: Store, crashed: Callable[[], None] = lambda: None
    ) -> None:
        """Drive an execution from its first step on in a thread of the pool."""
        self.replace(run)
        with self._lock:
            turn = self._turns[run.arn]
            turn.store, turn.crashed = store, crashed
        self._timer.look()
        self._submit(turn)

    def forget(self, run: LiveExecution) -> None:
        """Let go of an execution that has ended, or that the store has ended."""
        with self._lock:
            turn = self._turns.get(run.arn)
            if turn is not None and turn.run is run:
                del self._turns[run.arn]
                self._timer.cancel(run.arn)
        for token in run.tokens:
            self.tokens.close(token)
        outcome = run.execution.outcome
        if outcome is not None and outcome.checkpoint is not None:
            self.answers.keep(run.arn, run.tasks)
        run.give_up()

    def find(self, arn: str) -> LiveExecution | None:
        """Return an execution of this process; None if it has ended or runs elsewhere."""
        with self._lock:
            turn = self._turns.get(arn)
        return None if turn is None else turn.run

    def events(self, arn: str) -> Sequence[Event]:
        """Return the events of an execution in this process that aren't stored yet."""
        run = self.find(arn)
        return () if run is None else run.events

    def announce(self, progress: Progress) -> None:
        """Wake the workers that wait for activities, if *progress* has scheduled any."""
        if any(task.activity for task in progress.opened):
            with self.activity_scheduled:
                self.activity_scheduled.notify_all()

    def send(self, run: LiveExecution, signal: TaskSignal) -> None:
        """Send a signal. Wait a moment until the execution has taken it and runs no further."""
        run.send(signal)
        self.wake(run.arn)
        _wait(run, lambda seconds: signal.done.wait(seconds) or run.end.done())

    def stop(self, arn: str, error: str | None = None, cause: str | None = None) -> None:
        """Stop an execution and wait a moment for its end, which a running task may delay."""
        run = self.request_stop(arn, error, cause)
        if run is not None:
            _wait(run, lambda seconds: bool(wait([run.end], seconds).done))

    def request_stop(
        self, arn: str, error: str | None = None, cause: str | None = None
    ) -> LiveExecution | None:
        """Let an execution stop soon, and return it; None if it isn't here any more."""
        run = self.find(arn)
        if run is not None:
            run.execution.stop(error, cause)
            self.wake(arn)
        return run

    def wake(self, arn: str) -> None:
        """Drive an execution on now."""
        with self._lock:
            turn = self._turns.get(arn)
            if turn is None:
                return
            turn.woken = True
            if turn.driven:
                return
            turn.driven = True
        self._submit(turn)

    def close(self) -> None:
        """Stop every execution."""
        self.closed.set()
        with self._lock:
            runs = [turn.run for turn in self._turns.values()]
        for run in runs:
            run.execution.stop(PROCESS_ENDED, _CLOSED)
            self.wake(run.arn)
        wait([run.end for run in runs], _CLOSE_SECONDS)
        self._pool.close()
        self._timer.close()
        with self.activity_scheduled:
            self.activity_scheduled.notify_all()

    def alive(self, owner: str) -> bool:
        """Return whether the process *owner* of an execution still exists."""
        return owner == self.owner or lives(owner)

    def _submit(self, turn: _Turn) -> None:
        self._pool.submit(partial(self._drive, turn))
        if self._pool.busy:
            self._timer.look()

    def _drive(self, turn: _Turn) -> None:
        """Drive an execution until it ends or rests. Raises the exception of a bug."""
        run = turn.run
        try:
            while True:
                with self._lock:
                    turn.woken = False
                due = self.advance(run)
                progress = run.progress()
                if not turn.store(progress):
                    run.execution.stop()
                    self.forget(run)
                    return
                run.stored(progress)
                self.announce(progress)
                if progress.outcome is not None:
                    self.forget(run)
                    return
                if self._rest(turn, due):
                    return
        except BaseException as error:
            self.forget(run)
            if self.closed.is_set() and isinstance(error, LocalServiceError):
                return  # the database is closed too
            turn.crashed()
            raise

    def _rest(self, turn: _Turn, due: datetime | None) -> bool:
        """Let an execution wait until *due*; False if it has to go on at once."""
        with self._lock:
            if turn.woken or turn.run.has_signals:
                return False
            turn.driven = False
            if due is not None and self._turns.get(turn.run.arn) is turn:
                self._timer.set(turn.run.arn, due)
            return True

    def _pause(self) -> float | None:
        """Return the seconds until `_look` has to be called; None if there's no need."""
        seconds = [_RELIEF_SECONDS] if self._pool.busy else []
        if self._take_signals is not None and self._turns:
            seconds.append(_LOOK_SECONDS)
        return min(seconds, default=None)

    def _look(self) -> None:
        """Look after the pool, and for signals."""
        self._relieve()
        self._look_for_signals()

    def _relieve(self) -> None:
        """Relieve the pool, but not too often: its jobs need a moment."""
        now = self._wall.now()
        if now >= self._relief:
            self._relief = now + timedelta(seconds=_RELIEF_SECONDS)
            self._pool.relieve()

    def _look_for_signals(self) -> None:
        """Look for the signals of other processes in a thread of the pool: it may take a while."""
        if self._take_signals is not None and self._turns and not self._looking:
            self._looking = True
            self._pool.submit(partial(self._receive, self._take_signals))

    def _receive(self, take_signals: TakeSignals) -> None:
        try:
            signals = [*take_signals(self.owner)]
        except LocalServiceError:
            return  # the database was closed or is locked: look again later
        finally:
            self._looking = False
        for arn, signal in signals:
            run = self.find(arn)
            if run is not None:
                run.send(signal)
                self.wake(arn)


def _wait(run: LiveExecution, done: Callable[[float], bool]) -> None:
    """Wait a moment until *done* returns true, but not while a source of answers takes its time.

    That source may itself be the caller.
    """
    question = run.question
    for _ in range(_LOOKS):
        if run.asks_here or done(_BETWEEN_SECONDS):
            return
        if run.question is not None and run.question is question:
            return
        question = run.question


_CLOSED = "The local service was closed."
