"""How tasks are answered in an environment of the local service, as releases.toml declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sfn_release.project import aws_rules, value_rules
from sfn_release.project.toml_document import Expected

_HANDLER = Expected(
    str,
    value_rules.handler,
    'ChargeFunction = "app.charge:handler"',
    table=Expected(
        dict,
        value_rules.has("handler"),
        example='ChargeFunction = { handler = "app.charge:handler", timeout = 30 }',
        keys={
            "handler": Expected(str, value_rules.handler, 'handler = "app.charge:handler"'),
            "timeout": Expected(int, value_rules.between(1, 900), "timeout = 30"),
            "memory": Expected(int, value_rules.between(1, 10_240), "memory = 512"),
            "environment": Expected(
                dict,
                example='environment = { ORDERS_TABLE = "orders" }',
                others=Expected(str, example='ORDERS_TABLE = "orders"'),
                key_rule=value_rules.variable,
            ),
        },
    ),
)

KEYS: Mapping[str, Expected] = {
    "handlers": Expected(
        dict,
        example='handlers = { ChargeFunction = "app.charge:handler" }',
        others=_HANDLER,
        key_rule=value_rules.function,
    ),
    "buckets": Expected(
        dict,
        example='buckets = { orders = "data/orders" }',
        others=Expected(str, value_rules.text, 'orders = "data/orders"'),
    ),
    "mock_config": Expected(str, value_rules.text, 'mock_config = "MockConfigFile.json"'),
    "task_endpoints": Expected(
        dict,
        example='task_endpoints = { dynamodb = "http://127.0.0.1:4566", sqs = "aws" }',
        others=Expected(str, aws_rules.task_endpoint, 'dynamodb = "http://127.0.0.1:4566"'),
        key_rule=value_rules.text,
    ),
}
"""The keys of an environment that only the local service has a use for."""


@dataclass(frozen=True)
class TaskSettings:
    """The sources of answers that an environment declares.

    *handlers* maps functions to handlers, *buckets* S3 buckets to folders. *mock_config* is the
    path of a MockConfigFile.json. *task_endpoints* maps services to URLs, or to "aws". Paths are
    relative to the project.
    """

    handlers: Mapping[str, Any] = field(default_factory=dict)
    buckets: Mapping[str, str] = field(default_factory=dict)
    mock_config: str | None = None
    task_endpoints: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def taken_from(cls, values: dict[str, Any]) -> TaskSettings:
        """Take the keys of these settings out of an environment's *values*."""
        names = [entry.name for entry in fields(cls)]
        return cls(**{name: values.pop(name) for name in names if name in values})

    def and_also(self, other: TaskSettings) -> TaskSettings:
        """Return these settings with those of *other*, which win, on top."""
        return TaskSettings(
            {**self.handlers, **other.handlers},
            {**self.buckets, **other.buckets},
            other.mock_config or self.mock_config,
            {**self.task_endpoints, **other.task_endpoints},
        )
