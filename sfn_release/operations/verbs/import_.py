"""import: what there is already, in a file or on AWS, as what a Python module is written from."""

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
    """Return what a module is written from: an ARN, or what `read_source` reads.

    A file, or *stdin*, may also hold an answer of DescribeStateMachine. *workspace* opens the
    project, whose *environment* an ARN is read in. Raises what `from_aws` and `read_source` raise.
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
    """Return what a module is written from that declares what *declaration* does."""
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
    """Return what a module is written from that declares the state machine *arn* as it is.

    *arn* may name a version of it, or an alias: then it is the version that the alias sends
    executions to. What AWS has by default is not declared. Tags that cannot be read for lack of a
    permission are left out, and *watcher* is told.

    Raises UsageError for what is no state machine's ARN and for an alias that routes to two
    versions; AwsError and its kinds for what AWS refuses.
    """
    found = _ARN.fullmatch(arn)
    if found is None:
        raise UsageError(
            f"{arn} is not the ARN of a state machine.",
            fix="It is like arn:aws:states:eu-west-1:111122223333:stateMachine:orders, with"
            " :VERSION or :ALIAS at its end or not.",
        )
    machine, qualifier = found["machine"], found["of"]
    if qualifier and not qualifier.isdecimal():
        arn = _version_of(client, arn)
    described = call(client.describe_state_machine, stateMachineArn=arn)
    return described_source(described, tags=_tags(client, machine, watcher), origin=arn)


def described_source(
    described: Mapping[str, Any], *, tags: Mapping[str, str] | None = None, origin: str = ""
) -> ImportedStateMachine:
    """Return what a module is written from, of an answer of DescribeStateMachine.

    Raises DefinitionError for a definition that AWS did not give, or that is none.
    """
    if "definition" not in described:
        raise DefinitionError(
            "AWS does not give the definition of this state machine.",
            why="It is encrypted with a key that these credentials may not use.",
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
    """Return what should be an object; a file may hold anything."""
    return value if isinstance(value, Mapping) else {}


def _version_of(client: StepFunctions, arn: str) -> str:
    alias = call(client.describe_state_machine_alias, stateMachineAliasArn=arn)
    routes = [route for route in alias["routingConfiguration"] if route["weight"]]
    if len(routes) > 1:
        versions = ", ".join(route["stateMachineVersionArn"] for route in routes)
        raise UsageError(
            f"The alias {arn} sends executions to {len(routes)} versions.",
            fix=f"Name one of them: {versions}.",
        )
    return str(routes[0]["stateMachineVersionArn"])


def _tags(client: StepFunctions, machine: str, watcher: Watcher) -> dict[str, str]:
    """Return the tags that people have given, without those of AWS and of releases."""
    try:
        listed = call(client.list_tags_for_resource, resourceArn=machine).get("tags", [])
    except AccessError as error:
        watcher.say(f"warning: the tags are left out: {error.message}")
        return {}
    tags = {tag["key"]: tag["value"] for tag in listed}
    return {key: tag for key, tag in tags.items() if not key.startswith(("aws:", TAG_PREFIX))}
