"""Commands in processes of their own, which begin together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Any, Self, cast

from support.places import PYTHONPATH


class Process:
    """A command in a process of its own, which waits for its start.

    A context manager that ends the process on exit.
    """

    def __init__(self, **orders: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.command_process", _text(orders)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": PYTHONPATH,
                "AWS_ACCESS_KEY_ID": "any",
                "AWS_SECRET_ACCESS_KEY": "any",
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ready(self) -> None:
        """Wait until it could begin."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def begin(self) -> None:
        """Let it begin."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """Wait for the end and return the result; for a killed process only its status."""
        output, _ = self._process.communicate(timeout=300)
        if self._process.returncode:
            return {"status": f"exit {self._process.returncode}"}
        return cast("dict[str, Any]", json.loads(output))


def race(orders: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Run commands together in processes of their own; return their results in order."""
    with ExitStack() as stack:
        processes = [stack.enter_context(Process(**order)) for order in orders]
        for process in processes:
            process.ready()
        for process in processes:
            process.begin()
        return [process.end() for process in processes]


def _text(orders: Mapping[str, Any]) -> str:
    return json.dumps(orders, default=str)
