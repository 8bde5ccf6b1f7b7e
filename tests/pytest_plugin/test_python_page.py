"""docs/how-to/testing.md, "Test in Python": its tests pass in a copy of the sample project."""

from __future__ import annotations

import re
import shutil

import pytest

from sfn_release.pytest_plugin import Simulate
from sfn_release.testing.scenario import Conditions
from support.places import ROOT

PAGE = (ROOT / "docs" / "how-to" / "testing.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Test in Python\n")[2].partition("\n## ")[0]
ARGUMENTS = SECTION.partition("**The other arguments**")[2].partition("**The run**")[0]


def test_the_tests_of_the_page_pass(pytester: pytest.Pytester) -> None:
    """Every Python block of the section is a whole test module."""
    (pytester.path / ".git").mkdir()
    shutil.copytree(ROOT / "workflows", pytester.path / "workflows")
    shutil.copy(ROOT / "releases.toml", pytester.path)
    blocks = re.findall(r"^```python\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    for number, block in enumerate(blocks):
        pytester.path.joinpath(f"test_page_{number}.py").write_text(block, encoding="utf-8")
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=4)


def test_the_page_has_every_argument() -> None:
    """Of the fixture, and no other."""
    rows = re.findall(r"^\| (`.*`) \| ", ARGUMENTS, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == {*Conditions.__annotations__} - {"mocks"}
    assert Simulate.__call__.__annotations__["conditions"] == "Unpack[Conditions]"
