"""The files that GitHub and pre-commit read: valid, pinned, and true about the project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import yaml

from sfn_release import __version__
from sfn_release.operations.scaffold.github import pipeline
from support.command_line import Project
from support.places import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
HOOKS = ROOT / ".pre-commit-hooks.yaml"


def jobs(path: Path) -> dict[str, Any]:
    """Return the jobs of a workflow file."""
    found: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
    return found


def steps() -> Iterator[dict[str, Any]]:
    """Return every step of every workflow."""
    for path in WORKFLOWS:
        for job in jobs(path).values():
            yield from job.get("steps", [])


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.dependabot", [GITHUB / "dependabot.yml"]),
        ("vendor.github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
        (
            "vendor.github-issue-forms",
            [
                path
                for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml")
                if path.name != "config.yml"
            ],
        ),
    ],
)
def test_the_files_have_the_form_that_github_reads(schema: str, files: list[Path]) -> None:
    """The published schemas accept them."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        schema,
        *map(str, files),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_are_pinned_to_one_commit_each() -> None:
    """An action is named by its full commit, with its version; the pipelines of init agree."""
    text = "\n".join(path.read_text() for path in WORKFLOWS)
    used = set(re.findall(r"uses: (?!\./)(.+)", text))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action
    names = [action.partition("@")[0] for action in used]
    assert len(names) == len({*names})
    for ours in (pipeline.CHECKOUT, pipeline.PYTHON):
        assert ours in used


def fences(language: str) -> Iterator[tuple[str, str]]:
    """Yield the code blocks of the documentation in a *language*, each with its page."""
    from markdown_it import MarkdownIt

    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for token in MarkdownIt().parse(path.read_text(encoding="utf-8")):
            if token.type == "fence" and token.info.split()[:1] == [language]:
                yield path.name, token.content


def test_the_documentation_pins_what_the_pipelines_pin() -> None:
    """Each action by the same commit, and each install of the program in a pipeline by version."""
    used = set(re.findall(r"uses: (?!\./)(.+)", "\n".join(path.read_text() for path in WORKFLOWS)))
    used |= {pipeline.CREDENTIALS, pipeline.UV, pipeline.UPLOAD, pipeline.DOWNLOAD}
    found = [
        (page, action.strip())
        for page, text in fences("yaml")
        for action in re.findall(r"(?m)^[ -]*uses: (?!sfn-release/sfn-release@v)(.+)", text)
    ]
    assert {page for page, _ in found} >= {"github.md", "report.md"}
    assert [place for place in found if place[1] not in used] == []
    pinned = re.compile(r"sfn-release(\[[\w,]+\])?==\d|/tags/v\d|--requirement |-r requirements")
    lines = [
        (page, line)
        for page, text in fences("yaml")
        for line in re.findall(r"pip install [^&\n]+", text)
        if "sfn-release" in line
    ]
    assert len(lines) >= 3
    assert [place for place in lines if not pinned.search(place[1])] == []


def test_workflows_of_the_documentation_start_after_real_ones() -> None:
    """Jobs that they need are theirs, and workflows that they follow are written by init."""
    for page, text in fences("yaml"):
        if "jobs:" not in text:
            continue
        workflow = yaml.safe_load(text)
        for name, job in workflow["jobs"].items():
            needs = job.get("needs", [])
            assert {*([needs] if isinstance(needs, str) else needs)} <= {*workflow["jobs"]}, name
            assert set(job) >= {"runs-on", "steps"}, (page, name)
        events = workflow.get(True, {})
        followed = events.get("workflow_run", {}).get("workflows", []) if events else []
        assert {*followed} <= {f"sfn-release{end}" for end in ("", "-promote", "-rollback")}


def test_no_step_runs_text_of_a_stranger() -> None:
    """Values come to a script by its environment, never inside it."""
    scripts = [step["run"] for step in steps() if "run" in step]
    assert scripts
    assert [script for script in scripts if "${{" in script] == []


def test_only_the_publishing_jobs_may_write() -> None:
    """Each workflow names its permissions; the tests of a pull request may only read."""
    allowed = {
        ("release.yml", "pypi"): {"id-token": "write"},
        ("release.yml", "github"): {"contents": "write"},
        ("docs.yml", "publish"): {"pages": "write", "id-token": "write"},
    }
    for path in WORKFLOWS:
        assert yaml.safe_load(path.read_text())["permissions"] in ({}, {"contents": "read"})
        for name, job in jobs(path).items():
            granted = job.get("permissions", {"contents": "read"})
            assert granted == allowed.get((path.name, name), {"contents": "read"}), name


def test_every_supported_python_is_tested() -> None:
    """The matrix has the Pythons that the package names, from its least on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {
        line.rpartition(" ")[2]
        for line in project["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", line)
    }
    matrix = jobs(GITHUB / "workflows" / "tests.yml")["suite"]["strategy"]["matrix"]["python"]
    assert named == {*matrix}
    assert f">={matrix[0]}" == project["requires-python"]


def test_a_release_waits_for_the_tests_and_the_packages() -> None:
    """Nothing is uploaded before both are done; the release of GitHub comes last."""
    found = jobs(GITHUB / "workflows" / "release.yml")
    assert {*found["pypi"]["needs"]} == {"tests", "package"}
    assert found["github"]["needs"] == "pypi"
    assert found["pypi"]["environment"]["name"] == "pypi"


def test_the_site_is_published_after_the_strict_build_alone() -> None:
    """From main; a pull request builds the site, and publishes nothing."""
    found = jobs(GITHUB / "workflows" / "docs.yml")
    assert [step["run"] for step in found["site"]["steps"] if "name" in step] == [
        "python -m nox -s docs"
    ]
    publish = found["publish"]
    assert publish["needs"] == "site"
    assert publish["if"] == (
        "github.event_name != 'pull_request' && github.ref == 'refs/heads/main'"
    )
    names = [step["uses"].partition("@")[0] for step in publish["steps"]]
    assert names == ["actions/configure-pages", "actions/deploy-pages"]
    assert publish["environment"]["name"] == "github-pages"


def test_the_page_on_pypi_has_no_relative_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each link of the built metadata leads to the site, or to a file of this version."""
    from hatchling.build import prepare_metadata_for_build_wheel
    from markdown_it import MarkdownIt

    monkeypatch.chdir(ROOT)
    name = prepare_metadata_for_build_wheel(str(tmp_path))
    _, _, page = (tmp_path / name / "METADATA").read_text(encoding="utf-8").partition("\n\n")
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(page)
    links = [
        str(child.attrs.get("href") or child.attrs.get("src"))
        for token in tokens
        for child in token.children or ()
        if child.type in {"link_open", "image"}
    ]
    raw = f"https://raw.githubusercontent.com/sfn-release/sfn-release/v{__version__}/"
    files = f"https://github.com/sfn-release/sfn-release/blob/v{__version__}/"
    site = "https://sfn-release.github.io/sfn-release/"
    assert len(links) > 5
    for link in links:
        if link.startswith((raw, files)):
            path = link.removeprefix(raw).removeprefix(files)
            assert (ROOT / path).is_file(), link
        else:
            assert link.startswith(site), link
            path = link.removeprefix(site).partition("#")[0].removesuffix("/")
            pages = (ROOT / "docs" / f"{path}.md", ROOT / "docs" / path / "index.md")
            assert any(page.is_file() for page in pages), link
    assert "pip install sfn-release" in page
    assert "pip install -e" not in page


NAMED_VERSION = re.compile(
    r"sfn-release/sfn-release@v(\S+)|rev: v(\d\S+)|placeholder: sfn-release (\S+),"
    r"|/tags/v(\S+)\.tar\.gz|sfn-release(?:\[[\w,]+\])?==(\d[\d.]*\d)'"
)


def test_the_version_that_you_copy_is_this_one() -> None:
    """The action, the hooks and the form name the version of the program."""
    found = {
        path: [next(filter(None, groups)) for groups in NAMED_VERSION.findall(text)]
        for path in (
            *(HOOKS, GITHUB / "ISSUE_TEMPLATE" / "bug.yml"),
            *(ROOT / "docs").rglob("*.md"),
        )
        if NAMED_VERSION.search(text := path.read_text(encoding="utf-8"))
    }
    assert {path.name for path in found} >= {HOOKS.name, "bug.yml", "github.md", "editor.md"}
    assert {version for versions in found.values() for version in versions} == {__version__}


def test_the_notes_of_a_release_are_its_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tag that isn't the version is refused, and so is one without a dated section."""
    monkeypatch.syspath_prepend(ROOT)
    import noxfile

    (tmp_path / "sfn_release").mkdir()
    (tmp_path / "sfn_release" / "__init__.py").write_text('"""x"""\n__version__ = "1.2.0"\n')
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text(
        "# C\n\n## [1.2.0] - 2026-01-02\n\n- new\n\n## [1.1.0] - 2026-01-01\n\n- old\n"
    )
    monkeypatch.chdir(tmp_path)
    session = Mock()
    session.error.side_effect = SystemExit
    assert noxfile._release_notes(session, "v1.2.0") == "- new\n"
    with pytest.raises(SystemExit):
        noxfile._release_notes(session, "v1.3.0")
    changelog.write_text("# C\n\n## [Unreleased]\n\n- new\n")
    with pytest.raises(SystemExit):
        noxfile._release_notes(session, "v1.2.0")


def hooked(shop: Project, folder: Path, hook: str) -> dict[str, str]:
    """Let the repository use a hook of ours; return the environment for pre-commit.

    The hooks come from a repository that holds their file alone, with the program that is
    installed here: an environment of their own would be installed from a network.
    """
    git = ["git", "-C", str(folder)]
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    folder.mkdir()
    (folder / HOOKS.name).write_text(HOOKS.read_text())
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "Hooks"]):
        subprocess.run([*git, *command], check=True)
    done = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    used = {"id": hook, "language": "system", "additional_dependencies": []}
    repo = {"repo": str(folder), "rev": done.stdout.strip(), "hooks": [used]}
    shop.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [repo]}))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(folder / "cache")}


@pytest.mark.parametrize(
    ("hook", "changed"),
    [
        ("sfn-release-check", "workflows/hello.asl.json"),
        ("sfn-release-check", "workflows/_helper.py"),
        ("sfn-release-check-files", "elsewhere/pay.asl.json"),
    ],
)
def test_pre_commit_runs_the_check(shop: Project, tmp_path: Path, hook: str, changed: str) -> None:
    """pre-commit itself runs the hook: a commit with a broken workflow is stopped, others pass."""
    environ = hooked(shop, tmp_path / "hooks", hook)

    def run() -> subprocess.CompletedProcess[str]:
        subprocess.run(["git", "add", "."], cwd=shop.root, check=True)
        command = [sys.executable, "-m", "pre_commit", "run", "--color", "never"]
        return subprocess.run(
            command, cwd=shop.root, env=environ, capture_output=True, text=True, check=False
        )

    shop.write("notes.txt", "nothing to check")
    skipped = run()
    assert (skipped.returncode, "Skipped" in skipped.stdout) == (0, True), skipped.stdout
    shop.write(changed, '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}\n')
    passed = run()
    assert (passed.returncode, "Passed" in passed.stdout) == (0, True), passed.stdout
    broken = changed if changed.endswith(".json") else "workflows/pay.asl.json"
    shop.write(broken, '{"StartAt": "A", "States": {"A": {"Type": "Suceed"}}}\n')
    failed = run()
    assert (failed.returncode, "Failed" in failed.stdout) == (1, True)
    assert 'Did you mean "Succeed"?' in failed.stdout


def test_the_hooks_of_the_documentation_are_ours() -> None:
    """The page has a configuration that works, and names both hooks."""
    named = {hook["id"] for hook in yaml.safe_load(HOOKS.read_text())}
    found = [
        yaml.safe_load(text)["repos"][0] for page, text in fences("yaml") if page == "editor.md"
    ]
    assert {hook["id"] for repo in found for hook in repo["hooks"]} <= named
    text = (ROOT / "docs" / "how-to" / "editor.md").read_text(encoding="utf-8")
    assert [
        hook for hook in sorted(named) if f"`{hook}`" not in text and hook not in str(found)
    ] == []


def test_every_hook_is_tried() -> None:
    """The manifest is valid, and the test above runs each of its hooks."""
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-manifest", HOOKS], check=True)
    named = {hook["id"] for hook in yaml.safe_load(HOOKS.read_text())}
    assert named == {"sfn-release-check", "sfn-release-check-files"}
