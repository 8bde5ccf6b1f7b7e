"""Rollbacks that are killed once their success is recorded: run by the tests, not a test itself.

    python -m support.rollback_process TEMPLATE FOLDER COUNT

Copies the clone TEMPLATE into FOLDER, runs ``sfn-release rollback`` there and kills it at one of
COUNT points between the record of its success and its end; then runs the same command twice more.
Prints a JSON list with a report on each point. One process forks all of them, so that the modules
are imported once.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sfn_release.cli.app import run
from sfn_release.ledger import Ledger
from sfn_release.release.record import Record

COMMAND = ("rollback", "--reason", "again")


def in_child(clone: Path, name: str, before: Callable[[], None]) -> int:
    """Run the command in a process of its own and return its exit code, -9 for a killed one."""
    child = os.fork()
    if child == 0:
        os.chdir(clone)
        for number, stream in ((1, "out"), (2, "err")):
            file = os.open(clone.parent / f"{name}.{stream}", os.O_CREAT | os.O_WRONLY)
            os.dup2(file, number)
        before()
        code = run(COMMAND)
        sys.setprofile(None)
        sys.stdout.flush()
        (clone.parent / f"{name}.calls").write_text(str(_Calls.made))
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class _Calls:
    """Python calls since the success was recorded."""

    made = 0


def kill_at(call: int) -> Callable[[], None]:
    """Return a function that lets this process kill itself at the n-th call after the success."""

    def count(_frame: Any, event: str, _argument: Any) -> None:
        if event == "call":
            _Calls.made += 1
            if _Calls.made == call:
                os.kill(os.getpid(), signal.SIGKILL)

    def begin() -> None:
        append = Ledger.append

        def watched(self: Ledger, environment: str, state: Any, record: Record, **more: Any) -> Any:
            answer = append(self, environment, state, record, **more)
            if record.status == "succeeded":
                sys.setprofile(count)
            return answer

        Ledger.append = watched  # type: ignore[method-assign]

    return begin


def main() -> None:
    """Kill it everywhere."""
    template, folder, points = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    shutil.copytree(template, folder / "counted" / "shop")
    with contextlib.redirect_stdout(io.StringIO()):
        run(["-C", str(folder / "counted" / "shop"), "status"])  # loads modules for the children
    in_child(folder / "counted" / "shop", "counted", kill_at(0))
    calls = int((folder / "counted" / "counted.calls").read_text())
    reports = []
    for number in range(points):
        call = 1 + number * (calls - 1) // max(1, points - 1)
        clone = folder / str(number) / "shop"
        shutil.copytree(template, clone)
        codes = [in_child(clone, "killed", kill_at(call))]
        codes += [in_child(clone, name, lambda: None) for name in ("second", "third")]
        texts = {file.name: file.read_text() for file in clone.parent.glob("*.*")}
        reports.append({"call": call, "of": calls, "codes": codes, "texts": texts})
    sys.stdout.write(json.dumps(reports))


if __name__ == "__main__":
    main()
