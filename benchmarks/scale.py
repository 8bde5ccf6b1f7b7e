"""Large ledgers and large projects: CPU seconds, memory, git processes and sizes of each command.

    python benchmarks/scale.py ledger [--workflows 200] [--deployments 20000] [--releases 200]
    python benchmarks/scale.py project [--workflows 5000]
    python benchmarks/scale.py processes

`ledger` makes a ledger of that size, and runs the commands that read or write it. `project` builds,
checks and publishes a project of that many workflows to `local`. `processes` counts the git
processes of the usual commands, with a remote and without.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from costs import cost, folder_size, git_processes
from long_ledger import change, long_project, new_project, versions
from measuring import SFN_RELEASE, run


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["ledger", "project", "processes"])
    parser.add_argument("--workflows", type=int)
    parser.add_argument("--deployments", type=int, default=20_000)
    parser.add_argument("--releases", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="where to make it, instead of the system's")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        if given.what == "ledger":
            _ledger(folder, given.workflows or 200, given.releases, given.deployments)
        elif given.what == "project":
            _project(folder, given.workflows or 5_000)
        else:
            _processes(folder)
    return 0


def _ledger(folder: Path, workflows: int, releases: int, deployments: int) -> None:
    project = long_project(
        folder / "project", workflows=workflows, releases=releases, deployments=deployments
    )
    print(f"{deployments:,} deployments, {releases:,} releases, {workflows:,} workflows")
    newest = versions(project)[-1]
    for arguments in (
        ["status"], ["history", "-n", "20"], ["releases"], ["show", newest], ["verify"],
        ["verify"], ["deploy", newest], ["rollback"], ["verify"],
    ):  # fmt: skip
        _show(project, *arguments)
    change(project, "Newest")
    _show(project, "publish", "2.0.0")
    url = f"file://{project}"
    run(["git", "clone", "--quiet", "--no-local", "--bare", url, "clone.git"], folder)
    print(f"  {'a clone of it':<24} {folder_size(folder / 'clone.git'):8.1f} MB")


def _project(folder: Path, workflows: int) -> None:
    project = new_project(folder / "project", workflows=workflows)
    print(f"{workflows:,} workflows")
    for arguments in (
        ["list"], ["build", "--out", str(folder / "built")], ["check"], ["plan"],
        ["publish", "1.0.0"], ["status"], ["publish", "1.0.0"],
    ):  # fmt: skip
        _show(project, *arguments)
    change(project, "Changed", workflows // 10)
    for arguments in (["plan"], ["publish", "1.1.0"], ["rollback"], ["verify"], ["verify"]):
        _show(project, *arguments)
    print(f"  {'the Git folder':<24} {folder_size(project / '.git'):8.1f} MB")


def _processes(folder: Path) -> None:
    for remote in (False, True):
        project = new_project(folder / f"project-{remote}", workflows=3)
        if remote:
            (project / "releases.toml").write_text(
                (project / "releases.toml").read_text()
                + '\n[environments.shared]\nregion = "us-east-1"\n'
            )
            run(["git", "commit", "--quiet", "--all", "-m", "Share"], project)
            run(["git", "init", "--quiet", "--bare", str(folder / "remote.git")], folder)
            run(["git", "remote", "add", "origin", str(folder / "remote.git")], project)
            run(["git", "push", "--quiet", "origin", "HEAD"], project)
        release = ["--no-deploy"] if remote else []
        run([SFN_RELEASE, "publish", "1.0.0", *release], project)
        change(project, "Second")
        print("with a remote" if remote else "without a remote")
        for arguments in (["publish", "1.1.0", *release], ["deploy", "1.0.0"], ["rollback"],
                          ["status"], ["verify"], ["verify"]):  # fmt: skip
            if remote and arguments == ["rollback"]:
                run([SFN_RELEASE, "deploy", "1.1.0"], project)
            number = git_processes(project, *arguments)
            print(f"  {' '.join(arguments):<24} {number:5} git processes")


def _show(project: Path, *arguments: str) -> None:
    spent = cost(project, *arguments)
    name = " ".join(argument for argument in arguments if "/" not in argument)
    print(f"  {name:<24} {spent.seconds:8.2f} s of CPU {spent.memory:8.1f} MB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
