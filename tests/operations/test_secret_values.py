"""Parameters that look like secrets, which the ledger would keep for ever."""

from __future__ import annotations

import pytest

from sfn_release.operations.secret_values import secret_notes
from sfn_release.project import Environment
from sfn_release.project.backends import AWS
from sfn_release.project.parameter_sources import Variable
from support.command_line import Project


def noted(parameter: str, variable: str, value: object) -> bool:
    """Report whether this value of a parameter gets a note."""
    source = Variable(variable)
    environment = Environment("prod", backend=AWS, parameters={parameter: source})
    return bool([*secret_notes(environment, {parameter: value})])


@pytest.mark.parametrize(
    ("parameter", "variable", "value"),
    [
        ("Key", "API_TOKEN", "abc"),
        ("DbPassword", "X", "abc"),
        ("Db", "DB_PASS", "abc"),
        ("Db", "PGPASS", "abc"),
        ("SecretKey", "X", "/" + "aB3+" * 9 + "xyz"),
        ("Stripe", "STRIPE", "sk_live_" + "a1" * 12),
        ("Aws", "ID", "AKIA" + "IOSFODNN7EXAMPLE"),
        ("Url", "URL", "postgres://me:hunter2@db.example/orders"),
        ("Pem", "PEM", "-----BEGIN RSA PRIVATE KEY-----\nabc"),
        ("Db", "DB", {"host": "db", "users": [{"password": "hunter2"}]}),
        ("Keys", "KEYS", ["a", "AKIA" + "IOSFODNN7EXAMPLE"]),
    ],
)
def test_a_secret_is_noticed_by_its_name_or_its_form(
    parameter: str, variable: str, value: object
) -> None:
    """Whichever it is, also deep inside a value."""
    assert noted(parameter, variable, value)


@pytest.mark.parametrize(
    ("parameter", "variable", "value"),
    [
        ("Table", "ORDERS_TABLE", "orders"),
        ("SecretArn", "SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:000000000000:secret:a"),
        ("Passenger", "PASSENGERS_TABLE", "passengers"),
        ("TokenPath", "TOKEN_PATH", "/shop/token"),
        ("Url", "URL", "https://sqs.eu-west-1.amazonaws.com/000000000000/orders"),
        ("TokenCount", "TOKENS", 3),
    ],
)
def test_what_names_a_secret_is_none(parameter: str, variable: str, value: object) -> None:
    """An ARN, a path, a number."""
    assert not noted(parameter, variable, value)


def test_a_plan_says_so_and_env_check_does_not_show_it(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deployment goes on: it is a note."""
    monkeypatch.setenv("API_TOKEN", "hunter2-hunter2")
    shop.write(
        "releases.toml",
        '[project]\nname = "shop"\n[environments.local.parameters]\nKey = { env = "API_TOKEN" }\n',
    )
    shop.workflow("hello", "${Key}")
    shop.commit()
    note = "the parameter Key, from $API_TOKEN, looks like a secret"
    assert note in shop.ok("plan").out
    checked = shop.ok("env", "check").out
    assert note in checked
    assert "hunter2" not in checked
    assert note in shop.ok("publish", "1.0.0").err
