"""Runs `worker` in an isolated process: no credentials, no input, a strict time limit.

This isn't a sandbox: modules can still use the network and read other files.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import IO, Any, Self

from sfn_release.errors import BuildError, DefinitionError
from sfn_release.project.modules.workflow_files import Module

TIMEOUT = 120.0
"""Seconds that loading all modules may take, by default."""
_PASSED_ON = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_KEPT = 64 * 1024  # the last bytes that modules print
_SHOWN = 20  # of its lines in an error
_TICK = 0.5  # seconds; a signal that arrives just before a wait doesn't end that wait
_GRACE = 5.0  # seconds after the time limit, for the process to report its position


@dataclass(frozen=True)
class BuildConditions:
    """Conditions that must not change a build, so that they differ between two builds."""

    hash_seed: int
    time_zone: str
    user: str


FIRST = BuildConditions(hash_seed=0, time_zone="UTC", user="builder")
SECOND = BuildConditions(hash_seed=4242, time_zone="XXX-13:45", user="second-builder")


@dataclass(frozen=True)
class BuildJob:
    """One build.

    *root* is the project's folder and the working folder. Imports can't lead into *work_tree*.
    *workflows* is the folder of the *modules*, relative to the root. *scratch* is an empty folder,
    *python* the interpreter. Python gets a few variables from *environ*. *timeout* is in seconds.
    """

    root: Path
    work_tree: Path
    workflows: str
    modules: tuple[Module, ...]
    scratch: Path
    conditions: BuildConditions
    python: str
    environ: Mapping[str, str]
    timeout: float


class BuildProcess:
    """A build in progress; as a context manager, it ends its processes."""

    def __init__(self, job: BuildJob) -> None:
        self._job = job
        self._tail = bytearray()
        self._ended = False
        for folder in ("home", "tmp"):
            (job.scratch / folder).mkdir()
        root = str(job.root.resolve())
        content = {
            "root": root,
            "work_tree": str(job.work_tree.resolve()),
            "folder": str(Path(root, job.workflows)),
            "package": _package(job.workflows),
            "modules": [(module.name, module.file) for module in job.modules],
            "sfn_release": str(Path(__file__).resolve().parents[3]),
            "timeout": job.timeout,
            **{name: str(job.scratch / name) for name in ("result", "progress", "stack")},
        }
        (job.scratch / "job").write_text(json.dumps(content), encoding="utf-8")
        command = [job.python, "-P", "-s", "-B", "-X", "utf8", _worker(), str(job.scratch / "job")]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=root,
                env=_environment(job),
                start_new_session=True,
            )
        except OSError as error:
            raise BuildError(
                f"Can't start Python: {error.strerror}.", why=f"It is {job.python}."
            ) from error
        output: Any = self._process.stdout
        self._reader = threading.Thread(target=self._read, args=(output,), daemon=True)
        try:
            self._reader.start()
        except BaseException:  # interrupted: there is no context manager yet that ends the process
            self._end()
            output.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def result(self) -> dict[str, Any]:
        """Wait for the end, and return the worker's result.

        Raises BuildError or DefinitionError with the error of the module.
        """
        # Popen.wait with a timeout polls. A thread that just waits wakes us immediately.
        waiting = threading.Thread(target=self._process.wait, daemon=True)
        try:
            waiting.start()
            for _ in range(ceil((self._job.timeout + _GRACE) / _TICK)):
                waiting.join(_TICK)
                if not waiting.is_alive():
                    break
            else:
                raise self._late()
        finally:
            self._end()
        try:
            text = (self._job.scratch / "result").read_text(encoding="utf-8")
        except FileNotFoundError:
            raise self._died() from None
        result: dict[str, Any] = json.loads(text)
        if "failure" in result:
            failure = result["failure"]
            kind = DefinitionError if failure["kind"] == "definition" else BuildError
            raise kind(
                failure["message"],
                why=_lines(failure["why"], self._printed()),
                fix=failure["fix"],
            )
        return result

    @property
    def output(self) -> str:
        """The last text that the modules printed to both streams, known after the build."""
        text = bytes(self._tail).decode("utf-8", "replace")
        return text.replace(f"{self._job.root.resolve()}{os.sep}", "")

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            while chunk := os.read(pipe.fileno(), _KEPT):
                self._tail += chunk
                del self._tail[:-_KEPT]

    def _end(self) -> None:
        """End the process and its children, and read the rest of their output."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ProcessLookupError, PermissionError):  # none of them is left
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._reader.is_alive():
            self._reader.join(1)

    def _died(self) -> BuildError:
        stack = self._stack()
        if "Timeout (" in self._dump():
            return self._late()
        code = self._process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        file = self._current()
        return BuildError(
            f"{file or 'The build'} ended the Python process ({how}).",
            why=_lines(stack, self._printed()),
            fix="A workflow module should only declare workflows. Remove the code that ends it.",
        )

    def _late(self) -> BuildError:
        file = self._current() or "The build"
        return BuildError(
            f"{file} did not finish within {self._job.timeout:g} seconds.",
            why=_lines(self._stack(), self._printed()),
            fix="A workflow module should only declare workflows. Remove waits and network calls.",
        )

    def _current(self) -> str:
        path = self._job.scratch / "progress"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return lines[-1] if lines else ""

    def _stack(self) -> str:
        """Return the user's stack frames at the end of the process, innermost first."""
        ours = str(Path(__file__).resolve().parents[2])
        lines = [
            line
            for line in self._dump().splitlines()
            if not any(
                mark in line
                for mark in ("<frozen ", ours, "importlib", "Extension modules:", "Timeout (")
            )
        ]
        return "\n".join(lines).replace(f"{self._job.root.resolve()}{os.sep}", "").strip()

    def _dump(self) -> str:
        path = self._job.scratch / "stack"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _printed(self) -> str:
        lines = self.output.splitlines()
        return "\n".join(["It printed:", *lines[-_SHOWN:]]) if lines else ""


def _environment(job: BuildJob) -> dict[str, str]:
    passed_on = {name: job.environ[name] for name in _PASSED_ON if name in job.environ}
    return {
        "PATH": os.defpath,
        **passed_on,
        "HOME": str(job.scratch / "home"),
        "TMPDIR": str(job.scratch / "tmp"),
        "USER": job.conditions.user,
        "LOGNAME": job.conditions.user,
        "TZ": job.conditions.time_zone,
        "PYTHONHASHSEED": str(job.conditions.hash_seed),
        "LC_ALL": "C.UTF-8",
        "AWS_EC2_METADATA_DISABLED": "true",  # no credentials from the machine either
    }


def _package(workflows: str) -> str:
    parts = workflows.split("/")
    return ".".join(parts[1:] if parts[0] == "src" and len(parts) > 1 else parts)


def _worker() -> str:
    return str(Path(__file__).resolve().with_name("worker.py"))


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
