"""Workflows rendered for one environment: exactly the content that is sent to AWS. Pure.

We compare the rendered digest with AWS. So both sides are normalised here: AWS's defaults (logging
OFF, tracing disabled, AWS's own key) are always spelled out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import digest, loads
from sfn_release.errors import ConfigError, DefinitionError
from sfn_release.names import WorkflowName
from sfn_release.project import Environment, fill, parameters_in
from sfn_release.project.parameters import PlaceholderFiller, undeclared
from sfn_release.release.pins import pin_open

MAX_DEFINITION = 1_048_576  # bytes; botocore's model of CreateStateMachine
_REUSE_SECONDS = 300  # what AWS fills in for kmsDataKeyReusePeriodSeconds


@dataclass(frozen=True)
class Rendered:
    """The content of one state machine: planned, recorded or live.

    *name* is the state machine's name in the environment, *workflow* our name. *tags* are declared
    by the workflow and the environment; the plan adds the ownership tags. *text* is the definition
    as it was read from AWS, so that it can be sent again unchanged.
    """

    workflow: WorkflowName
    name: WorkflowName
    definition: Mapping[str, Any]
    type: str
    role: str
    logging: Mapping[str, Any]
    tracing: Mapping[str, Any]
    encryption: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    text: str | None = field(default=None, compare=False, repr=False)

    @cached_property
    def digest(self) -> str:
        """The rendered digest."""
        return digest(
            {
                "definition": self.definition,
                "role": self.role,
                "type": self.type,
                "logging": self.logging,
                "tracing": self.tracing,
                "encryption": self.encryption,
            }
        )

    def request(self) -> dict[str, Any]:
        """Return the members that CreateStateMachine and UpdateStateMachine share."""
        if self.text is not None and loads(self.text) == self.definition:
            text = self.text
        else:
            text = json.dumps(self.definition, indent=2, ensure_ascii=False)
        if len(text.encode()) > MAX_DEFINITION:
            text = json.dumps(self.definition, separators=(",", ":"), ensure_ascii=False)
        return {
            "definition": text,
            "roleArn": self.role,
            "loggingConfiguration": dict(self.logging),
            "tracingConfiguration": dict(self.tracing),
            "encryptionConfiguration": dict(self.encryption),
        }

    def settings(self) -> dict[str, Any]:
        """Return everything except the definition, in the form of the ledger."""
        return {
            "state_machine": self.name,
            "type": self.type,
            "role": self.role,
            "logging": self.logging,
            "tracing": self.tracing,
            "encryption": self.encryption,
            "tags": dict(self.tags),
        }


def render(declaration: Declaration, environment: Environment) -> Rendered:
    """Fill a declaration's parameters and the environment's defaults.

    A setting of the workflow wins over the environment's, except a literal role ARN, which yields
    to the environment's. On `local` a role is optional, because nothing assumes it. Raises
    ConfigError for an undeclared parameter or a missing role.
    """
    where = _where(declaration, environment)

    def filled(value: Any) -> Any:
        return environment.fill(value, where=where)

    definition = filled(declaration.definition)
    if not isinstance(definition, Mapping):
        raise DefinitionError(f"{where}: the definition is {json.dumps(definition)}.")
    size = len(json.dumps(definition, separators=(",", ":"), ensure_ascii=False).encode())
    if size > MAX_DEFINITION:
        raise DefinitionError(
            f"The definition of {declaration.name} has {size:,} bytes in {environment.name};"
            f" Step Functions allows {MAX_DEFINITION:,}.",
            fix="Move a part into a state machine of its own and start it from a Task.",
        )
    return Rendered(
        workflow=declaration.name,
        name=environment.state_machine_name(declaration.name),
        definition=definition,
        type=declaration.type,
        role=environment.fill(_role(declaration, environment), where=where, texts=True),
        logging=normal_logging(filled(declaration.logging or environment.logging)),
        tracing=normal_tracing(filled(declaration.tracing or environment.tracing)),
        encryption=normal_encryption(filled(declaration.encryption or environment.encryption)),
        tags=environment.fill({**environment.tags, **declaration.tags}, where=where, texts=True),
    )


def render_all(
    declarations: Iterable[Declaration], environment: Environment
) -> dict[str, Rendered]:
    """Render every declaration for *environment*, as `render` does; return the forms by workflow.

    Raises one ConfigError that lists the undeclared parameters of all workflows.
    """
    declarations = list(declarations)
    known = environment.known
    missing: dict[str, dict[str, str]] = {}
    for declaration in declarations:
        names = undeclared_in(declaration, known)
        if names:
            missing[_where(declaration, environment)] = names
    if missing:
        raise undeclared(missing, known, environment=environment.name)
    return {declaration.name: render(declaration, environment) for declaration in declarations}


def undeclared_in(declaration: Declaration, known: Mapping[str, Any]) -> dict[str, str]:
    """Return the names that *declaration* refers to and *known* lacks, with their first places.

    Places are JSON paths: ``$.States...`` in the definition, ``$.role`` or ``$.tags`` in settings.
    """
    filler = PlaceholderFiller(known)
    filler.value(_contents(declaration), "$")
    return {name: path.replace("$.definition", "$", 1) for name, path in filler.undeclared.items()}


def fill_and_pin(
    definition: Mapping[str, Any], values: Mapping[str, Any], pins: Mapping[str, str]
) -> Mapping[str, Any]:
    """Return a released *definition* with recorded *values* and *pins*, as it is sent. Pure.

    Both are recorded with the workflow (`serving.Served`): the values of its parameters, and the
    exact version of each reference. Raises ConfigError for a parameter without a value.
    """
    return pin_open(fill(definition, values, where="recorded values"), pins)


def parameters_of(declarations: Iterable[Declaration], environment: Environment) -> frozenset[str]:
    """Return the names of the parameters that rendering *declarations* may need."""
    shared = [
        *(environment.role_arn, environment.logging, environment.tracing),
        *(environment.encryption, environment.tags, environment.name_template),
    ]
    own = [_contents(declaration) for declaration in declarations]
    return parameters_in([*shared, *own]) if own else frozenset()


def values_of(declaration: Declaration, environment: Environment) -> dict[str, Any]:
    """Return the values, by name, that rendering *declaration* uses in *environment*."""
    used, known = parameters_of([declaration], environment), environment.known
    return {name: known[name] for name in sorted(used & known.keys())}


def _contents(declaration: Declaration) -> dict[str, Any]:
    return {
        "definition": declaration.definition,
        "role": declaration.role,
        "logging": declaration.logging,
        "tracing": declaration.tracing,
        "encryption": declaration.encryption,
        "tags": declaration.tags,
    }


def _where(declaration: Declaration, environment: Environment) -> str:
    module = f" ({declaration.source})" if declaration.source else ""
    return f"workflow {declaration.name}{module}, environment {environment.name}"


def _role(declaration: Declaration, environment: Environment) -> str:
    role = environment.role_arn or declaration.role
    if declaration.role and "${" in declaration.role:
        role = declaration.role
    if role is None:
        role = environment.backend.role
    if not role:
        raise ConfigError(
            f"Workflow {declaration.name} has no role in {environment.name}.",
            fix=f'Add  role_arn = "arn:aws:iam::…"  to [environments.{environment.name}]'
            " in releases.toml, or give the StateMachine a role_arn.",
        )
    return role


def normal_logging(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a loggingConfiguration with AWS's defaults spelled out."""
    value = value or {}
    normal = {
        "level": value.get("level", "OFF"),
        "includeExecutionData": value.get("includeExecutionData", False),
    }
    if value.get("destinations"):
        normal["destinations"] = value["destinations"]
    return normal


def normal_tracing(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a tracingConfiguration with AWS's defaults spelled out."""
    return {"enabled": (value or {}).get("enabled", False)}


def normal_encryption(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an encryptionConfiguration with AWS's defaults spelled out."""
    value = value or {}
    kind = value.get("type", "AWS_OWNED_KEY")
    if kind == "AWS_OWNED_KEY":
        return {"type": kind}
    reuse = value.get("kmsDataKeyReusePeriodSeconds") or _REUSE_SECONDS
    return {
        "type": kind,
        "kmsKeyId": value.get("kmsKeyId", ""),
        "kmsDataKeyReusePeriodSeconds": reuse,
    }
