"""A real terminal, a pipe, NO_COLOR, Ctrl-C, a reader that goes away: in real processes."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli.output import terminal
from sfn_release.cli.output.error_text import error_lines
from sfn_release.cli.signals import terminable
from sfn_release.errors import SfnReleaseError
from sfn_release.local_service import LocalService, open_service
from sfn_release.local_service.http.server import start
from sfn_release.simulator import Mocks
from support.command_line import Project, config

COMMAND = [sys.executable, "-m", "sfn_release"]
ESC = b"\x1b"


def on_terminal(
    project: Project, *arguments: str, answer: str = "", columns: int = 80, **environ: str
) -> tuple[int, bytes]:
    """Run a command on a pseudo-terminal; return its exit code and everything it wrote."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=project.root,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": str(columns)} | environ,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    if answer:
        os.write(master, answer.encode())
    written = b""
    while process.poll() is None or select.select([master], [], [], 0)[0]:
        if select.select([master], [], [], 0.05)[0]:
            try:
                chunk = os.read(master, 65536)
            except OSError:  # Linux's sign that the other side is closed
                break
            written += chunk
    os.close(master)
    return process.wait(60), written


def test_colour_on_a_terminal_and_none_with_no_color(shop: Project) -> None:
    """A terminal gets colour and tables; with NO_COLOR the text is the same, without escapes."""
    shop.publish("1.0.0")

    code, plain = on_terminal(shop, "status", NO_COLOR="1")
    assert (code, ESC in plain) == (0, False)
    code, coloured = on_terminal(shop, "status")
    assert (code, b"\x1b[32min-sync" in coloured) == (0, True)
    for word in (b"local (not AWS)", b"1.0.0", b"in-sync", b"hello", b":1"):
        assert word in plain
    assert ESC not in on_terminal(shop, "status", TERM="dumb")[1]


def test_a_deployment_on_a_terminal_leaves_no_bar_behind(shop: Project) -> None:
    """The progress bar is drawn during the deployment and then removed."""
    code, written = on_terminal(shop, "publish", "1.0.0", NO_COLOR="1")
    assert code == 0
    assert b"applying" in written
    assert b"[1/2]" not in written
    last = written.decode().rsplit("\n", 2)[-2]
    assert "deployed 1.0.0 to local (not AWS): hello created" in last


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("yes\n", 0), ("n\n", 1), ("\n", 1)])
def test_a_deletion_asks_on_a_terminal(shop: Project, answer: str, code: int) -> None:
    """`delete` asks after its plan, and any answer but yes changes nothing."""
    shop.publish("1.0.0")
    ended, written = on_terminal(shop, "delete", "hello", answer=answer)
    assert ended == code
    plan = written.index(b"plan: delete hello from local (not AWS)")
    assert written.index(b"Delete hello from local (not AWS)? [y/N]") > plan
    (workflow,) = shop.json("status")["environments"][0]["workflows"]
    assert workflow["state"] == ("in-sync" if code else "deleted")


def test_a_rollback_asks_where_confirm_is_set(shop: Project) -> None:
    """`confirm = true` makes a rollback ask; in a pipe, it needs --yes."""
    text = (shop.root / "releases.toml").read_text()
    shop.write("releases.toml", text + "confirm = true\n")
    shop.publish("1.0.0")
    shop.publish("1.1.0", hello="Hello Bob")

    assert shop.run("rollback").code == 2
    assert shop.json("history")["deployments"][0]["version"] == "1.1.0"
    assert on_terminal(shop, "rollback", answer="n\n")[0] == 1
    assert on_terminal(shop, "rollback", answer="y\n")[0] == 0
    assert shop.json("history")["deployments"][0]["version"] == "1.0.0"


def test_the_code_of_an_error_stands_at_the_right_end(shop: Project) -> None:
    """On a terminal the code ends at the last column; in a pipe it follows two spaces."""
    for columns in (80, 120):
        _, written = on_terminal(shop, "show", "9.9.9", columns=columns, NO_COLOR="1")
        first = written.decode().splitlines()[0]
        assert (len(first), first.endswith(" E_NOT_FOUND")) == (columns, True)
    assert shop.run("show", "9.9.9").err.splitlines()[0].endswith("9.9.9.  E_NOT_FOUND")


def test_errors_are_laid_out_for_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prose is wrapped; a traceback keeps its shape, and a command to copy stays whole."""
    error = SfnReleaseError(
        "A message that is a little longer than what fits into the line beside its code, as some.",
        why="Traceback (most recent call last):\n  File a, line 4\n    f()\nKeyError: 'x'",
        fix="Publish the new content under a higher version than that one, such as this:"
        "  sfn-release publish 1.2.1",
    )
    monkeypatch.setattr(terminal, "on_terminal", lambda _: True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    assert error_lines(error) == [
        "error: A message that is a little longer than what fits into the line    E_ERROR",
        "  beside its code, as some.",
        "  Traceback (most recent call last):",
        "    File a, line 4",
        "      f()",
        "  KeyError: 'x'",
        "  Publish the new content under a higher version than that one, such as this:",
        "    sfn-release publish 1.2.1",
    ]


def test_a_reader_that_goes_away(shop: Project) -> None:
    """`history | head -0` ends without a traceback."""
    shop.publish("1.0.0")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, "history"], cwd=shop.root, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_talk_that_nobody_reads_stops_no_deployment(shop: Project) -> None:
    """A deployment finishes although stderr is closed."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*COMMAND, "publish", "1.0.0"],
        cwd=shop.root,
        stdout=subprocess.PIPE,
        stderr=writer,
        check=False,
    )
    os.close(writer)
    assert done.returncode == 0
    assert b"deployed 1.0.0" in done.stdout


@pytest.mark.parametrize(
    ("redirection", "words"),
    [(">&-", "stdout is closed"), (">/dev/full", "No space left on device")],
)
@pytest.mark.parametrize(
    "arguments",
    ["status", "status --json", "releases --format toml", "--version", "--help", "show --help"],
)
def test_an_output_that_cannot_be_written(
    shop: Project, arguments: str, redirection: str, words: str
) -> None:
    """A closed stdout or a full disk is one line on stderr, and exit 1."""
    shop.publish("1.0.0")
    line = f'"$0" -m sfn_release {arguments} {redirection}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable],
        cwd=shop.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert "stdout" in done.stderr
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_closed_output_changes_nothing(shop: Project) -> None:
    """With stdout closed, publish doesn't start; with stderr closed, it does its work."""
    publish = '"$0" -m sfn_release publish 1.0.0 {}'
    codes = [
        subprocess.run(
            ["sh", "-c", publish.format(closed), sys.executable],
            cwd=shop.root,
            capture_output=True,
            check=False,
        ).returncode
        for closed in (">&-", "2>&-", "2>/dev/full")
    ]
    assert codes == [1, 0, 0]
    assert [deployment["action"] for deployment in shop.json("history")["deployments"]] == [
        "publish"
    ]


DRAWN = [
    *(["status"], ["-v", "status"], ["history"], ["history", "--graph"], ["plan", "1.1.0"]),
    *(["diff", "1.0.0", "1.1.0"], ["graph", "hello"], ["coverage"], ["check"], ["test"]),
    *(["execute", "hello"], ["releases"], ["show", "1.0.0"], ["blame", "hello"], ["faults"]),
    *(["list"], ["doctor"], ["verify"], ["at", "0s"], ["--help"], ["plan", "--help"]),
    *(["permissions"], ["show", "注文"], ["nonsense→"], ["show", "--json", "1.0.0"]),
    *(["graph", "hello", "--format", "mermaid"], ["diff", "1.0.0", "--format", "markdown"]),
]


def test_an_output_in_cp1252(shop: Project) -> None:
    """Every drawing and sign of ours has a replacement there; names are escapes."""
    flow = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    shop.write("workflows/注文.asl.json", flow)
    shop.publish("1.0.0", hello="Hello Alice")
    shop.publish("1.1.0", hello="Hello Bob")
    for arguments in DRAWN:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=shop.root,
            env=os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
            capture_output=True,
            check=False,
        )
        written = (done.stdout + done.stderr).decode("cp1252")
        assert done.returncode in {0, 1, 2, 3}, arguments
        assert "Traceback" not in written, arguments
        escapes = {*re.findall(r"\\u[0-9a-f]{4}", written)}
        assert escapes <= {r"\u6ce8", r"\u6587"}, (arguments, escapes)


def test_a_style_that_is_unknown_fails_everywhere() -> None:
    """Not only on a terminal with colour, where few tests look."""
    with pytest.raises(KeyError):
        terminal.Styled("text", "purple")


def test_an_output_that_lacks_characters(shop: Project) -> None:
    """A character that the output's encoding lacks is written as an escape."""
    shop.publish("1.0.0")
    done = subprocess.run(
        [*COMMAND, "status"],
        cwd=shop.root,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, b"live -> :1" in done.stdout) == (0, True)


def test_ctrl_c_while_serving(shop: Project) -> None:
    """`local serve` prints its URL immediately and ends cleanly on Ctrl-C."""
    process = subprocess.Popen(
        [*COMMAND, "local", "serve", "--port", "0"],
        cwd=shop.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "http://127.0.0.1:" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (0, False)


@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_while_building(shop: Project, as_json: bool) -> None:
    """An interrupted publish says so, exits 130 and releases nothing."""
    waiting = shop.root / "waiting"
    shop.write(
        "workflows/slow.py",
        f"import time, pathlib\npathlib.Path({str(waiting)!r}).touch()\ntime.sleep(60)\n",
    )
    shop.commit()
    process = subprocess.Popen(
        [*COMMAND, "publish", "1.0.0", *(["--json"] if as_json else [])],
        cwd=shop.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    _wait_for(waiting)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    error = json.loads(out)["error"] if as_json else {"code": out}
    assert error["code"] == ("E_INTERRUPTED" if as_json else "")
    assert "interrupted: nothing was changed" in error.get("message", err)
    assert err.endswith("\ninterrupted: nothing was changed\n")
    assert "Traceback" not in err
    assert shop.git("tag", "--list") == ""


@pytest.mark.parametrize(
    "command", [["check", "workflows/slow.py"], ["build"], ["publish", "1.0.0"]]
)
def test_what_is_terminated_leaves_nothing_behind(
    shop: Project, command: list[str], tmp_path: Path
) -> None:
    """SIGTERM to the command alone also ends the builder process and removes its folder."""
    waiting, temporary = tmp_path / "waiting", tmp_path / "temporary"
    temporary.mkdir()
    shop.write(
        "workflows/slow.py",
        "import os, time, pathlib\n"
        f"pathlib.Path({str(waiting)!r}).open('a').write(f'{{os.getpid()}} ')\ntime.sleep(60)\n",
    )
    shop.commit()
    process = subprocess.Popen(
        [*COMMAND, *command],
        cwd=shop.root,
        env=os.environ | {"TMPDIR": str(temporary)},
        stderr=subprocess.DEVNULL,
    )
    _wait_for(waiting)
    process.terminate()
    assert process.wait(20) == 143
    for worker in waiting.read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(worker), 0)
    assert [*temporary.iterdir()] == []


@pytest.mark.parametrize(
    ("sent", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 129, "hung up"),
    ],
)
def test_ending_a_deployment(
    repository: Path, tmp_path: Path, sent: signal.Signals, code: int, word: str
) -> None:
    """A publish that is ended between two calls records its failure; a second publish finishes."""
    slow = _Slow(open_service(tmp_path / "slow.db", tasks_for=lambda _scope: Mocks()))
    with start(slow) as server:  # type: ignore[arg-type]  # it has the server's methods
        shop = Project(repository, environment="aws", endpoint=server.url)
        shop.write("releases.toml", config("aws", server.url))
        shop.commit(hello="Hello Alice")
        process = subprocess.Popen(
            [*COMMAND, "publish", "1.0.0"],
            cwd=shop.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert slow.reached.wait(60)
        process.send_signal(sent)
        if sent != signal.SIGINT:
            process.send_signal(sent)  # a second signal changes nothing
        slow.go_on.set()
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (code, "")
        assert f"the deployment was {word}; putting back what it changed\n" in err
        assert "warning: Interrupted.\n  hello: " in err
        assert err.endswith(f"\n{word}: aws serves what it served before\n")
        assert "Traceback" not in err
        assert shop.json("history")["deployments"][0]["status"] == "failed"
        shop.ok("publish", "1.0.0")
        assert shop.json("execute", "hello")["output"] == "Hello Alice"


def test_closing_the_terminal_of_a_deployment(repository: Path, tmp_path: Path) -> None:
    """Without a terminal, publish still restores its changes and records its failure."""
    slow = _Slow(open_service(tmp_path / "slow.db", tasks_for=lambda _scope: Mocks()))
    with start(slow) as server:  # type: ignore[arg-type]  # it has the server's methods
        shop = Project(repository, environment="aws", endpoint=server.url)
        shop.write("releases.toml", config("aws", server.url))
        shop.commit(hello="Hello Alice")
        child, master = pty.fork()
        if not child:
            os.chdir(shop.root)
            environ = os.environ | {"TERM": "xterm"}  # a terminal that shows a bar
            os.execve(sys.executable, [*COMMAND, "publish", "1.0.0"], environ)  # noqa: S606 - ours
        assert slow.reached.wait(60)
        os.close(master)  # the terminal sends SIGHUP
        slow.go_on.set()
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 129
        (record,) = shop.json("history")["deployments"]
        assert record["status"] == "failed"
        assert record["error"].startswith("Interrupted.")
        assert "was created and stays" in record["error"]


def test_what_ignores_hang_ups_goes_on() -> None:
    """A process that ignores SIGHUP, as under `nohup`, outlives its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with terminable():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_deployment_under_nohup_outlives_its_terminal(repository: Path, tmp_path: Path) -> None:
    """A command that starts with SIGHUP ignored ignores it, and so do its child processes."""
    slow = _Slow(open_service(tmp_path / "slow.db", tasks_for=lambda _scope: Mocks()))
    with start(slow) as server:  # type: ignore[arg-type]  # it has the server's methods
        shop = Project(repository, environment="aws", endpoint=server.url)
        shop.write("releases.toml", config("aws", server.url))
        shop.commit(hello="Hello Alice")
        process = subprocess.Popen(
            ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *COMMAND, "publish", "1.0.0"],
            cwd=shop.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert slow.reached.wait(60)
        os.killpg(process.pid, signal.SIGHUP)  # as the terminal does to everything in it
        slow.go_on.set()
        _, err = process.communicate(timeout=60)
        assert (process.returncode, "hung up" in err) == (0, False)
        assert shop.json("history")["deployments"][0]["status"] == "succeeded"
        assert shop.json("execute", "hello")["output"] == "Hello Alice"


@given(st.text())
def test_nothing_that_a_terminal_acts_upon_is_written(text: str) -> None:
    """Any data is one line of printable text."""
    line = terminal.one_line(text)
    assert {unicodedata.category(character) for character in line} & {
        "Cc",
        "Cs",
        "Zl",
        "Zp",
    } == set()
    assert {unicodedata.bidirectional(character) for character in line} & {
        *("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    } == set()


@given(st.text(), st.text(), st.text())
def test_errors_are_safe_whatever_they_quote(message: str, why: str, fix: str) -> None:
    """An error's lines have no control characters, and the first line has its code."""
    lines = error_lines(SfnReleaseError(message, why=why, fix=fix))
    assert lines[0].startswith("error: ")
    assert lines[0].endswith("  E_ERROR")
    assert [line for line in lines if "\x1b" in line or "\n" in line] == []


class _Slow:
    """A service that waits at the first alias until the test releases it."""

    def __init__(self, inner: LocalService) -> None:
        self.inner = inner
        self.context = inner.context
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def answer(self, operation: str, body: bytes, *scope: Any) -> tuple[int, dict[str, str], bytes]:
        """Answer as the service does, but hold the creation of an alias."""
        if operation == "CreateStateMachineAlias":
            self.reached.set()
            assert self.go_on.wait(60)
        return self.inner.answer(operation, body, *scope)

    def close(self) -> None:
        """Close the service."""
        self.inner.close()


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
