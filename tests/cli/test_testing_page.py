"""docs/how-to/testing.md, coverage.md, gate-releases.md: their examples run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sfn_release.testing.declared.tests_schema import TEST
from support.command_line import Project
from support.places import ROOT

PYTHON_TEST = """
def test_a_usual_order(simulate):
    order = {"order_id": "7", "items": [{"sku": "tea", "quantity": 1}], "total": 4}
    assert simulate("orders", order).status == "SUCCEEDED"
"""
PAGE, COVERAGE, GATES = (
    (ROOT / "docs" / "how-to" / name).read_text(encoding="utf-8")
    for name in ("testing.md", "coverage.md", "gate-releases.md")
)
BIN = Path(sys.executable).parent


def section(heading: str, page: str = PAGE) -> str:
    """Return the text below a heading."""
    return re.split(rf"^## {heading}$", page, flags=re.MULTILINE)[1].partition("\n## ")[0]


def blocks(language: str, text: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def sample(repository: Path) -> Project:
    """Make a copy of the sample project, committed."""
    project = Project(repository)
    shutil.copytree(
        ROOT / "workflows",
        repository / "workflows",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(ROOT / "releases.toml", repository)
    project.commit()
    return project


def write_files(project: Project, text: str) -> None:
    """Write the TOML blocks of a text to the files that their first lines name."""
    for block in blocks("toml", text):
        first, _, _ = block.partition("\n")
        project.write(first.removeprefix("# "), block)


def test_tests_without_python(sample: Project) -> None:
    """The file is a whole one, and every command runs."""
    text = section("Test without Python")
    write_files(sample, text)
    for script in blocks("sh", text):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=sample.root,
            env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    file = sample.root / "workflows/orders.tests.toml"
    wrong = file.read_text().replace("Your order could not be completed", "Sorry")
    file.write_text(wrong)
    (shown,) = blocks("text", text)
    assert shown in sample.run("test", "orders").out


def test_the_tables_have_every_key() -> None:
    """The reference, to which the page leads, has each key once, in all its forms."""
    assert "(../reference/tests-toml.md#testexpect)" in section("Test without Python")
    reference = (ROOT / "docs/reference/tests-toml.md").read_text(encoding="utf-8")
    for title, keys in (("test", TEST.keys), ("test[].expect", TEST.keys["expect"].keys)):
        table = reference.split(f"## {title}\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE)
        assert rows == [key for key in keys if not key.endswith(("_json", "_file"))]


def test_coverage(sample: Project) -> None:
    """Every command runs; the environment of the examples is ``local`` here."""
    write_files(sample, section("Test without Python"))
    (shown,) = blocks("text", COVERAGE)
    sample.write("test_orders.py", PYTHON_TEST)
    sample.publish("1.2.0")
    sample.run("execute", "orders", "--input", '{"items": []}')
    outputs = []
    for line in "".join(blocks("sh", COVERAGE)).splitlines():
        program, *arguments = shlex.split(line.replace("--env prod", "--env local"), comments=True)
        if program == "sfn-release":
            outputs.append(sample.ok(*arguments).out)
        else:
            command = [sys.executable, "-m", program, "-p", "no:cacheprovider", *arguments]
            subprocess.run(command, cwd=sample.root, capture_output=True, check=True)
    assert outputs[0].startswith(shown)


def test_a_gate_on_publish(sample: Project) -> None:
    """A release with a failing test, or a workflow without one, takes no version."""
    text = section("A gate on publish", GATES)
    (gate,) = blocks("toml", text)
    settings = (sample.root / "releases.toml").read_text()
    assert 'tests = "required"' in gate
    sample.write(
        "releases.toml", settings.replace('name = "shop"', 'name = "shop"\ntests = "required"')
    )
    tests = sample.root / "workflows/orders.tests.toml"
    good = tests.read_text()
    tests.write_text(good.replace('"CardDeclined"', '"Declined"', 1))
    (sample.root / "workflows/hello.tests.toml").rename(sample.root / "hello.toml")
    sample.commit()
    ran = sample.run("publish", "1.0.0")
    assert ran.code == 1
    (shown,) = blocks("text", text)
    for line in ("can't be released: blocked by a policy.", 'tests = "required":', "Run them:"):
        assert line in shown
        assert line in ran.err
    assert "hello has no test." in ran.err
    assert sample.json("releases")["releases"] == []
    (sample.root / "hello.toml").rename(sample.root / "workflows/hello.tests.toml")
    tests.write_text(good)
    sample.commit()
    sample.ok("publish", "1.0.0")
    assert "passed" in sample.ok("show", "1.0.0").out
