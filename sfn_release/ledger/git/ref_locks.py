"""Writing our refs one process at a time, and the lock files that a killed git leaves on them.

Git locks a ref by creating `<ref>.lock` and has no way to see that the owner died. So all that
writes refs here holds one more lock, which the kernel releases at death: a `flock` on a file in the
Git folder. Git inherits it, so it is held even when git outlives us. Whoever has that lock knows
that no other process of ours writes refs, and that a lock file on our refs is either left over or
held by another program. Those hold one for milliseconds: git itself gives up waiting after 0.1 s
for a ref and after 1 s for packed-refs (`core.filesRefLockTimeout`, `core.packedRefsTimeout`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

TURN = "sfn-release/refs"  # in the Git folder; no *.lock, which doctor would name
_PATIENCE = 30.0  # seconds that we wait for our turn
_TICK = 0.05
STALE = 5.0  # seconds after which a lock file on a ref is left over
STALE_PACKED = 30.0  # and packed-refs.lock, since packing many refs takes its time
_PACKED = "packed-refs"


@dataclass(frozen=True)
class Turn:
    """Our turn to write refs: the descriptor of the held file, None where there is no such lock."""

    file: int | None

    @property
    def inherited(self) -> tuple[int, ...]:
        """The descriptors that git has to keep open."""
        return () if self.file is None else (self.file,)


@contextmanager
def turn(common_dir: Path) -> Iterator[Turn]:
    """Hold the right to write refs while the block runs.

    It is a courtesy: git's own compare-and-swap decides. So where the lock isn't to be had (a
    folder that can't be written, a system without `flock`, an owner that hangs), the block runs
    without it, and no lock file is removed.
    """
    file = None
    try:
        import fcntl

        path = common_dir / TURN
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (ImportError, OSError):
        yield Turn(None)
        return
    try:
        deadline = time.monotonic() + _PATIENCE
        held = False
        while not held and time.monotonic() < deadline:
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
                break
            time.sleep(_TICK)
        yield Turn(file if held else None)
    finally:
        os.close(file)


def clear(common_dir: Path, refs: Iterable[str], ours: Turn, say: Callable[[str], None]) -> bool:
    """Remove the left-over lock files that stop the writing of *refs*; tell whether to try again.

    A lock file that is younger than the time after which it counts as left over is watched until
    then. Its owner may finish meanwhile, which is a reason to try again too.
    """
    if ours.file is None:
        return False
    found = False
    for name in (*refs, _PACKED):
        path = common_dir / f"{name}.lock"
        if not path.is_file():
            continue
        found = True
        limit = STALE_PACKED if name == _PACKED else STALE
        if _left_over(path, ours.file, limit, say):
            path.unlink(missing_ok=True)
            say(f"removed {path.relative_to(common_dir)}: a git that was killed left it")
    return found


def _left_over(path: Path, clock: int, limit: float, say: Callable[[str], None]) -> bool:
    """Watch a lock file until it is *limit* seconds old; False once it is gone or another one."""
    first = _seen(path)
    deadline = time.monotonic() + max(0.0, limit - _age(path, clock))
    if first is not None and time.monotonic() + 1 < deadline:
        say(f"waiting for {path.name}, which another git may hold")
    while first is not None and time.monotonic() < deadline:
        time.sleep(_TICK)
        if _seen(path) != first:
            return False
    return first is not None


def _seen(path: Path) -> tuple[int, int] | None:
    """Return what tells one lock file from the next; packing refs shows in a file beside it."""
    with suppress(OSError):
        status = path.stat()
        changed = status.st_mtime_ns
        with suppress(OSError):
            changed = max(changed, path.with_suffix(".new").stat().st_mtime_ns)
        return status.st_ino, changed
    return None


def _age(path: Path, clock: int) -> float:
    """Return the seconds since a file changed, by the clock of the file system that holds it."""
    seen = _seen(path)
    os.utime(clock)
    return max(0.0, (os.fstat(clock).st_mtime_ns - seen[1]) / 1e9) if seen else 0.0
