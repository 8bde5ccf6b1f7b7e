"""taplo, the checker behind Even Better TOML, takes our schemas as they are shipped."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sfn_release.operations.scaffold.project_files import files
from sfn_release.operations.verbs.schema import SCHEMA_NAMES, SchemaName, installed_schema, schema
from support.command_line import run

TAPLO = shutil.which("taplo", path=str(Path(sys.executable).parent)) or shutil.which("taplo")
needs_taplo = pytest.mark.skipif(TAPLO is None, reason="taplo isn't installed (pip install taplo)")

GOOD = """\
#:schema .sfn-release/releases.schema.json
[project]
name = "shop"
remote_timeout = "30s"

[environments.local]
handlers = { ChargeFunction = { handler = "app.charge:handler", timeout = 30 } }

[environments.prod]
region = "eu-west-1"
requires = ["staging"]
strategy = { type = "canary", percent = 10, interval = "5m", alarms = ["shop-failed"] }
tags = { Team = "Küche" }

[environments.prod.parameters]
Pause = 3
Table = { ssm = "/shop/table" }
Weights = { fast = 0.5 }

[workflows."Zahlung prüfen"]
renamed_from = "checkout"

[[checks.silence]]
rule = "lambda-retry"
reason = "its caller tries again"
"""
FAULTS = {
    # a line of GOOD → a faulty one, and a word of taplo's error
    'name = "shop"': ('name = "Shop!"', "does not match"),
    'remote_timeout = "30s"': ('remote_timout = "30s"', "remote_timout"),
    'region = "eu-west-1"': ("", "region"),
    'requires = ["staging"]': ("requires = [3]", "not of type"),
    'strategy = { type = "canary", percent = 10': (
        'strategy = { type = "canary", percent = 100',
        "not valid under any",
    ),
    'Table = { ssm = "/shop/table" }': ('Table = { evn = "TABLE" }', "not valid under any"),
    'handlers = { ChargeFunction = { handler = "app.charge:handler"': (
        'profile = "x"\nhandlers = { ChargeFunction = { handler = "app.charge:handler"',
        "should not be valid|not allowed",
    ),
    'renamed_from = "checkout"': ('renamed_from = "check out"', "not allowed"),
    'rule = "lambda-retry"': ('rules = "lambda-retry"', "rules"),
}


def lint(folder: Path, file: str) -> tuple[int, str]:
    """Run taplo on a file of a project; return its exit code and its errors."""
    done = subprocess.run(
        [str(TAPLO), "lint", "--colors", "never", str(folder / file)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    return done.returncode, done.stderr + done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project that `init` made."""
    assert run("-C", str(tmp_path), "init").code == 0
    return tmp_path


@needs_taplo
@pytest.mark.parametrize("file", ["releases.toml", "workflows/hello.tests.toml"])
def test_taplo_accepts_a_new_project(project: Path, file: str) -> None:
    """The `#:schema` lines lead to files that are there, whatever the current folder is."""
    assert (project / file).read_text(encoding="utf-8").startswith("#:schema ")
    assert lint(project, file)[0] == 0


@needs_taplo
def test_taplo_accepts_a_good_file(project: Path) -> None:
    """With parameters of all types, sources, names in other scripts."""
    (project / "releases.toml").write_text(GOOD, encoding="utf-8")
    assert lint(project, "releases.toml") == (0, lint(project, "releases.toml")[1])


@needs_taplo
@pytest.mark.parametrize("line", FAULTS)
def test_taplo_refuses_a_faulty_file(project: Path, line: str) -> None:
    """It shows the fault that the reader would report."""
    faulty, word = FAULTS[line]
    assert line in GOOD
    (project / "releases.toml").write_text(GOOD.replace(line, faulty), encoding="utf-8")
    code, text = lint(project, "releases.toml")
    assert code == 1
    assert any(part in text for part in word.split("|")), text


@needs_taplo
def test_taplo_refuses_a_faulty_test(project: Path) -> None:
    """In a file of tests too."""
    file = project / "workflows" / "hello.tests.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[test.expect]", "[test.expects]"), encoding="utf-8")
    code, text = lint(project, "workflows/hello.tests.toml")
    assert (code, "expects" in text) == (1, True)


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_the_shipped_schema_is_the_generated_one(name: SchemaName) -> None:
    """After a change: sfn-release schema NAME --out sfn_release/schemas/NAME.schema.json."""
    assert json.loads(installed_schema(name).read_text(encoding="utf-8")) == schema(name)


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_the_command_prints_saves_and_finds_the_schema(name: SchemaName, tmp_path: Path) -> None:
    """All three are the same document; `init` writes it too."""
    where = ("-C", str(tmp_path), "schema", name)
    printed = run(*where).out
    assert run(*where, "--out", "x.json").code == 0
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == printed
    found = Path(run(*where, "--path").out.strip())
    assert found.read_text(encoding="utf-8") == printed
    assert files("shop")[f".sfn-release/{name}.schema.json"] == printed
    shown = run(*where, "--json").json
    assert (shown["schema"], shown["json_schema"]) == ("sfn-release/schema/1", json.loads(printed))


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """The error names the file; two ways of output exclude each other."""
    assert "Can't write" in run("-C", str(tmp_path), "schema", "--out", "no/such/x.json").err
    assert run("schema", "--out", "x", "--path").code == 2
    assert run("schema", "tests.toml").code == 2
