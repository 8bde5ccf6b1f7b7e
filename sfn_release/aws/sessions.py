"""Clients of one account and region: credentials, an assumed role, endpoints.

They are those that boto3 gives, made by botocore, its core: boto3 itself would load S3's transfer
manager first, which takes as long as all the rest of a command.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sfn_release.aws.rate_limits import RateLimiter
from sfn_release.errors import AccessError, AwsError

_MAX_THREADS = 32
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SESSION_NAME = "sfn-release"  # how an assumed role's calls are named in CloudTrail

creating = threading.Lock()
"""Held while a client is made: botocore's sessions are not thread-safe then."""


@dataclass(frozen=True)
class Access:
    """How an account and region are reached.

    Credentials come from *profile* or AWS's usual chain; with *assume_role*, an ARN, they are
    those of that role, taken with *external_id* if its trust policy asks for one. *endpoints* maps
    botocore's ids of services (``stepfunctions``, ``lambda`` …) to URLs, "*" to that of the rest.
    """

    region: str | None = None
    profile: str | None = None
    assume_role: str | None = None
    external_id: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)

    def endpoint(self, service: str) -> str | None:
        """Return where a service is reached, None for AWS's own endpoint."""
        return self.endpoints.get(service) or self.endpoints.get("*")

    def on_this_machine(self, service: str) -> bool:
        """Whether a service is reached on loopback, where AWS's quotas are nobody's concern."""
        from urllib.parse import urlsplit

        return urlsplit(self.endpoint(service) or "").hostname in _LOOPBACK


@dataclass(frozen=True)
class Lifetime:
    """How long temporary credentials last that nothing renews; *until* is None when unknown."""

    until: datetime | None


def lifetime(access: Access) -> Lifetime | None:
    """Return how long the credentials last; None for those that last, or that are renewed.

    With a role to assume, it is the credentials that assume it: the role's own are renewed with
    them. Raises AccessError for an unknown profile.
    """
    if access.on_this_machine("stepfunctions"):
        return None
    import botocore.session
    from botocore.credentials import RefreshableCredentials

    with creating, _told():
        credentials = botocore.session.Session(profile=access.profile).get_credentials()
        if credentials is None:
            return None
        if isinstance(credentials, RefreshableCredentials):
            if credentials.method != "env":
                return None
            # botocore would read the variables again, and they stay what they are.
            return Lifetime(credentials._expiry_time)  # noqa: SLF001 - there is no other way
        return Lifetime(None) if credentials.token else None


def clients(access: Access, pacing: RateLimiter | None = None) -> Callable[[str], Any]:
    """Return what gives the client of a service; each is made once, when first asked for.

    *pacing* keeps Step Functions below its quotas. Raises AccessError for an unknown profile and
    AwsError when no region is known, both when a client is first asked for.
    """
    made: dict[str, Any] = {}
    sessions: list[Any] = []

    def client(service: str) -> Any:
        with creating:
            if service not in made:
                with _told():
                    if not sessions:
                        sessions.append(_session(access))
                    made[service] = _client(sessions[0], access, service)
                if pacing and service == "stepfunctions" and not access.on_this_machine(service):
                    pacing.attach(made[service])
            return made[service]

    return client


def client_config(*, custom_endpoint: bool, adaptive: bool = False) -> Any:
    """Return the botocore configuration of every client of ours.

    An *adaptive* one calls more slowly for a while after AWS has throttled it.
    """
    from botocore.config import Config

    return Config(
        # StartSyncExecution's host prefix "sync-" names no host beside a custom endpoint.
        inject_host_prefix=not custom_endpoint,
        max_pool_connections=_MAX_THREADS,
        retries={"mode": "adaptive" if adaptive else "standard", "max_attempts": 5},
        connect_timeout=5,
        read_timeout=60,
        user_agent_extra="sfn-release",
    )


def _session(access: Access) -> Any:
    import botocore.session

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

    STS gives a chained role an hour at most, and a deployment that shifts traffic may take longer.
    """
    import botocore.session
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    source = session.get_credentials()
    if source is None:
        raise AccessError(
            f"There are no AWS credentials to assume {access.assume_role} with.",
            fix="Set `profile` for the environment, or log in (`aws sso login`, `aws configure`).",
        )

    def sts(service: str, **credentials: Any) -> Any:
        return _client(session, access, service, adaptive=False, **credentials)

    extra = {"RoleSessionName": _SESSION_NAME}
    if access.external_id:
        extra["ExternalId"] = access.external_id
    fetcher = AssumeRoleCredentialFetcher(sts, source, access.assume_role, extra_args=extra)
    inner = botocore.session.Session(profile=access.profile)
    inner._credentials = DeferredRefreshableCredentials(  # noqa: SLF001 - botocore has no other way
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return inner


@contextmanager
def _told() -> Iterator[None]:
    """Tell what is wrong with the way to an account in our words."""
    import botocore.exceptions

    try:
        yield
    except botocore.exceptions.ProfileNotFound as error:
        raise AccessError(
            f"{error}.", fix="Name another profile in releases.toml, or run `aws configure`."
        ) from error
    except botocore.exceptions.NoRegionError as error:
        raise AwsError(
            "No AWS region is known.", fix="Set `region` for the environment in releases.toml."
        ) from error
    except ValueError as error:  # botocore's word for an endpoint that is no URL
        raise AwsError(f"The endpoint cannot be used: {error}.") from error
