"""The way from a verb to AWS stays short enough to follow."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import FrameType

import pytest

import sfn_release
from support.shop import Shop, add_remote, copy_shop

PACKAGE = str(Path(sfn_release.__file__).parent)
FUNCTIONS = 10
FILES = 6


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a project with `prod`, nothing released."""
    shop = copy_shop(tmp_path)
    add_remote(shop)
    return shop


def test_few_functions_stand_between_publish_and_aws(shop: Shop) -> None:
    """Up to CreateStateMachine, the stack has few functions in the main thread and the worker."""
    ways: list[list[tuple[str, str]]] = []

    def note(**_: object) -> None:
        ways.append([*_frames(threading.main_thread().ident), *_frames(threading.get_ident())])

    events = shop.client("prod").meta.events  # type: ignore[attr-defined]  # it is boto3's client
    events.register("before-call.stepfunctions.CreateStateMachine", note)
    shop.publish("1.0.0", "prod")
    for way in ways:
        names = [name for _, name in way]
        inside = way[names.index("publish") :]
        assert len(inside) <= FUNCTIONS, inside
        assert len({file for file, _ in inside}) <= FILES, inside
    assert ways


def _frames(thread: int | None) -> list[tuple[str, str]]:
    """Return the functions of the package that a thread is in, outermost first."""
    frame: FrameType | None = sys._current_frames()[thread or 0]
    found = []
    while frame is not None:
        if frame.f_code.co_filename.startswith(PACKAGE):
            found.append((frame.f_code.co_filename, frame.f_code.co_name))
        frame = frame.f_back
    return found[::-1]
