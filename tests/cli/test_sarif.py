"""`check --format sarif`: a log that SARIF's readers take, with the place of every finding."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import tomli
from sarif_pydantic import Sarif

from sfn_release import __version__
from sfn_release.checks.finding import Finding, Severity
from sfn_release.checks.rule_table import BY_NAME
from sfn_release.cli.output.finding_places import RepositoryPlaces, repository_root
from sfn_release.cli.output.sarif import _rule, sarif_log
from sfn_release.operations.verbs.check import Checked, CheckedFinding
from sfn_release.project.modules.foreign_templates import SITE
from support.command_line import Project, Ran, run

BROKEN = """{
  "StartAt": "A",
  "States": {
    "A": {"Type": "Pass",
      "Next": "Shp"},
    "Ship": {"Type": "Succeed"}
  }
}
"""


def log(ran: Ran) -> Any:
    """Return the one run of a log; an independent reader of SARIF takes the log."""
    Sarif.model_validate_json(ran.out)
    (only,) = ran.json["runs"]
    return only


def place(result: Any) -> tuple[str, int]:
    """Return the file and the line of a result."""
    (location,) = result["locations"]
    physical = location["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]["startLine"]


def test_each_finding_is_a_result_with_its_rule(shop: Project) -> None:
    """A result has the rule, the level, the text with the fix, the file from the root, the line."""
    project = shop.root / "sub folder"
    project.mkdir()
    for name in ("releases.toml", "workflows"):
        (shop.root / name).rename(project / name)
    (project / "workflows" / "päy.asl.json").write_text(BROKEN)

    ran = run("-C", str(project), "check", "--format", "sarif")

    assert ran.code == 1
    found = log(ran)
    dangling, unreachable = found["results"]
    assert (dangling["ruleId"], dangling["level"]) == ("dangling", "error")
    assert dangling["message"]["text"] == (
        '$.States.A.Next: Missing target: there is no state "Shp".\nDid you mean "Ship"?'
    )
    assert place(dangling) == ("sub%20folder/workflows/p%C3%A4y.asl.json", 5)
    assert place(unreachable)[1] == 6
    (logical,) = dangling["locations"][0]["logicalLocations"]
    assert logical == {"fullyQualifiedName": "päy.States.A.Next", "name": "A"}
    rules = found["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in found["results"]] == [
        "dangling",
        "unreachable",
    ]
    assert {rule["defaultConfiguration"]["level"] for rule in rules} == {"error"}
    assert found["invocations"] == [{"executionSuccessful": True}]


def test_a_project_without_findings_has_an_empty_log(shop: Project) -> None:
    """Without findings the log has a run with no results, so that a scanner closes its alerts."""
    ran = shop.ok("check", "--format", "sarif")
    assert log(ran)["results"] == []


def test_a_file_that_can_not_be_read_is_a_result(tmp_path: Path) -> None:
    """The code of the error is the rule; the run isn't called successful."""
    (tmp_path / "bad.json").write_text(BROKEN)
    ran = run("-C", str(tmp_path), "check", "bad.json", "gone.json", "--format", "sarif")
    assert ran.code == 1
    found = log(ran)
    assert [(result["ruleId"], place(result)[0]) for result in found["results"]] == [
        ("E_NOT_FOUND", "gone.json"),
        ("dangling", "bad.json"),
        ("unreachable", "bad.json"),
    ]
    assert found["invocations"] == [{"executionSuccessful": False}]


def test_a_module_that_does_not_load_is_a_result_at_its_line(shop: Project) -> None:
    """The error that ends the check is in the log and in the annotation, not on stderr alone."""
    shop.write("workflows/bad.py", "x = 1\ny = (\n")
    ran = shop.run("check", "--format", "sarif")
    assert ran.code == 1
    found = log(ran)
    (result,) = found["results"]
    assert (result["ruleId"], place(result)) == ("E_BUILD", ("workflows/bad.py", 2))
    assert "SyntaxError" in result["message"]["text"]
    assert found["invocations"] == [{"executionSuccessful": False}]
    ran = shop.run("check", "--format", "github")
    assert ran.code == 1
    assert ran.out.startswith("::error file=workflows/bad.py,line=2,title=")


def test_a_project_that_is_broken_is_a_result(shop: Project) -> None:
    """An error of releases.toml is in the log too."""
    shop.write("releases.toml", "[project]\nname = 5\n")
    ran = shop.run("check", "--format", "sarif")
    assert ran.code == 1
    (result,) = log(ran)["results"]
    assert result["ruleId"] == "E_CONFIG"
    assert place(result)[0] == "releases.toml"


@pytest.mark.parametrize("format_", ["sarif", "github"])
def test_every_file_is_named_from_the_root_of_the_repository(shop: Project, format_: str) -> None:
    """In a project in a subfolder: of a module, of releases.toml, of two workflows at once."""
    inside = shop.root / "services" / "shop"
    inside.mkdir(parents=True)
    for name in ("releases.toml", "workflows"):
        (shop.root / name).rename(inside / name)
    config = (inside / "releases.toml").read_text()

    def places(*named: str) -> set[tuple[str, int]]:
        ran = run("-C", str(inside), "check", *named, "--format", format_)
        if format_ == "sarif":
            return {place(result) for result in log(ran)["results"]}
        found = re.findall(r"^::\w+ file=([^,]+),(?:line=(\d+),)?", ran.out, re.MULTILINE)
        return {(file, int(line or 1)) for file, line in found}

    (inside / "workflows" / "bad.py").write_text("x = 1\ny = (\n")
    assert places() == {("services/shop/workflows/bad.py", 2)}
    (inside / "workflows" / "bad.py").unlink()
    (inside / "workflows" / "a").mkdir()
    for folder in ("", "a/"):
        (inside / "workflows" / f"{folder}twin.asl.json").write_text(
            '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
        )
    assert places() == {("services/shop/releases.toml", 1)}
    (inside / "workflows" / "twin.asl.json").unlink()
    (inside / "releases.toml").write_text(f"{config}\nlater = [\n")
    line = config.count("\n") + 2
    assert places() == {("services/shop/releases.toml", line)}
    (inside / "releases.toml").write_text(
        f'{config}\n[[checks.silence]]\nrule = "no-default"\nreason = "x"\n'
    )
    assert places() == {("services/shop/releases.toml", 1)}


def test_a_file_outside_of_the_repository_has_its_whole_address(
    shop: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A path with .. would lead out of the root that scanners put before it."""
    folder = tmp_path_factory.mktemp("else where")
    (folder / "a.json").write_text(BROKEN)
    ran = shop.run("check", str(folder / "a.json"), str(folder / "gone.json"), "--format", "sarif")
    for result in log(ran)["results"]:
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert artifact["uri"].startswith(f"file://{quote(str(folder))}/")
        assert "uriBaseId" not in artifact


def test_a_log_keeps_what_github_takes() -> None:
    """Beyond 25,000 results, warnings are left out first, and the log says how many."""
    kinds: list[Severity] = ["warning", "error"] * 13_000
    findings = tuple(
        CheckedFinding("w", Finding("x", severity, f"$.{number}", "", "m"), "stdin")
        for number, severity in enumerate(kinds)
    )
    places = RepositoryPlaces(Path("/"), Path("/"))
    (only,) = sarif_log(Checked(("w",), findings, 0), places, "1.0")["runs"]
    levels = Counter(result["level"] for result in only["results"])
    assert levels == {"error": 13_000, "warning": 12_000}
    (said,) = only["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"].startswith("1,000 more results are left out")


def test_a_fingerprint_is_the_findings_own(tmp_path: Path) -> None:
    """A finding that moved to another line keeps its fingerprint; no two findings share one."""

    def fingerprints() -> list[str]:
        ran = run("-C", str(tmp_path), "check", "a.json", "--format", "sarif")
        return [result["partialFingerprints"]["finding/v1"] for result in log(ran)["results"]]

    (tmp_path / "a.json").write_text(BROKEN)
    before = fingerprints()
    (tmp_path / "a.json").write_text(f"\n\n{BROKEN}")
    assert fingerprints() == before
    assert len({*before}) == len(before)


def test_a_warning_is_a_warning(tmp_path: Path) -> None:
    """The level follows the severity, and --strict changes the exit code alone."""
    choices = [{"Variable": "$.x", "IsPresent": True, "Next": "B"}]
    states = {"A": {"Type": "Choice", "Choices": choices}, "B": {"Type": "Succeed"}}
    (tmp_path / "a.json").write_text(json.dumps({"StartAt": "A", "States": states}))
    ran = run("-C", str(tmp_path), "check", "a.json", "--format", "sarif")
    assert [(result["ruleId"], result["level"]) for result in log(ran)["results"]] == [
        ("no-default", "warning")
    ]
    assert ran.code == 0
    assert run("-C", str(tmp_path), "check", "a.json", "--format", "sarif", "--strict").code == 1


def test_every_rule_has_a_heading_in_the_page_of_rules() -> None:
    """The link of a rule leads to its heading on the site, and so does the code of an error."""
    root = Path(__file__).parents[2]
    assert tomli.loads((root / "zensical.toml").read_text())["project"]["site_url"] == SITE
    for rule in (_rule("dangling"), _rule("E_NOT_FOUND")):
        page, _, heading = rule["helpUri"].removeprefix(SITE).rpartition("/#")
        text = (root / "docs" / f"{page}.md").read_text("utf-8").lower()
        assert f"\n## {heading}\n" in text
    (page,) = (Path(__file__).parents[2] / "docs").rglob("rules.md")
    headings = {line[3:] for line in page.read_text("utf-8").splitlines() if line.startswith("## ")}
    assert {*BY_NAME} <= headings


@pytest.mark.parametrize("evil", ["\x1b[31m", "##[error]x", "\ud800", "a\n::error::b"])
def test_hostile_names_stay_data(tmp_path: Path, evil: str) -> None:
    """The log stays one JSON document, and writes nothing to a terminal or a runner."""
    (tmp_path / "a.json").write_text(json.dumps({"StartAt": evil, "States": {}}))
    ran = run("-C", str(tmp_path), "check", "a.json", "--format", "sarif")
    assert "\x1b" not in ran.out
    assert not any(line.startswith(("::", "##[")) for line in ran.out.splitlines())
    assert json.loads(ran.out)["runs"][0]["results"]


def test_a_log_names_its_tool_and_its_units(shop: Project) -> None:
    """Scanners compare the version of the tool; columns count characters, not UTF-16 units."""
    found = log(shop.run("check", "--format", "sarif"))
    driver = found["tool"]["driver"]
    assert driver["version"] == driver["semanticVersion"] == __version__
    assert found["columnKind"] == "unicodeCodePoints"


def test_equal_findings_of_two_places_are_two(tmp_path: Path) -> None:
    """A scanner that takes them for one would close the alert of both."""
    places = RepositoryPlaces(tmp_path, tmp_path)
    finding = Finding("no-default", "warning", "$.States.A", "A", "A Choice has no Default.")
    moved = replace(finding, path="$.States.B", state="B")
    checked = Checked(
        ("orders", "refunds"),
        tuple(
            CheckedFinding(name, part, "x.py")
            for name in ("orders", "refunds")
            for part in (finding, moved)
        ),
        0,
        {},
    )
    (found,) = sarif_log(checked, places, "1.0.0")["runs"]
    digests = {result["partialFingerprints"]["finding/v1"] for result in found["results"]}
    assert len(digests) == 4


def test_the_nearest_repository_names_a_file(tmp_path: Path) -> None:
    """A submodule has a host of its own."""
    inner = tmp_path / "vendor" / "other"
    for root in (tmp_path, inner):
        (root / ".git").mkdir(parents=True)
    assert repository_root(inner / "x.py") == inner
    assert repository_root(inner.parent / "x.py") == tmp_path
