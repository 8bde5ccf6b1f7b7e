"""Keeps the frames of this package out of the tracebacks that a test's author reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from sfn_release.errors import SfnReleaseError

_PACKAGE = str(Path(__file__).parents[1])


def hide_own_frames(error: Exception, function: Callable[..., object]) -> None:
    """Leave our frames out of the traceback of *error* if the test is at fault.

    It's at fault for our own errors, which explain themselves without a cause, for assertions, and
    for whatever *function* has called. A bug of ours keeps its traceback.
    """
    explained = isinstance(error, SfnReleaseError)
    if explained or isinstance(error, AssertionError) or _passed_through(error, function):
        error.__traceback__ = _without_own_frames(error.__traceback__)
    if explained:
        error.__cause__ = None
        error.__suppress_context__ = True


def _passed_through(error: Exception, function: Callable[..., object]) -> bool:
    """Whether *error* was raised by something that *function*, of this package, called."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is getattr(function, "__code__", None):
            return traceback.tb_next is not None
        traceback = traceback.tb_next
    return False


def _without_own_frames(traceback: TracebackType | None) -> TracebackType | None:
    frames: list[TracebackType] = []
    while traceback is not None:
        frames.append(traceback)
        traceback = traceback.tb_next
    kept: TracebackType | None = None
    for frame in reversed(frames):
        if not frame.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept
