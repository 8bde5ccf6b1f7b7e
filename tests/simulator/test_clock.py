"""Time: virtual executions jump, real ones wait."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from sfn_release.simulator import RealClock, VirtualClock

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_virtual_clock_moves_only_when_you_wait() -> None:
    """A wait jumps to its instant; a past instant changes nothing."""
    clock = VirtualClock(START)
    assert clock.now() == START
    clock.wait(START + timedelta(days=1, seconds=0.5))
    assert clock.now() == datetime(2026, 1, 2, 0, 0, 0, 500_000, tzinfo=UTC)
    clock.wait(START)
    assert clock.now() == datetime(2026, 1, 2, 0, 0, 0, 500_000, tzinfo=UTC)


def test_virtual_time_stands_still_while_work_is_in_progress() -> None:
    """A virtual clock waits for the work instead of jumping."""
    clock = VirtualClock(START)
    with ThreadPoolExecutor() as pool:
        work = pool.submit(time.sleep, 0.05)
        clock.wait(START + timedelta(days=1), [work])
    assert work.done()
    assert clock.now() == START


def test_a_real_clock_waits_until_the_instant() -> None:
    """The wait ends at its instant, not before."""
    clock = RealClock()
    until = clock.now() + timedelta(seconds=0.05)
    clock.wait(until)
    assert clock.now() >= until


def test_another_thread_ends_the_wait_of_a_real_clock() -> None:
    """A wake ends the present wait; one that came before the wait ends it at once."""
    clock = RealClock()
    threading.Timer(0.05, clock.wake).start()
    clock.wait(None)
    clock.wake()
    clock.wait(None)


def test_finished_work_ends_the_wait_of_a_real_clock() -> None:
    """A wait for work ends with the first result, also one that is there already."""
    clock = RealClock()
    future: Future[Any] = Future()
    threading.Timer(0.05, future.set_result, [1]).start()
    clock.wait(None, [future, Future()])
    assert future.done()
    clock.wait(None, [future])
