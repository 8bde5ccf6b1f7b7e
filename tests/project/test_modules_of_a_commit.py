"""Building a commit: twice, from its files alone."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sfn_release.errors import BuildError, GitError, NonDeterministicError
from sfn_release.ledger.git import Git, Identity
from sfn_release.ledger.git.export import export_commit
from sfn_release.project.modules import build, build_commit
from support.places import ROOT

HELLO = """
import sfn_release as sfn
workflow = sfn.Workflow()
workflow.start_from(sfn.Pass(id="Only", result=globals().get("RESULT", 1))).end()
machine = sfn.StateMachine(name="hello", workflow=workflow)
"""


Export = Callable[[Sequence[Path]], Sequence[str]]


def files(module: str, **others: str) -> Export:
    """Return a commit's files: workflows/a.py, *module*, and *others*: "_in_" in a name is "/"."""

    def export(roots: Sequence[Path]) -> list[str]:
        for root in roots:
            for name, text in {"workflows_in_a": module, **others}.items():
                path = root / (name.replace("_in_", "/") + ".py")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        return []

    return export


def repository(folder: Path) -> Git:
    """Make a repository of a folder with everything that lies there in one commit."""
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    return Git.open(folder)


def exported(git: Git, folder: str = "") -> Export:
    """Return what a repository's commit holds below *folder*."""
    head = git.history.head()
    assert head is not None
    return lambda roots: export_commit(git.repository, head, folder, roots)


def test_a_commit_gives_what_its_work_tree_gives(tmp_path: Path) -> None:
    """A commit in a real repository's folder, links included, builds as its work tree does."""
    project = tmp_path / "projects" / "shop"
    (project / "workflows").mkdir(parents=True)
    (project / "workflows" / "a.py").write_text(f"import linked\n{HELLO}")
    (project / "library.py").write_text("X = 1\n")
    (project / "linked.py").symlink_to("library.py")
    git = repository(tmp_path)
    export = exported(git, "projects/shop")
    assert build(project, "workflows") == build_commit(export, "workflows", work_tree=tmp_path)


# The files of a commit


def test_no_attribute_changes_what_is_released(tmp_path: Path) -> None:
    """Attributes of the commit or the clone don't change the exported files."""
    project = tmp_path / "shop"
    (project / "workflows").mkdir(parents=True)
    (project / "workflows" / "a.py").write_bytes(HELLO.replace("\n", "\r\n").encode())
    (project / "workflows" / "b.asl.json").write_text(
        '{"Comment": "$Format:%H$ $Id$", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    )
    git = repository(project)
    (project / ".gitattributes").write_text(
        "b.asl.json export-subst ident\n* text eol=crlf filter=shout\n*.py export-ignore\n"
    )
    (project / ".git" / "info").mkdir(exist_ok=True)
    (project / ".git" / "info" / "attributes").write_text("*.json export-ignore\n")
    for line in ("add .gitattributes", "-c user.name=a -c user.email=a@b commit -qm two",
                 "config filter.shout.smudge false", "config core.autocrlf true"):  # fmt: skip
        subprocess.run(["git", *line.split(" ")], cwd=project, check=True)
    built = build_commit(exported(git), "workflows", work_tree=project)
    assert [declaration.name for declaration in built.declarations] == ["b", "hello"]
    assert built.declarations[0].definition["Comment"] == "$Format:%H$ $Id$"
    root = tmp_path / "out"
    exported(git)([root])
    assert b"\r\n" in (root / "workflows" / "a.py").read_bytes()


def test_modes_links_and_contents_are_kept(tmp_path: Path) -> None:
    """Modes, links and contents are kept in every folder, for big files and unusual names too."""
    project = tmp_path / "shop"
    (project / "deep" / "er").mkdir(parents=True)
    (project / "run").write_text("x")
    (project / "run").chmod(0o755)
    (project / "deep" / "er" / "big").write_bytes(os.urandom(3 << 20) + b"\n")
    (project / "empty").touch()
    (project / "a b\nü\r").write_text("odd")
    (project / "link").symlink_to("deep/er")
    git = repository(project)
    roots = [tmp_path / "one", tmp_path / "two"]
    assert exported(git)(roots) == []
    for root in roots:
        for path in ("run", "deep/er/big", "empty", "a b\nü\r"):
            assert (root / path).read_bytes() == (project / path).read_bytes(), path
            assert os.access(root / path, os.X_OK) == (path == "run")
        assert (root / "link").readlink() == Path("deep/er")


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside", "deep/../../x"])
def test_a_link_that_leads_out_of_the_project_is_refused(tmp_path: Path, target: str) -> None:
    """No file outside the commit is read or written."""
    (tmp_path / "link").symlink_to(target)
    git = repository(tmp_path)
    with pytest.raises(GitError, match="The link 'link' leads out of the project"):
        exported(git)([tmp_path / "out"])


def test_a_path_that_leads_out_is_refused(tmp_path: Path) -> None:
    """A path that leads out of the folder is refused, although no checkout would write it."""
    (tmp_path / "x").touch()
    git = repository(tmp_path)
    blob = git.objects.write_blobs([b"evil"])[0]
    inner = git.objects.write_tree({"x": ("100644", "blob", blob)})
    names = git.repository.run("hash-object", "-t", "tree", "-w", "--stdin", "--literally",
                    stdin=b"40000 ..\0" + bytes.fromhex(inner)).text  # fmt: skip
    by = Identity("a", "a@b")
    commit = git.objects.write_commit(names, None, "x", by=by, at=datetime(2030, 1, 1, tzinfo=UTC))
    with pytest.raises(GitError, match=r"'\.\./x'"):
        export_commit(git.repository, commit, "", [tmp_path / "out"])
    assert not (tmp_path / "out").exists()


def test_an_object_that_is_missing_is_named(tmp_path: Path) -> None:
    """The error for a damaged clone names the missing object."""
    (tmp_path / "x").write_text("gone")
    git = repository(tmp_path)
    blob = git.repository.ok("rev-parse", "HEAD:x").text
    (tmp_path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitError, match="'x' is not in this clone"):
        exported(git)([tmp_path / "out"])


SPECIAL: dict[str, tuple[Callable[[Path], object], str]] = {
    "link": (lambda path: path.symlink_to("a.py"), "a symbolic link"),
    "link to a folder": (lambda path: path.symlink_to("."), "a symbolic link"),
    "pointer of LFS": (
        lambda path: path.write_text(
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
        ),
        "a pointer of Git LFS",
    ),
    "fifo": (os.mkfifo, "not a regular file"),
}


@pytest.mark.parametrize("name", ["b.asl.json", "_helper.py", "_lib/deep.py"])
@pytest.mark.parametrize("kind", SPECIAL)
def test_special_files_among_the_workflows_are_refused_by_name(
    tmp_path: Path, kind: str, name: str
) -> None:
    """Special files are refused in the commit and in the work tree, helpers included."""
    make, called = SPECIAL[kind]
    (tmp_path / "workflows" / "_lib").mkdir(parents=True)
    (tmp_path / "workflows" / "a.py").write_text(HELLO)
    make(tmp_path / "workflows" / name)
    with pytest.raises(BuildError, match=f"^workflows/{name} is {called}"):
        build(tmp_path, "workflows")
    if kind != "fifo":  # git can't store one
        with pytest.raises(BuildError, match=f"^workflows/{name} is {called}"):
            build_commit(exported(repository(tmp_path)), "workflows", work_tree=tmp_path)


@pytest.mark.parametrize("place", ["flows", "flows/inner"])
def test_a_workflows_folder_that_is_a_link_is_refused(tmp_path: Path, place: str) -> None:
    """A workflows folder that is a link, or is below a link, is refused."""
    (tmp_path / "real" / "inner").mkdir(parents=True)
    (tmp_path / "real" / "a.py").write_text(HELLO)
    (tmp_path / "real" / "inner" / "a.py").write_text(HELLO)
    (tmp_path / "flows").symlink_to("real")
    with pytest.raises(BuildError, match=r"^flows is a symbolic link"):
        build(tmp_path, place)


@pytest.mark.parametrize("place", ["workflows", "workflows/vendor"])
def test_a_submodule_among_the_workflows_is_refused_by_name(tmp_path: Path, place: str) -> None:
    """Elsewhere, a submodule is an empty folder, as in a clone without submodules."""
    project, other = tmp_path / "shop", tmp_path / "other"
    for folder in (project / "workflows", other):
        folder.mkdir(parents=True)
        (folder / "a.py").write_text(HELLO)
    repository(other)
    git = repository(project)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=other, check=True, capture_output=True, text=True
    ).stdout.strip()
    for path in (place, "vendor"):
        if path == "workflows":
            git.repository.ok("rm", "-rq", "--cached", "workflows")
        git.repository.ok("update-index", "--add", "--cacheinfo", f"160000,{head},{path}")
    git.repository.ok("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "two")
    with pytest.raises(BuildError, match=f"^{place} is a submodule"):
        build_commit(exported(git), "workflows", work_tree=project)


# Building


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
    """The error shows the workflow, the module, the JSON path and both values."""
    with pytest.raises(NonDeterministicError) as caught:
        build_commit(files(f"{line}\n{HELLO}"), "workflows")
    assert caught.value.message == (
        "The workflow 'hello' of workflows/a.py builds differently each time."
    )
    where, once, again = caught.value.why.splitlines()
    assert where.startswith("at $.States.Only.Result")
    assert once.removeprefix("  once:  ") != again.removeprefix("  again: ")


def test_what_differs_beside_the_definition_is_refused() -> None:
    """Tags, roles and settings are released, so they must be reproducible too."""
    text = HELLO + "import time\nmachine.tags = {'built at': str(time.time_ns())}\n"
    with pytest.raises(NonDeterministicError) as caught:
        build_commit(files(text), "workflows")
    assert caught.value.why.startswith('at tags["built at"]\n')


def test_a_workflow_that_comes_and_goes_is_refused() -> None:
    """The error names the workflow and its module."""
    text = HELLO + "import time\nif time.strftime('%z') != '+0000':\n    machine.name = 'other'\n"
    with pytest.raises(NonDeterministicError, match="'hello' is in one build") as caught:
        build_commit(files(text), "workflows")
    assert caught.value.why == "It comes from workflows/a.py."


def test_a_module_that_fails_the_second_time_is_refused_as_such() -> None:
    """The error says that only the second build failed, with its traceback."""
    with pytest.raises(NonDeterministicError) as caught:
        build_commit(
            files(HELLO + "import os\nassert os.environ['USER'] == 'builder'\n"), "workflows"
        )
    assert "builds once, but not a second time: workflows/a.py:7 raised" in caught.value.message
    assert "AssertionError" in caught.value.why


def test_a_module_that_raises_fails_the_commit_too() -> None:
    """The error leaves out the temporary folders, which are removed by then."""
    with pytest.raises(BuildError) as caught:
        build_commit(files("1 / 0\n"), "workflows")
    assert caught.value.message == "workflows/a.py:1 raised ZeroDivisionError."
    assert "sfn-release-" not in str(caught.value)


def test_the_two_builds_run_at_once(tmp_path: Path) -> None:
    """The two builds run in parallel: each sees the other at work."""
    module = f"""
import os, pathlib, time
folder = pathlib.Path({str(tmp_path)!r})
(folder / os.environ["USER"]).touch()
until = time.monotonic() + 60
while len(list(folder.iterdir())) < 2:
    assert time.monotonic() < until, "the other build did not come"
    time.sleep(0.01)
"""
    build_commit(files(module + HELLO), "workflows")


def test_an_interrupted_build_leaves_nothing_running(tmp_path: Path) -> None:
    """Ctrl-C ends both builds and removes their folders."""
    module = (
        f"open({str(tmp_path)!r} + '/' + __import__('os').environ['USER'], 'w')\n"
        "import time\nwhile True: time.sleep(0.1)"
    )
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from sfn_release.project.modules import build_commit\n"
        "def export(roots):\n"
        "    for root in roots:\n"
        "        (root / 'workflows').mkdir(parents=True)\n"
        "        (root / 'workflows' / 'a.py').write_text(sys.argv[1])\n"
        "    return []\n"
        "build_commit(export, 'workflows')\n"
    )
    (tmp_path / "tmp").mkdir()
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(tmp_path / "tmp"),
    }
    with subprocess.Popen(
        [sys.executable, "-c", script, module], stderr=subprocess.PIPE, env=environ
    ) as process:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("*builder"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert b"KeyboardInterrupt" in process.stderr.read()
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not [command for command in running() if str(tmp_path) in command]


SLEEPS = "import time\ntime.sleep(600)\n"


def test_a_build_that_is_interrupted_while_it_starts_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C between the start of the process and its context manager ends the process."""
    waiting = tmp_path / "waiting"

    def start(_: threading.Thread) -> None:
        deadline = time.monotonic() + 60
        while not waiting.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        raise KeyboardInterrupt

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(KeyboardInterrupt):
        build_commit(files(f"open({str(waiting)!r}, 'w')\n{SLEEPS}"), "workflows")
    assert not [command for command in running() if str(tmp_path) in command]


def test_a_signal_just_before_a_wait_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a signal doesn't end the wait, so no wait lasts as long as the build."""
    waits: list[float | None] = []

    def join(_: threading.Thread, timeout: float | None = None) -> None:
        waits.append(timeout)
        if len(waits) > 1:  # Python handles the signal when the first wait is over
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "join", join)
    with pytest.raises(KeyboardInterrupt):
        build_commit(files(SLEEPS), "workflows")
    assert waits[0] is not None
    assert waits[0] <= 1


def running() -> list[str]:
    """Return the command lines of all processes, on systems that have /proc."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # the process has ended
            found.append(path.read_bytes().decode("utf-8", "replace"))
    return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a virtual environment inside a work tree, as projects often have it."""
    tree = tmp_path_factory.mktemp("tree")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tree / ".venv"], check=True)
    # The folders of these tests' own packages, which a .pth file may name.
    installed = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    (packages(tree) / "outer.pth").write_text("\n".join(installed) + "\n")
    return tree


def packages(tree: Path) -> Path:
    (found,) = (tree / ".venv").glob("lib/python*/site-packages")
    return found


def test_an_editable_install_of_the_project_is_not_seen(environment: Path) -> None:
    """A build imports only the commit's own code, for installs by path and by import hook."""
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
        subprocess.run([python, "-c", f"import {module}, installed"], check=True)  # works outside
        with pytest.raises(BuildError, match=r"a.py:1 raised ModuleNotFoundError"):
            build_commit(
                files(f"import {module}\n{HELLO}"),
                "workflows",
                work_tree=environment,
                python=python,
            )
    text = f"import installed\nfrom by_path import X as RESULT\n{HELLO}"
    built = build_commit(
        files(text, src_in_by_path="X = 'commit'\n"),
        "workflows",
        work_tree=environment,
        python=python,
    )
    assert built.declarations[0].definition["States"]["Only"]["Result"] == "commit"


def test_packages_that_a_pth_file_names_are_seen(environment: Path, tmp_path: Path) -> None:
    """A .pth file can name any folder outside the work tree."""
    (tmp_path / "shared.py").write_text("X = 'shared'\n")
    (packages(environment) / "shared.pth").write_text(f"{tmp_path}\n")
    built = build_commit(
        files(f"from shared import X as RESULT\n{HELLO}"),
        "workflows",
        work_tree=environment,
        python=str(environment / ".venv" / "bin" / "python"),
    )
    assert built.declarations[0].definition["States"]["Only"]["Result"] == "shared"


def test_sfn_release_is_there_though_it_is_an_editable_install_of_the_work_tree() -> None:
    """The running sfn-release is importable, and the files beside it aren't."""
    text = (
        "import importlib.util\nRESULT = importlib.util.find_spec('benchmarks') is None\n" + HELLO
    )
    built = build_commit(files(text), "workflows", work_tree=ROOT)
    assert built.declarations[0].definition["States"]["Only"]["Result"] is True


def test_the_commits_own_sfn_release_comes_first() -> None:
    """This repository releases its example with the package of the same commit."""
    text = (
        "class Graph:\n"
        "    name = 'own'\n"
        "    def to_dict(self):\n"
        "        import sfn_release\n"
        "        return {'StartAt': sfn_release.MARK, 'States': {'m': {'Type': 'Succeed'}}}\n"
        "graph = Graph()\n"
    )
    built = build_commit(files(text, sfn_release_in___init__="MARK = 'm'\n"), "workflows")
    assert built.declarations[0].definition["StartAt"] == "m"


def test_a_path_into_the_work_tree_is_refused(tmp_path: Path) -> None:
    """Importing from the work tree is refused, because it would release uncommitted code."""
    (tmp_path / "secretly.py").write_text("")
    text = f"import sys\nsys.path.append({os.fspath(tmp_path)!r})\nimport secretly\n{HELLO}"
    with pytest.raises(BuildError, match="'secretly' was imported from the work tree"):
        build_commit(files(text), "workflows", work_tree=tmp_path)
