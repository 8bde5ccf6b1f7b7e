"""Clients of one account and region: credentials, an assumed role, endpoints.

They are boto3's clients, made by botocore, its core. boto3 itself would load S3's transfer manager
first, and that takes as long as the rest of a command.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sfn_release.aws.service_names import SERVICE_NAMES
from sfn_release.errors import AccessError, AwsError, ConfigError

if TYPE_CHECKING:
    from sfn_release.aws.rate_limits import RateLimiter

_MAX_THREADS = 32
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PACED = frozenset({"stepfunctions", "iam"})
_SESSION_NAME = "sfn-release"  # the name of an assumed role's calls in CloudTrail

creating = threading.Lock()
"""Hold it while you make a client: botocore's sessions aren't thread-safe then."""


@dataclass(frozen=True)
class Access:
    """How to reach an account and region.

    Credentials come from *profile* or AWS's usual chain. With *assume_role*, an ARN, they assume
    that role, with *external_id* if its trust policy needs it. *endpoints* maps botocore's service
    ids (``stepfunctions``, ``lambda`` …) to URLs, and "*" to the URL of all other services.
    """

    region: str | None = None
    profile: str | None = None
    assume_role: str | None = None
    external_id: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)

    def endpoint(self, service: str) -> str | None:
        """Return the URL of a service; None for AWS's own endpoint."""
        return self.endpoints.get(service) or self.endpoints.get("*")

    def on_this_machine(self, service: str) -> bool:
        """Whether a service is on loopback, where AWS's quotas don't apply."""
        from urllib.parse import urlsplit

        return urlsplit(self.endpoint(service) or "").hostname in _LOOPBACK

    def has(self, service: str) -> bool:
        """Whether the environment has a service.

        Where Step Functions is on loopback, it has those with a URL only: an emulator's ARNs and
        names mean nothing to AWS, and its credentials are often made up.
        """
        return self.endpoint(service) is not None or not self.on_this_machine("stepfunctions")


@dataclass(frozen=True)
class Lifetime:
    """The end of temporary credentials that nothing renews; *until* is None when it's unknown."""

    until: datetime | None


def lifetime(access: Access) -> Lifetime | None:
    """Return how long the credentials last; None if they don't expire, or are renewed.

    With a role to assume, it's the credentials that assume it: they renew the role's own. Raises
    AccessError for an unknown profile.
    """
    if access.on_this_machine("stepfunctions"):
        return None
    import botocore.session
    from botocore.credentials import RefreshableCredentials

    with creating, _explained():
        credentials = botocore.session.Session(profile=access.profile).get_credentials()
        if credentials is None:
            return None
        if isinstance(credentials, RefreshableCredentials):
            if credentials.method != "env":
                return None
            # botocore would read the variables again, and they don't change.
            return Lifetime(credentials._expiry_time)  # noqa: SLF001 - botocore has no public name
        return Lifetime(None) if credentials.token else None


def clients(access: Access, rate_limiter: RateLimiter | None = None) -> Callable[[str], Any]:
    """Return the function that returns a service's client. It makes each client once, on demand.

    *rate_limiter* keeps Step Functions and IAM below their quotas. The function raises AccessError
    for an unknown profile, AwsError when no region is known, and ConfigError for a service that the
    environment doesn't have (`Access.has`).
    """
    made: dict[str, Any] = {}
    sessions: list[Any] = []

    def client(service: str) -> Any:
        _check(access, service)
        with creating:
            if service not in made:
                with _explained():
                    if not sessions:
                        sessions.append(_session(access))
                    made[service] = _client(sessions[0], access, service)
                if rate_limiter and service in _PACED and not access.on_this_machine(service):
                    rate_limiter.attach(made[service], service)
            return made[service]

    return client


def _check(access: Access, service: str) -> None:
    """Raise ConfigError for a service that the environment doesn't have."""
    if not access.has(service):
        raise ConfigError(
            f"The environment has no {SERVICE_NAMES.get(service, service)}: Step Functions is on"
            " this machine, and AWS isn't called in the place of an emulator.",
            fix=f'Give its URL:  endpoint_url = {{ stepfunctions = "…", {service} = "…" }}',
        )


def client_config(*, custom_endpoint: bool, adaptive: bool = False) -> Any:
    """Return the botocore configuration of all our clients.

    An *adaptive* client slows down for a while after AWS has throttled it.
    """
    from botocore.config import Config

    return Config(
        # With StartSyncExecution's prefix "sync-", a custom endpoint's host doesn't resolve.
        inject_host_prefix=not custom_endpoint,
        max_pool_connections=_MAX_THREADS,
        retries={"mode": "adaptive" if adaptive else "standard", "max_attempts": 5},
        connect_timeout=5,
        read_timeout=60,
        # An endpoint of your own need not have a name for each bucket.
        s3={"addressing_style": "path"} if custom_endpoint else None,
        user_agent_extra="sfn-release",
    )


def _session(access: Access) -> Any:
    import botocore.session

    if access.assume_role:
        _check(access, "sts")
    session = botocore.session.Session(profile=access.profile)
    return _assumed(session, access) if access.assume_role else session


def _client(
    session: Any, access: Access, service: str, *, adaptive: bool | None = None, **more: Any
) -> Any:
    url = access.endpoint(service)
    if adaptive is None:
        adaptive = not access.on_this_machine(service)
    config = client_config(custom_endpoint=url is not None, adaptive=adaptive)
    return session.create_client(
        service, region_name=access.region, endpoint_url=url, config=config, **more
    )


def _assumed(session: Any, access: Access) -> Any:
    """Return a session with the credentials of the assumed role, renewed before they expire.

    The credentials of a chained role last an hour at most. A deployment that shifts traffic may
    take longer.
    """
    import botocore.session
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    source = session.get_credentials()
    if source is None:
        raise AccessError(
            f"No AWS credentials were found to assume {access.assume_role}.",
            fix="Set `profile` for the environment, or log in (`aws sso login`, `aws configure`).",
        )

    def sts(service: str, **credentials: Any) -> Any:
        return _client(session, access, service, adaptive=False, **credentials)

    extra = {"RoleSessionName": _SESSION_NAME}
    if access.external_id:
        extra["ExternalId"] = access.external_id
    fetcher = AssumeRoleCredentialFetcher(sts, source, access.assume_role, extra_args=extra)
    inner = botocore.session.Session(profile=access.profile)
    inner._credentials = DeferredRefreshableCredentials(  # noqa: SLF001 - botocore has no public name
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return inner


@contextmanager
def _explained() -> Iterator[None]:
    """Turn botocore's errors about profile, region and endpoint into ours."""
    import botocore.exceptions

    try:
        yield
    except botocore.exceptions.ProfileNotFound as error:
        raise AccessError(
            f"{error}.", fix="Name another profile in releases.toml, or run `aws configure`."
        ) from error
    except botocore.exceptions.NoRegionError as error:
        raise AwsError(
            "No AWS region is set.", fix="Set `region` for the environment in releases.toml."
        ) from error
    except ValueError as error:  # botocore raises it for an endpoint that isn't a URL
        raise AwsError(f"Invalid endpoint: {error}.") from error
