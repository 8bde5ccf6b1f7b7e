"""The limits of a module: raising, exiting, hanging, printing, and reading its environment."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sfn_release.errors import BuildError
from sfn_release.project.modules import build

HELLO = """
import sfn_release as sfn
workflow = sfn.Workflow()
workflow.start_from(sfn.Pass(id="Only", result=globals().get("RESULT", 1))).end()
machine = sfn.StateMachine(name="hello", workflow=workflow)
"""


def lay(root: Path, text: str, **more: str) -> Path:
    for name, content in {"a": text, **more}.items():
        path = root / "workflows" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def refusal(root: Path, timeout: float = 60) -> BuildError:
    with pytest.raises(BuildError) as caught:
        build(root, "workflows", timeout=timeout)
    return caught.value


def told(root: Path, expression: str) -> object:
    """Return the value of *expression* inside a module."""
    lay(root, f"import os, sys\nRESULT = {expression}\n" + HELLO)
    (one,) = build(root, "workflows", environ=os.environ).declarations
    return one.definition["States"]["Only"]["Result"]


def test_a_module_that_raises_shows_its_own_traceback(tmp_path: Path) -> None:
    """The traceback has files relative to the project, helpers included, and no frames of ours."""
    lay(
        tmp_path,
        "from workflows._h import f\n\nf()\n",
        _h="def f():\n    raise ValueError('bad')\n",
    )
    error = refusal(tmp_path)
    assert error.message == "workflows/_h.py:2 raised ValueError."
    assert error.why.splitlines()[0] == "Traceback (most recent call last):"
    assert '  File "workflows/a.py", line 3, in <module>' in error.why
    assert '  File "workflows/_h.py", line 2, in f' in error.why
    assert error.why.splitlines()[-1] == "ValueError: bad"
    for foreign in ("build_", "importlib", "frozen", str(tmp_path)):
        assert foreign not in str(error)


def test_an_error_inside_a_library_names_the_modules_line(tmp_path: Path) -> None:
    """The message names the module's line; the traceback goes on into the library."""
    error = refusal(lay(tmp_path, "import json\njson.loads('{')\n"))
    assert error.message == "workflows/a.py:2 raised JSONDecodeError."
    assert "decoder.py" in error.why


def test_a_chain_of_errors_is_shown_whole(tmp_path: Path) -> None:
    """Causes and groups keep their frames, limited to the user's files."""
    text = (
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n"
        "    raise ExceptionGroup('two', [KeyError('k')]) from error\n"
    )
    error = refusal(lay(tmp_path, text))
    assert "ZeroDivisionError" in error.why
    assert "KeyError: 'k'" in error.why
    assert "build_" not in error.why


def test_a_misuse_of_the_library_shows_the_users_line(tmp_path: Path) -> None:
    """The library's frames are left out, and its message is kept."""
    text = "import sfn_release as sfn\nsfn.Workflow().next_then(sfn.Pass(id='A'))\n"
    error = refusal(lay(tmp_path, text))
    assert error.message == "workflows/a.py:2 raised DefinitionError."
    assert "workflow.py" not in error.why
    assert "start_from" in error.why


def test_a_syntax_error_is_shown_at_its_line(tmp_path: Path) -> None:
    """A syntax error looks as Python shows it."""
    error = refusal(lay(tmp_path, "x = 1\ny = (\n"))
    assert error.message == "workflows/a.py:2 raised SyntaxError."
    assert "'(' was never closed" in error.why
    assert "importlib" not in error.why


def test_a_missing_module_is_told_what_a_build_sees(tmp_path: Path) -> None:
    """The fix names uncommitted files and editable installs, the usual reasons."""
    error = refusal(lay(tmp_path, "import no_such_module\n"))
    assert error.message == "workflows/a.py:1 raised ModuleNotFoundError."
    assert "editable installs" in error.fix


def test_sys_exit_fails_the_build(tmp_path: Path) -> None:
    """A module that calls sys.exit is an error, even with status 0."""
    error = refusal(lay(tmp_path, "import sys\nsys.exit(0)\n"))
    assert error.message == "workflows/a.py:2 tells Python to exit."


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("import os\nprint('last words')\nos._exit(0)\n", "exit status 0"),
        (
            "import os, signal\nprint('last words', flush=True)\nos.kill(os.getpid(), 9)\n",
            "SIGKILL",
        ),
    ],
)
def test_a_module_that_ends_the_process_is_named(tmp_path: Path, text: str, how: str) -> None:
    """Ending the process is an error, even with exit status 0."""
    error = refusal(lay(tmp_path, text))
    assert error.message == f"workflows/a.py ended the Python process ({how})."


def test_a_crash_shows_where_python_was(tmp_path: Path) -> None:
    """For a crash in native code, the error shows the line of the module that called it."""
    error = refusal(lay(tmp_path, "import ctypes\n\nctypes.string_at(0)\n"))
    assert "ended the Python process (SIGSEGV)" in error.message
    assert 'File "workflows/a.py", line 3' in error.why


def test_an_endless_loop_is_ended_and_shown(tmp_path: Path) -> None:
    """After the timeout, the error shows the running line, and child processes are ended."""
    text = (
        "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\n"
        "open('child', 'w').write(str(child.pid))\nimport time\nwhile True:\n    time.sleep(0.1)\n"
    )
    start = time.monotonic()
    error = refusal(lay(tmp_path, text), timeout=4)
    assert time.monotonic() - start < 300  # less than its child sleeps
    assert error.message == "workflows/a.py did not finish within 4 seconds."
    assert 'File "workflows/a.py", line' in error.why
    child = Path("/proc", (tmp_path / "child").read_text(), "cmdline")
    assert not child.exists() or not child.read_bytes()  # ended, or a zombie


def test_threads_and_exit_handlers_do_not_hold_the_build(tmp_path: Path) -> None:
    """Threads and exit handlers of a module don't delay the build."""
    text = (
        "import atexit, threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "atexit.register(time.sleep, 600)\n"
    )
    start = time.monotonic()
    build(lay(tmp_path, text + HELLO), "workflows")
    assert time.monotonic() - start < 300


def test_what_a_module_prints_never_mixes_with_the_result(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Output to streams and file descriptors is captured, and returned with the build."""
    text = (
        "import os, sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.stdout.flush()\n"
        "os.write(1, b'raw')\nsys.stdout.close()\nprint = None\n"
    )
    built = build(lay(tmp_path, text + HELLO), "workflows")
    for words in ("out", "err", "raw"):
        assert words in built.output
    assert tuple(capfd.readouterr()) == ("", "")


def test_huge_output_is_cut_and_its_end_shown_on_failure(tmp_path: Path) -> None:
    """The error shows the last lines of the output."""
    text = "for n in range(300_000):\n    print('line', n)\n1 / 0\n"
    error = refusal(lay(tmp_path, text))
    assert error.message == "workflows/a.py:3 raised ZeroDivisionError."
    assert error.why.endswith("line 299999")
    assert "line 299000\n" not in error.why


def test_input_is_closed(tmp_path: Path) -> None:
    """A module that reads standard input gets an end of file."""
    error = refusal(lay(tmp_path, "input('name? ')\n"))
    assert error.message == "workflows/a.py:1 raised EOFError."


def test_credentials_and_the_users_environment_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module can't see AWS's variables, the home folder, or Python's own variables."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "secret")
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    found = told(tmp_path, "[dict(os.environ), os.path.expanduser('~'), sys.path, sys.argv]")
    assert isinstance(found, list)
    environment, home, path, argv = found
    assert "secret" not in environment.values()
    assert [name for name in environment if name.startswith("AWS_")] == [
        "AWS_EC2_METADATA_DISABLED"
    ]
    assert home != os.path.expanduser("~")  # noqa: PTH111 - the same call as inside
    assert str(tmp_path / "elsewhere") not in path
    assert argv == ["sfn-release"]


def test_the_project_is_the_working_folder_and_first_on_the_path(tmp_path: Path) -> None:
    """Modules can read files of the project."""
    (tmp_path / "src").mkdir()
    found = told(tmp_path, "[os.getcwd(), sys.path[:2]]")
    assert found == [str(tmp_path), [str(tmp_path), str(tmp_path / "src")]]


def test_nothing_is_written_to_the_source_folder(tmp_path: Path) -> None:
    """A build writes no bytecode and no temporary files there."""
    lay(tmp_path, "import _h\n" + HELLO, _h="")
    before = sorted(tmp_path.rglob("*"))
    build(tmp_path, "workflows")
    assert before == sorted(tmp_path.rglob("*"))


def test_stale_bytecode_is_not_read(tmp_path: Path) -> None:
    """Only the source is read, so a change of the same size in the same second counts."""
    lay(tmp_path, "from workflows import _h\nRESULT = _h.X\n" + HELLO, _h="X = 'Alice'\n")
    helper = tmp_path / "workflows" / "_h.py"
    stamp = (1_700_000_000, 1_700_000_000)
    os.utime(helper, stamp)
    subprocess.run([sys.executable, "-m", "compileall", "-q", helper.parent], check=True)
    helper.write_text("X = 'Bobby'\n")
    os.utime(helper, stamp)
    (one,) = build(tmp_path, "workflows").declarations
    assert one.definition["States"]["Only"]["Result"] == "Bobby"


def test_an_interpreter_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    """The error names the interpreter's path."""
    lay(tmp_path, HELLO)
    with pytest.raises(BuildError, match="Can't start Python: No such file") as caught:
        build(tmp_path, "workflows", python="/no/such/python")
    assert "/no/such/python" in caught.value.why


def test_a_child_of_a_module_does_not_write_the_result(tmp_path: Path) -> None:
    """A forked child also runs the rest of the build, and can't end it."""
    text = "import os\nRESULT = 'child' if os.fork() == 0 else 'parent'\n"
    (one,) = build(lay(tmp_path, text + HELLO), "workflows").declarations
    assert one.definition["States"]["Only"]["Result"] == "parent"
