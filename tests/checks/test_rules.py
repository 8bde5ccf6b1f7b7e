"""The rules and docs/reference/rules.md: every rule is explained, and its example breaks it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.checks.rule_table import BY_NAME, RULES
from sfn_release.cli.app import run
from support.places import ROOT

DOCS = (ROOT / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", DOCS, re.MULTILINE | re.DOTALL))


def example(entry: str) -> Any:
    """Return the JSON example of an entry as a whole definition, None without one."""
    found = re.search(r"^```json\n(.*?)^```$", entry, re.MULTILINE | re.DOTALL)
    if found is None:
        return None
    written = json.loads(found[1])
    if "States" in written:
        return written
    return {"StartAt": "A", "States": {"A": written, "B": {"Type": "Succeed"}}}


def test_every_rule_is_explained_once() -> None:
    """Entries are in the table's order, with the same words in their rows."""
    assert list(BY_NAME) == list(ENTRIES)
    rows = dict(re.findall(r"^\| \[`(\S+)`\]\(#\1\) \| (.*) \|$", DOCS, re.MULTILINE))
    assert {name: rule.means for name, rule in BY_NAME.items()} == rows


@pytest.mark.parametrize("name", BY_NAME)
def test_an_entry_says_how_grave_it_is_and_what_to_do(name: str) -> None:
    """An entry has a severity and a fix, and its JSON example breaks its rule."""
    rule, entry = BY_NAME[name], ENTRIES[name]
    silenced = ", can be silenced" if rule.severity == "error" and rule.can_be_silenced else ""
    assert entry.startswith(f"\n*{rule.severity.capitalize()}{silenced}.* ")
    assert "\n**Fix:** " in entry
    definition = example(entry)
    if definition is not None:
        type = "EXPRESS" if name == "express" else "STANDARD"
        findings = sfn.check_definition(definition, type=type, services=True)
        assert rule.severity in {finding.severity for finding in findings if finding.rule == name}


@pytest.mark.parametrize("name", [name for name in BY_NAME if "```python" in ENTRIES[name]])
def test_an_example_in_python_breaks_its_rule(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example is a module of a project, so that its settings are checked too."""
    (text,) = re.findall(r"^```python\n(.*?)^```$", ENTRIES[name], re.MULTILINE | re.DOTALL)
    (tmp_path / "releases.toml").write_text('[project]\nname = "shop"\n')
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "shown.py").write_text(text)
    run(["-C", str(tmp_path), "check", "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {(finding["rule"], finding["severity"]) for finding in findings} == {
        (name, BY_NAME[name].severity)
    }


def test_names_are_stable_words() -> None:
    """Names are used in releases.toml, and are lower case and unique."""
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in BY_NAME)


def test_what_aws_refuses_can_not_be_silenced() -> None:
    """Only errors that depend on this program's age can be silenced."""
    errors = {name for name, rule in BY_NAME.items() if rule.severity == "error"}
    models = {"sdk-action", "sdk-parameter", "sdk-required", "sdk-value"}
    silenced = {name for name in errors if BY_NAME[name].can_be_silenced}
    requests = {"request-parameter", "request-header", "optimized-parameter"}
    assert {
        "unknown-field",
        "intrinsic",
        "integration",
        "qualifier",
        *requests,
        *models,
    } == silenced
