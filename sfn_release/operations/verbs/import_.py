"""import: reads a definition from a file or from AWS, to write it as a Python module."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.authoring.importing import ImportedStateMachine
from sfn_release.aws.api_calls import call
from sfn_release.canonical import loads
from sfn_release.errors import AccessError, DefinitionError, UsageError
from sfn_release.names import TAG_PREFIX
from sfn_release.operations.definition_sources import only, read_source
from sfn_release.project.modules.single_file import STDIN, read_content, read_text

if TYPE_CHECKING:
    from sfn_release.aws.stepfunctions import StepFunctions
    from sfn_release.deployment.runtime import Watcher
    from sfn_release.operations.workspace import Workspace

_ARN = re.compile(
    r"(?P<machine>arn:[^:]+:states:[^:]+:[^:]+:stateMachine:[^:]+)(?::(?P<of>[^:]+))?"
)


def import_source(
    named: str,
    directory: Path,
    *,
    workspace: Callable[[], Workspace],
    environment: str | None,
    stdin: Callable[[], bytes],
    environ: Mapping[str, str],
) -> ImportedStateMachine:
    """Return the source of a module: the state machine of an ARN, or a file that we can read.

    A file, or *stdin*, can also hold a response of DescribeStateMachine. *workspace* opens the
    project; an ARN is read in its *environment*. Raises the errors of `from_aws` and `read_source`.
    """
    if named.startswith("arn:"):
        opened = workspace()
        client = opened.reach(opened.environment(environment)).stepfunctions
        return from_aws(client, named, opened.runtime.watcher)
    if named == STDIN or named.endswith(".json"):
        content = stdin() if named == STDIN else read_content(directory / named, named)
        given = read_text(content, named)
        answer = given.definition
        if isinstance(answer.get("definition"), str) and "stateMachineArn" in answer:
            return described_source(answer)
        return _from_declaration(given)
    declared = read_source(named, directory, workspace=workspace, stdin=stdin, environ=environ)
    return _from_declaration(only(declared, named))


def _from_declaration(declaration: Declaration) -> ImportedStateMachine:
    """Return the source of a module that declares the same as *declaration*."""
    tracing = declaration.tracing
    return ImportedStateMachine(
        name=declaration.name,
        definition=declaration.definition,
        origin=declaration.source,
        type=declaration.type,
        role=declaration.role,
        logging=declaration.logging,
        tracing=None if tracing is None else bool(tracing.get("enabled")),
        encryption=declaration.encryption,
        tags=declaration.tags,
    )


def from_aws(client: StepFunctions, arn: str, watcher: Watcher) -> ImportedStateMachine:
    """Return the source of a module that declares the state machine *arn* as it is on AWS.

    *arn* can also name a version, or an alias that routes to one version. AWS's defaults aren't
    declared. If you may not read the tags, they are left out, and *watcher* gets a warning.

    Raises UsageError for any other ARN and for an alias that routes to two versions, AwsError if
    AWS refuses a call.
    """
    found = _ARN.fullmatch(arn)
    if found is None:
        raise UsageError(
            f"{arn} is not the ARN of a state machine.",
            fix="Such an ARN is arn:aws:states:eu-west-1:111122223333:stateMachine:orders. You can"
            " add :VERSION or :ALIAS.",
        )
    machine, qualifier = found["machine"], found["of"]
    if qualifier and not qualifier.isdecimal():
        arn = _version_of(client, arn)
    described = call(client.describe_state_machine, stateMachineArn=arn)
    return described_source(described, tags=_tags(client, machine, watcher), origin=arn)


def described_source(
    described: Mapping[str, Any], *, tags: Mapping[str, str] | None = None, origin: str = ""
) -> ImportedStateMachine:
    """Return the source of a module from a response of DescribeStateMachine.

    Raises DefinitionError if the definition is missing or invalid.
    """
    if "definition" not in described:
        raise DefinitionError(
            "AWS didn't return the definition of this state machine.",
            why="It is encrypted with a key that you may not use.",
        )
    logging = _object(described.get("loggingConfiguration"))
    encryption = _object(described.get("encryptionConfiguration"))
    traced = _object(described.get("tracingConfiguration")).get("enabled", False)
    arn = str(described["stateMachineArn"])
    own = encryption.get("type", "AWS_OWNED_KEY") != "AWS_OWNED_KEY"
    return ImportedStateMachine(
        name=str(described.get("name") or arn.rpartition(":")[2]),
        definition=loads(described["definition"]),
        origin=origin or arn,
        type=described.get("type", "STANDARD"),
        role=described.get("roleArn"),
        logging=logging if logging.get("level", "OFF") != "OFF" else None,
        tracing=True if traced else None,
        encryption=encryption if own else None,
        tags=tags or {},
    )


def _object(value: Any) -> Mapping[str, Any]:
    """Return *value* if it is an object, or an empty one: a file can hold anything."""
    return value if isinstance(value, Mapping) else {}


def _version_of(client: StepFunctions, arn: str) -> str:
    alias = call(client.describe_state_machine_alias, stateMachineAliasArn=arn)
    routes = [route for route in alias["routingConfiguration"] if route["weight"]]
    if len(routes) > 1:
        versions = ", ".join(route["stateMachineVersionArn"] for route in routes)
        raise UsageError(
            f"The alias {arn} routes to {len(routes)} versions.",
            fix=f"Import one of them: {versions}.",
        )
    return str(routes[0]["stateMachineVersionArn"])


def _tags(client: StepFunctions, machine: str, watcher: Watcher) -> dict[str, str]:
    """Return the tags that you added, without the tags of AWS and of sfn-release."""
    try:
        listed = call(client.list_tags_for_resource, resourceArn=machine).get("tags", [])
    except AccessError as error:
        watcher.say(f"warning: the tags are left out. {error.message}")
        return {}
    tags = {tag["key"]: tag["value"] for tag in listed}
    return {key: tag for key, tag in tags.items() if not key.startswith(("aws:", TAG_PREFIX))}
