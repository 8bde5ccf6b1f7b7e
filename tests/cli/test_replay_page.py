"""docs/how-to/replay.md, gate-releases.md: the examples of replay and its gate run."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfn_release.project import read_project
from support.command_line import Project, Ran, run
from support.places import ROOT
from support.sold_orders import change, order, order_shop

PAGE = (ROOT / "docs" / "how-to" / "replay.md").read_text(encoding="utf-8")
GATES = (ROOT / "docs" / "how-to" / "gate-releases.md").read_text(encoding="utf-8")


@pytest.fixture
def sold(tmp_path: Path) -> Iterator[Project]:
    """Yield a project in prod with three orders, and a release 1.1.0 that asks for a wrong sum."""
    with order_shop(tmp_path) as project:
        project.ok("publish", "1.0.0")
        for number, total in ((7, 40), (8, 50), (9, 600)):
            order(project, number, total)
        change(project, '"amount": path("$.total")', '"amount": path("$.order_id")')
        project.commit()
        project.ok("publish", "1.1.0", "--no-deploy")
        yield project


def blocks(language: str, text: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> Iterator[list[str]]:
    """Yield the command lines of a section, without the program's name."""
    for script in blocks("sh", text):
        for line in script.splitlines():
            words = shlex.split(line, comments=True)
            assert words.pop(0) == "sfn-release"
            yield words


def shown(project: Project, words: list[str]) -> Ran:
    """Run a command line as a shell does, with its output into a file."""
    target = words[words.index(">") + 1] if ">" in words else None
    arguments = words[: words.index(">")] if target else words
    ran = run("-C", str(project.root), *arguments)
    if target:
        project.write(target, ran.out)
    return ran


def test_replay_what_ran(sold: Project) -> None:
    """Each command finds the three differences, as the page shows them."""
    codes = {" ".join(words): shown(sold, words).code for words in commands(PAGE)}
    assert len(codes) == 8
    # A shard may have no execution.
    assert {code for line, code in codes.items() if "--shard" not in line} == {3}, codes
    (report,) = blocks("text", PAGE)
    out = sold.run("replay", "orders").out
    for line in report.splitlines():
        assert line in out.splitlines()
    (settings,) = blocks("toml", PAGE)
    table = tomllib.loads(settings)["environments"]["prod"]["logging"]
    assert (table["level"], table["includeExecutionData"]) == ("ALL", True)


def test_a_gate_on_promotion(sold: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The release that asks for a wrong sum doesn't get in without a reason."""
    text = GATES.partition("\n## A gate on promotion\n")[2]
    (settings,) = blocks("toml", text)
    (policy,) = re.findall("^replay = .*$", settings, re.MULTILINE)
    file = sold.root / "releases.toml"
    file.write_text(
        file.read_text().replace("[environments.prod]\n", f"[environments.prod]\n{policy}\n")
    )
    sold.commit()
    ran = sold.run("deploy", "1.1.0")
    assert ran.code == 1
    (error,) = blocks("text", text)
    for line in error.splitlines():
        assert " ".join(line.split()) in " ".join(ran.err.split())
    assert sold.run("plan", "1.1.0").out.count("would differ with 1.1.0") == 1
    summary = sold.root / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    deployed = sold.ok("deploy", "1.1.0", "--override", "the sum is meant to be the id")
    line = "replayed 3 executions of orders in prod: 3 different"
    assert f"note: {line}" in deployed.err
    assert line in summary.read_text()
    history = sold.json("history")["deployments"][0]
    counts = {"executions": 3, "same": 0, "different": 3, "unanswered": 0, "unreplayable": 0}
    assert history["replayed"] == {"orders": {"environment": "prod", **counts}}


def test_the_keys_of_the_policy_are_on_the_page_of_promotion(tmp_path: Path) -> None:
    """Each key with its default."""
    page = (ROOT / "docs" / "how-to" / "promote.md").read_text(encoding="utf-8")
    text = page.partition("\n## Choose what is replayed\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE))
    lines = '[environments.prod]\nregion = "eu-west-1"\nreplay = { environment = "prod" }\n'
    file = tmp_path / "releases.toml"
    file.write_text(f'[project]\nname = "shop"\n{lines}')
    policy = read_project(file).environment("prod").replay
    assert policy is not None
    assert {*rows} == {*vars(policy)}
    for key in ("last", "max_different"):
        assert f"{getattr(policy, key)} by default" in rows[key]
