"""Reads a request's headers: whether to refuse it, and its region and account.

The server checks no credentials, so web pages must not reach it. A page can send requests to
loopback, and with DNS rebinding it can read the answers. Its browser then sends the page's host
name, and an Origin with everything except a plain GET. AWS clients send neither.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from sfn_release.local_service.api.arns import ArnScope

_PREFIX = "sync-"  # AWS clients put it before the host of StartSyncExecution
_SIGNED = re.compile(
    r"AWS4-\S+ .*?Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[a-z]{2}[a-z0-9-]*)/[a-z]+/"
)
_ACCOUNT = re.compile(r"\d{12}")


def refusal(host: str | None, origin: str | None, allowed: Collection[str] = ()) -> str | None:
    """Return the reason to refuse a request with these headers; None to answer it.

    *allowed* are more host names of this machine, such as a container's name for its host.
    """
    if origin is not None:
        return (
            "The local service doesn't answer web pages, and this request has an Origin"
            f" ({origin}). Use an AWS SDK or the AWS CLI."
        )
    name = _name(host or "")
    if _is_loopback(name) or name in {host.lower() for host in allowed}:
        return None
    return (
        f"The local service answers at loopback names only, and this request is for {name!r}. Use"
        " 127.0.0.1 or localhost. If this is your name for this machine, such as a container's name"
        f" for its host, start the service with --allow-host {name}"
    )


def scope(authorization: str | None, default: ArnScope, fixed: Collection[str] = ()) -> ArnScope:
    """Return the region and account that a request is signed for.

    An access key id of twelve digits is the account, as in other emulators. Any other key means the
    *default* account. An unsigned request is for the *default* scope, and the members in *fixed*
    (``region``, ``account``) are always the *default* ones.
    """
    signed = _SIGNED.match(authorization or "")
    if signed is None:
        return default
    key = signed["key"]
    named = _ACCOUNT.fullmatch(key) is not None and "account" not in fixed
    return ArnScope(
        default.region if "region" in fixed else signed["region"],
        key if named else default.account,
    )


def _name(host: str) -> str:
    """Return the name in a Host header in lower case, without port and AWS's prefix."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    name = name.partition(":")[0].removesuffix(".")
    return name.removeprefix(_PREFIX)


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
