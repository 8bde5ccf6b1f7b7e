"""The AWS services of one environment: Step Functions, and whom else a deployment asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from sfn_release.aws.api_calls import Operation
from sfn_release.aws.clock_skew import ClockSkew
from sfn_release.aws.rate_limits import RateLimiter
from sfn_release.aws.sessions import Access, Lifetime, clients, lifetime
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import ConfigError


class TokenService(Protocol):
    """STS: who we are. Members of boto3's ``sts`` client."""

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


def _none(service: str) -> Any:
    raise ConfigError(
        f"The local service is Step Functions alone: there is no {service}.",
        fix="Keep what needs it to environments on AWS.",
    )


@dataclass(frozen=True)
class Aws:
    """The services of one environment; each is connected to when it is first asked for.

    *other* gives the boto3 client of a service by its botocore id. Where there is none, as on
    `local`, asking raises ConfigError. *pacing* keeps the Step Functions client below its quotas.
    *lifetime* says how long the credentials last (`sessions.lifetime`). *dates* compares our clock
    with the answers of Step Functions, once it listens to them.
    """

    step_functions: Callable[[], StepFunctions]
    other: Callable[[str], Any] = _none
    pacing: RateLimiter | None = None
    lifetime: Callable[[], Lifetime | None] = lambda: None
    dates: ClockSkew = field(default_factory=ClockSkew)

    @classmethod
    def of(cls, client: StepFunctions, other: Callable[[str], Any] = _none) -> Aws:
        """Return the services around a Step Functions *client*."""
        return cls(lambda: client, other)

    @property
    def stepfunctions(self) -> StepFunctions:
        """Step Functions."""
        return self.step_functions()

    def expect(self, operation: str, calls: int) -> None:
        """Hear how many calls of a Step Functions operation are about to be made."""
        if self.pacing is not None:
            self.pacing.expect(operation, calls)

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


def connect(access: Access, pacing: RateLimiter | None = None) -> Aws:
    """Return the services of an account and region; nothing is connected to yet."""
    client = clients(access, pacing)
    return Aws(lambda: client("stepfunctions"), client, pacing, lambda: lifetime(access))
