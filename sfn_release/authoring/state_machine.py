"""`StateMachine`: deploy a workflow to AWS, execute it, delete it.

The ARNs in messages come from Step Functions, so that you need no permission for STS. This is why a
new state machine is announced after AWS has created it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sfn_release.authoring.declaration import Declaration, StateMachineType
from sfn_release.authoring.logging_options import Logging, encryption_of, logging_of, tracing_of
from sfn_release.authoring.not_given import NOT_GIVEN
from sfn_release.authoring.workflow import Workflow
from sfn_release.aws.api_calls import call
from sfn_release.aws.console_links import execution_url, state_machine_url, visual_editor_url
from sfn_release.aws.find_state_machine import find
from sfn_release.aws.stepfunctions import StepFunctions, client_of
from sfn_release.checks.finding import Finding
from sfn_release.errors import (
    AwsError,
    ConflictError,
    DefinitionError,
    NotFoundError,
    UsageError,
)


@dataclass(eq=False)
class StateMachine:
    """A state machine as you declare it.

    *role_arn* is the IAM role that executions assume. A release takes the role of the environment.
    Every deployment updates *tags*. *logging* is a `Logging` or the API's ``loggingConfiguration``,
    *tracing* is True, False or ``tracingConfiguration``, *encryption* a KMS key or
    ``encryptionConfiguration``. With None, the settings on AWS stay as they are. *echo* receives
    the messages, without line ends.

    In all methods *session* is a ``boto_session_manager.BotoSesManager``, a ``boto3.Session``, a
    Step Functions client, or ``sfn.local()``. Errors from AWS are raised as AwsError; the cause is
    botocore's exception.
    """

    name: str
    workflow: Workflow
    role_arn: str | None = None
    tags: Mapping[str, str] | None = field(default=None, kw_only=True)
    type: StateMachineType = field(default="STANDARD", kw_only=True)
    logging: Logging | Mapping[str, Any] | None = field(default=None, kw_only=True)
    tracing: bool | Mapping[str, Any] | None = field(default=None, kw_only=True)
    encryption: str | Mapping[str, Any] | None = field(default=None, kw_only=True)
    echo: Callable[[str], object] = field(default=print, kw_only=True, repr=False)
    _arns: WeakKeyDictionary[Any, str] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )
    _tagged: dict[str, set[str]] = field(default_factory=dict, init=False, repr=False)

    def set_type_as_express(self) -> StateMachine:
        """Make it EXPRESS: executions take at most five minutes, and you can wait for them."""
        self.type = "EXPRESS"
        return self

    def set_type_as_standard(self) -> StateMachine:
        """Make it STANDARD: executions take up to a year, and their history is kept."""
        self.type = "STANDARD"
        return self

    def declare(self, source: str = "") -> Declaration:
        """Return the frozen form that a release records. *source* is the module's file.

        Raises DefinitionError for a definition that Step Functions would refuse.
        """
        return self._declared(self._definition(), source)

    def draft(self, source: str = "") -> tuple[Declaration, tuple[Finding, ...]]:
        """Return the unchecked frozen form, and the problems that the workflow's `draft` has."""
        definition, findings = self._workflow().draft()
        return self._declared(definition, source), findings

    def _declared(self, definition: dict[str, Any], source: str) -> Declaration:
        return Declaration(
            name=self.name,
            definition=definition,
            type=self.type,
            role=self.role_arn,
            logging=logging_of(self.logging),
            tracing=tracing_of(self.tracing),
            encryption=encryption_of(self.encryption),
            tags=dict(self.tags or {}),
            source=source,
        )

    def deploy(self, session: Any, *, verbose: bool = True) -> dict[str, Any]:
        """Create the state machine, or update it if it exists.

        Return the API's response with ``_deploy_action``: ``"create"`` or ``"update"``. Tags are
        added and changed. A tag that this object set before is removed when you remove it from
        *tags*. All other tags stay, ``aws:`` ones included.

        Raises DefinitionError without a role and for a definition that Step Functions would refuse,
        and ConflictError if the existing state machine has another type or is being deleted.
        """
        declaration = self.declare()
        if declaration.role is None:
            raise DefinitionError(
                f"The state machine {self.name!r} has no role.",
                fix='Add one: sfn.StateMachine(..., role_arn="arn:aws:iam::...:role/...").',
            )
        echo = self.echo if verbose else _silent
        client = client_of(session)
        found = self._find(session, client)
        if found is None:
            try:
                return self._create(session, client, declaration, echo)
            except AwsError as error:
                if error.aws_code != "StateMachineAlreadyExists":
                    raise
                found = self._find(session, client)  # created by another process in between
                if found is None:
                    raise
        return self._update(session, client, declaration, found, echo)

    def execute(
        self,
        session: Any,
        payload: Any = NOT_GIVEN,
        name: str | None = None,
        sync: bool = False,
        *,
        verbose: bool = True,
    ) -> dict[str, Any]:
        """Start an execution and return the API's response.

        *payload* is the input, any JSON value. *name* is the execution's name; AWS makes one by
        default. With *sync* the call waits for the end of the execution, and its output is in
        ``output``. Only EXPRESS state machines can do that. Raises UsageError for *sync* with a
        STANDARD state machine, and NotFoundError if the state machine doesn't exist.
        """
        if sync and self.type != "EXPRESS":
            raise UsageError(
                f"{self.name!r} is STANDARD: sync=True needs an EXPRESS state machine.",
                fix="Call set_type_as_express() before the first deployment, or use sync=False.",
            )
        echo = self.echo if verbose else _silent
        client = client_of(session)
        arn = self._known_arn(session, client)
        echo(f"execute state machine {arn!r}")
        request: dict[str, Any] = {"stateMachineArn": arn}
        if payload is not NOT_GIVEN:
            request["input"] = json.dumps(payload)
        if name is not None:
            request["name"] = name
        start = client.start_sync_execution if sync else client.start_execution
        response = call(start, **request)
        echo(f"  preview at: {execution_url(arn, response['executionArn'])}")
        return response

    def delete(self, session: Any, *, verbose: bool = True) -> dict[str, Any]:
        """Delete the state machine with its versions and aliases. Return the API's response.

        Raises NotFoundError if it doesn't exist.
        """
        echo = self.echo if verbose else _silent
        client = client_of(session)
        arn = self._known_arn(session, client)
        echo(f"delete state machine {arn!r}")
        response = call(client.delete_state_machine, stateMachineArn=arn)
        self._arns.pop(session, None)
        self._tagged.pop(arn, None)
        echo(f"  done, exam at: {state_machine_url(arn)}")
        return response

    # -- the two ways to deploy ---------------------------------------------------------------

    def _create(
        self,
        session: Any,
        client: StepFunctions,
        declaration: Declaration,
        echo: Callable[[str], object],
    ) -> dict[str, Any]:
        response = call(
            client.create_state_machine,
            name=self.name,
            type=declaration.type,
            tags=_tag_list(declaration.tags),
            **_content(declaration),
        )
        arn = response["stateMachineArn"]
        self._arns[session] = arn
        self._tagged[arn] = set(declaration.tags)
        echo(f"deploy state machine to {arn!r} ...")
        echo("  not exists, create state machine ...")
        echo(f"  done, preview at: {visual_editor_url(arn)}")
        return {**response, "_deploy_action": "create"}

    def _update(
        self,
        session: Any,
        client: StepFunctions,
        declaration: Declaration,
        found: Mapping[str, Any],
        echo: Callable[[str], object],
    ) -> dict[str, Any]:
        arn: str = found["stateMachineArn"]
        if found.get("status") == "DELETING":
            raise ConflictError(
                f"The state machine {self.name!r} is being deleted.",
                why="AWS deletes it when its last execution has ended.",
                fix="Deploy again in a minute, or under another name.",
            )
        if found["type"] != declaration.type:
            raise ConflictError(
                f"The state machine {self.name!r} is {found['type']} and can't become"
                f" {declaration.type}.",
                why="AWS can't change the type of an existing state machine.",
                fix="Delete it first, or deploy this one under another name.",
            )
        echo(f"deploy state machine to {arn!r} ...")
        echo("  already exists, update state machine ...")
        response = call(client.update_state_machine, stateMachineArn=arn, **_content(declaration))
        self._arns[session] = arn
        self._update_tags(client, arn, declaration.tags)
        echo(f"  done, preview at: {visual_editor_url(arn)}")
        return {**response, "_deploy_action": "update"}

    def _update_tags(self, client: StepFunctions, arn: str, wanted: Mapping[str, str]) -> None:
        mine = self._tagged.get(arn, set())
        if wanted or mine:
            answer = call(client.list_tags_for_resource, resourceArn=arn)
            present = {tag["key"]: tag["value"] for tag in answer["tags"]}
            new = {key: value for key, value in wanted.items() if present.get(key) != value}
            gone = sorted((mine - wanted.keys()) & present.keys())
            if gone:
                call(client.untag_resource, resourceArn=arn, tagKeys=gone)
            if new:
                call(client.tag_resource, resourceArn=arn, tags=_tag_list(new))
        self._tagged[arn] = set(wanted)

    def _workflow(self) -> Workflow:
        if not isinstance(self.workflow, Workflow):
            raise DefinitionError(
                f"The workflow of the state machine {self.name!r} is not an sfn.Workflow.",
                fix="Put a chain into sfn.Workflow.of(...), and read an existing definition with"
                " sfn.Workflow.from_dict({...}).",
            )
        return self.workflow

    def _definition(self) -> dict[str, Any]:
        try:
            return self._workflow().serialize(type=self.type)
        except DefinitionError as error:
            raise DefinitionError(
                f"The state machine {self.name!r} can't be deployed: {error.message}",
                why=error.why,
                fix=error.fix,
            ) from error

    # -- where it is --------------------------------------------------------------------------

    def _known_arn(self, session: Any, client: Any) -> str:
        if session in self._arns:
            return self._arns[session]
        found = self._find(session, client)
        if found is None:
            raise NotFoundError(
                f"There is no state machine {self.name!r} in {client.meta.region_name}.",
                fix="Deploy it first: deploy(bsm).",
            )
        arn: str = found["stateMachineArn"]
        self._arns[session] = arn
        return arn

    def _find(self, session: Any, client: Any) -> dict[str, Any] | None:
        return find(client, self.name, role_arn=self.role_arn, known_arn=self._arns.get(session))


def _content(declaration: Declaration) -> dict[str, Any]:
    """Return the parameters of create and update. Undeclared settings stay as they are on AWS."""
    optional = {
        "loggingConfiguration": declaration.logging,
        "tracingConfiguration": declaration.tracing,
        "encryptionConfiguration": declaration.encryption,
    }
    return {
        "definition": json.dumps(declaration.definition, ensure_ascii=False),
        "roleArn": declaration.role,
        **{member: shape for member, shape in optional.items() if shape is not None},
    }


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _silent(_: str) -> None:
    """Say nothing."""
