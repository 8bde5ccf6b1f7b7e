"""The meaning of every key of releases.toml, for the editor and the documents.

A key's place has its tables before it; ``*`` is a name that you choose, ``[]`` an item of an array.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_PROJECT: Final[Mapping[str, str]] = {
    "name": "The project's name. Keep it: it names the ledger's branches and tags your state"
    " machines in AWS.",
    "workflows": "The folder of the workflow modules, relative to releases.toml.",
    "default_environment": "The environment of commands without `--env`.",
    "tag": "The Git tag of a release. A project in a subfolder needs its name in it.",
    "remote": "The Git remote that has the ledger. Default: origin, if there is one."
    ' `""` keeps the ledger in this clone.',
    "remote_timeout": "How long one git command waits for the remote: seconds, or a duration.",
    "tests": "`required`: a release needs passing tests of every workflow.",
    "signing": "Sign the tags and the commits of the ledger.",
    "allowed_signers": "The file with the keys that may sign, relative to releases.toml.",
    "unsigned_history": "Commits of the ledger. They and earlier commits need no signature.",
    "ledger": "The prefix of the ledger's refs.",
}
_PARAMETERS: Final[Mapping[str, str]] = {
    "": "Values for `${Name}` in definitions, roles and log groups.",
    ".*": "A value, or the place where a deployment looks it up.",
    ".*.env": "The environment variable of the deployer that has the value.",
    ".*.ssm": "The name in Parameter Store that has the value, or one version of it.",
    ".*.stack": "The CloudFormation stack whose `output` has the value.",
    ".*.export": "The CloudFormation export that has the value.",
    ".*.tfstate": "The Terraform state that has the value: s3://bucket/key, an https URL, a file.",
    ".*.output": "The output of the stack, or of the Terraform state.",
    ".*.resource": "The resource in the Terraform state whose `attribute` has the value.",
    ".*.attribute": "The attribute of the resource.",
    ".*.type": "The type of the value, if it isn't a string.",
}
_LOGGING: Final[Mapping[str, str]] = {
    "": "How state machines log, as the API's loggingConfiguration. A workflow's own setting wins.",
    ".level": "The events that are logged.",
    ".includeExecutionData": "Log inputs and outputs too.",
    ".destinations": "The log group.",
    ".destinations[]": "A destination of the log.",
    ".destinations[].cloudWatchLogsLogGroup": "A log group of CloudWatch Logs.",
    ".destinations[].cloudWatchLogsLogGroup.logGroupArn": "Its ARN, which ends in `:*`.",
}
_ENCRYPTION: Final[Mapping[str, str]] = {
    "": "How state machines are encrypted, as the API's encryptionConfiguration.",
    ".type": "The owner of the key.",
    ".kmsKeyId": "The key: an ID, an ARN or an alias.",
    ".kmsDataKeyReusePeriodSeconds": "How long a data key is reused, in seconds.",
}
_STRATEGY: Final[Mapping[str, str]] = {
    "": "How callers of the alias move to a new release: all at once, canary or linear.",
    ".type": "`canary` moves the rest in one step, `linear` moves the same share in each step.",
    ".percent": "The share of the first step, and with `linear` of each step.",
    ".interval": "The time between two steps.",
    ".alarms": "CloudWatch alarms that end the shift and restore the old version.",
    ".alarms[]": "The name of an alarm.",
    ".max_failures": "The shift ends if more executions of the new version fail than this.",
    ".max_failure_rate": "The shift ends if the new version fails more than this many times as"
    " often as the old version.",
}
_REPLAY: Final[Mapping[str, str]] = {
    "": "Replay finished executions on a release before it may be deployed here.",
    ".environment": "The environment whose executions are replayed.",
    ".last": "How many executions of each workflow.",
    ".max_different": "How many of a workflow's executions may differ.",
    ".max_unanswered": "How many executions may need an answer that was never recorded."
    " Default: any number.",
    ".workflows": "The workflows to replay. Default: all.",
    ".workflows[]": "The name of a workflow.",
}
_HANDLERS: Final[Mapping[str, str]] = {
    "": "On the local service: Python handlers that replace Lambda functions.",
    ".*": "The handler of a function.",
    ".*.handler": "The module and the function, relative to releases.toml.",
    ".*.timeout": "The time limit in seconds: use the Lambda function's.",
    ".*.memory": "The memory in MB. The handler sees it in its context.",
    ".*.environment": "Environment variables of the handler.",
    ".*.environment.*": "The value of a variable.",
}
_ENVIRONMENT: Final[Mapping[str, str]] = {
    "backend": "`aws`, or `local` for the service inside sfn-release.",
    "region": "The AWS region. An environment on AWS needs it.",
    "profile": "The profile in ~/.aws/config. Default: AWS's usual credentials.",
    "account": "The AWS account: credentials of other accounts are refused.",
    "assume_role": "The IAM role that a deployment assumes first.",
    "assume_role.role_arn": "The role's ARN.",
    "assume_role.external_id": "The external ID in the role's trust policy.",
    "endpoint_url": "The URL of an emulator, for all services or for each.",
    **{
        f"endpoint_url.{service}": "The URL of this service."
        for service in (
            *("stepfunctions", "sts", "ssm", "lambda", "cloudwatch", "logs", "iam", "events"),
            *("scheduler", "pipes", "cloudformation", "s3"),
        )
    },
    "role_arn": "The execution role of workflows that don't name one.",
    "alias": 'The alias that callers use. `""`: no alias.',
    "name": "The state machine's name, with `{workflow}` in it.",
    "tracing": "X-Ray tracing, as the API's tracingConfiguration.",
    "tracing.enabled": "Trace executions.",
    "tags": "Tags of the state machines.",
    "tags.*": "The value of a tag.",
    "confirm": "Ask before a rollback.",
    "requires": "Environments where a release has to succeed first.",
    "requires[]": "The name of an environment.",
    "soak": "How long a release has to be live in the environments of `requires` first.",
    "branches": "A release's commit has to be on one of these branches. `*` matches any text.",
    "branches[]": "A branch, or a pattern.",
    "signed": "Only signed releases may enter, and records are signed.",
    "protect_drift": "Refuse to overwrite changes that were made by hand.",
    "pins": "Call exact versions of Lambda functions and nested workflows, and record them.",
    "permissions": "Compare the roles with the permissions that workflows need: warn, or refuse.",
    "buckets": "On the local service: folders that replace S3 buckets.",
    "buckets.*": "The folder of a bucket.",
    "mock_config": "On the local service: the mock file, a MockConfigFile.json.",
    "task_endpoints": "On the local service: where tasks are sent, by service; `aws` for AWS.",
    "task_endpoints.*": "The URL of a service.",
}
_SHARED: Final[Mapping[str, Mapping[str, str]]] = {
    "parameters": _PARAMETERS,
    "logging": _LOGGING,
    "encryption": _ENCRYPTION,
    "strategy": _STRATEGY,
    "replay": _REPLAY,
    "handlers": _HANDLERS,
}
_PLACE: Final = "environments.*"

RELEASES_TEXTS: Final[Mapping[str, str]] = {
    "": "What this repository releases, and where it runs.",
    "project": "The project.",
    **{f"project.{key}": text for key, text in _PROJECT.items()},
    "project.unsigned_history[]": "The whole ID of a commit.",
    "environments": "Where releases run. `local` is always there.",
    _PLACE: "An environment: an account and a region of AWS, or the local service.",
    **{f"{_PLACE}.{key}": text for key, text in _ENVIRONMENT.items()},
    **{
        f"{_PLACE}.{table}{key}": text
        for table, texts in _SHARED.items()
        for key, text in texts.items()
    },
    "workflows": "Settings of single workflows.",
    "workflows.*": "The settings of one workflow.",
    "workflows.*.input_schema": "The JSON Schema of its input, relative to the folder of modules.",
    "workflows.*.renamed_from": "Its former name. It keeps the state machine of that name.",
    "checks": "Settings of `sfn-release check`.",
    "checks.silence": "Findings that the checks leave out.",
    "checks.silence[]": "A silenced rule. It needs `rule` and `reason`.",
    "checks.silence[].rule": "The name of the rule, as `check` prints it.",
    "checks.silence[].workflow": "Silence it in this workflow only.",
    "checks.silence[].state": "Silence it in this state only.",
    "checks.silence[].reason": "Why the rule doesn't apply.",
}
"""The text of every key, by its place."""
