"""docs/how-to/testing.md: the examples about mocks, input schemas and fuzzing run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.command_line import Project
from support.places import ROOT

PAGE = (ROOT / "docs" / "how-to" / "testing.md").read_text(encoding="utf-8")
SECTIONS = ("Mocks that AWS could return", "Inputs: a schema, and fuzzing")


def section(heading: str) -> str:
    """Return the text below a heading."""
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def blocks(language: str, text: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def sample(repository: Path) -> Project:
    """Make a copy of the sample project."""
    project = Project(repository)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "workflows", repository / "workflows", ignore=ignored)
    return project


def write_files(project: Project) -> list[str]:
    """Write the blocks of both sections to the files that their first lines name."""
    paths = []
    for heading in SECTIONS:
        for language in ("toml", "python"):
            for block in blocks(language, section(heading)):
                first, _, rest = block.partition("\n")
                project.write(first.removeprefix("# "), rest)
                paths.append(first.removeprefix("# "))
    return paths


def test_the_tests_pass(sample: Project) -> None:
    """In a session of their own, with the settings of the page."""
    paths = write_files(sample)
    tests = [path for path in paths if path.endswith(".py")]
    assert len(tests) == len(SECTIONS)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=sample.root,
        env={name: text for name, text in os.environ.items() if not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_faults_of_an_input_are_shown(sample: Project) -> None:
    """By the command of the page, in the words of the page."""
    write_files(sample)
    text = section(SECTIONS[1])
    ((command,), (shown,)) = blocks("sh", text), blocks("text", text)
    ran = sample.run(*shlex.split(command)[1:])
    assert ran.code == 2
    assert ran.err.strip() == shown.strip()


def test_the_warning_of_the_page_is_the_real_one(sample: Project) -> None:
    """A test in TOML shows it, and is a failure if it's strict."""
    write_files(sample)
    order = '{ order_id = "7", total = 40, items = [] , x = 1 }'
    sample.write(
        "workflows/orders.tests.toml",
        f"""
        [[test]]
        name = "wrong mock"
        start_at = "Charge"
        until = "Charge"
        input = {order}
        mocks.Charge = {{ return = {{ payload = {{ status = "PAID" }} }} }}
        expect.error = "States.Runtime"
        """,
    )
    (shown,) = blocks("text", section(SECTIONS[0]))
    ran = sample.run("test", "orders")
    assert shown.strip() in re.sub(r"\s+", " ", ran.out + ran.err)


@pytest.mark.parametrize("place", ["strict = true\n[[test]]", "[[test]]\nstrict = true"])
def test_a_declared_test_can_be_strict(sample: Project, place: str) -> None:
    """By itself, or with all others of its file."""
    write_files(sample)
    sample.write(
        "workflows/hello.tests.toml",
        '[[test]]\nname = "runs"\n',
    )
    mock = 'mocks."Tell Customer" = { return = { MessageID = "1" } }'
    stretch = 'start_at = "Tell Customer"\nuntil = "Tell Customer"'
    input = 'input = { order_id = "7", problem = { Error = "E" } }'
    sample.write(
        "workflows/orders.tests.toml", f'{place}\nname = "told"\n{stretch}\n{input}\n{mock}\n'
    )
    ran = sample.run("test", "orders")
    assert ran.code == 1
    assert 'Did you mean "MessageId"' in ran.out
    lenient = place.replace("strict = true\n", "").replace("\nstrict = true", "")
    sample.write(
        "workflows/orders.tests.toml", f'{lenient}\nname = "told"\n{stretch}\n{input}\n{mock}\n'
    )
    assert sample.run("test", "orders").code == 0


def test_a_declared_input_is_checked(sample: Project) -> None:
    """Unless the test says otherwise."""
    write_files(sample)
    test = '[[test]]\nname = "empty"\ninput = { total = -1 }\nexpect.error = "EmptyOrder"\n'
    sample.write("workflows/orders.tests.toml", test)
    ran = sample.run("test", "orders")
    assert ran.code == 1
    assert "$.total: -1 is less than the minimum of 0" in ran.out
    assert "check_input = false" in ran.out
    sample.write(
        "workflows/orders.tests.toml", f"{test}".replace("input =", "check_input = false\ninput =")
    )
    assert sample.run("test", "orders").code == 0
