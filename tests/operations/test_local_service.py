"""The service of `local serve`, as settings make it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfn_release.errors import ConfigError, GitError
from sfn_release.operations.local_settings import GivenSettings, LocalSettings, read_settings
from sfn_release.operations.real_runtime import system_runtime
from sfn_release.operations.verbs.local import OpenedService, service_for
from support.command_line import Project
from support.world import Watcher


def opened(folder: Path, settings: LocalSettings, watcher: Watcher | None = None) -> OpenedService:
    """Open the service of a folder, in memory."""
    runtime = system_runtime(watcher or Watcher(), environ={})
    return service_for(folder, runtime, settings=settings, in_memory=True)


@pytest.mark.parametrize(
    ("scale", "real_time", "multiplied"), [(None, False, 1), (0, False, 0), (0.5, True, 0.5)]
)
def test_a_scale_above_0_is_real_time(
    tmp_path: Path, scale: float | None, real_time: bool, multiplied: float
) -> None:
    """As in Step Functions Local, where time is always real."""
    with opened(tmp_path, LocalSettings(wait_time_scale=scale)).service as service:
        context = service.context
        assert (context.real_time, context.wait_time_scale) == (real_time, multiplied)


def test_variables_fix_the_arns_outside_a_project(tmp_path: Path) -> None:
    """A request is then for them, whatever it's signed for."""
    environ = {"AWS_ACCOUNT_ID": "123456789012", "AWS_DEFAULT_REGION": "eu-west-1"}
    with opened(tmp_path, read_settings(tmp_path, environ)).service as service:
        scope = service.context.scope
        assert (scope.region, scope.account) == ("eu-west-1", "123456789012")
        assert set(service.context.fixed) == {"region", "account"}


def test_outside_a_project_no_git_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container of tests has none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with opened(tmp_path, read_settings(tmp_path, {})).service as service:
        assert service.context.scope.account == "000000000000"
    (tmp_path / "releases.toml").write_text('[project]\nname = "shop"\n', encoding="utf-8")
    with pytest.raises(GitError, match="git was not found"):
        opened(tmp_path, read_settings(tmp_path, {}))


def test_a_project_keeps_its_account(shop: Project) -> None:
    """Its workflows are deployed there; an option changes it, and a variable is a note."""
    watcher, environ = Watcher(), {"AWS_ACCOUNT_ID": "123456789012"}
    with opened(shop.root, read_settings(shop.root, environ), watcher).service as service:
        assert service.context.scope.account == "000000000000"
    (note,) = watcher.said
    assert note.startswith("AWS_ACCOUNT_ID isn't used in a project")
    assert "--account 123456789012" in note
    given = GivenSettings(account="123456789012")
    settings = read_settings(shop.root, environ, given)
    with opened(shop.root, settings, watcher).service as service:
        assert service.context.scope.account == "123456789012"
    assert len(watcher.said) == 1


def test_options_win_over_releases_toml(shop: Project) -> None:
    """releases.toml has the settings of the team, options those of this run."""
    text = (shop.root / "releases.toml").read_text()
    shop.write(
        "releases.toml",
        f'{text}\nmock_config = "team.json"\ntask_endpoints = {{ sqs = "http://127.0.0.1:1" }}\n',
    )
    shop.write("team.json", "{}")
    shop.write("mine.json", "{}")
    shop.write("MockConfigFile.json", "{}")
    given = GivenSettings(endpoints=["sns=http://127.0.0.1:2"])
    chosen = opened(shop.root, read_settings(shop.root, {}, given))
    with chosen.service:
        assert chosen.tasks.mock_config == "team.json"
        assert dict(chosen.tasks.task_endpoints) == {
            "sqs": "http://127.0.0.1:1",
            "sns": "http://127.0.0.1:2",
        }
    given = GivenSettings(mock_config="mine.json")
    chosen = opened(shop.root, read_settings(shop.root, {}, given))
    with chosen.service:
        assert chosen.tasks.mock_config == str(shop.root / "mine.json")


def test_a_faulty_mock_file_is_an_error_at_once(tmp_path: Path) -> None:
    """Before the service answers anything."""
    (tmp_path / "MockConfigFile.json").write_text("[]")
    with pytest.raises(ConfigError, match=r"MockConfigFile\.json"):
        opened(tmp_path, LocalSettings())
