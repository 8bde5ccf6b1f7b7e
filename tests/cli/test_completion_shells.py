"""TAB in real shells: bash without bash-completion, zsh, fish. An absent shell is skipped."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sfn_release.cli.completion.shell_scripts import SCRIPTS, SHELLS, Shell
from support.git import run_git
from support.screens import Screen, start_on_screen

PROMPT = "$ "
_BASHRC = (
    "PS1='$ '; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; . ./script\n"
)
_ZSHRC = "PS1='$ '; unsetopt beep promptsp; autoload -Uz compinit && compinit -u -D; . ./script\n"
_CONFIG = (
    "function fish_prompt; echo -n '$ '; end; function fish_greeting; end;"
    " set -g fish_autosuggestion_enabled 0; source ./script\n"
)
STARTS: dict[Shell, tuple[str, str, tuple[str, ...]]] = {
    # shell → its start file, the content, the command
    "bash": ("bashrc", _BASHRC, ("--noprofile", "--rcfile", "bashrc", "-i")),
    "zsh": (".zshrc", _ZSHRC, ("-i",)),
    "fish": (".config/fish/config.fish", _CONFIG, ("-i",)),
}
INSTALLED = [
    pytest.param(
        shell,
        marks=pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} isn't installed"),
    )
    for shell in SHELLS
]
FOUND = [
    # keys before TAB → the line after it
    ("pub", "publish"),
    ("status --env=p", "status --env=prod"),
    ("diff @p", "diff @prod"),
    ("report --compare @p", "report --compare @prod.."),
    ("report --compare @prod..@l", "report --compare @prod..@local"),
    ("check Zah", "check Zahlung:prüfen"),
    ("check Zahlung:prü", "check Zahlung:prüfen"),
    ("blame refunds Char", r"blame refunds Charge\ Card"),
    ('blame refunds "Char', 'blame refunds "Charge Card"'),
    ("blame refunds 'Char", "blame refunds 'Charge Card'"),
    (r"blame refunds Charge\ C", r"blame refunds Charge\ Card"),
    ("execute refunds --input @o", r"execute refunds --input @order\ 7.json"),
    ("-C work", "-C workflows/"),
]
DEFINITION = '{"StartAt": "Charge Card", "States": {"Charge Card": {"Type": "Succeed"}}}'
HOSTILE = [
    # names of states, of which a letter and TAB complete the rest
    "1 $(touch pwned) `touch pwned`",
    "2;touch pwned & > pwned",
    "3'q\"u\\o",
    "4 !event !!",
    "5 [x]*? {a,b}",
    "6 é→✓:c=d",
    "~7",
]
ODD = ["8\nline", "8\x1b[31m", "8\ttab", "-8"]  # no shell takes them as a word


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with a release, and the start files of the shells."""
    root = tmp_path_factory.mktemp("shop")
    texts = {
        "releases.toml": '[project]\nname = "shop"\n[environments.prod]\n',
        "workflows/pay.py": 'x = sfn.StateMachine(name="Zahlung:prüfen")\n',
        "definitions/refunds.asl.json": DEFINITION,
        "definitions/odd.asl.json": json.dumps(
            {"StartAt": "1", "States": {name: {"Type": "Succeed"} for name in (*HOSTILE, *ODD)}}
        ),
        "order 7.json": "{}",
        **{name: text for name, text, _ in STARTS.values()},
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    run_git(root, "init", "-q")
    run_git(root, "add", "definitions")
    run_git(root, "commit", "-qm", "release 1.0.0")
    run_git(root, "update-ref", "refs/heads/sfn-release/shop/releases", "HEAD")
    return root


@contextmanager
def typing(shell: Shell, folder: Path, program: str = "sfn-release") -> Iterator[Screen]:
    """Start a shell that has read our script, and type a program's name."""
    (folder / "script").write_text(SCRIPTS[shell], encoding="utf-8")
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    environ = {"HOME": str(folder), "PATH": path, "LANG": "C.UTF-8"}
    environ["XDG_CONFIG_HOME"] = str(folder / ".config")
    where = shutil.which(shell) or shell
    command = (where, *STARTS[shell][2])
    screen = start_on_screen(folder, columns=100, environ=environ, command=command)
    try:
        screen.until(lambda seen: seen.text.endswith(PROMPT.strip()))
        screen.press(f"{program} ")
        yield screen
    finally:
        screen.press("\x03\x04")
        screen.process.kill()
        screen.end()


@pytest.mark.parametrize("shell", INSTALLED)
def test_tab_completes_the_line(shell: Shell, shop: Path) -> None:
    """Names with spaces, colons, quotes and other scripts become one word of the shell."""
    with typing(shell, shop) as screen:
        for keys, completed in FOUND:
            line = f"$ sfn-release {completed}"
            screen.press(f"{keys}\t")
            screen.until(lambda seen, line=line: line in seen.text)  # type: ignore[misc]
            screen.press("\x15")  # Ctrl-U: an empty line again
            screen.until(lambda seen: seen.text.endswith(PROMPT.strip()))
            screen.press("sfn-release ")


@pytest.mark.parametrize("shell", INSTALLED)
def test_a_completed_name_is_one_argument(shell: Shell, shop: Path, tmp_path: Path) -> None:
    """The shell runs nothing that a name says, and passes the name as it is."""
    real = Path(sys.executable).parent / "sfn-release"
    stub = tmp_path / "sfn-release"
    stub.write_text(
        f'#!/bin/sh\n[ -n "$_SFN_RELEASE_COMPLETE" ] && exec "{real}" "$@"\n'
        "printf '<%s>' \"$@\"; echo\n"
    )
    stub.chmod(0o755)
    quotes = ("", '"', "'") if shell == "bash" else ("",)
    cases = [(quote, name) for name in HOSTILE for quote in quotes]
    with typing(shell, shop, str(stub)) as screen:
        for quote, name in cases:
            if quote == '"' and "!" in name:
                continue  # bash has no escape for it between these quotes
            start = "\\~" if name.startswith("~") and not quote else name[0]
            screen.press(f"blame odd {quote}{start}\t\r")
            expected = f"<blame><odd><{name}>"
            screen.until(lambda seen, text=expected: text in seen.text)  # type: ignore[misc]
            screen.press("\x0c")
            screen.until(lambda seen: seen.text.strip() == PROMPT.strip())
            screen.press(f"{stub} ")
        screen.press("blame odd 8\tx")
        screen.until(lambda seen: "blame odd 8x" in seen.text)
    assert not (shop / "pwned").exists()


@pytest.mark.parametrize("shell", INSTALLED)
def test_tab_says_nothing_outside_a_project(shell: Shell, tmp_path: Path, shop: Path) -> None:
    """A missing project, and a missing program, leave the line as it is."""
    name, text, _ = STARTS[shell]
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    for program in ("sfn-release", "./gone/sfn-release"):
        with typing(shell, tmp_path, program) as screen:
            screen.press("show 1\t")
            screen.press("x")
            screen.until(lambda seen: "show 1x" in seen.text)
            assert len(screen.lines) == 1, screen.text
    assert shop.is_dir()
