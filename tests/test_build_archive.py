"""Building a commit: twice, from its archive alone."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from sfn_release.build import build, build_archive
from sfn_release.errors import BuildError, NonDeterministicError

HELLO = """
import sfn_release as sfn
workflow = sfn.Workflow()
workflow.start_from(sfn.Pass(id="Only", result=globals().get("RESULT", 1))).end()
machine = sfn.StateMachine(name="hello", workflow=workflow)
"""


def tar(module: str, **files: str) -> bytes:
    """Return a tar file of workflows/a.py, *module*, and *files*: "_in_" in a name is "/"."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in {"workflows_in_a": module, **files}.items():
            member = tarfile.TarInfo(name.replace("_in_", "/") + ".py")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_a_commit_gives_what_its_work_tree_gives(tmp_path: Path) -> None:
    """From a real repository's archive, links and all."""
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "a.py").write_text(HELLO)
    (tmp_path / "workflows" / "_link.py").symlink_to("a.py")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    archive = subprocess.run([*git, "archive", "HEAD"], check=True, capture_output=True).stdout
    assert build(tmp_path, "workflows") == build_archive(archive, "workflows", work_tree=tmp_path)


def test_a_project_may_lie_in_a_folder_of_the_archive() -> None:
    """Repositories hold several."""
    built = build_archive(
        tar("", projects_in_shop_in_workflows_in_a=HELLO), "workflows", folder="projects/shop"
    )
    assert [one.source for one in built.declarations] == ["workflows/a.py"]


CHANGING = {
    "clock": "import time; RESULT = str(time.time_ns())",
    "random": "import random; RESULT = random.random()",
    "hash seed": "RESULT = [*{'a', 'b', 'c', 'd', 'e', 'f'}]",
    "time zone": "import time; RESULT = time.strftime('%z')",
    "working folder": "import os; RESULT = os.getcwd()",
    "file": "RESULT = __file__",
    "home": "from pathlib import Path; RESULT = str(Path.home())",
    "user": "import getpass; RESULT = getpass.getuser()",
    "process": "import os; RESULT = os.getpid()",
    "depth": "RESULT = __file__.count('/')",
}


@pytest.mark.parametrize("line", CHANGING.values(), ids=CHANGING.keys())
def test_what_differs_from_build_to_build_is_refused(line: str) -> None:
    """With workflow, module, JSON path and both values."""
    with pytest.raises(NonDeterministicError) as caught:
        build_archive(tar(f"{line}\n{HELLO}"), "workflows")
    assert caught.value.message == (
        "The workflow 'hello' of workflows/a.py comes out differently each time."
    )
    where, once, again = caught.value.why.splitlines()
    assert where.startswith("at $.States.Only.Result")
    assert once.removeprefix("  once:  ") != again.removeprefix("  again: ")


def test_what_differs_beside_the_definition_is_refused() -> None:
    """Tags, roles and settings are released too."""
    text = HELLO + "import time\nmachine.tags = {'built at': str(time.time_ns())}\n"
    with pytest.raises(NonDeterministicError) as caught:
        build_archive(tar(text), "workflows")
    assert caught.value.why.startswith('at tags["built at"]\n')


def test_a_workflow_that_comes_and_goes_is_refused() -> None:
    """Its name is told."""
    text = HELLO + "import time\nif time.strftime('%z') != '+0000':\n    machine.name = 'other'\n"
    with pytest.raises(NonDeterministicError, match="'hello' is there in one build") as caught:
        build_archive(tar(text), "workflows")
    assert caught.value.why == "It comes from workflows/a.py."


def test_a_module_that_fails_the_second_time_is_refused_as_such() -> None:
    """It looks right wherever it was tried, so the error tells more than the traceback."""
    with pytest.raises(NonDeterministicError) as caught:
        build_archive(
            tar(HELLO + "import os\nassert os.environ['USER'] == 'builder'\n"), "workflows"
        )
    assert "builds once and not a second time: workflows/a.py:7 raised" in caught.value.message
    assert "AssertionError" in caught.value.why


def test_a_module_that_raises_fails_the_archive_too() -> None:
    """The temporary folders are not told: they are gone when the error is read."""
    with pytest.raises(BuildError) as caught:
        build_archive(tar("1 / 0\n"), "workflows")
    assert caught.value.message == "workflows/a.py:1 raised ZeroDivisionError."
    assert "sfn-release-" not in str(caught.value)


def test_the_two_builds_run_at_once(tmp_path: Path) -> None:
    """A slow module costs its time once: each build sees the other at work."""
    module = f"""
import os, pathlib, time
folder = pathlib.Path({str(tmp_path)!r})
(folder / os.environ["USER"]).touch()
until = time.monotonic() + 60
while len(list(folder.iterdir())) < 2:
    assert time.monotonic() < until, "the other build did not come"
    time.sleep(0.01)
"""
    build_archive(tar(module + HELLO), "workflows")


def test_an_interrupted_build_leaves_nothing_running(tmp_path: Path) -> None:
    """Ctrl-C ends both builds and takes their folders away."""
    module = (
        f"open({str(tmp_path)!r} + '/' + __import__('os').environ['USER'], 'w')\n"
        "import time\nwhile True: time.sleep(0.1)"
    )
    script = (
        "import sys\nfrom sfn_release.build import build_archive\n"
        "build_archive(sys.stdin.buffer.read(), 'workflows')\n"
    )
    (tmp_path / "tmp").mkdir()
    environ = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "TMPDIR": str(tmp_path / "tmp"),
    }
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    ) as process:
        assert process.stdin is not None
        process.stdin.write(tar(module))
        process.stdin.close()
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("*builder"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert b"KeyboardInterrupt" in process.stderr.read()
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not [command for command in running() if str(tmp_path) in command]


def running() -> list[str]:
    """Return the command lines of all processes, where the system tells them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended since
            found.append(path.read_bytes().decode("utf-8", "replace"))
    return found


def test_a_link_that_leads_out_of_the_archive_is_refused(tmp_path: Path) -> None:
    """Nothing outside of the commit is read or written."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        link = tarfile.TarInfo("workflows/a.py")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "outside.py")
        archive.addfile(link)
    with pytest.raises(BuildError, match="cannot be unpacked"):
        build_archive(buffer.getvalue(), "workflows")


def test_what_is_not_an_archive_is_refused() -> None:
    """As an error of the build."""
    with pytest.raises(BuildError, match="cannot be unpacked"):
        build_archive(b"no tar", "workflows")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a virtual environment *inside* a work tree, as projects have it."""
    tree = tmp_path_factory.mktemp("tree")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tree / ".venv"], check=True)
    # Wherever the packages of these tests lie, be it in a folder that a .pth file names.
    installed = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    (packages(tree) / "outer.pth").write_text("\n".join(installed) + "\n")
    return tree


def packages(tree: Path) -> Path:
    (found,) = (tree / ".venv").glob("lib/python*/site-packages")
    return found


def test_an_editable_install_of_the_project_is_not_seen(environment: Path) -> None:
    """By path or by import hook: the commit's own code counts, and what it lacks is missing."""
    site = packages(environment)
    (environment / "lib").mkdir()
    (environment / "lib" / "by_path.py").write_text("X = 'work tree'\n")
    (environment / "lib" / "by_hook.py").write_text("X = 'work tree'\n")
    (site / "a.pth").write_text(f"{environment / 'lib'}\n")
    (site / "__editable___x_finder.py").write_text(
        "import importlib.util, sys\n"
        "class Finder:\n"
        "    @classmethod\n"
        "    def find_spec(cls, name, path=None, target=None):\n"
        "        if name == 'by_hook':\n"
        "            return importlib.util.spec_from_file_location(\n"
        f"                name, {str(environment / 'lib' / 'by_hook.py')!r})\n"
        "sys.meta_path.append(Finder)\n"
    )
    (site / "b.pth").write_text("import __editable___x_finder\n")
    (site / "installed.py").write_text("X = 'installed'\n")
    python = str(environment / ".venv" / "bin" / "python")
    for module in ("by_path", "by_hook"):
        subprocess.run([python, "-c", f"import {module}, installed"], check=True)  # outside, it is
        with pytest.raises(BuildError, match=r"a.py:1 raised ModuleNotFoundError"):
            build_archive(
                tar(f"import {module}\n{HELLO}"),
                "workflows",
                work_tree=environment,
                python=python,
            )
    text = f"import installed\nfrom by_path import X as RESULT\n{HELLO}"
    built = build_archive(
        tar(text, src_in_by_path="X = 'commit'\n"),
        "workflows",
        work_tree=environment,
        python=python,
    )
    assert built.declarations[0].definition["States"]["Only"]["Result"] == "commit"


def test_packages_that_a_pth_file_names_are_seen(environment: Path, tmp_path: Path) -> None:
    """Wherever they lie, unless it is in the work tree."""
    (tmp_path / "shared.py").write_text("X = 'shared'\n")
    (packages(environment) / "shared.pth").write_text(f"{tmp_path}\n")
    built = build_archive(
        tar(f"from shared import X as RESULT\n{HELLO}"),
        "workflows",
        work_tree=environment,
        python=str(environment / ".venv" / "bin" / "python"),
    )
    assert built.declarations[0].definition["States"]["Only"]["Result"] == "shared"


def test_sfn_release_is_there_though_it_is_an_editable_install_of_the_work_tree() -> None:
    """The one that runs the build is found, and nothing that lies beside it."""
    text = (
        "import importlib.util\nRESULT = importlib.util.find_spec('benchmarks') is None\n" + HELLO
    )
    built = build_archive(tar(text), "workflows", work_tree=Path(__file__).parents[1])
    assert built.declarations[0].definition["States"]["Only"]["Result"] is True


def test_the_archives_own_sfn_release_comes_first() -> None:
    """Our repository releases its example with the package of the same commit."""
    text = (
        "class Graph:\n"
        "    name = 'own'\n"
        "    def to_dict(self):\n"
        "        import sfn_release\n"
        "        return {'StartAt': sfn_release.MARK, 'States': {'m': {'Type': 'Succeed'}}}\n"
        "graph = Graph()\n"
    )
    built = build_archive(tar(text, sfn_release_in___init__="MARK = 'm'\n"), "workflows")
    assert built.declarations[0].definition["StartAt"] == "m"


def test_a_path_into_the_work_tree_is_refused(tmp_path: Path) -> None:
    """A module that finds its way back would release what is not committed."""
    (tmp_path / "secretly.py").write_text("")
    text = f"import sys\nsys.path.append({os.fspath(tmp_path)!r})\nimport secretly\n{HELLO}"
    with pytest.raises(BuildError, match="'secretly' was imported from the work tree"):
        build_archive(tar(text), "workflows", work_tree=tmp_path)
