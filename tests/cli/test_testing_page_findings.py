"""docs/how-to/explain.md and bisect.md: their examples run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from support.command_line import Project
from support.places import ROOT

ORDER = '{"order_id": "7", "total": 40, "items": [{"sku": "tea", "quantity": 2}]}'


def blocks(language: str, page: str) -> list[str]:
    """Return the code blocks of a language on a page."""
    text = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def sample(repository: Path) -> Project:
    """Release a copy of the sample project."""
    project = Project(repository)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "workflows", repository / "workflows", ignore=ignored)
    shutil.copy(ROOT / "releases.toml", repository)
    project.publish("1.0.0")
    return project


def test_explain_an_execution(sample: Project) -> None:
    """By its ARN, and by a file."""
    by_arn, by_file = blocks("sh", "explain.md")
    execute, explain = (shlex.split(line)[1:] for line in by_arn.splitlines())
    arn = sample.run("--json", *execute).json["execution_arn"]
    assert explain[-1].replace("EXECUTION", arn.rpartition(":")[2]) == arn
    (shown,) = blocks("text", "explain.md")
    assert shown in sample.ok("explain", arn).out
    events = [
        {"id": 1, "type": "ExecutionStarted", "timestamp": "2026-01-01T00:00:00Z"},
        {"id": 2, "type": "ExecutionAborted", "timestamp": "2026-01-01T00:00:01Z"},
    ]
    sample.write("history.json", json.dumps({"events": events}))
    for line in by_file.splitlines()[1:]:
        sample.ok(*shlex.split(line)[1:])


def test_find_the_release_that_changed_an_answer(sample: Project) -> None:
    """The picture of the page is the program's, but for what differs with each run."""
    module = sample.root / "workflows/orders.py"
    text = module.read_text().replace('path("$.quantity")', 'path("$.amount")')
    module.write_text(text)
    sample.publish("1.1.0")
    sample.publish("1.2.0")
    sample.write("order.json", ORDER)
    sample.write("expected.json", "{}")
    (commands,) = blocks("sh", "bisect.md")
    (shown,) = blocks("text", "bisect.md")
    whole, *others = (shlex.split(line)[1:] for line in commands.splitlines())
    out = sample.ok(*whole).out.splitlines()
    for line, got in zip(shown.splitlines(), out, strict=False):
        start = re.split("COMMIT|…", line)[0].rstrip(" ")
        assert got.startswith(start), (line, got)
    for arguments in others:
        assert sample.run(*arguments).code in {0, 1, 2}, arguments
