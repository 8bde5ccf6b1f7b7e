"""The AWS services of one environment: Step Functions, and the others that a deployment reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sfn_release.aws.api_calls import Operation
from sfn_release.aws.clock_skew import ClockSkew
from sfn_release.aws.service_names import SERVICE_NAMES
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import ConfigError

if TYPE_CHECKING:
    from sfn_release.aws.rate_limits import RateLimiter
    from sfn_release.aws.sessions import Access, Lifetime


class TokenService(Protocol):
    """STS: whose credentials these are. Members of boto3's ``sts`` client."""

    get_caller_identity: Operation


class ParameterStore(Protocol):
    """Systems Manager Parameter Store. Members of boto3's ``ssm`` client."""

    get_parameters: Operation


class Functions(Protocol):
    """Lambda: versions of functions. Members of boto3's ``lambda`` client."""

    get_function_configuration: Operation
    get_alias: Operation
    list_versions_by_function: Operation


class Alarms(Protocol):
    """CloudWatch: alarms. Members of boto3's ``cloudwatch`` client."""

    describe_alarms: Operation


class Stacks(Protocol):
    """CloudFormation: outputs of stacks. Members of boto3's ``cloudformation`` client."""

    describe_stacks: Operation
    list_exports: Operation


class Objects(Protocol):
    """S3: objects. Members of boto3's ``s3`` client."""

    get_object: Operation


class Logs(Protocol):
    """CloudWatch Logs: events of log groups. Members of boto3's ``logs`` client."""

    filter_log_events: Operation


class IdentityManagement(Protocol):
    """IAM: roles and their policies. Members of boto3's ``iam`` client."""

    get_role: Operation
    simulate_principal_policy: Operation
    list_attached_role_policies: Operation
    get_policy: Operation
    get_policy_version: Operation
    list_role_policies: Operation
    get_role_policy: Operation


class EventRules(Protocol):
    """EventBridge: rules of event buses. Members of boto3's ``events`` client."""

    list_event_buses: Operation
    list_rule_names_by_target: Operation


class Schedules(Protocol):
    """EventBridge Scheduler. Members of boto3's ``scheduler`` client."""

    list_schedules: Operation
    get_schedule: Operation


class Pipes(Protocol):
    """EventBridge Pipes. Members of boto3's ``pipes`` client."""

    list_pipes: Operation


def no_other(backend: str = "The backend") -> Callable[[str], Any]:
    """Return the clients of a *backend* that has Step Functions only: none."""

    def client(service: str) -> Any:
        raise ConfigError(
            f"{backend} doesn't include {SERVICE_NAMES.get(service, service)}.",
            fix="Use it in environments on AWS only.",
        )

    return client


@dataclass(frozen=True)
class Aws:
    """The services of one environment. Each client is made when you first ask for it.

    *other* returns the boto3 client of a service by its botocore id, or raises ConfigError.
    *rate_limiter* keeps the Step Functions client below its quotas. *lifetime* returns
    how long the credentials last (`sessions.lifetime`). *clock_skew* compares our clock with the
    dates of Step Functions' answers, once it listens to them.
    """

    step_functions: Callable[[], StepFunctions]
    other: Callable[[str], Any] = field(default_factory=no_other)
    rate_limiter: RateLimiter | None = None
    lifetime: Callable[[], Lifetime | None] = lambda: None
    clock_skew: ClockSkew = field(default_factory=ClockSkew)

    @classmethod
    def of(cls, client: StepFunctions, other: Callable[[str], Any] | None = None) -> Aws:
        """Return the services around a Step Functions *client*."""
        return cls(lambda: client, other or no_other())

    @property
    def stepfunctions(self) -> StepFunctions:
        """Step Functions."""
        return self.step_functions()

    def expect(self, operation: str, calls: int) -> None:
        """Announce the number of calls of a Step Functions operation that follow."""
        if self.rate_limiter is not None:
            self.rate_limiter.expect(operation, calls)

    @property
    def identity(self) -> TokenService:
        """STS."""
        return self.other("sts")  # type: ignore[no-any-return]

    @property
    def parameter_store(self) -> ParameterStore:
        """Systems Manager Parameter Store."""
        return self.other("ssm")  # type: ignore[no-any-return]

    @property
    def functions(self) -> Functions:
        """Lambda."""
        return self.other("lambda")  # type: ignore[no-any-return]

    @property
    def alarms(self) -> Alarms:
        """CloudWatch."""
        return self.other("cloudwatch")  # type: ignore[no-any-return]

    @property
    def stacks(self) -> Stacks:
        """CloudFormation."""
        return self.other("cloudformation")  # type: ignore[no-any-return]

    @property
    def objects(self) -> Objects:
        """S3."""
        return self.other("s3")  # type: ignore[no-any-return]

    @property
    def logs(self) -> Logs:
        """CloudWatch Logs."""
        return self.other("logs")  # type: ignore[no-any-return]

    @property
    def roles(self) -> IdentityManagement:
        """IAM."""
        return self.other("iam")  # type: ignore[no-any-return]

    @property
    def event_rules(self) -> EventRules:
        """EventBridge."""
        return self.other("events")  # type: ignore[no-any-return]

    @property
    def schedules(self) -> Schedules:
        """EventBridge Scheduler."""
        return self.other("scheduler")  # type: ignore[no-any-return]

    @property
    def pipes(self) -> Pipes:
        """EventBridge Pipes."""
        return self.other("pipes")  # type: ignore[no-any-return]


def connect(access: Access, rate_limiter: RateLimiter | None = None) -> Aws:
    """Return the services of an account and region. Nothing connects until you use them."""
    from sfn_release.aws.sessions import clients, lifetime

    client = clients(access, rate_limiter)
    return Aws(lambda: client("stepfunctions"), client, rate_limiter, lambda: lifetime(access))
