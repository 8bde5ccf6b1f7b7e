"""Numbers, names, texts and requests beyond every limit: a clear error each, and no traceback."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from sfn_release import local
from sfn_release.authoring.yaml_documents import load_yaml
from sfn_release.canonical import canonical, loads
from sfn_release.local_service.http.server import start
from sfn_release.local_service.service import LocalService
from sfn_release.project import parse_project
from sfn_release.project.modules import build
from sfn_release.simulator.mocks import load_mocks
from support.command_line import run
from support.errors import refused
from support.shop import CONFIG, Shop, copy_shop

DIGITS = "9" * 5000
LONG = "n" * 300


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return copy_shop(tmp_path)


# Numbers


@pytest.mark.parametrize("number", [DIGITS, f"-{DIGITS}", "0x" + "f" * 5000, "9223372036854775808"])
def test_a_number_of_releases_toml_beyond_64_bits_is_refused(number: str) -> None:
    """Wherever it stands, with its line."""
    for text in (f'[project]\nname = "x"\nremote_timeout = {number}\n',
                 f'[project]\nname = "x"\nx = [[{number}]]\n'):  # fmt: skip
        with refused("E_CONFIG", "releases.toml:3: ", "Write it as a string"):
            parse_project(text, path="releases.toml")


def test_long_numbers_of_definitions_are_refused() -> None:
    """JSON, YAML, and the values that Python makes of YAML have the same limit."""
    with refused("E_DEFINITION", "Invalid JSON", "4300 digits"):
        loads(f'{{"a": {DIGITS}}}')
    with refused("E_DEFINITION", "Invalid YAML", "4300 digits"):
        load_yaml(f"a: {DIGITS}")
    with refused("E_DEFINITION", "$.a: a number of 20000 bits is beyond 2^53"):
        canonical(load_yaml("a: 0x" + "f" * 5000))
    with refused("E_CONFIG", "mocks.json", "4300 digits"):
        load_mocks(f'{{"a": {DIGITS}}}', file="mocks.json")


@pytest.mark.parametrize("value", ["10**5000", "{'a': [-(10**5000)]}"])
def test_a_long_number_of_a_module_is_refused_with_its_file(tmp_path: Path, value: str) -> None:
    """Though another module comes after it."""
    (tmp_path / "workflows").mkdir()
    for name, result in (("a", "1"), ("b", value), ("c", "1")):
        (tmp_path / "workflows" / f"{name}.py").write_text(
            "import sfn_release as sfn\nworkflow = sfn.Workflow()\n"
            f"workflow.start_from(sfn.Pass(id='A', result={result})).end()\n"
        )
    with refused("E_DEFINITION", "workflows/b.py", "bits"):
        build(tmp_path, "workflows")


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, 2**64, int("9" * 400)])
def test_a_state_machine_version_that_cannot_be_is_not_there(number: int) -> None:
    """AWS's answer, whatever SQLite can hold."""
    client = local()
    arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:x:{number}"
    with pytest.raises(ClientError) as caught:
        client.describe_state_machine(stateMachineArn=arn)
    assert caught.value.response["Error"]["Code"] in {"StateMachineDoesNotExist",
                                                      "ValidationException"}  # fmt: skip


# Texts that are not UTF-8


def test_mocks_and_inputs_that_are_not_utf8_are_refused(shop: Shop) -> None:
    """Each by name."""
    with refused("E_CONFIG", "mocks.json", "not UTF-8"):
        load_mocks(b'{"a": "\xff"}', file="mocks.json")
    (shop.root / "input").write_bytes(b'{"a": "\xff"}')
    shop.publish("1.0.0", "local")
    ran = run("-C", str(shop.root), "execute", "hello", "--input", f"@{shop.root}/input")
    assert (ran.code, "not UTF-8" in ran.err) == (2, True)
    (shop.root / "workflows" / "hello.mocks.json").write_bytes(b"\xff\xfe")
    ran = run("-C", str(shop.root), "execute", "hello")
    assert ran.code in {0, 1}
    assert "Traceback" not in ran.err


# Names


@pytest.mark.parametrize(
    "command",
    ["check {}", "check {}.json", "graph {}", "import {}", "import {}.json", "build {}",
     "execute {}", "execute hello --input @{}", "build --out {}", "show 1.0.0 {}", "delete {}",
     "diff {}", "status --env {}", "releases -C {}", "graph {}.json"],
)  # fmt: skip
def test_a_name_that_no_file_can_have_is_refused(shop: Shop, command: str) -> None:
    """Over 255 bytes, or with a NUL: it is the name of nothing."""
    for name in (LONG, f"{LONG}/{LONG}", "ü" * 200):
        arguments = [part.replace("{}", name) for part in command.split(" ")]
        ran = run("-C", str(shop.root), *arguments)
        assert ran.code in {1, 2}, (command, ran.out)
        assert ran.err.startswith("error: "), (command, ran.err)
        assert "No such option" not in ran.err


def test_a_workflow_whose_name_no_file_can_have_is_refused(shop: Shop) -> None:
    """Before a version is taken."""
    (shop.root / "workflows" / "x.py").write_text(
        "import sfn_release as sfn\nworkflow = sfn.Workflow()\n"
        "workflow.start_from(sfn.Pass(id='A')).end()\n"
        f"machine = sfn.StateMachine(name={LONG!r}, workflow=workflow)\n"
    )
    shop.commit()
    ran = run("-C", str(shop.root), "publish", "1.0.0")
    assert ran.code == 1
    assert "error: " in ran.err
    assert "refs/tags/v1.0.0" not in shop.refs()
    with refused("E_CONFIG", "releases.toml"):
        parse_project(CONFIG.replace('name = "shop"', f'name = "{LONG}"'), path="releases.toml")


# YAML


def test_yaml_is_bounded() -> None:
    """Its length, its aliases and its merges; in a second."""
    with refused("E_DEFINITION", "The YAML file is too long: 5,000,000 bytes"):
        load_yaml("#" * 5_000_000)
    nine = "".join(f"b{n + 1}: &b{n + 1} [{','.join([f'*b{n}'] * 10)}]\n" for n in range(9))
    with refused("E_DEFINITION", "its aliases make it endless, or larger than"):
        load_yaml(f"b0: &b0 [x]\n{nine}")
    members = ",".join(f"k{n}: 1" for n in range(1000))
    with refused("E_DEFINITION", "merges make an object of over 100,000 members"):
        load_yaml(f"a: &a {{{members}}}\nb: {{<<: [{','.join(['*a'] * 1000)}]}}\n")
    for text in ("a: &a [*a]", "a: &a {b: *a}", "? [x]\n: 1", "? &a [*a]\n: 1", "a: &a {<<: *a}"):
        with refused("E_DEFINITION", "Invalid YAML"):
            load_yaml(text)
    assert load_yaml("a: &a {x: 1}\nb: {<<: *a, y: 2}\n")["b"] == {"x": 1, "y": 2}


# Requests


@pytest.fixture
def service() -> LocalService:
    from sfn_release.local_service import open_service
    from sfn_release.simulator.mocks import Mocks

    return open_service(":memory:", tasks_for=lambda _scope: Mocks())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Content-Length: -1", 400),
        ("Content-Length: 1e3", 400),
        ("Content-Length: ²", 400),
        ("Content-Length: 99999999999999999999", 413),
        (f"Content-Length: {DIGITS}", 413),
        ("Content-Length: 0000000000000000000000000000002", 200),
        ("Transfer-Encoding: chunked", 411),
        ("", 200),  # without a length there isn't a body
    ],
)
def test_an_absurd_length_is_refused(service: LocalService, headers: str, status: int) -> None:
    """The server answers immediately."""
    with start(service) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.settimeout(10)
        lines = [
            "POST / HTTP/1.1",
            f"Host: 127.0.0.1:{server.port}",
            "X-Amz-Target: AWSStepFunctions.ListStateMachines",
            *([headers] if headers else []),
            *("", "{}"),
        ]
        client.sendall("\r\n".join(lines).encode("latin-1"))
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(65536)
    assert answer.split(b" ")[1] == str(status).encode(), answer
