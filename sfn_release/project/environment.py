"""An environment: where releases run, and which releases it accepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from sfn_release.asl.placeholders import WORKFLOW
from sfn_release.aws.regions import partition_of
from sfn_release.errors import ConfigError
from sfn_release.project import aws_rules, value_rules
from sfn_release.project.parameter_sources import Source
from sfn_release.project.parameters import fill
from sfn_release.project.replay_policy import ReplayPolicy
from sfn_release.project.strategy import Strategy
from sfn_release.project.task_settings import TaskSettings

if TYPE_CHECKING:
    from sfn_release.project.backends.backend import Backend

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class AssumedRole:
    """The IAM role that a deployer assumes; *external_id* is for its trust policy."""

    role_arn: str
    external_id: str | None = None


@dataclass(frozen=True)
class Environment:
    """Where releases run.

    *backend* is the kind of Step Functions that they run on. *alias* "" means: no alias.
    *endpoints* maps services to URLs, and "*" to the URL of all other services.
    *logging*, *tracing* and *encryption* have the shapes of the API members
    ``loggingConfiguration``, ``tracingConfiguration`` and ``encryptionConfiguration``, with their
    parameters unfilled, as *role_arn*, *name_template* and *tags*. *parameters* are JSON values, or
    a `Source` where one is looked up.

    *first_names* has the first name of each renamed workflow, after which its machine is named.

    It accepts a release that has succeeded in the environments *requires*, was served there for the
    time *soak*, and whose commit is on a branch that matches one of *branches*. Executions may be
    *replay*ed on it before. With *signed*, releases and records need good signatures. *permissions*
    says if its roles are compared with what workflows need, and if a lacking permission refuses a
    release. *tasks* is how the local service answers tasks.
    """

    name: str
    backend: Backend
    region: str | None = None
    profile: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    assume_role: AssumedRole | None = None
    role_arn: str | None = None
    alias: str = "live"
    name_template: str = "{workflow}"
    first_names: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    logging: Mapping[str, Any] | None = None
    tracing: Mapping[str, Any] | None = None
    encryption: Mapping[str, Any] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    confirm: bool = False
    requires: tuple[str, ...] = ()
    soak: timedelta | None = None
    branches: tuple[str, ...] = ()
    replay: ReplayPolicy | None = None
    signed: bool = False
    protect_drift: bool = False
    pins: Literal["off", "resolve", "required"] = "off"
    permissions: Literal["off", "warn", "required"] = "warn"
    strategy: Strategy | None = None
    tasks: TaskSettings = field(default_factory=TaskSettings)

    @property
    def label(self) -> str:
        """How output names it: ``prod``, ``local (not AWS)``."""
        return f"{self.name} {self.backend.label}".rstrip()

    @property
    def on_this_machine(self) -> bool:
        """Whether its state machines are on this machine, where only this user sees them."""
        from urllib.parse import urlsplit

        url = self.endpoints.get("stepfunctions") or self.endpoints.get("*") or ""
        return self.backend.on_this_machine or urlsplit(url).hostname in _LOOPBACK

    @property
    def has_sts(self) -> bool:
        """Whether STS says whose the credentials are: on this machine, if it has a URL of its own.

        An emulator need not have STS, and takes any credentials.
        """
        return not self.on_this_machine or "sts" in self.endpoints

    @property
    def has_iam(self) -> bool:
        """Whether IAM can be asked about its roles: on this machine, if it has a URL of its own."""
        return self.backend.has_iam and (not self.on_this_machine or "iam" in self.endpoints)

    @property
    def partition(self) -> str | None:
        """The partition of its ARNs; None where ARNs of every partition work."""
        return self.backend.partition(self.region or "")

    @property
    def given(self) -> Mapping[str, str]:
        """The built-in parameters that are known without a call to AWS.

        The account of an environment on AWS is known if releases.toml names it.
        """
        region = self.region or self.backend.region
        account = self.account or self.backend.account
        known = {"AWS::Region": region, "AWS::Partition": partition_of(region)}
        return known if account is None else {**known, "AWS::AccountId": account}

    def state_machine_name(self, workflow: str) -> str:
        """Return the name of *workflow*'s state machine here.

        Raises ConfigError when AWS doesn't allow the name.
        """
        first_name = self.first_names.get(workflow, workflow)
        template = self.name_template.replace("{workflow}", first_name)
        name: str = self.fill(template, where=f"name of {self.name}", texts=True)
        problem = aws_rules.state_machine_name(name)
        if problem:
            raise ConfigError(
                f"{name!r} can't be the name of a state machine in {self.name}.",
                why=problem,
                fix=f"Rename the workflow {workflow!r}, or change `name` in"
                f" [environments.{self.name}].",
            )
        return name

    def workflow_arn(self, workflow: str, account: str) -> str:
        """Return the ARN of *workflow* here, with the environment's alias if there is one."""
        given = self.given
        start = f"arn:{given['AWS::Partition']}:states:{given['AWS::Region']}:{account}"
        alias = f":{self.alias}" if self.alias else ""
        return f"{start}:stateMachine:{self.state_machine_name(workflow)}{alias}"

    def sources(self, names: Iterable[str]) -> dict[str, Source]:
        """Return the sources of the parameters among *names* that are looked up."""
        found = {name: self.parameters.get(name) for name in names}
        return {name: source for name, source in found.items() if isinstance(source, Source)}

    def open(self, names: Iterable[str]) -> frozenset[str]:
        """Return the parameters among *names* that only a deployment knows."""
        asked = {*names}
        found = {name for name in asked if name.startswith(WORKFLOW)}
        found |= asked & value_rules.GIVEN - self.known.keys()
        return frozenset(found - self.known.keys() | self.sources(asked).keys())

    def resolved(self, values: Mapping[str, Any]) -> Environment:
        """Return this environment with the *values* of parameters that were looked up."""
        return replace(self, parameters={**self.parameters, **values})

    @property
    def known(self) -> dict[str, Any]:
        """Every known value: built in, literal, or `resolved`."""
        own = self.parameters.items()
        return {**self.given, **{k: value for k, value in own if not isinstance(value, Source)}}

    def fill(self, value: Any, *, where: str, texts: bool = False) -> Any:
        """Return the JSON *value* with this environment's parameters filled; see `fill`.

        Its parameters must be literal, or `resolved`.
        """
        return fill(value, self.known, where=where, environment=self.name, texts=texts)
