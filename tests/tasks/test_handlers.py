"""Python handlers run as Lambda functions: results, errors, context, processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import ConfigError
from sfn_release.simulator import Later, NoAnswer, TaskCall, TaskFailure, Tasks
from sfn_release.tasks import ExecutionScope, Handlers, TaskSources, read_handlers

ARN = "arn:aws:lambda:eu-west-1:111111111111:function:charge"
INVOKE = "arn:aws:states:::lambda:invoke"
SDK = "arn:aws:states:::aws-sdk:lambda:invoke"
CODE = """
import ctypes, decimal, os, sys, time

COUNT = [0]

def echo(event, context):
    return event

def count(event, context):
    COUNT[0] += 1
    return COUNT[0]

def raising(event, context):
    helper()

def helper():
    raise ValueError("no such order")

def printing(event, context):
    print("charging", event)
    print("careful", file=sys.stderr)
    context.log("logged\\n")

def described(event, context):
    return {
        **{name: getattr(context, name) for name in (
            "function_name", "function_version", "invoked_function_arn", "memory_limit_in_mb",
            "log_group_name", "log_stream_name", "aws_request_id",
        )},
        "remaining": context.get_remaining_time_in_millis(),
        "identity": context.identity.cognito_identity_id,
        "client": context.client_context and context.client_context.custom,
        "table": os.environ.get("TABLE"),
        "name": os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        "region": os.environ["AWS_REGION"],
    }

def number(event, context):
    return {"whole": decimal.Decimal("3"), "part": decimal.Decimal("3.5")}

def unserialisable(event, context):
    return {1, 2}

def endless(event, context):
    if event == "stay":
        while True:
            pass
    return COUNT[0]

def leaving(event, context):
    if event == "clean":
        sys.exit(0)
    sys.exit(3)

def interrupted(event, context):
    raise {"interrupt": KeyboardInterrupt, "other": GeneratorExit}[event]

def signalled(event, context):
    os.kill(os.getpid(), event)
    time.sleep(5)

def crashing(event, context):
    os.kill(os.getpid(), 9)

def detaching(event, context):
    os.closerange(3, 256)
    time.sleep(600)

def pid(event, context):
    return os.getpid()

def slow(event, context):
    time.sleep(1)
    return os.getpid()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the package app and some broken modules."""
    package = tmp_path / "app"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "charge.py").write_text(CODE)
    (package / "importing.py").write_text("import no_such_module")
    (package / "syntax.py").write_text("def handler(:\n")
    (package / "failing.py").write_text("import os\nos.environ['NO_SUCH_VARIABLE']\n")
    return tmp_path


Run = Callable[..., Any]


class Answering:
    """Tasks that wait for the end of the work that an answer is."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def run(self, call: TaskCall) -> Any:
        """Return the result of *call*, or raise its failure."""
        answer = self._tasks.run(call)
        return answer.work.result() if isinstance(answer, Later) and answer.work else answer


@pytest.fixture
def logged() -> list[str]:
    """Return the list that takes the log of handlers."""
    return []


@pytest.fixture
def run(folder: Path, logged: list[str]) -> Iterator[Run]:
    """Return a function that runs one task of an execution with a handler of the module."""
    opened: list[Handlers] = []

    def answer(handler: Any, event: Any = None, *, resource: str = ARN, **fields: Any) -> Any:
        if isinstance(handler, str) and ":" not in handler:
            handler = f"app.charge:{handler}"
        handlers = Handlers(read_handlers({"charge": handler}, folder), log=logged.append)
        opened.append(handlers)
        return tasks(handlers).run(TaskCall("Charge", resource, event, **fields))

    yield answer
    for handlers in opened:
        handlers.close()


def tasks(handlers: Handlers) -> Answering:
    """Return the tasks of an execution."""
    scope = ExecutionScope("orders", region="eu-west-1", account="111111111111")
    return Answering(TaskSources(handlers=handlers).for_execution(scope))


@pytest.mark.parametrize("event", [{"a": [1, "ä", None]}, "text", 7, None, "\U0001f600"])
def test_json_goes_in_and_comes_out(run: Run, event: Any) -> None:
    """A Resource that is a function's ARN has the handler's result as its own."""
    assert run("echo", event) == event


def test_decimals_are_numbers(run: Run) -> None:
    """As DynamoDB's resource returns them."""
    assert run("number") == {"whole": 3, "part": 3.5}


def test_lambda_invoke_has_its_envelope(run: Run) -> None:
    """The members that are recorded on AWS."""
    request = {"FunctionName": "charge", "Payload": {"a": 1}}
    answer = run("echo", request, resource=INVOKE)
    metadata = answer.pop("SdkHttpMetadata")
    request_id = answer.pop("SdkResponseMetadata")["RequestId"]
    assert answer == {"ExecutedVersion": "$LATEST", "Payload": {"a": 1}, "StatusCode": 200}
    assert metadata["HttpStatusCode"] == 200
    assert (
        metadata["HttpHeaders"] | {"Content-Length": "7", "x-amzn-RequestId": request_id}
        == (metadata["HttpHeaders"])
    )
    assert metadata["AllHttpHeaders"]["Content-Type"] == ["application/json"]


@pytest.mark.parametrize(
    ("invocation", "expected"),
    [("Event", {"StatusCode": 202}), ("DryRun", {"StatusCode": 204})],
)
def test_other_invocations_have_no_payload(
    run: Run, invocation: str, expected: dict[str, Any]
) -> None:
    """An event that isn't waited for can't fail the task either."""
    request = {"FunctionName": ARN, "InvocationType": invocation}
    answer = run("raising", request, resource=INVOKE)
    assert {name: value for name, value in answer.items() if "Sdk" not in name} == expected


def test_the_sdk_integration_has_texts(run: Run) -> None:
    """Its payloads are JSON texts, and a failed function is a result."""
    request = {"FunctionName": ARN, "Payload": '{"a": 1}'}
    assert run("echo", request, resource=SDK) == {
        "StatusCode": 200,
        "ExecutedVersion": "$LATEST",
        "Payload": '{"a":1}',
    }
    failed = run("raising", {"FunctionName": ARN, "Payload": {}}, resource=SDK)
    assert failed["FunctionError"] == "Unhandled"
    assert json.loads(failed["Payload"])["errorType"] == "ValueError"


def failure(run: Run, handler: Any, event: Any = None, **fields: Any) -> tuple[str, Any]:
    with pytest.raises(TaskFailure) as caught:
        run(handler, event, **fields)
    assert caught.value.error is not None
    return caught.value.error, caught.value.cause and json.loads(caught.value.cause)


@pytest.mark.parametrize("resource", [ARN, INVOKE])
def test_an_exception_is_reported_as_lambda_reports_it(
    run: Run, folder: Path, resource: str
) -> None:
    """The error is the exception's name, and the stack trace has the handler's frames only."""
    error, cause = failure(run, "raising", {"FunctionName": "charge"}, resource=resource)
    assert list(cause) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (error, cause["errorType"], cause["errorMessage"]) == (
        "ValueError",
        "ValueError",
        "no such order",
    )
    first, second = cause["stackTrace"]
    place = folder / "app" / "charge.py"
    assert first.startswith(f'  File "{place}", line 14, in raising\n    helper()\n')
    assert second.startswith(f'  File "{place}", line 17, in helper\n    raise ValueError(')


@pytest.mark.parametrize(
    ("handler", "error", "message"),
    [
        ("app.importing:handler", "Runtime.ImportModuleError", "Unable to import module 'app.imp"),
        ("app.missing:handler", "Runtime.ImportModuleError", "No module named 'app.missing'"),
        ("app.charge:missing", "Runtime.HandlerNotFound", "Handler 'missing' missing on module"),
        (
            "app.syntax:handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app.syntax'",
        ),
        ("app.failing:handler", "KeyError", "NO_SUCH_VARIABLE"),
        ("app.charge:unserialisable", "Runtime.MarshalError", "Unable to marshal response: Object"),
    ],
)
def test_faults_of_the_module_and_the_result(
    run: Run, handler: str, error: str, message: str
) -> None:
    """Lambda's runtime names each of them."""
    found, cause = failure(run, handler)
    assert (found, cause["errorType"], message in cause["errorMessage"]) == (error, error, True)


@pytest.mark.parametrize(
    ("handler", "event", "message"),
    [
        ("leaving", "clean", "Error: Runtime exited without providing a reason"),
        ("leaving", "", "Error: Runtime exited with error: exit status 3"),
        ("crashing", "", "Error: Runtime exited with error: signal: killed"),
        ("interrupted", "interrupt", "Error: Runtime exited with error: signal: interrupt"),
        ("interrupted", "other", "Error: Runtime exited with error: exit status 1"),
        ("signalled", signal.SIGTERM, "Error: Runtime exited with error: signal: terminated"),
    ],
)
def test_a_process_that_ends_is_an_exit_error(
    run: Run, handler: str, event: Any, message: str
) -> None:
    """And the next event has a new process."""
    error, cause = failure(run, handler, event)
    assert (error, cause["errorType"]) == ("Runtime.ExitError", "Runtime.ExitError")
    assert message in cause["errorMessage"]


def test_what_ends_the_runtime_is_in_the_log(run: Run, folder: Path, logged: list[str]) -> None:
    """The log has the handler's frames only, and nothing of the process that runs it."""
    failure(run, "interrupted", "interrupt")
    await_lines(logged, 4)
    place = folder / "app" / "charge.py"
    assert logged[0] == "Traceback (most recent call last):"
    assert logged[1].startswith(f'  File "{place}", line ')
    assert logged[-1] == "KeyboardInterrupt"
    assert "handler_worker" not in "".join(logged)


def test_a_handler_that_closes_the_runtime_s_files_is_ended(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code that detaches from its parent does so. The function fails, and nothing waits for it."""
    monkeypatch.setattr("sfn_release.tasks.handler_process._END_SECONDS", 0.1)
    error, cause = failure(run, "detaching", "")
    assert error == "Runtime.ExitError"
    assert "signal: killed" in cause["errorMessage"]


def test_a_handler_times_out_and_starts_anew(folder: Path) -> None:
    """Its process is ended, and the next event finds a fresh one."""
    declared = {"charge": {"handler": "app.charge:endless", "timeout": 0.5}}
    handlers = Handlers(read_handlers(declared, folder))
    asked = tasks(handlers)
    with pytest.raises(TaskFailure) as caught:
        asked.run(TaskCall("Charge", ARN, "stay"))
    cause = json.loads(caught.value.cause or "")
    assert caught.value.error == cause["errorType"] == "Sandbox.Timedout"
    assert cause["errorMessage"].endswith("Error: Task timed out after 0.50 seconds")
    assert asked.run(TaskCall("Charge", ARN, "go")) == 0
    handlers.close()


def test_the_states_own_limit_is_a_timeout_of_the_state(run: Run) -> None:
    """TimeoutSeconds below the function's timeout ends in States.Timeout."""
    with pytest.raises(TaskFailure) as caught:
        run("endless", "stay", timeout_seconds=0.3)
    assert (caught.value.error, caught.value.seconds) == ("States.Timeout", 0.3)


def test_a_process_stays_warm_until_its_code_changes(folder: Path) -> None:
    """Module state survives from event to event; an edited module starts a new process."""
    handlers = Handlers(read_handlers({"charge": "app.charge:count"}, folder))
    asked = tasks(handlers)
    call = TaskCall("Charge", ARN, None)
    assert [asked.run(call), asked.run(call), asked.run(call)] == [1, 2, 3]
    os.utime(folder / "app" / "charge.py", (1, 1))
    assert asked.run(call) == 1
    handlers.close()


def test_the_context_object(run: Run) -> None:
    """Its members, the environment, and the client context of an invocation."""
    spec = {"handler": "app.charge:described", "timeout": 7, "memory": 512}
    request = {
        "FunctionName": f"{ARN}:live",
        "ClientContext": "eyJjdXN0b20iOiB7ImEiOiAiMSJ9fQ==",
    }
    told = run({**spec, "environment": {"TABLE": "orders"}}, request, resource=INVOKE)["Payload"]
    assert 5000 < told.pop("remaining") <= 7000
    request_id = told.pop("aws_request_id")
    assert told.pop("log_stream_name").endswith(f"[live]{request_id.replace('-', '')}")
    assert told == {
        "function_name": "charge",
        "function_version": "live",
        "invoked_function_arn": f"{ARN}:live",
        "memory_limit_in_mb": "512",
        "log_group_name": "/aws/lambda/charge",
        "identity": None,
        "client": {"a": "1"},
        "table": "orders",
        "name": "charge",
        "region": "eu-west-1",
    }


def await_lines(logged: list[str], count: int) -> None:
    """Wait until the log has so many lines."""
    until = time.monotonic() + 20
    while len(logged) < count and time.monotonic() < until:
        time.sleep(0.01)


def test_prints_go_to_the_log(run: Run, logged: list[str]) -> None:
    """Standard output and error; the result isn't mixed with them."""
    assert run("printing", {"id": 1}) is None
    await_lines(logged, 3)
    assert sorted(logged) == ["careful", "charging {'id': 1}", "logged"]


@pytest.mark.parametrize(
    ("key", "name", "found"),
    [
        ("charge", "charge", True),
        ("charge", "charge:live", True),
        ("charge", ARN, True),
        ("charge", f"{ARN}:7", True),
        ("charge", "111111111111:function:charge", True),
        ("charge:live", "charge:live", True),
        ("charge:live", f"{ARN}:live", True),
        ("charge:live", "charge", False),
        ("charge:live", "charge:7", False),
        (ARN, "charge", True),
        (ARN, f"{ARN}:live", True),
        (f"{ARN}:live", ARN, False),
        (ARN, "arn:aws:lambda:us-east-1:111111111111:function:charge", False),
        ("charg", "charge", False),
    ],
)
def test_a_handler_is_found_by_name_arn_and_qualifier(
    folder: Path, key: str, name: str, *, found: bool
) -> None:
    """A key without a qualifier stands for all of them."""
    handlers = Handlers(read_handlers({key: "app.charge:echo"}, folder))
    call = TaskCall("Charge", INVOKE, {"FunctionName": name, "InvocationType": "DryRun"})
    if found:
        assert tasks(handlers).run(call)["StatusCode"] == 204
    else:
        with pytest.raises(NoAnswer, match="has no mock"):
            tasks(handlers).run(call)


def test_the_most_exact_handler_runs(folder: Path) -> None:
    """A handler of an alias comes before the handler of the function."""
    declared = {"charge": "app.charge:count", "charge:live": "app.charge:echo"}
    handlers = Handlers(read_handlers(declared, folder))
    assert tasks(handlers).run(TaskCall("C", f"{ARN}:live", "a")) == "a"
    assert tasks(handlers).run(TaskCall("C", f"{ARN}:old", "a")) == 1
    handlers.close()


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ("charge", "such as"),
        (7, "such as"),
        ({"handler": "a:b", "timout": 1}, "'timout'"),
        ({"handler": "a:b", "timeout": 0}, "at most 900 seconds"),
        ({"handler": "a:b", "timeout": 901}, "at most 900 seconds"),
        ({"handler": "a:b", "memory": "1"}, "MB"),
        ({"handler": "a:b", "environment": {"A": 1}}, "strings"),
        ({"timeout": 1}, "such as"),
    ],
)
def test_a_faulty_declaration_names_the_function(declared: Any, problem: str) -> None:
    """And says what is expected."""
    with pytest.raises(ConfigError) as caught:
        read_handlers({"charge": declared}, Path())
    assert "'charge'" in str(caught.value)
    assert problem in str(caught.value)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
def test_a_killed_parent_leaves_no_process(folder: Path) -> None:
    """Not even one that is in the middle of an endless event."""
    script = textwrap.dedent(
        """
        import sys, threading
        from pathlib import Path
        from sfn_release.simulator import TaskCall
        from sfn_release.tasks import ExecutionScope, Handlers, TaskSources, read_handlers
        folder, arn = Path(sys.argv[1]), sys.argv[2]
        names = {"charge": "app.charge:pid", "stay": "app.charge:endless"}
        tasks = TaskSources(handlers=Handlers(read_handlers(names, folder))).for_execution(
            ExecutionScope("m", region="eu-west-1", account="111111111111"))
        stay = TaskCall("S", arn.replace("charge", "stay"), "stay")
        tasks.run(stay)
        print(tasks.run(TaskCall("C", arn, None)).work.result(), flush=True)
        threading.Event().wait()
        """
    )
    command = [sys.executable, "-c", script, str(folder), ARN]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    first = int(parent.stdout.readline())
    until = time.monotonic() + 20
    while len(children := _workers(folder)) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert first in children
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    while _workers(folder) and time.monotonic() < until:
        time.sleep(0.02)
    assert _workers(folder) == []


def _workers(folder: Path) -> list[int]:
    """Return the handlers' processes that work in *folder*."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            inside = (entry / "cwd").readlink() == folder
            if inside and b"handler_worker" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
def test_few_processes_stay_after_many_events(folder: Path) -> None:
    """Events side by side have a process each. Eight of them stay for the next events."""
    handlers = Handlers(read_handlers({"charge": "app.charge:slow"}, folder))
    scope = ExecutionScope("orders", region="eu-west-1", account="111111111111")
    answering = TaskSources(handlers=handlers).for_execution(scope)
    answers = [answering.run(TaskCall("Charge", ARN, None)) for _ in range(20)]
    used = {answer.work.result(timeout=60) for answer in answers}
    assert len(used) > 8
    until = time.monotonic() + 20
    while len(_workers(folder)) > 8 and time.monotonic() < until:
        time.sleep(0.02)
    assert len(_workers(folder)) == 8
    handlers.close()
    assert _workers(folder) == []
