"""The checks that a change has to pass.

    nox                           lint, types, docs, tests and coverage
    nox -s lint types             some of them
    nox -s tests -- -k yank       arguments after `--` go to pytest; coverage isn't judged then
    nox -s docs                   the reference is current, and the documentation site
    nox -s docs -- write          the same, and the reference is written again
    nox -s smoke -- python3.12    a first use on another Python
    nox -s package                the packages in dist/, looked at and tried
    nox -s package -- v0.3.0      the same for a tag, with its notes in dist/notes.md

The sessions run in the environment that nox is installed in: you install once, as the README
shows. Only `smoke` and `package` make environments, and throw them away. `.ci/run` runs the same
sessions.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nox

LEAST = 97  # percent of lines; the rest is for platforms and races that no test can provoke

nox.options.sessions = ["lint", "types", "docs", "tests"]


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.run(sys.executable, "-m", "ruff", "check", ".")
    session.run(sys.executable, "-m", "ruff", "format", "--check", ".")


@nox.session(venv_backend="none")
def types(session: nox.Session) -> None:
    """Check types."""
    session.run(sys.executable, "-m", "mypy")


@nox.session(venv_backend="none")
def tests(session: nox.Session) -> None:
    """Run the tests; without arguments, count the lines that they run and judge them."""
    if session.posargs:
        session.run(sys.executable, "-m", "pytest", *session.posargs)
        return
    session.run(sys.executable, "-m", "pytest", "--cov", "--cov-report=")
    session.notify("coverage")


@nox.session(venv_backend="none")
def coverage(session: nox.Session) -> None:
    """Fail when the last run of the tests left too many lines out."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "coverage.json")
        session.run(sys.executable, "-m", "coverage", "json", "-q", "-o", str(file))
        report = json.loads(file.read_bytes())
    lines, branches = (
        report["totals"][f"percent_{kind}_covered"] for kind in ("statements", "branches")
    )
    session.log(f"the suite runs {lines:.2f} % of lines and {branches:.2f} % of branches")
    if round(lines) < LEAST:  # rounded as coverage rounds its own limit
        missing = {path: file["missing_lines"] for path, file in report["files"].items()}
        for path in sorted(missing, key=lambda path: -len(missing[path]))[:20]:
            session.log(f"{path}: {missing[path]}")
        session.error(f"less than {LEAST} % of lines: test the others, or delete them")


@nox.session(venv_backend="none")
def docs(session: nox.Session) -> None:
    """Compare the reference with the program, and build the documentation site into site/.

    With the argument `write`, write the reference first. A broken link or anchor is an error.
    Nothing is loaded from the network.
    """
    check = [] if session.posargs == ["write"] else ["--check"]
    session.run(sys.executable, "tools/write_reference.py", *check)
    session.run(sys.executable, "tools/write_json_reference.py", *check)
    session.run(sys.executable, "-m", "zensical", "build", "--clean", "--strict")


@nox.session(venv_backend="none")
def smoke(session: nox.Session) -> None:
    """Install the package as a user does, with each Python given, and run the demo."""
    if not session.posargs:
        session.error("name a Python:  nox -s smoke -- python3.12")
    for python in session.posargs:
        with tempfile.TemporaryDirectory() as folder:
            _try_package(session, python, folder, ".")


@nox.session(venv_backend="none")
def package(session: nox.Session) -> None:
    """Build the packages into dist/ and try the wheel; with a tag, check that it is theirs."""
    dist = Path("dist")
    shutil.rmtree(dist, ignore_errors=True)
    notes = _release_notes(session, session.posargs[0]) if session.posargs else None
    session.run(sys.executable, "-m", "build", "--outdir", str(dist), silent=True)
    packages = sorted(map(str, dist.iterdir()))
    session.run(sys.executable, "-m", "twine", "check", "--strict", *packages)
    (wheel,) = dist.glob("*.whl")
    with tempfile.TemporaryDirectory() as folder:
        _try_package(session, sys.executable, folder, str(wheel))
    if notes is not None:
        (dist / "notes.md").write_text(notes, encoding="utf-8")


def _try_package(session: nox.Session, python: str, folder: str, package: str) -> None:
    """Install a package into a new environment, and run the demo there."""
    session.run(python, "-m", "venv", folder)
    scripts = Path(folder, "Scripts" if sys.platform == "win32" else "bin")
    session.run(str(scripts / "python"), "-m", "pip", "install", "--quiet", package)
    session.run(str(scripts / "python"), "-W", "error", "-c", "import sfn_release")
    session.run(str(scripts / "sfn-release"), "--version")
    session.run(str(scripts / "sfn-release"), "demo", silent=True)


def _release_notes(session: nox.Session, tag: str) -> str:
    """Return the section of CHANGELOG.md about the release that *tag* names."""
    text = Path("sfn_release", "__init__.py").read_text(encoding="utf-8")
    (version,) = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if tag != f"v{version}":
        session.error(f"the tag is {tag}, but sfn_release/__init__.py says {version}")
    changelog = Path("CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"^## \[?{re.escape(version)}\]? - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)"
    found = re.search(heading, changelog, re.MULTILINE | re.DOTALL)
    if found is None:
        session.error(f"CHANGELOG.md has no section of {version} with its date")
    return found[1].strip() + "\n"
