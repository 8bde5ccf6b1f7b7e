"""The process of a Lambda handler: imports it, and runs it for each event that it's sent.

It runs as a script, without this package, so that a handler finds the modules that it would find on
AWS. It reads one JSON object a line from standard input and answers with one line each:

    {"module", "function", "environment", "path"}   → {"ready": [files]} or {"failure": {...}}
    {"event", "context", "timeout"}                 → {"result": JSON text} or {"failure": {...}}

Everything that the handler prints goes to standard error. When standard input ends, the process
ends at once, even in the middle of an event: its parent is gone then.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

Handler = Callable[[Any, Any], Any]

_DEPTH = 100  # a handler's own frames come first; deeper ones are rarely read


class LambdaContext:
    """The second argument of a handler. Source: "Lambda context object in Python"."""

    def __init__(self, given: Mapping[str, Any], timeout: float) -> None:
        self.aws_request_id = given["aws_request_id"]
        self.function_name = given["function_name"]
        self.function_version = given["function_version"]
        self.invoked_function_arn = given["invoked_function_arn"]
        self.memory_limit_in_mb = given["memory_limit_in_mb"]
        self.log_group_name = given["log_group_name"]
        self.log_stream_name = given["log_stream_name"]
        self.identity = _Members(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = _client_context(given.get("client_context"))
        self.tenant_id = None
        self._deadline = time.monotonic() + timeout

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that is left before the function times out."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: object) -> None:
        """Write to the function's log."""
        sys.stdout.write(str(message))


class _Members:
    """An object with the given members."""

    def __init__(self, **members: Any) -> None:
        self.__dict__.update(members)


def _client_context(given: Mapping[str, Any] | None) -> _Members | None:
    if not given:
        return None
    client = given.get("client") or {}
    names = ("installation_id", "app_title", "app_version_name", "app_version_code")
    return _Members(
        custom=given.get("custom"),
        env=given.get("env"),
        client=_Members(**{name: client.get(name) for name in (*names, "app_package_name")}),
    )


class InitFailure(Exception):  # noqa: N818 - as `TaskFailure`
    """The handler can't be loaded: the error as Lambda's runtime reports it."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(type, message)
        self.failure = {"errorMessage": message, "errorType": type, "stackTrace": []}


def load(module_name: str, function_name: str) -> Handler:
    """Return the handler. Source of the messages: Lambda's runtime interface client for Python."""
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise InitFailure("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise InitFailure("Runtime.UserCodeSyntaxError", message) from error
    handler = getattr(module, function_name, None)
    if handler is None:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise InitFailure("Runtime.HandlerNotFound", message)
    found: Handler = handler
    return found


def invoke(handler: Handler, event: Any, context: Any) -> dict[str, Any]:
    """Return the answer to one event."""
    try:
        result = handler(event, context)
    except Exception as error:  # noqa: BLE001 - a handler can raise anything
        return {"failure": raised(error)}
    try:
        return {"result": json.dumps(result, default=_plain, ensure_ascii=False, allow_nan=False)}
    except (TypeError, ValueError, RecursionError) as error:
        message = f"Unable to marshal response: {error}"
        failure = {"errorMessage": message, "errorType": "Runtime.MarshalError", "stackTrace": []}
        return {"failure": failure}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def raised(error: BaseException) -> dict[str, Any]:
    """Return an exception as Lambda reports it, without the frames of this file."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _ours(frame)]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_list(frames[:_DEPTH]),
    }


def _ours(frame: traceback.FrameSummary) -> bool:
    return frame.filename == __file__ or frame.filename.startswith("<frozen importlib")


def _files(root: str) -> list[str]:
    """Return the files of the handler's own code: the loaded modules below *root*."""
    found = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    inside = Path(root).resolve()
    return sorted(file for file in found if file and inside in Path(file).resolve().parents)


def main() -> None:
    """Answer requests until standard input ends."""
    requests: queue.Queue[Any] = queue.Queue()
    source = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a handler prints is its log
    sys.stdin = Path(os.devnull).open()  # noqa: SIM115 - a handler may read it until the end
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, whose end ends us

    def read() -> None:
        for line in source:
            requests.put(json.loads(line))
        _end()

    threading.Thread(target=read, daemon=True).start()

    def answer(members: Mapping[str, Any]) -> None:
        answers.write(json.dumps(members).encode() + b"\n")

    setup = requests.get()
    os.environ.update(setup["environment"])
    sys.path.insert(0, setup["path"])
    try:
        handler = load(setup["module"], setup["function"])
    except InitFailure as error:
        answer({"failure": error.failure})
        sys.exit()
    except Exception as error:  # noqa: BLE001 - so can its module
        answer({"failure": raised(error)})
        sys.exit()
    answer({"ready": _files(setup["path"])})
    while True:
        request = requests.get()
        context = LambdaContext(request["context"], request["timeout"])
        members = invoke(handler, request["event"], context)
        sys.stdout.flush()
        answer(members)


def _end() -> NoReturn:
    """End this process, and every process that the handler has started."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(0)


def _leave(code: object) -> NoReturn:
    """Exit as a handler asked for, without waiting for the thread that reads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _fail(error: BaseException) -> NoReturn:
    """End as Python does for an exception that Lambda's runtime doesn't catch.

    The handler's part of the traceback goes to its log.
    """
    sys.stderr.writelines(("Traceback (most recent call last):\n", *raised(error)["stackTrace"]))
    sys.stderr.writelines(traceback.format_exception_only(error))
    if isinstance(error, KeyboardInterrupt) and os.name == "posix":
        sys.stdout.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    _leave(1)


if __name__ == "__main__":
    try:
        main()
    except SystemExit as error:
        _leave(error.code)
    except BaseException as error:  # noqa: BLE001 - what isn't an Exception ends the runtime
        _fail(error)
