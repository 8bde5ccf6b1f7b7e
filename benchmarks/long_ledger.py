"""Makes projects with long histories: many releases and deployments that `verify` accepts.

The first two releases are published for real. The rest has the same content under other versions,
and is written to the ledger's branches by one `git fast-import` each.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from measuring import ENVIRON, SFN_RELEASE, run

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import dumps
from sfn_release.release.manifest import read_manifest, release_digest

PROJECT = "scale"
RELEASES = f"refs/heads/sfn-release/{PROJECT}/releases"
ENVIRONMENTS = f"refs/heads/sfn-release/{PROJECT}/env/"
LOCAL = f"{ENVIRONMENTS}local"

_NUMBER = 987654321
_AT_ONCE = 500  # blobs of a kind in a row: fast-import stores each as a delta to the one before


def long_project(folder: Path, *, workflows: int, releases: int, deployments: int) -> Path:
    """Make a project in *folder* whose environment `local` has that many deployments.

    They deploy the *releases* in turn, two events each. A project has at least two releases and two
    deployments.
    """
    project = new_project(folder, workflows=workflows)
    run([SFN_RELEASE, "publish", "1.0.0"], project)
    change(project, "Changed")
    run([SFN_RELEASE, "publish", "1.1.0"], project)
    add_releases(project, releases - 2)
    add_deployments(project, deployments - 2)
    return project


def new_project(folder: Path, *, workflows: int) -> Path:
    """Make a project of *workflows* definitions as JSON files, and commit it."""
    (folder / "workflows").mkdir(parents=True)
    (folder / "releases.toml").write_text(
        f'[project]\nname = "{PROJECT}"\n\n[environments.local]\n'
        'role_arn = "arn:aws:iam::111122223333:role/workflows"\n'
    )
    for number in range(workflows):
        path = folder / "workflows" / f"w{number:04}.asl.json"
        path.write_text(json.dumps(_definition(number, "First"), indent=2))
    run(["git", "init", "--quiet"], folder)
    run(["git", "add", "."], folder)
    run(["git", "commit", "--quiet", "-m", "First"], folder)
    return folder


def change(project: Path, comment: str, workflows: int = 1) -> None:
    """Change the first *workflows* of a project, and commit that."""
    for number in range(workflows):
        path = project / "workflows" / f"w{number:04}.asl.json"
        path.write_text(json.dumps(_definition(number, comment), indent=2))
    run(["git", "commit", "--quiet", "--all", "-m", comment], project)


def _definition(number: int, comment: str) -> dict[str, Any]:
    steps = {f"Step {step}": {"Type": "Pass", "Next": f"Step {step + 1}"} for step in range(1, 10)}
    return {
        "Comment": f"{comment} {number}",
        "StartAt": "Step 1",
        "States": {**steps, "Step 10": {"Type": "Succeed"}},
    }


def versions(project: Path) -> list[str]:
    """Return the versions of a project's releases, in the order of their making."""
    subjects = run(["git", "log", "--reverse", "--format=%s", RELEASES], project).splitlines()
    return [subject.removeprefix("release ") for subject in subjects]


def add_releases(project: Path, number: int) -> None:
    """Release the content of the last release again, under *number* further versions."""
    if number <= 0:
        return
    last = versions(project)[-1]
    manifest = run(["git", "show", f"{RELEASES}:manifest.json"], project)
    tag = run(["git", "cat-file", "tag", f"v{last}"], project)
    message = tag.partition("\n\n")[2]
    source = run(["git", "rev-parse", f"v{last}^{{commit}}"], project).strip()
    minor = int(last.split(".")[1])
    with _importing(project) as write:
        for index in range(number):
            version = f"1.{minor + 1 + index}.0"
            text = manifest.replace(f'"version": "{last}"', f'"version": "{version}"')
            text = text.replace(f'"tag": "v{last}"', f'"tag": "v{version}"')
            start = f"from {RELEASES}^0\n" if index == 0 else ""
            write(_head(RELEASES, f"release {version}\n\nVersion: {version}\n", start))
            write(b"M 100644 inline manifest.json\n" + _data(text.encode()))
        for index in range(number):
            version = f"1.{minor + 1 + index}.0"
            text = message.replace(f"{PROJECT} {last}", f"{PROJECT} {version}", 1)
            write(f"tag v{version}\nfrom {source}\n".encode())
            write(b"tagger Benchmark <benchmark@example.com> 1700000000 +0000\n")
            write(_data(text.encode()))


def add_changing_releases(project: Path, number: int) -> None:
    """Release *number* further versions, each with a change of the next workflow and with notes."""
    last = versions(project)[-1]
    manifest = read_manifest(_shown(project, f"{RELEASES}:manifest.json"), where=RELEASES)
    names = sorted(manifest.workflows)
    source = run(["git", "rev-parse", f"v{last}^{{commit}}"], project).strip()
    minor = int(last.split(".")[1])
    tags: list[tuple[str, str]] = []
    with _importing(project) as write:
        for index in range(number):
            version, name = f"1.{minor + 1 + index}.0", names[index % len(names)]
            definition = _definition(index % len(names), f"Changed by {version}")
            definition["States"][f"Step {index % 9 + 1}"]["Comment"] = f"Changed by {version}"
            declaration = Declaration(name, definition)
            entry = replace(
                manifest.workflows[name],
                digest=declaration.digest,
                definition_digest=declaration.definition_digest,
                since=version,
                role=None,
            )
            entries = {**manifest.workflows, name: entry}
            digests = {name: entry.digest for name, entry in entries.items()}
            manifest = replace(
                manifest,
                version=version,
                tag=f"v{version}",
                workflows=entries,
                release_digest=release_digest(digests),
            )
            start = f"from {RELEASES}^0\n" if index == 0 else ""
            write(_head(RELEASES, f"release {version}\n\nVersion: {version}\n", start))
            for path, content in (
                ("manifest.json", manifest.to_json()),
                (f"definitions/{name}.asl.json", definition),
            ):
                write(f"M 100644 inline {path}\n".encode() + _data(dumps(content).encode()))
            lines = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
            notes = f"Changes {name}.\n\n- Step {index % 9 + 1} has another comment."
            text = f"{PROJECT} {version}\n\n{notes}\n\nRelease digest: {manifest.release_digest}\n"
            tags.append((version, text + lines))
        for version, text in tags:
            write(f"tag v{version}\nfrom {source}\n".encode())
            write(b"tagger Benchmark <benchmark@example.com> 1700000000 +0000\n")
            write(_data(text.encode()))


def _shown(project: Path, name: str) -> bytes:
    return run(["git", "show", name], project).encode()


def add_deployments(project: Path, number: int, environment: str = "local") -> None:
    """Append *number* successful deployments to an environment, of all releases in turn.

    They are like the last one to `local`.
    """
    if number <= 0:
        return
    started, ended = (
        json.loads(run(["git", "show", f"{commit}:deployment.json"], project))
        for commit in (f"{LOCAL}~1", LOCAL)
    )
    serving = json.loads(run(["git", "show", f"{LOCAL}:manifest.json"], project))
    known = versions(project)[1:]  # the first release has other content
    tips = run(["git", "rev-parse", RELEASES, LOCAL], project).split()
    for served in serving["workflows"].values():
        served |= {"version": "@version@", "alias_description": "sfn-release @version@ @id@"}
    serving |= {"version": "@version@", "deployment": "@id@", "below": tips[1]}
    for record in (started, ended):
        record |= {
            "id": "@id@", "action": "deploy", "version": "@version@", "from_version": "@from@",
            "number": _NUMBER, "environment": environment,
        }  # fmt: skip
    templates = [dumps(document).encode() for document in (started, ended, serving)]
    branch = ENVIRONMENTS + environment
    first = f"from {LOCAL}^0\n" if branch == LOCAL else ""
    events = int(run(["git", "rev-list", "--count", LOCAL], project)) if first else 0
    with _importing(project) as write:
        for begin in range(0, number, _AT_ONCE):
            page = range(begin, min(begin + _AT_ONCE, number))
            for kind, template in enumerate(templates):
                for index in page:
                    values = _values(index, known, events + 2 * index + 1 + kind)
                    write(b"blob\nmark :%d\n" % _mark(index, kind))
                    write(_data(_filled(template, values)))
            for index in page:
                for kind, status in enumerate(("started", "succeeded")):
                    values = _values(index, known, 0)
                    message = (
                        f"deploy {values['@version@']} to {environment}: {status}\n\n"
                        f"Deployment: {values['@id@']}\nVersion: {values['@version@']}\n"
                        f"Status: {status}\nSeen: releases {tips[0]}\n"
                    )
                    start = first if (index, kind) == (0, 0) else ""
                    write(_head(branch, message, start))
                    write(b"M 100644 :%d deployment.json\n" % _mark(index, kind))
                    if status == "succeeded":
                        write(b"M 100644 :%d manifest.json\n" % _mark(index, 2))


def _mark(index: int, kind: int) -> int:
    return 3 * index + kind + 1


def _values(index: int, known: list[str], event: int) -> Mapping[str, str]:
    return {
        "@id@": f"20260101T000000Z-{index:08x}",
        "@version@": known[index % len(known)],
        "@from@": known[(index - 1) % len(known)],
        str(_NUMBER): str(event),
    }


def _filled(template: bytes, values: Mapping[str, str]) -> bytes:
    for placeholder, value in values.items():
        template = template.replace(placeholder.encode(), value.encode())
    return template


def _head(ref: str, message: str, start: str) -> bytes:
    lines = f"commit {ref}\ncommitter Benchmark <benchmark@example.com> 1700000000 +0000\n"
    return lines.encode() + _data(message.encode()) + start.encode()


def _data(content: bytes) -> bytes:
    return b"data %d\n" % len(content) + content + b"\n"


@contextmanager
def _importing(project: Path) -> Iterator[Callable[[bytes], object]]:
    command = ["git", "fast-import", "--quiet", "--force"]
    with subprocess.Popen(command, cwd=project, stdin=subprocess.PIPE, env=ENVIRON) as process:
        assert process.stdin is not None
        yield process.stdin.write
        process.stdin.close()
    if process.returncode:
        raise SystemExit(f"git fast-import exited with {process.returncode}")
