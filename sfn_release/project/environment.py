"""An environment: where releases run, what may enter, and how callers are brought over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from sfn_release.errors import ConfigError
from sfn_release.project import rules
from sfn_release.project.parameters import fill, parameters_in

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SERVICES = ("stepfunctions", "sts", "ssm", "lambda", "cloudwatch")
"""The services that a deployment may ask, by botocore's ids."""


@dataclass(frozen=True)
class Source:
    """Where a parameter's value is looked up when a deployment renders.

    *kind* ``env`` is a variable of the process, ``ssm`` a parameter of Systems Manager Parameter
    Store (``/shop/charge``, or one version of it: ``/shop/charge:3``).
    """

    kind: Literal["env", "ssm"]
    name: str

    def __str__(self) -> str:
        return f"${self.name}" if self.kind == "env" else f"ssm:{self.name}"


@dataclass(frozen=True)
class AssumedRole:
    """The IAM role that a deployer takes on; *external_id* is what its trust policy may ask."""

    role_arn: str
    external_id: str | None = None


@dataclass(frozen=True)
class Strategy:
    """How callers of an alias are brought to a new version.

    ``canary`` sends *percent* of them there for one *interval*, and then all. ``linear`` sends
    *percent* more with each *interval*. Meanwhile the CloudWatch *alarms* may not fire, and the new
    version may have *max_failures* executions that failed (None: they are not counted).
    """

    type: Literal["canary", "linear"]
    percent: int
    interval: timedelta
    alarms: tuple[str, ...] = ()
    max_failures: int | None = None

    @property
    def weights(self) -> tuple[int, ...]:
        """The weights in percent that the new version gets, one for each interval."""
        if self.type == "canary":
            return (self.percent,)
        return tuple(range(self.percent, 100, self.percent))

    @property
    def duration(self) -> timedelta:
        """How long it takes until every caller is there."""
        return self.interval * len(self.weights)

    def __str__(self) -> str:
        minutes = rules.duration_text(self.interval)
        if self.type == "canary":
            return f"canary: {self.percent} % for {minutes}"
        return f"linear: {self.percent} % more every {minutes}"


@dataclass(frozen=True)
class Environment:
    """Where releases run.

    *backend* ``local`` is the embedded Step Functions service. *alias* "" means: no alias.
    *endpoints* maps services to URLs, "*" to that of every other one.
    *logging*, *tracing* and *encryption* have the shapes of the API members
    ``loggingConfiguration``, ``tracingConfiguration`` and ``encryptionConfiguration``, with their
    parameters unfilled, as *role_arn*.

    What may enter: *requires* are the environments where a release must have succeeded, *soak* how
    long it must have been served there, *branches* patterns of branches that must hold its commit.
    """

    name: str
    backend: Literal["local", "aws"]
    region: str | None = None
    profile: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    assume_role: AssumedRole | None = None
    role_arn: str | None = None
    alias: str = "live"
    name_template: str = "{workflow}"
    parameters: Mapping[str, str | Source] = field(default_factory=dict)
    logging: Mapping[str, Any] | None = None
    tracing: Mapping[str, Any] | None = None
    encryption: Mapping[str, Any] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    confirm: bool = False
    requires: tuple[str, ...] = ()
    soak: timedelta | None = None
    branches: tuple[str, ...] = ()
    protect_drift: bool = False
    pins: Literal["off", "resolve", "required"] = "off"
    strategy: Strategy | None = None

    @property
    def on_this_machine(self) -> bool:
        """Whether its state machines live here, as those of a clone that nobody else sees."""
        from urllib.parse import urlsplit

        url = self.endpoints.get("stepfunctions") or self.endpoints.get("*") or ""
        return self.backend == "local" or urlsplit(url).hostname in _LOOPBACK

    def state_machine_name(self, workflow: str) -> str:
        """Return the name of *workflow*'s state machine here.

        Raises ConfigError when AWS does not take that name.
        """
        name = self.name_template.replace("{workflow}", workflow)
        problem = rules.state_machine_name(name)
        if problem:
            raise ConfigError(
                f"{name!r} cannot be the name of a state machine in {self.name}.",
                why=problem,
                fix=f"Rename the workflow {workflow!r}, or change `name` in"
                f" [environments.{self.name}].",
            )
        return name

    def sources(self, names: Iterable[str]) -> dict[str, Source]:
        """Return which of the parameters *names* have to be looked up, and where."""
        found = {name: self.parameters.get(name) for name in names}
        return {name: source for name, source in found.items() if isinstance(source, Source)}

    def resolved(self, values: Mapping[str, str]) -> Environment:
        """Return this environment with the *values* of parameters that were looked up."""
        return replace(self, parameters={**self.parameters, **values})

    def fill(self, value: Any, *, where: str) -> Any:
        """Return the JSON *value* with this environment's parameters filled; see `fill`.

        Those that it refers to must be literal, or `resolved`.
        """
        known = {name: text for name, text in self.parameters.items() if isinstance(text, str)}
        unresolved = self.sources(parameters_in(value))
        assert not unresolved, sorted(unresolved)  # noqa: S101 - whoever renders resolves them
        return fill(value, known, where=where, environment=self.name)
