"""The settings of `local serve`: options, and the variables of Step Functions Local."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfn_release.cli.output.serve_settings import lines
from sfn_release.errors import ConfigError, SfnReleaseError, UsageError
from sfn_release.operations.local_settings import (
    ENDPOINTS,
    GivenSettings,
    read_settings,
    with_defaults,
)
from sfn_release.operations.real_runtime import system_runtime
from sfn_release.operations.verbs.local import service_for
from sfn_release.project.task_settings import TaskSettings
from support.world import Watcher


def test_nothing_is_set_by_default(tmp_path: Path) -> None:
    """Empty variables, as Docker's --env-file leaves them, count as unset."""
    empty = dict.fromkeys([*ENDPOINTS, "SFN_MOCK_CONFIG", "WAIT_TIME_SCALE", "AWS_ACCOUNT_ID"], "")
    settings = read_settings(tmp_path, empty)
    assert settings.tasks.mock_config is None
    assert settings.tasks.task_endpoints == {}
    assert (settings.wait_time_scale, settings.account, settings.region) == (None, None, None)


@pytest.mark.parametrize("name", ["SFN_MOCK_CONFIG", "LOCALSTACK_SFN_MOCK_CONFIG"])
def test_the_mock_file_of_a_variable(tmp_path: Path, name: str) -> None:
    """Its path is relative to the folder. An option wins."""
    assert read_settings(tmp_path, {name: "own.json"}).tasks.mock_config == f"{tmp_path}/own.json"
    given = GivenSettings(mock_config="/option.json")
    assert read_settings(tmp_path, {name: "own.json"}, given).tasks.mock_config == "/option.json"


def test_the_mock_file_beside_you(tmp_path: Path) -> None:
    """Like Step Functions Local, the service reads MockConfigFile.json from its folder."""
    assert with_defaults(tmp_path, TaskSettings()).mock_config is None
    beside = tmp_path / "MockConfigFile.json"
    beside.write_text("{}")
    assert with_defaults(tmp_path, TaskSettings()).mock_config == str(beside)
    assert with_defaults(tmp_path, TaskSettings(mock_config="own")).mock_config == "own"


def test_every_endpoint_has_a_variable(tmp_path: Path) -> None:
    """The variables of Step Functions Local name services; an option wins."""
    environ = {name: f"http://127.0.0.1:{4000 + n}" for n, name in enumerate(ENDPOINTS)}
    given = GivenSettings(
        endpoints=["sqs=https://sqs.test/a", "ssm=aws", "*=http://localhost:4566"]
    )
    endpoints = read_settings(tmp_path, environ, given).tasks.task_endpoints
    assert set(endpoints) == {*ENDPOINTS.values(), "ssm", "*"}
    assert endpoints["lambda"] == environ["LAMBDA_ENDPOINT"]
    assert endpoints["sqs"] == "https://sqs.test/a"


def test_handlers_and_buckets(tmp_path: Path) -> None:
    """Each is a name and what stands in for it."""
    (tmp_path / "orders").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "charge.py").touch()
    given = GivenSettings(handlers=["charge=app.charge:handler"], buckets=["in=orders"])
    tasks = read_settings(tmp_path, {}, given).tasks
    assert tasks.handlers == {"charge": "app.charge:handler"}
    assert tasks.buckets == {"in": str(tmp_path / "orders")}


def test_an_option_wins_over_a_variable(tmp_path: Path) -> None:
    """Scale, account and region; in a project, only options set the last two."""
    environ = {
        "WAIT_TIME_SCALE": "0.5",
        "AWS_ACCOUNT_ID": "111111111111",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    settings = read_settings(tmp_path, environ)
    assert settings.wait_time_scale == 0.5
    assert (settings.account, settings.region) == ("111111111111", "eu-west-1")
    assert (settings.in_project().account, settings.in_project().region) == (None, None)
    given = GivenSettings(wait_time_scale=0, account="123456789012", region="us-gov-west-1")
    settings = read_settings(tmp_path, environ, given)
    assert settings.wait_time_scale == 0
    assert settings.in_project().account == "123456789012"
    assert settings.in_project().region == "us-gov-west-1"


@pytest.mark.parametrize(
    ("given", "environ", "said"),
    [
        (GivenSettings(handlers=["charge"]), {}, "--handler 'charge' can't be read"),
        (GivenSettings(handlers=["charge=app"]), {}, "'charge' is 'app'"),
        (GivenSettings(buckets=["in=absent"]), {}, "is not a folder"),
        (GivenSettings(buckets=["=x"]), {}, "--bucket '=x' can't be read"),
        (GivenSettings(endpoints=["lambda"]), {}, "--endpoint 'lambda' can't be read"),
        (GivenSettings(endpoints=["Lambda=http://x"]), {}, "'Lambda' is not a service"),
        (GivenSettings(endpoints=["sagmaker=http://x"]), {}, "'sagmaker' is not a service"),
        (GivenSettings(endpoints=["lambda=ftp://x"]), {}, "'ftp://x' is not an endpoint"),
        (GivenSettings(endpoints=["lambda=http://x:y"]), {}, "'http://x:y' is not an endpoint"),
        (
            GivenSettings(),
            {"LAMBDA_ENDPOINT": "3001"},
            "LAMBDA_ENDPOINT: '3001' is not an endpoint",
        ),
        (GivenSettings(wait_time_scale=-1), {}, "--wait-time-scale -1"),
        (GivenSettings(), {"WAIT_TIME_SCALE": "fast"}, "WAIT_TIME_SCALE 'fast'"),
        (GivenSettings(), {"WAIT_TIME_SCALE": "inf"}, "WAIT_TIME_SCALE 'inf'"),
        (GivenSettings(account="1"), {}, "--account '1' is not an account"),
        (GivenSettings(), {"AWS_ACCOUNT_ID": "x"}, "AWS_ACCOUNT_ID 'x' is not an account"),
        (GivenSettings(region="EU west"), {}, "--region 'EU west' is not a region"),
        (GivenSettings(region="zz"), {}, "--region 'zz' is not a region"),
        (GivenSettings(), {"AWS_DEFAULT_REGION": "E U"}, "AWS_DEFAULT_REGION 'E U' is not"),
        (GivenSettings(handlers=["f=nomod:h"]), {}, "there is no module 'nomod'"),
        (GivenSettings(handlers=["f=json.nomod.x:h"]), {}, "there is no module 'json.nomod.x'"),
    ],
)
def test_a_faulty_setting(
    tmp_path: Path, given: GivenSettings, environ: dict[str, str], said: str
) -> None:
    """The error names the option or the variable."""
    with pytest.raises(SfnReleaseError) as caught:
        read_settings(tmp_path, environ, given)
    assert isinstance(caught.value, UsageError | ConfigError)
    assert said in f"{caught.value.message} {caught.value.why}"


@pytest.mark.parametrize("module", ["top", "folder.inner", "folder", "json", "pytest"])
def test_a_handler_of_any_module_is_found(tmp_path: Path, module: str) -> None:
    """In the folder, with or without ``__init__.py``, or installed."""
    (tmp_path / "folder").mkdir()
    for file in ("top.py", "folder/inner.py"):
        (tmp_path / file).touch()
    tasks = read_settings(tmp_path, {}, GivenSettings(handlers=[f"f={module}:h"])).tasks
    assert tasks.handlers == {"f": f"{module}:h"}


@pytest.mark.parametrize(
    ("scale", "real_time", "line"),
    [
        (None, False, "time: virtual, Wait states and retries take none"),
        (0, False, "time: virtual, retries take none, and Wait states are skipped"),
        (0, True, "time: real, Wait states are skipped"),
        (0.5, False, "time: real, Wait states take 0.5 times as long"),
        (1, True, "time: real"),
    ],
)
def test_the_time_is_shown(tmp_path: Path, scale: float | None, real_time: bool, line: str) -> None:
    """With the scale of Wait states, as an option or WAIT_TIME_SCALE sets it."""
    settings = read_settings(tmp_path, {} if scale is None else {"WAIT_TIME_SCALE": f"{scale}"})
    runtime = system_runtime(Watcher(), environ={})
    opened = service_for(tmp_path, runtime, real_time=real_time, in_memory=True, settings=settings)
    opened.service.close()
    (shown,) = (shown for shown in lines(opened) if shown.startswith("time:"))
    assert shown.startswith(line)
