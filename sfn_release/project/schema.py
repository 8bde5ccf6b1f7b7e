"""The keys of releases.toml: each with its type, its rule and an example.

When you add a key, you add the field of the same name to `Environment` or `Project` too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.project import aws_rules, git_rules, task_settings, value_rules
from sfn_release.project.backends import AWS, BACKENDS
from sfn_release.project.checks_table import CHECKS
from sfn_release.project.input_schemas import WORKFLOWS
from sfn_release.project.parameter_sources import is_source
from sfn_release.project.parameter_values import TYPES
from sfn_release.project.replay_policy import MOST
from sfn_release.project.strategy_table import STRATEGY, shifts_an_alias
from sfn_release.project.table_rule import TableFault, table_rule
from sfn_release.project.toml_document import Expected

_TAGS = Expected(
    dict,
    example='tags = { team = "checkout" }',
    others=Expected(str, value_rules.filled(aws_rules.tag_value), 'team = "checkout"'),
    key_rule=value_rules.filled(aws_rules.tag_key),
)
_LOGGING = Expected(
    dict,
    example='logging = { level = "ERROR", includeExecutionData = false }',
    keys={
        "level": Expected(
            str, value_rules.one_of("ALL", "ERROR", "FATAL", "OFF"), 'level = "ERROR"'
        ),
        "includeExecutionData": Expected(bool, example="includeExecutionData = false"),
        "destinations": Expected(
            list,
            example='destinations = [{ cloudWatchLogsLogGroup = { logGroupArn = "${LogGroup}" } }]',
            items=Expected(
                dict,
                keys={
                    "cloudWatchLogsLogGroup": Expected(
                        dict, keys={"logGroupArn": Expected(str, value_rules.text)}
                    )
                },
            ),
        ),
    },
)
_TRACING = Expected(dict, example="tracing = { enabled = true }", keys={"enabled": Expected(bool)})
_ENCRYPTION = Expected(
    dict,
    example='encryption = { type = "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId = "alias/shop" }',
    keys={
        "type": Expected(str, value_rules.one_of("AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY")),
        "kmsKeyId": Expected(str, value_rules.text, 'kmsKeyId = "alias/shop"'),
        "kmsDataKeyReusePeriodSeconds": Expected(
            int, value_rules.between(60, 900), "kmsDataKeyReusePeriodSeconds = 300"
        ),
    },
)
_RESOURCE = (
    'tfstate = "s3://shop-state/prod.tfstate", resource = "aws_lambda_function.charge",'
    ' attribute = "arn"'
)
_PARAMETER = Expected(
    object,
    value_rules.parameter,
    example='OrdersTable = "orders"',
    table_when=is_source,
    table=Expected(
        dict,
        value_rules.one_source,
        example='ChargeFunction = { ssm = "/shop/charge" }',
        keys={
            "env": Expected(str, value_rules.variable, '{ env = "CHARGE_ARN" }'),
            "ssm": Expected(str, aws_rules.ssm_name, '{ ssm = "/shop/charge" }'),
            "stack": Expected(
                str, aws_rules.stack, '{ stack = "shop-functions", output = "ChargeArn" }'
            ),
            "export": Expected(str, aws_rules.export, '{ export = "shop-ChargeArn" }'),
            "tfstate": Expected(
                str,
                value_rules.state,
                '{ tfstate = "s3://shop-state/prod.tfstate", output = "charge_arn" }',
            ),
            "output": Expected(
                str, value_rules.output, '{ stack = "shop-functions", output = "ChargeArn" }'
            ),
            "resource": Expected(str, value_rules.resource, f"{{ {_RESOURCE} }}"),
            "attribute": Expected(str, value_rules.attribute, f"{{ {_RESOURCE} }}"),
            "type": Expected(
                str, value_rules.one_of(*TYPES), '{ ssm = "/shop/pause", type = "integer" }'
            ),
        },
    ),
)
_ASSUMED_ROLE = Expected(
    str,
    aws_rules.role_arn,
    'assume_role = "arn:aws:iam::222222222222:role/deployer"',
    table=Expected(
        dict,
        value_rules.has("role_arn"),
        example='assume_role = { role_arn = "arn:aws:iam::222222222222:role/deployer",'
        ' external_id = "shop" }',
        keys={
            "role_arn": Expected(
                str, aws_rules.role_arn, 'role_arn = "arn:aws:iam::222222222222:role/deployer"'
            ),
            "external_id": Expected(str, aws_rules.external_id, 'external_id = "shop"'),
        },
    ),
)
_ENDPOINT = Expected(
    str,
    aws_rules.endpoint_url,
    'endpoint_url = "http://127.0.0.1:8083"',
    table=Expected(
        dict,
        example='endpoint_url = { stepfunctions = "http://127.0.0.1:8083" }',
        keys={
            service: Expected(str, aws_rules.endpoint_url, f'{service} = "http://127.0.0.1:8083"')
            for service in AWS.services
        },
        aliases={"states": "stepfunctions", "monitoring": "cloudwatch"},  # AWS's own prefixes
    ),
)
_REPLAY = Expected(
    dict,
    value_rules.has("environment"),
    example='replay = { environment = "prod", last = 200, max_different = 0 }',
    keys={
        "environment": Expected(str, example='environment = "prod"'),
        "last": Expected(int, value_rules.between(1, MOST), "last = 200"),
        "max_different": Expected(int, value_rules.between(0, MOST), "max_different = 0"),
        "max_unanswered": Expected(int, value_rules.between(0, MOST), "max_unanswered = 0"),
        "workflows": Expected(
            list,
            example='workflows = ["orders"]',
            items=Expected(str, value_rules.text, '["orders"]'),
        ),
    },
)
ENVIRONMENT: Mapping[str, Expected] = {
    "backend": Expected(str, value_rules.one_of(*BACKENDS), 'backend = "aws"'),
    "region": Expected(str, aws_rules.region, 'region = "eu-west-1"'),
    "profile": Expected(str, value_rules.text, 'profile = "staging"'),
    "account": Expected(str, aws_rules.account, 'account = "222222222222"'),
    "assume_role": _ASSUMED_ROLE,
    "endpoint_url": _ENDPOINT,
    "role_arn": Expected(
        str, aws_rules.role_template, 'role_arn = "arn:aws:iam::111111111111:role/shop-workflows"'
    ),
    "alias": Expected(str, aws_rules.alias, 'alias = "live"'),
    "name": Expected(str, aws_rules.name_template, 'name = "{workflow}-staging"'),
    "parameters": Expected(
        dict,
        example='parameters = { OrdersTable = "orders" }',
        others=_PARAMETER,
        key_rule=value_rules.parameter_name,
    ),
    "logging": _LOGGING,
    "tracing": _TRACING,
    "encryption": _ENCRYPTION,
    "tags": _TAGS,
    "confirm": Expected(bool, example="confirm = true"),
    "requires": Expected(
        list, example='requires = ["staging"]', items=Expected(str, example='["staging"]')
    ),
    "soak": Expected(str, value_rules.duration, 'soak = "2h"'),
    "branches": Expected(
        list, example='branches = ["main"]', items=Expected(str, git_rules.branch, '["main"]')
    ),
    "replay": _REPLAY,
    "signed": Expected(bool, example="signed = true"),
    "protect_drift": Expected(bool, example="protect_drift = true"),
    "pins": Expected(str, value_rules.one_of("off", "resolve", "required"), 'pins = "resolve"'),
    "permissions": Expected(
        str, value_rules.one_of("off", "warn", "required"), 'permissions = "required"'
    ),
    "strategy": STRATEGY,
    **task_settings.KEYS,
}


@table_rule(
    {
        "dependencies": {
            "soak": {"properties": {"requires": {"minItems": 1}}, "required": ["requires"]}
        }
    }
)
def _soaks_somewhere(table: Mapping[str, Any], _: str) -> TableFault | None:
    """Check that a release soaks in other environments."""
    if "soak" not in table or table.get("requires"):
        return None
    return TableFault(
        ("soak",),
        "`soak` needs `requires`, which is missing",
        fix='For example:  requires = ["staging"]',
    )


@table_rule(
    {
        "if": {"properties": {"project": {"not": {"required": ["allowed_signers"]}}}},
        "then": {
            "properties": {
                "environments": {
                    "additionalProperties": {"properties": {"signed": {"enum": [False]}}}
                }
            }
        },
    }
)
def _has_signers(document: Mapping[str, Any], _: str) -> TableFault | None:
    """Check that a project with signed releases names the allowed signers."""
    if "allowed_signers" in document.get("project", {}):
        return None
    for name, environment in document.get("environments", {}).items():
        if environment.get("signed"):
            return TableFault(
                ("environments", name, "signed"),
                f"{name} needs signed releases, and `allowed_signers` is missing in [project]",
                fix='Name the file with the allowed keys:  allowed_signers = "release-signers"',
            )
    return None


_PROJECT: Mapping[str, Expected] = {
    "name": Expected(str, value_rules.project_name, 'name = "shop"'),
    "workflows": Expected(str, value_rules.workflows, 'workflows = "workflows"'),
    "default_environment": Expected(str, example='default_environment = "local"'),
    "tag": Expected(str, git_rules.tag_template, 'tag = "v{version}"'),
    "remote": Expected(str, git_rules.remote, 'remote = "origin"'),
    "remote_timeout": Expected(object, value_rules.timeout, 'remote_timeout = "30s"'),
    "tests": Expected(str, value_rules.one_of("optional", "required"), 'tests = "required"'),
    "signing": Expected(bool, example="signing = true"),
    "allowed_signers": Expected(
        str, value_rules.project_file, 'allowed_signers = "release-signers"'
    ),
    "unsigned_history": Expected(
        list,
        example='unsigned_history = ["5d41402abc4b2a76b9719d911017c592a1b2c3d4"]',
        items=Expected(str, git_rules.object_id, '["5d41402abc4b2a76b9719d911017c592a1b2c3d4"]'),
    ),
    "ledger": Expected(str, git_rules.ledger, 'ledger = "refs/heads/sfn-release"'),
}
DOCUMENT = Expected(
    dict,
    needs=("project",),
    rules=(_has_signers,),
    keys={
        "project": Expected(dict, keys=_PROJECT, example="[project]", needs=("name",)),
        "environments": Expected(
            dict,
            others=Expected(
                dict,
                keys=ENVIRONMENT,
                example="[environments.staging]",
                rules=(_soaks_somewhere, shifts_an_alias),
            ),
            key_rule=value_rules.environment_name,
            example="[environments.staging]",
        ),
        "workflows": WORKFLOWS,
        "checks": CHECKS,
    },
)
