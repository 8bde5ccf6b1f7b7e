"""Writing refs in one process at a time, and clearing the lock files of a killed git.

Git locks a ref by creating `<ref>.lock`, and can't see that the owner died. So we take one more
lock before we write refs: a `flock` on a file in the Git folder, which the kernel releases when the
process dies. Git inherits it, so the lock is held even if git outlives us. While we have the lock,
no other process of ours writes refs, and a lock file on our refs is either left over or belongs to
another program. Other programs hold one for milliseconds: git itself waits at most 0.1 s for a ref
and 1 s for packed-refs (`core.filesRefLockTimeout`, `core.packedRefsTimeout`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LOCK_FILE = "sfn-release/refs"  # in the Git folder; not *.lock, which doctor would report
_LOCK_TIMEOUT = 30.0  # seconds to wait for the lock
_TICK = 0.05
STALE = 5.0  # seconds after which a lock file on a ref counts as left over
STALE_PACKED = 30.0  # the same for packed-refs.lock: packing many refs takes longer
_PACKED = "packed-refs"


@dataclass(frozen=True)
class WriteLock:
    """The lock for writing refs: the descriptor of its file, None if we write without the lock."""

    file: int | None

    @property
    def inherited(self) -> tuple[int, ...]:
        """The descriptors that git must keep open."""
        return () if self.file is None else (self.file,)


@contextmanager
def write_lock(common_dir: Path) -> Iterator[WriteLock]:
    """Hold the lock for writing refs while the block runs.

    Git's own compare-and-swap decides, so the lock is optional. If we can't get it (the folder
    isn't writable, the system has no `flock`, the owner hangs), the block runs without it, and no
    lock file is removed.
    """
    file = None
    try:
        import fcntl

        path = common_dir / LOCK_FILE
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (ImportError, OSError):
        yield WriteLock(None)
        return
    try:
        deadline = time.monotonic() + _LOCK_TIMEOUT
        held = False
        while not held and time.monotonic() < deadline:
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
                break
            time.sleep(_TICK)
        yield WriteLock(file if held else None)
    finally:
        os.close(file)


def clear(
    common_dir: Path, refs: Iterable[str], lock: WriteLock, say: Callable[[str], None]
) -> bool:
    """Remove left-over lock files on *refs*, and return whether to try again.

    A lock file that is too young to count as left over is watched until it does. If its owner
    finishes meanwhile, the write is worth another try too.
    """
    if lock.file is None:
        return False
    found = False
    for name in (*refs, _PACKED):
        path = common_dir / f"{name}.lock"
        if not path.is_file():
            continue
        found = True
        limit = STALE_PACKED if name == _PACKED else STALE
        if _left_over(path, lock.file, limit, say):
            path.unlink(missing_ok=True)
            say(f"removed {path.relative_to(common_dir)}: a git that was killed left it")
    return found


def _left_over(path: Path, clock: int, limit: float, say: Callable[[str], None]) -> bool:
    """Watch a lock file until it is *limit* seconds old; False if it disappears or changes."""
    first = _file_identity(path)
    deadline = time.monotonic() + max(0.0, limit - _age(path, clock))
    if first is not None and time.monotonic() + 1 < deadline:
        say(f"waiting for {path.name}, which another git may hold")
    while first is not None and time.monotonic() < deadline:
        time.sleep(_TICK)
        if _file_identity(path) != first:
            return False
    return first is not None


def _file_identity(path: Path) -> tuple[int, int] | None:
    """Return the identity of a lock file, which changes while refs are packed."""
    with suppress(OSError):
        status = path.stat()
        changed = status.st_mtime_ns
        with suppress(OSError):
            changed = max(changed, path.with_suffix(".new").stat().st_mtime_ns)
        return status.st_ino, changed
    return None


def _age(path: Path, clock: int) -> float:
    """Return the seconds since a file changed, by the clock of its own file system."""
    seen = _file_identity(path)
    os.utime(clock)
    return max(0.0, (os.fstat(clock).st_mtime_ns - seen[1]) / 1e9) if seen else 0.0
