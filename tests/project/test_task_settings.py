"""The keys of releases.toml that say how tasks are answered on the local service."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfn_release.errors import ConfigError
from sfn_release.project import parse_project
from sfn_release.project.task_settings import TaskSettings

HEAD = '[project]\nname = "shop"\n'


def read(table: str, name: str = "local") -> TaskSettings:
    text = f"{HEAD}\n[environments.{name}]\n{table}\n"
    return parse_project(text, path=Path("releases.toml")).environments[name].tasks


def test_every_source_of_answers_is_declared() -> None:
    """Handlers, buckets, a mock configuration, endpoints."""
    settings = read(
        """
        mock_config = "MockConfigFile.json"
        buckets = { orders = "data/orders" }
        task_endpoints = { dynamodb = "http://127.0.0.1:4566", sqs = "aws" }
        [environments.local.handlers]
        ChargeFunction = "app.charge:handler"
        refund = { handler = "app.refund:handler", timeout = 5, memory = 512, environment.A = "b" }
        """
    )
    assert settings == TaskSettings(
        handlers={
            "ChargeFunction": "app.charge:handler",
            "refund": {
                "handler": "app.refund:handler",
                "timeout": 5,
                "memory": 512,
                "environment": {"A": "b"},
            },
        },
        buckets={"orders": "data/orders"},
        mock_config="MockConfigFile.json",
        task_endpoints={"dynamodb": "http://127.0.0.1:4566", "sqs": "aws"},
    )
    assert read("") == TaskSettings()


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('handler = { charge = "app:f" }', "handlers"),
        ('handlers = { charge = "app" }', "app.charge:handler"),
        ("handlers = { charge = 7 }", "a string"),
        ('handlers = { "a b" = "app:f" }', "name or ARN of a Lambda function"),
        ('handlers = { charge = { handler = "app:f", timout = 1 } }', "timeout"),
        ('handlers = { charge = { handler = "app:f", timeout = 0 } }', "from 1 to 900"),
        ("handlers = { charge = { timeout = 1 } }", "handler"),
        ("buckets = { orders = 1 }", "a string"),
        ("mock_config = 1", "a string"),
        ('task_endpoints = { sqs = "localhost" }', "Write a URL"),
    ],
)
def test_a_fault_is_reported_with_file_and_line(table: str, problem: str) -> None:
    """And with the nearest known key, or what is expected."""
    with pytest.raises(ConfigError) as caught:
        read(table)
    text = str(caught.value)
    assert "releases.toml" in text
    assert "5" in text
    assert problem in text


@pytest.mark.parametrize("key", ["handlers", "buckets", "task_endpoints"])
def test_they_have_no_meaning_on_aws(key: str) -> None:
    """AWS itself answers the tasks of its executions."""
    with pytest.raises(ConfigError, match=f"`{key}` has no meaning"):
        read(f'region = "eu-west-1"\n{key} = {{}}', "prod")
