"""The man pages: readable by man, whole, with examples that can be copied."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from sfn_release import __version__
from sfn_release.cli.reference import CommandPage, Example, read_page, read_pages
from sfn_release.cli.reference.man_page import man_page

PAGES = read_pages()
COLUMNS = 80
ODD = [".dot", "'quote", "back\\slash", "-dash", "a^b~c`d", "ü→✓", '"', "\\fB", "%", "\\&", "..."]
needs_mandoc = pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc isn't installed")
needs_groff = pytest.mark.skipif(not shutil.which("groff"), reason="groff isn't installed")


def shown(source: str, *command: str) -> str:
    """Return the text of a man page as a formatter prints it, without bold and underlining."""
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout)


def by_mandoc(source: str) -> str:
    """Format a page in 80 columns."""
    return shown(source, "mandoc", "-T", "utf8", "-O", f"width={COLUMNS - 2}")


@needs_mandoc
def test_mandoc_has_nothing_to_say() -> None:
    """But that a page has no date: it would differ in every build."""
    for page in PAGES:
        done = subprocess.run(
            ["mandoc", "-T", "lint"],
            input=man_page(page, __version__),
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "TH" not in line]
        long = [line for line in lines if "longer than 80 bytes" not in line]
        assert long == [], page.name


@needs_mandoc
@pytest.mark.parametrize("words", [(), ("publish",), ("local", "serve"), ("completion",)])
def test_a_page_fits_a_terminal_and_is_whole(words: tuple[str, ...]) -> None:
    """Options, exit codes and examples are there; an example is a line that you can copy."""
    page = read_page(*words)
    text = by_mandoc(man_page(page, __version__))
    for example in page.examples:
        assert f"{example.line}\n" in text
        assert len(example.line) <= COLUMNS - 2
    for option in page.options:
        assert option.names[-1] in text
    for code in page.exit_codes:
        assert re.search(rf"^ +{code} ", text, re.MULTILINE)
    prose = [line for line in text.splitlines() if "sfn-release" not in line]
    assert max(map(len, prose)) <= COLUMNS


@needs_groff
def test_groff_has_no_warnings() -> None:
    """The formatter of most Linux systems."""
    source = man_page(read_page("execute"), __version__)
    text = shown(source, "groff", "-man", "-Tutf8", "-ww", "-P-c")
    assert "SYNOPSIS" in text


def odd_page(text: str) -> CommandPage:
    """Return a page with an odd text in every place."""
    page = read_page("demo")
    return replace(
        page, summary=f"{text} x.", description=(text,), examples=(Example(f"x {text}", text),)
    )


@needs_mandoc
@pytest.mark.parametrize("text", ODD)
def test_any_text_is_printed_as_it_is(text: str) -> None:
    """Dots at the start of a line, quotes, backslashes and other scripts aren't commands."""
    printed = by_mandoc(man_page(odd_page(text), "1.0"))
    assert printed.count(text) >= 3, printed


def test_a_source_is_ascii() -> None:
    """Every formatter and every locale reads it."""
    for page in PAGES:
        assert man_page(page, __version__).isascii()


def builder() -> ModuleType:
    """Import the build hook, which lies outside of the package."""
    path = Path(__file__).parents[2] / "tools" / "man_pages.py"
    spec = importlib.util.spec_from_file_location("man_pages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_wheel_has_every_page(tmp_path: Path) -> None:
    """One for each command, named as git names its pages."""
    files = builder().write_pages(tmp_path / "man")
    assert {file.name for file in files} == {f"{page.file_name}.1" for page in PAGES}
    assert {"sfn-release.1", "sfn-release-env-check.1"} <= {file.name for file in files}


def test_an_option_can_be_copied_from_a_page() -> None:
    """An unescaped `-` becomes a Unicode hyphen, which no shell takes for an option."""
    for page in read_pages():
        source = man_page(page, "1.0.0")
        assert not re.search(r"(?<!\\)-", source.replace("\\-", "")), page.name
