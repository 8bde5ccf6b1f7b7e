"""Keeps the frames of this package out of the tracebacks that a test's author reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

_PACKAGE = str(Path(__file__).parents[1])
_Error = TypeVar("_Error", bound=Exception)


def passed_through(error: Exception, function: Callable[..., object]) -> bool:
    """Whether *error* was raised by something that *function*, of this package, called."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is getattr(function, "__code__", None):
            return traceback.tb_next is not None
        traceback = traceback.tb_next
    return False


def without_own_frames(error: _Error) -> _Error:
    """Return *error* with a traceback that has the frames of the test alone."""
    frames: list[TracebackType] = []
    traceback = error.__traceback__
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    kept: TracebackType | None = None
    for frame in reversed(frames):
        if not frame.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return error.with_traceback(kept)
