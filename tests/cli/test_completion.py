"""Completion: the program's answers. test_completion_shells presses TAB in the shells."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli import main
from sfn_release.cli.app import program
from sfn_release.cli.completion.answer import answer
from sfn_release.cli.completion.candidate import Candidate, starting
from sfn_release.cli.completion.cursor import complete
from sfn_release.cli.completion.git_names import released_states
from sfn_release.cli.completion.project_outline import ProjectOutline, find_outline
from sfn_release.cli.completion.shell_words import quoted, split_line
from sfn_release.cli.completion.value_kinds import kinds_of
from sfn_release.cli.completion.values import FINDERS, Values
from support.command_line import run
from support.git import run_git

CONFIG = """\
[project]
name = "shop"

[environments.staging]
region = "eu-west-1"

[environments.prod]
region = "eu-west-1"
"""
DEFINITION = """{"StartAt": "Charge Card", "States": {"Charge Card": {"Type": "Parallel",
"End": true, "Branches": [{"StartAt": "Prüfen", "States": {"Prüfen": {"Type": "Succeed"}}}]}}}"""
WORDS = {
    # words of metavars whose values can't be listed
    *("TEXT", "REASON", "PROJECT", "NAME", "TIME", "ARN", "EXECUTION_ARN", "JSON", "-", "N"),
    *("N/M", "NUMBER", "PERCENT", "EXPRESSION", "ERRORS", "PATHS", "ID", "ADDRESS"),
    *("NAME=FOLDER", "NAME=MODULE:FUNCTION", "SERVICE=URL", "PORT", "KEEP", "COUNT", "JOBS"),
    *("LAST", "LIMIT", "URL", "SECONDS", "WAIT_TIME_SCALE", "MOST_RUNS"),
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project with two releases, by Git alone, and change to it."""
    git = partial(run_git, tmp_path)
    git("init", "-q")
    (tmp_path / "releases.toml").write_text(CONFIG, encoding="utf-8")
    folder = tmp_path / "workflows"
    folder.mkdir()
    (folder / "orders.py").write_text("raise SystemExit  # never run\n", encoding="utf-8")
    (folder / "pay.py").write_text(
        'x = sfn.StateMachine(name="Zahlung:prüfen")\n', encoding="utf-8"
    )
    (folder / "_shared.py").write_text("", encoding="utf-8")
    (folder / "refunds.asl.json").write_text(DEFINITION, encoding="utf-8")
    (tmp_path / "order 7.json").write_text("{}", encoding="utf-8")
    released(git, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def released(git: Callable[..., str], root: Path) -> None:
    """Make the refs of releases 1.2.0 and 1.10.0, and a local trial."""
    definitions = root / "definitions"
    definitions.mkdir()
    (definitions / "refunds.asl.json").write_text(DEFINITION, encoding="utf-8")
    (definitions / "old.asl.json").write_text("{}", encoding="utf-8")
    git("add", "definitions")
    git("commit", "-m", "release 1.2.0")
    git("tag", "v1.2.0")
    git("commit", "--allow-empty", "-m", "release 1.10.0")
    git("update-ref", "refs/heads/sfn-release/shop/releases", "HEAD")
    git("update-ref", "refs/sfn-release/shop/local/releases/2.0.0-rc.1", "HEAD")
    git("tag", "vNext")
    tried(git, root)


def tried(git: Callable[..., str], root: Path) -> None:
    """Make local trials; only the last two have the workflow `trial`, with another state each."""
    definition = root / "definitions" / "trial.asl.json"
    for version, state in (("2.0.0-rc.2", "Pause"), ("2.0.0-rc.10", "Warten")):
        text = f'{{"StartAt": "{state}", "States": {{"{state}": {{"Type": "Succeed"}}}}}}'
        definition.write_text(text, encoding="utf-8")
        git("add", "definitions")
        git("commit", "-m", f"trial {version}")
        git("update-ref", f"refs/sfn-release/shop/local/releases/{version}", "HEAD")
    git("reset", "--hard", "HEAD~2")


def words(line: str) -> list[str]:
    """Return the candidates for a line that ends at the cursor."""
    (_, *before), last = split_line(f"sfn-release {line}")
    return [candidate.word for candidate in complete(before, last.text)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pub", ["publish"]),
        ("--no-", ["--no-pager"]),
        ("--env p", ["prod"]),
        ("-C work", ["workflows/"]),
        ("publish --bump ", ["auto", "major", "minor", "patch"]),
        ("publish --bump=ma", ["--bump=major"]),
        ("publish ", ["2.0.1", "2.1.0", "3.0.0"]),
        ("show ", ["2.0.0-rc.10", "2.0.0-rc.2", "2.0.0-rc.1", "1.10.0", "1.2.0"]),
        ("show 1.2.0 ", ["Zahlung:prüfen", "old", "orders", "refunds", "trial"]),
        ("graph ref", ["refunds"]),
        ("check refunds r", ["releases.toml"]),
        ("blame refunds ", ["Charge Card", "Prüfen"]),
        ("blame --version 1.2.0 refunds P", ["Prüfen"]),
        ("promote --from ", ["staging", "prod", "local"]),
        ("promote --from staging --to p", ["prod"]),
        ("plan --from s", ["staging"]),
        ("diff @", ["@staging", "@prod", "@local"]),
        ("diff 1.1", ["1.10.0"]),
        ("diff 1.2.0..1.1", ["1.2.0..1.10.0"]),
        ("diff 1.2.0..@p", ["1.2.0..@prod"]),
        ("diff 1.2.0 1.1", ["1.10.0"]),
        ("diff 1.2.0 1.2.0..", []),
        ("blame trial ", ["Warten"]),
        ("blame tri", ["trial"]),
        ("report --compare 1.1", ["1.10.0.."]),
        ("report --compare 1.10.0..", ["1.10.0..2.0.0-rc.10"]),
        ("report --compare=@pr", ["--compare=@prod.."]),
        ("report --compare @prod..@s", ["@prod..@staging"]),
        ("execute orders --input ", ["@"]),
        ("execute orders --input @o", ["@order 7.json"]),
        ("execute orders --input @./o", ["@./order 7.json"]),
        ("execute orders --env=l", ["--env=local"]),
        ("execute orders --nam", ["--name"]),
        ("explain o", ["order 7.json"]),
        ("env ", ["check"]),
        ("env check --env st", ["staging"]),
        ("local serve --real", ["--real-time"]),
        ("history -n 5 --env st", ["staging"]),
        ("history -vn 5 --env st", ["staging"]),
        ("check -- --", []),
        ("which ", ["-C", "--env"]),
        ("nonsense ", []),
        ("publish --nonsense x ", ["-C"]),
        ("graph refunds --coverage o", ["order 7.json"]),
        ("completion z", ["zsh"]),
        ("schema t", ["tests"]),
    ],
)
def test_values_come_from_the_project(shop: Path, line: str, expected: list[str]) -> None:
    """Commands, options, choices, and names of the project, without running its modules."""
    assert shop.is_dir()
    found = words(line)
    assert found[: len(expected)] == expected
    assert expected or not found


def test_a_name_is_offered_once_and_only_if_it_can_be_typed() -> None:
    """Control characters and marks of direction are in no candidate; wide spaces can be."""
    names = ["a", "a", "a\n", "a\tb", "a\x1b[31m", "a\u202eb", "a\u3000b", "b"]
    found = starting("a", map(Candidate, names), before="@")
    assert [candidate.word for candidate in found] == ["@a", "@a\u3000b"]


def test_an_option_is_offered_once(shop: Path) -> None:
    """Unless it can be repeated."""
    assert shop.is_dir()
    assert "--strict" not in words("check --strict --")
    assert "--env" in words("status --env prod --")


def test_another_folder_is_completed_with_c(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """-C counts before the command and after it, and relative to the -C before."""
    monkeypatch.chdir("/")
    assert words(f"-C {shop.parent} -C {shop.name} status --env p") == ["prod"]
    assert words(f"status -C {shop} --env p") == ["prod"]
    assert words(f"status -C {shop}/work") == [f"{shop}/workflows/"]


def test_a_broken_file_still_names_environments(shop: Path) -> None:
    """While you edit releases.toml, its tables are recognised by their heads."""
    (shop / "releases.toml").write_text(f"{CONFIG}[[[\n", encoding="utf-8")
    assert words("status --env ") == ["staging", "prod", "local"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "nonsense"])
def test_nothing_is_said_where_nothing_is_known(
    shell: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Outside a project, in a deleted folder, with odd arguments: no error reaches the line."""
    monkeypatch.setenv("_SFN_RELEASE_COMPLETE", shell)
    for arguments in ([], ["x"], ["show", ""], ["sfn-release show ", " "], ["a", "b", "c", "d"]):
        gone = tmp_path / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        assert main(arguments) == 0
        gone.rmdir()
        assert main(arguments) == 0
        monkeypatch.chdir(tmp_path)
    assert capfd.readouterr().err == ""


def test_git_is_asked_without_a_network(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hostile configuration of the clone has no say, and a clone without git has no versions."""
    monkeypatch.setenv("GIT_DIR", "/nonsense")
    assert words("show 1.1") == ["1.10.0"]
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FileNotFoundError):
        words("show ")
    assert answer("fish", ["show", ""]) == 0
    assert shop.is_dir()


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), max_size=20))
def test_bash_reads_back_what_is_quoted(text: str) -> None:
    """A candidate that bash inserts is one word, with the text of the candidate."""
    for quote in ("", "'", '"'):
        before, last = split_line(f"x {quote}{quoted(text, quote)}")
        assert (before, last.text) == (["x"], text)
        assert last.quote == quote


@given(st.text(max_size=30))
def test_any_line_has_an_answer(line: str) -> None:
    """Unfinished quotes, backslashes and control characters are split somehow."""
    before, last = split_line(line)
    assert len("".join(before)) + len(last.text) <= len(line)


def parameters() -> list[tuple[str, click.Parameter]]:
    """Return each parameter that takes a value, with its command."""
    found = []
    context = click.Context(program)
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        inner = command.commands.items() if isinstance(command, click.Group) else []
        every = [(name, command), *((f"{name} {word}", each) for word, each in inner)]
        for path, each in every:
            found += [(path, parameter) for parameter in each.params] if each else []
    return found


def test_every_parameter_has_values_or_is_free() -> None:
    """A new metavar needs a finder, or an entry in the words without one."""
    unknown = {
        (path, kind)
        for path, parameter in parameters()
        if not isinstance(parameter.type, click.Choice)
        if not (isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count))
        for kind in kinds_of(path, parameter)
        if kind not in {*FINDERS, *WORDS} and parameter.type not in {click.INT, click.FLOAT}
    }
    assert unknown == set()


def test_the_command_prints_the_script_of_a_shell() -> None:
    """As text for eval, and as JSON."""
    assert run("completion", "bash").out.startswith("# bash completion")
    assert run("completion", "zsh").out.startswith("#compdef sfn-release\n")
    assert run("completion", "fish", "--json").json["script"].startswith("# fish completion")
    assert run("completion", "powershell").code == 2
    assert os.environ.get("_SFN_RELEASE_COMPLETE") is None


def test_git_reaches_no_remote(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A partial clone would fetch a missing object from its remote: TAB may not wait for that."""
    origin = tmp_path_factory.mktemp("origin") / "origin.git"
    run_git(shop, "clone", "-q", "--bare", str(shop), str(origin))
    run_git(origin, "config", "uploadpack.allowFilter", "true")
    partial_clone = origin.parent / "clone"
    run_git(
        *(shop, "clone", "-q", "--no-checkout", "--filter=blob:none"),
        *(f"file://{origin}", str(partial_clone)),
    )
    [commit] = run_git(partial_clone, "rev-parse", "HEAD").split()
    project = ProjectOutline(partial_clone, {"project": {"name": "shop"}})
    ref = "refs/heads/sfn-release/shop/releases"
    run_git(partial_clone, "update-ref", ref, commit)
    missing = ("rev-list", "--objects", "--missing=print", "HEAD")
    before = run_git(partial_clone, *missing)
    assert "\n?" in before
    assert released_states(project, "refunds") == []
    assert run_git(partial_clone, *missing) == before


def test_a_final_release_comes_before_its_candidates(shop: Path) -> None:
    """The order is the precedence of Semantic Versioning."""
    for version in ("3.0.0-rc.2", "3.0.0-rc.10", "3.0.0", "3.0.0-alpha"):
        run_git(shop, "tag", f"v{version}")
    assert words("show 3.") == ["3.0.0", "3.0.0-rc.10", "3.0.0-rc.2", "3.0.0-alpha"]


def test_the_remote_copy_of_the_releases_wins(shop: Path) -> None:
    """It's newer than the branch of this clone, which only a local ledger moves."""
    for ref, version in (
        ("refs/heads/sfn-release/shop/releases", "7.0.0"),
        ("refs/sfn-release-remotes/x/shop/releases", "8.0.0"),
    ):
        tree = run_git(shop, "rev-parse", "HEAD^{tree}").strip()
        commit = run_git(shop, "commit-tree", tree, "-m", f"release {version}").strip()
        run_git(shop, "update-ref", ref, commit)
    assert "8.0.0" in words("show ")
    assert "7.0.0" not in words("show ")


def test_a_project_ends_at_its_repository(shop: Path) -> None:
    """A repository inside a project is another one, as for every command."""
    inner = shop / "vendor" / "other"
    inner.mkdir(parents=True)
    run_git(inner, "init", "-q")
    assert find_outline(inner) is None
    assert find_outline(inner.parent) is not None


def test_a_huge_file_is_not_read(shop: Path) -> None:
    """TAB answers at once; the other names are still there."""
    assert words("--env pr") == ["prod"]
    (shop / "releases.toml").write_text(CONFIG + "#" * 1_000_001, encoding="utf-8")
    assert words("--env pr") == []


def test_hidden_files_need_their_dot(shop: Path) -> None:
    """As shells have it."""
    (shop / ".secret.json").write_text("{}", encoding="utf-8")
    found = [each.word for each in FINDERS["FILE"][0](Values(shop, {}), "")]
    assert found
    assert not [word for word in found if word.startswith(".")]
    assert ".secret.json" in [each.word for each in FINDERS["FILE"][0](Values(shop, {}), ".")]
