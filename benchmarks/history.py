"""Compares reading and rolling back after 10 and after 10,000 deployments.

Both projects have the same releases and the same last deployments. The ledger's own code writes the
long history to its branch, without AWS.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from measuring import ENVIRON, SFN_RELEASE, compare, run

from sfn_release.canonical import dumps
from sfn_release.ledger import Ledger, open_ledger
from sfn_release.ledger.git import Git
from sfn_release.project import read_project

SHORT = 10
LONG = 10_000
GOAL = 1.5


def main() -> int:
    """Compare, print, and return 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as name:
        short, long = _project(Path(name, "short"), SHORT), _project(Path(name, "long"), LONG)

        def both(what: str, action: Callable[[Path], object]) -> bool:
            title = f"{what}, {LONG:,} / {SHORT} deployments"
            return compare(title, lambda: action(long), lambda: action(short), goal=GOAL, rounds=7)

        met = [
            both("history", lambda project: run([SFN_RELEASE, "history", "-n", "20"], project)),
            both("status", lambda project: run([SFN_RELEASE, "status"], project)),
            both("rollback and deploy", _there_and_back),
        ]
    return 0 if all(met) else 1


def _there_and_back(project: Path) -> None:
    run([SFN_RELEASE, "rollback"], project)
    run([SFN_RELEASE, "deploy", "1.1.0"], project)


def _project(folder: Path, deployments: int) -> Path:
    """Return a project whose local environment has that many deployments."""
    folder.mkdir()
    run(["git", "init", "--quiet"], folder)
    run([SFN_RELEASE, "init"], folder)
    run(["git", "add", "."], folder)
    run(["git", "commit", "--quiet", "-m", "First"], folder)
    run([SFN_RELEASE, "publish", "1.0.0"], folder)
    module = folder / "workflows" / "hello.py"
    module.write_text(module.read_text().replace("Alice", "Bob"))
    run(["git", "commit", "--quiet", "--all", "-m", "Second"], folder)
    _lengthen(folder, deployments - 2)
    run([SFN_RELEASE, "publish", "1.1.0"], folder)
    return folder


def _lengthen(folder: Path, deployments: int) -> None:
    """Append successful deployments of the live release: two events each."""
    git = Git.open(folder)
    ledger: Ledger = open_ledger(
        git,
        project=read_project(folder / "releases.toml").name,
        prefix="refs/heads/sfn-release",
        tag="v{version}",
        remote=None,
        private=frozenset({"local"}),
        pause=lambda _: False,
        say=lambda _: None,
    )
    state = ledger.deployments.state(ledger.branches.snapshot(), "local")
    assert state.record is not None
    assert state.tip is not None
    # fast-import writes thousands of commits in one process, each equal to a commit of `append`.
    stream = bytearray()
    tip = state.tip
    ref = ledger.layout.env_ref("local")
    for number in range(deployments):
        record = replace(state.record, id=f"{state.record.id}-{number}", action="deploy")
        for status in ("started", "succeeded"):
            event = replace(record, status=status)
            stream += _commit(ref, tip, event.to_json(), record.id, record.version, status)
            tip = ""
    git.repository.ok("fast-import", "--quiet", "--force", stdin=bytes(stream), env=ENVIRON)


def _commit(
    ref: str, parent: str, event: object, identity: str, version: str, status: str
) -> bytes:
    message = (
        f"deploy {version} to local: {status}\n\n"
        f"Deployment: {identity}\nVersion: {version}\nStatus: {status}\n"
    ).encode()
    content = dumps(event).encode()
    start = f"from {parent}\n" if parent else ""
    return (
        f"commit {ref}\ncommitter Benchmark <benchmark@example.com> 1700000000 +0000\n"
        f"data {len(message)}\n".encode()
        + message
        + f"\n{start}M 100644 inline deployment.json\ndata {len(content)}\n".encode()
        + content
        + b"\n"
    )


if __name__ == "__main__":
    sys.exit(main())
