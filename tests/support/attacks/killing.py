"""Commands that are killed, run again and compared with the same command left alone.

Run by the tests and by hand, not a test itself:

    cd tests; python -m support.attacks.killing FOLDER [--kills N] [--seed S] [--part I/N]

Prints a JSON list with a report on each kill. One process forks all others, so that the modules
are imported once; each of them runs the command line as its user's shell would.

A *scene* is a command at a point of a project's life. It is run once undisturbed: the result in
Git, on the remote and in AWS is right. Then it is killed in a copy of the same project and run
again, and must reach the same result.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from support.attacks.striking import WAYS, Calls, Way, in_child, watch

ROLE = "arn:aws:iam::000000000000:role/shop"
BACKENDS = ("local", "local+remote", "aws", "aws+remote")

_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.com",
}


@dataclass(frozen=True)
class Scene:
    """A *command* in a project whose *past* has happened.

    *over* is the exit code of the command when it finds its work done already. *aws_only* scenes
    need several environments.
    """

    name: str
    past: str
    command: tuple[str, ...]
    over: int = 0
    aws_only: bool = False


SCENES = (
    Scene("publish the first release", "new", ("publish", "1.0.0")),
    Scene("publish a change", "one", ("publish", "1.1.0")),
    Scene("release only", "one", ("publish", "1.1.0", "--no-deploy")),
    Scene(
        "publish to several environments",
        "one",
        ("publish", "1.1.0", "--env", "stage", "--env", "prod"),
        aws_only=True,
    ),
    Scene("deploy", "three", ("deploy", "1.3.0")),
    Scene("promote", "three", ("promote", "--from", "stage", "--to", "prod"), aws_only=True),
    Scene("roll back", "three", ("rollback",)),
    Scene("roll back to a version", "three", ("rollback", "1.0.0")),
    Scene("delete", "three", ("delete", "hello", "--yes"), over=1),
    Scene("yank", "three", ("yank", "1.3.0", "--reason", "It loses orders")),
    Scene("adopt", "found", ("publish", "1.0.0", "--adopt")),
    Scene("unlock", "locked", ("unlock", "--yes"), over=1),
    Scene("shift traffic", "one", ("publish", "1.1.0", "--env", "canary"), aws_only=True),
)


@dataclass(frozen=True)
class Report:
    """A kill and its result: its *point* of so many, its *faults* (empty: none), and the texts."""

    scene: str
    backend: str
    way: Way
    point: int
    of: int
    killed: bool
    codes: list[int]
    faults: dict[str, Any]
    seconds: float
    texts: str


@dataclass(frozen=True)
class World:
    """A copy of a project: *folder* holds the clone, the remote, and AWS with its *port*."""

    folder: Path
    backend: str

    @property
    def clone(self) -> Path:
        """The clone."""
        return self.folder / "shop"

    def command(self, *words: str, calls: Calls | None = None, name: str = "setup") -> int:
        """Run a command line in a process of its own."""

        def act() -> int:
            from sfn_release.cli import main

            if calls is not None:
                watch(calls)
            code = main(["-C", str(self.clone), *words])
            if calls is not None:
                counted = {"counts": calls.counts, "names": calls.names}
                (self.folder / "calls.json").write_text(json.dumps(counted), encoding="utf-8")
            return code

        return in_child(act, out=f"{self.folder}/{name}.out", err=f"{self.folder}/{name}.err")

    def ok(self, *words: str) -> None:
        """Run a command line that must succeed."""
        code = self.command(*words)
        assert code == 0, (words, self.text("setup"))

    def json(self, *lines: str) -> list[Any]:
        """Return the JSON objects of command lines, all run by one process."""
        out = self.folder / "asked.out"
        out.unlink(missing_ok=True)

        def act() -> int:
            from sfn_release.cli import main

            for line in lines:
                main(["-C", str(self.clone), "--json", *line.split(" ")])
                sys.stdout.write("\0")
            return 0

        in_child(act, out=str(out), err=str(self.folder / "asked.err"))
        return [json.loads(text) for text in out.read_text(encoding="utf-8").split("\0")[:-1]]

    def text(self, name: str) -> str:
        """Return the output of commands."""
        files = [self.folder / f"{name}.{kind}" for kind in ("out", "err")]
        return "".join(file.read_text(encoding="utf-8") for file in files if file.exists())

    def git(self, *words: str, at: str = "shop") -> str:
        """Run git in the clone, or the remote."""
        done = subprocess.run(
            ["git", *words], cwd=self.folder / at, capture_output=True, check=True, text=True
        )
        return done.stdout.strip()

    def commit(self, text: str) -> None:
        """Commit two workflows that yield *text*."""
        for name in ("hello", "other"):
            only = {"Type": "Pass", "Result": f"{name} {text}", "End": True}
            file = self.clone / "workflows" / f"{name}.asl.json"
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps({"StartAt": "Only", "States": {"Only": only}}))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=change")

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments of the project."""
        return ("local",) if self.backend.startswith("local") else ("stage", "prod", "canary")


# Projects


def _config(backend: str) -> str:
    first = "local" if backend.startswith("local") else "stage"
    text = f'[project]\nname = "shop"\ndefault_environment = "{first}"\n'
    text += "" if "remote" in backend else 'remote = ""\n'
    text += f'[environments.local]\nrole_arn = "{ROLE}"\n'
    if first == "stage":
        for name in ("stage", "prod", "canary"):
            text += f'[environments.{name}]\nregion = "eu-west-1"\nrole_arn = "{ROLE}"\n'
            text += f'name = "{{workflow}}-{name}"\n'
        text += 'strategy = { type = "canary", percent = 10, interval = "1s" }\n'
    return text


def _past(world: World, past: str) -> None:
    """Make a project's life up to the point where a scene begins."""
    world.clone.mkdir(parents=True)
    world.git("init", "--quiet", "--initial-branch=main")
    (world.clone / "releases.toml").write_text(_config(world.backend), encoding="utf-8")
    world.commit("zero")
    if "remote" in world.backend:
        (world.folder / "origin.git").mkdir()
        world.git("init", "--quiet", "--bare", at="origin.git")
        world.git("remote", "add", "origin", "../origin.git")
        world.git("push", "--quiet", "origin", "main")
    everywhere = [word for name in world.environments for word in ("--env", name)]
    with endpoint(world):
        if past == "found":
            apart(world, lambda: _machine_of_others(world))
        elif past != "new":
            world.ok("publish", "1.0.0", *everywhere)
            world.commit("one")
        if past == "three":
            for version in ("1.1.0", "1.2.0"):
                world.ok("publish", version, "--env", world.environments[0])
                world.commit(f"after {version}")
            world.ok("publish", "1.3.0", "--no-deploy")
    if past == "locked":
        _leave_locked(world)


def _leave_locked(world: World) -> None:
    """Kill a publish between the record of its start and the record of its end."""
    folder = world.folder.with_name(f"{world.folder.name}-before")
    _copy(world.folder, folder)
    for point in range(20, 1000, 20):
        with endpoint(world):
            assert world.command("publish", "1.1.0", calls=Calls("self", point)) == -signal.SIGKILL
            states = {
                environment["state"] for environment in world.json("status")[0]["environments"]
            }
        if "abandoned" in states:
            break
        shutil.rmtree(world.folder)
        _copy(folder, world.folder)
    shutil.rmtree(folder)


def _machine_of_others(world: World) -> None:
    client = _client(world)
    only = {"Type": "Pass", "Result": "by hand", "End": True}
    stage = "" if world.backend.startswith("local") else f"-{world.environments[0]}"
    client.create_state_machine(
        name=f"hello{stage}",
        definition=json.dumps({"StartAt": "Only", "States": {"Only": only}}),
        roleArn=ROLE,
    )


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True)


# AWS


def _database(world: World) -> Path:
    if world.backend.startswith("local"):
        return world.clone / ".git" / "sfn-release" / "local.db"
    return world.folder / "aws.db"


def _client(world: World) -> Any:
    from sfn_release.local_service import local

    database = _database(world)
    database.parent.mkdir(exist_ok=True)
    if world.backend.startswith("local"):
        return local(database)
    return local(database, region="eu-west-1")


class endpoint:  # noqa: N801 - a context manager reads as a function
    """Serve the AWS of a world over HTTP, in a process of its own, while the block runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._child = 0

    def __enter__(self) -> None:
        if self._world.backend.startswith("local"):
            return
        reader, writer = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            _serve(self._world, writer)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            url = pipe.readline().strip()
        os.environ["AWS_ENDPOINT_URL"] = url

    def __exit__(self, *_: object) -> None:
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
            del os.environ["AWS_ENDPOINT_URL"]


def _serve(world: World, writer: int) -> None:
    """Serve until killed."""
    try:
        from sfn_release.local_service import open_service
        from sfn_release.local_service.http.server import serve
        from sfn_release.simulator import Mocks

        def ready(url: str) -> None:
            os.write(writer, f"{url}\n".encode())
            os.close(writer)

        mocks = open_service(_database(world), tasks_for=lambda _scope: Mocks())
        serve(mocks, port=0, ready=ready)
    finally:
        os._exit(1)


def apart(world: World, act: Callable[[], Any]) -> Any:
    """Return the answer of *act*, run by a process of its own.

    A process that uses SQLite must not fork: its child's locks would not hold against its own.
    """
    out = world.folder / "apart.out"
    out.unlink(missing_ok=True)

    def written() -> int:
        sys.stdout.write(json.dumps(act()))
        return 0

    code = in_child(written, out=str(out), err=f"{world.folder}/apart.err")
    assert code == 0, world.text("apart")
    return json.loads(out.read_text(encoding="utf-8"))


# The result


def seen(world: World) -> dict[str, Any]:
    """Return everything that a command should change, without times, ids and numbers."""
    found: dict[str, Any] = {}
    asked = [f"history -n 50 --env {name}" for name in world.environments]
    status, releases, verified, *histories = world.json("status", "releases", "verify", *asked)
    for name, history in zip(world.environments, histories, strict=True):
        found[f"history of {name}"] = [
            (record["action"], record["version"], record["from_version"])
            for record in history["deployments"]
            if record["status"] == "succeeded"
        ]
    for environment in status["environments"]:
        if environment["name"] in world.environments:
            found[f"status of {environment['name']}"] = (
                environment["version"],
                environment["state"],
            )
    found["releases"] = [
        (release["version"], release["release_digest"], release["tag"], sorted(release["live_in"]))
        for release in releases["releases"]
    ]
    found["verify"] = [check for check in verified["checks"] if not check["ok"]]
    found["refs"] = sorted(world.git("for-each-ref", "--format=%(refname)").splitlines())
    if "remote" in world.backend:
        listing = world.git("for-each-ref", "--format=%(refname) %(objectname)", at="origin.git")
        theirs = dict(line.split(" ") for line in listing.splitlines())
        found["remote's refs"] = sorted(theirs)
        # There a release's tag is one; a clone that was killed gets it with its next fetch.
        found["refs"] = [ref for ref in found["refs"] if not ref.startswith("refs/tags/")]
        ours = {ref: world.git("rev-parse", ref) for ref in theirs if ref in found["refs"]}
        found["behind"] = [ref for ref, id in ours.items() if theirs[ref] != id]
    found["locks"] = sorted(str(path) for path in (world.clone / ".git").rglob("*.lock"))
    found["machines"] = apart(world, lambda: _machines(_client(world)))
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def _machines(client: Any) -> dict[str, Any]:
    return {
        machine["name"]: _machine(client, machine["stateMachineArn"])
        for machine in client.list_state_machines()["stateMachines"]
    }


def _machine(client: Any, arn: str) -> dict[str, Any]:
    def result(which: str) -> Any:
        definition = client.describe_state_machine(stateMachineArn=which)["definition"]
        return json.loads(definition)["States"]["Only"]["Result"]

    versions = client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    aliases = client.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]
    routes = {
        alias["stateMachineAliasArn"].rpartition(":")[2]: [
            (result(route["stateMachineVersionArn"]), route["weight"])
            for route in client.describe_state_machine_alias(
                stateMachineAliasArn=alias["stateMachineAliasArn"]
            )["routingConfiguration"]
        ]
        for alias in aliases
    }
    tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
    return {
        "latest": result(arn),
        "versions": sorted(result(version["stateMachineVersionArn"]) for version in versions),
        "aliases": routes,
        "tags": {tag["key"]: tag["value"] for tag in tags},
    }


# Kills


@dataclass(frozen=True)
class Stage:
    """A scene on a backend, where it is right afterwards, and how many calls it makes."""

    scene: Scene
    backend: str
    template: Path
    right: Mapping[str, Any]
    counts: Mapping[Way, int]


@dataclass(frozen=True)
class Theatre:
    """Where it all happens."""

    folder: Path

    @cache  # noqa: B019 - one theatre a process
    def template(self, past: str, backend: str) -> Path:
        """Return a project with a past, made once."""
        folder = self.folder / f"template-{backend}-{past}"
        _past(World(folder, backend), past)
        return folder

    @cache  # noqa: B019 - one theatre a process
    def stage(self, scene: Scene, backend: str) -> Stage:
        """Run a scene undisturbed."""
        template = self.template(scene.past, backend)
        world = World(self.folder / f"right-{backend}-{scene.name}", backend)
        _copy(template, world.folder)
        with endpoint(world):
            code = world.command(*scene.command, calls=Calls(), name="right")
            assert code == 0, world.text("right")
            right = seen(world)
        counted = json.loads((world.folder / "calls.json").read_text())
        shutil.rmtree(world.folder)
        return Stage(scene, backend, template, right, counted["counts"])

    def kill(self, stage: Stage, way: Way, point: int) -> Report:
        """Kill a scene at a point, run it again, and report."""
        begun = time.monotonic()
        world = World(self.folder / "killed", stage.backend)
        shutil.rmtree(world.folder, ignore_errors=True)
        _copy(stage.template, world.folder)
        words = stage.scene.command
        with endpoint(world):
            codes = [world.command(*words, calls=Calls(way, point), name="killed")]
            struck = codes[0] == -signal.SIGKILL or way == "git"
            if codes[0] != 0:
                codes.append(world.command(*words, name="again"))
            faults = self._faults(world, stage, codes)
        seconds = time.monotonic() - begun
        texts = "\n".join(f"--- {name}\n{world.text(name)}" for name in ("killed", "again"))
        return Report(
            *(stage.scene.name, stage.backend, way, point, stage.counts[way], struck, codes),
            *(faults, seconds, texts if faults else ""),
        )

    def _faults(self, world: World, stage: Stage, codes: list[int]) -> dict[str, Any]:
        """Return the differences from an undisturbed run."""
        faults: dict[str, Any] = {}
        if codes[-1] not in {0, stage.scene.over}:
            faults["stuck"] = codes
        if "Traceback" in (text := world.text("killed") + world.text("again")):
            faults["traceback"] = text
        found = seen(world)
        for key, right in stage.right.items():
            if found.get(key) != right:
                faults[key] = {"found": found.get(key), "right": right}
        return faults


def stages(only: str) -> Iterator[tuple[Scene, str]]:
    """Yield the scenes on their backends."""
    for scene in SCENES:
        for backend in BACKENDS:
            if scene.aws_only and backend.startswith("local"):
                continue
            if only in f"{backend} {scene.name}":
                yield scene, backend


def spread(
    theatre: Theatre, kills: int, seed: int, only: str = "", part: tuple[int, int] = (0, 1)
) -> Iterator[Report]:
    """Kill *kills* times: every scene in turn, at points that a seed chooses evenly."""
    plays = list(stages(only))
    for number in range(kills):
        scene, backend = plays[number % len(plays)]
        chosen = random.Random(f"{seed}/{number}")  # noqa: S311 - no secret
        way: Way = chosen.choice(("self", "self", "self", *WAYS))
        share = (number // len(plays) * 0.6180339887 + chosen.random() / 5) % 1.0
        if number % part[1] != part[0]:
            continue
        stage = theatre.stage(scene, backend)
        count = stage.counts[way]
        if count:
            yield theatre.kill(stage, way, 1 + int(share * count))


def prepare() -> None:
    """Set the process up: its surroundings, and the modules and models that all children share."""
    import importlib
    import pkgutil

    from botocore.loaders import JSONFileLoader

    import sfn_release
    from sfn_release.local_service import local

    for module in pkgutil.walk_packages(sfn_release.__path__, "sfn_release."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ("boto3", "click", "git", "rich.console", "semver", "tomli"):
        importlib.import_module(name)

    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "CI", "AWS_"))]:
        del os.environ[name]
    os.environ.update(_CREDENTIALS)
    JSONFileLoader.load_file = staticmethod(cache(JSONFileLoader().load_file))
    local(":memory:").list_state_machines()


def main() -> None:
    """Kill as the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--lines", action="store_true", help="a line for each report, at once")
    asked = parser.parse_args()
    prepare()
    theatre = Theatre(asked.folder.resolve())
    theatre.folder.mkdir(parents=True, exist_ok=True)
    index, _, parts = asked.part.partition("/")
    reports = []
    for report in spread(theatre, asked.kills, asked.seed, asked.only, (int(index), int(parts))):
        reports.append(asdict(report))
        if asked.lines:
            sys.stdout.write(json.dumps(reports[-1]) + "\n")
            sys.stdout.flush()
    if not asked.lines:
        sys.stdout.write(json.dumps(reports))


if __name__ == "__main__":
    main()
