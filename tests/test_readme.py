"""README.md and docs/ match the program: examples, commands, keys, links."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest

from sfn_release import project
from sfn_release.cli.app import program
from sfn_release.operations.scaffold import project_files
from sfn_release.project.modules import build
from sfn_release.project.schema import DOCUMENT
from sfn_release.project.toml_document import Expected
from sfn_release.simulator import load_mocks
from support.places import ROOT

DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}
README = DOCUMENTS["README.md"]
DOCS = [name for name in DOCUMENTS if name != "README.md"]
WRONG = ("docs/reference/rules.md", "python")  # examples that break a rule: test_rules.py
PARTS = ("tutorials", "how-to", "reference", "explanation")
BLOB = "https://github.com/sfn-release/sfn-release/blob/main/"
GENERATED = "<!-- Written by "
MOVED = "docs/attestations.md"  # statements name it; it leads to the page in reference/
PAGE = "sfn.local()"  # stands in the example of the aws_stepfunction documentation page alone


def blocks(language: str, document: str = "README.md") -> list[str]:
    """Return a document's code blocks of a language."""
    pattern = rf"^```{language}\n(.*?)^```$"
    return re.findall(pattern, DOCUMENTS[document], re.MULTILINE | re.DOTALL)


def examples(language: str) -> list[Any]:
    """Return every code block of a language, as a test's parameters that name where it stands."""
    return [
        pytest.param(block, id=f"{document}-{index}")
        for document in DOCUMENTS
        if (document, language) != WRONG
        for index, block in enumerate(blocks(language, document))
    ]


def anchors(document: str) -> set[str]:
    """Return the targets for links inside a document, as GitHub names headings."""
    text = re.sub(r"^```.*?^```$", "", DOCUMENTS[document], flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(document: str) -> list[str]:
    """Return the targets of a document's links that lead to no other site."""
    found = re.findall(r"\]\(([^)]+)\)", DOCUMENTS[document])
    return [target for target in found if not target.startswith("http")]


def test_the_first_screen_holds_the_two_commands() -> None:
    """Each is complete in itself, and the whole file is one screen."""
    screen = "\n".join(README.splitlines()[:50])
    venv = "python3 -m venv .venv && .venv/bin/pip install -e "
    assert f"\n{venv}. && .venv/bin/sfn-release demo\n" in screen
    assert f"\n{venv}'.[dev]' && .venv/bin/python -m pytest\n" in screen


def test_the_reference_shows_every_key_of_releases_toml_in_one_file() -> None:
    """The complete example has all keys of the project, the environments, silences, strategies."""
    text = blocks("toml", "docs/reference/releases-toml.md")[0]
    read = project.parse_project(text, path=ROOT / "releases.toml")
    assert list(read.environments) == ["local", "staging", "prod", "emulator"]

    def keys(expected: Expected | None) -> Mapping[str, Expected]:
        assert expected is not None
        return expected.keys

    environment = keys(DOCUMENT.keys["environments"].others)
    silence = keys(DOCUMENT.keys["checks"].keys["silence"].items)
    strategy = keys(environment["strategy"].table)
    known = {*keys(DOCUMENT.keys["project"]), *environment, *silence, *strategy}
    shown = set(re.findall(r"(?:^|\{ |, |\.)(\w+)(?: =|\])", text, re.MULTILINE))
    assert known - shown == set()


@pytest.mark.parametrize("text", examples("toml"))
def test_toml_is_taken(text: str) -> None:
    """Every example is a releases.toml or a part of one, or a file of tests or of the project."""
    if "[[test]]" in text or "[tool." in text:
        return  # tests/cli/test_testing_page.py runs them
    whole = text if "[project]" in text else f'[project]\nname = "shop"\n{text}'
    assert project.parse_project(whole, path=ROOT / "releases.toml").name == "shop"


def test_what_init_comments_out_is_taken() -> None:
    """The environments that a new releases.toml shows are read once their marks are taken away."""
    settings, _, comments = project_files.files("shop")["releases.toml"].partition(
        "# [environments"
    )
    text = re.sub("^# ?", "", "# [environments" + comments, flags=re.MULTILINE)
    read = project.parse_project(settings + text, path=ROOT / "releases.toml")
    assert list(read.environments) == ["local", "staging", "prod"]


def test_the_mocks_are_mocks() -> None:
    """The example of a mock file is accepted."""
    (text,) = blocks("json", "docs/reference/local-service.md")
    load_mocks(text, file="orders.mocks.json")
    assert list(json.loads(text)) == ["Charge", "arn:aws:states:::sns:publish"]


@pytest.mark.parametrize("index", [0, 1])
def test_the_workflow_modules_build(index: int, tmp_path: Path) -> None:
    """The two modules of the page are modules that a release can be made from."""
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "shown.py").write_text(
        blocks("python", "docs/how-to/write-workflows.md")[index]
    )
    (declared,) = build(tmp_path, "workflows").declarations
    assert declared.name == ["hello", "charging"][index]


PYTHON = examples("python")


def is_test(example: Any) -> bool:
    """Return whether a Python example is a test of a workflow."""
    return "def test_" in example.values[0]


def test_the_tests_pass(tmp_path: Path) -> None:
    """Every example of a test is a test file of its own, in the sample project."""
    shutil.copy(ROOT / "releases.toml", tmp_path)
    shutil.copytree(ROOT / "workflows", tmp_path / "workflows")
    for example in filter(is_test, PYTHON):
        name = re.sub(r"\W+", "_", str(example.id))
        (tmp_path / f"test_{name}.py").write_text(example.values[0])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("text", [example for example in PYTHON if not is_test(example)])
def test_python_runs(text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Every example runs as a module of its own, and its workflow has no findings.

    The example of the documentation page says hello twice when the output of its execution is
    printed.
    """
    asked = "state_machine.execute(bsm, sync=True)"
    (tmp_path / "shown.py").write_text(text.replace(asked, f"print({asked})"))
    shown = runpy.run_path(str(tmp_path / "shown.py"))
    assert shown["workflow"].diagnostics() == ()
    assert "StartAt" in shown["workflow"].serialize()
    said = capsys.readouterr().out
    if PAGE in text:
        assert said.index("Hello Alice") < said.index("Hello Bob")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_command_lines_are_understood(document: str) -> None:
    """The commands in shell blocks and sentences exist, with the options that are shown."""
    context = click.Context(program)
    shown = "\n".join(blocks("sh", document)).splitlines()
    shown += re.findall(r"(?<!`)`(sfn-release [a-z][^`]*)`", DOCUMENTS[document])
    for line in shown:
        typed = re.sub(r"(?<=sfn-release) -C \S+|[|>] .*| #.*", "", line)
        words = typed.replace('"', "").replace(" --json ", " ").split()
        if words[:1] != ["sfn-release"]:
            continue
        command = program.get_command(context, words[1])
        assert command is not None, line
        if isinstance(command, click.Group):
            command = command.commands[words[2]]
        known = {option for parameter in command.params for option in parameter.opts}
        given = {word for word in words[2:] if word.startswith("-") and word != "-"}
        assert given <= known, line


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    """Links inside a document and to the repository's files have a target, as GitHub reads them."""
    for link in links(document):
        path, _, anchor = link.partition("#")
        target = ((ROOT / document).parent / path).resolve() if path else ROOT / document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.relative_to(ROOT).as_posix()), link


@pytest.mark.parametrize("document", DOCS)
def test_pages_link_to_other_folders_by_address(document: str) -> None:
    """The site has docs/ alone. A file outside it has its address on GitHub, and exists."""
    for link in links(document):
        path = link.partition("#")[0]
        assert ((ROOT / document).parent / path).resolve().is_relative_to(ROOT / "docs"), link
    for path in re.findall(rf"\]\({re.escape(BLOB)}([^)#]*)", DOCUMENTS[document]):
        assert (ROOT / path).exists(), path


def test_every_page_is_two_clicks_away() -> None:
    """README leads to the four parts, and the first page of each part to every page of it."""
    parts = [f"docs/{part}/index.md" for part in PARTS]
    assert set(parts) <= set(links("README.md"))
    assert {part.removeprefix("docs/") for part in parts} <= set(links("docs/index.md"))
    for document in DOCS:
        folder = next((part for part in PARTS if document.startswith(f"docs/{part}/")), None)
        if folder is None:
            assert document in {"docs/index.md", MOVED}
            continue
        within = document.removeprefix(f"docs/{folder}/")
        first = {link.partition("#")[0] for link in links(f"docs/{folder}/index.md")}
        overviews = ("commands/index.md", "python-api.md")
        second = {
            f"{overview.rpartition('/')[0]}/{link.partition('#')[0]}".lstrip("/")
            for overview in overviews
            if folder == "reference"
            for link in links(f"docs/reference/{overview}")
        }
        assert within in {"index.md", *first, *second}, document


def test_the_navigation_of_the_site_has_every_page() -> None:
    """Each page is in zensical.toml, and no other page is."""
    text = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    named = set(re.findall(r'"([\w/-]+\.md)"', text))
    pages = {document.removeprefix("docs/") for document in DOCS}
    assert named - {MOVED.removeprefix("docs/")} == pages - {MOVED.removeprefix("docs/")}


def test_the_navigation_has_the_groups_and_the_order_of_the_index() -> None:
    """The sidebar and the first page of How-to list the same pages under the same heading."""
    site = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    (nav,) = (part["How-to"] for part in site["nav"] if "How-to" in part)
    sidebar = {title: pages for group in nav[1:] for title, pages in group.items()}
    sections = re.split(r"^## ", DOCUMENTS["docs/how-to/index.md"], flags=re.MULTILINE)[1:]
    index = {
        section.splitlines()[0]: [f"how-to/{page}" for page in re.findall(r"\]\((.+?)\)", section)]
        for section in sections
    }
    assert list(sidebar) == list(index)
    for title, pages in sidebar.items():
        assert (title, sorted(pages)) == (title, sorted(index[title]))
        assert title == "Set up" or pages == index[title]  # a row of it lists four pages about CI


def test_nothing_is_said_twice() -> None:
    """No sentence of a paragraph stands in two documents: one of them would be wrong one day."""
    said: dict[str, set[str]] = defaultdict(set)
    for document, text in DOCUMENTS.items():
        if text.startswith(GENERATED) or document == "docs/index.md":
            continue  # generated from one source, or the README's first lines for the site
        prose = re.sub(r"^```.*?^```$|^\|.*$|^#.*$", "\n", text, flags=re.MULTILINE | re.DOTALL)
        for paragraph in re.split(r"\n\s*\n|^- ", prose, flags=re.MULTILINE):
            for sentence in re.split(r"(?<=[.:;!?]) ", " ".join(paragraph.split())):
                said[sentence].add(document)
    long = 30  # characters: shorter ones are phrases
    assert {
        sentence: where
        for sentence, where in said.items()
        if len(where) > 1 and len(sentence) > long
    } == {}
