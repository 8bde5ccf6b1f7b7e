"""Who may ask the server, and for which region and account: read off a request's headers.

The server checks no credentials, so it must not be reachable from a web page. A page can send
requests to loopback, and by DNS rebinding it can read the answers as its own: its browser then
sends the page's host name, and an Origin with what is not a plain GET. AWS clients send neither.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from sfn_release.local_service.arns import ArnScope

_PREFIX = "sync-"  # AWS clients put it before the host of StartSyncExecution
_SIGNED = re.compile(
    r"AWS4-\S+ .*?Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[a-z]{2}[a-z0-9-]*)/[a-z]+/"
)
_ACCOUNT = re.compile(r"\d{12}")


def refusal(host: str | None, origin: str | None, allowed: Collection[str] = ()) -> str | None:
    """Return why a request with these headers is refused, None if it may be answered.

    *allowed* are host names that stand for this machine, such as a container's name for it.
    """
    if origin is not None:
        return (
            "The local service does not answer web pages: this request has an Origin"
            f" ({origin}). Use an AWS SDK or the AWS CLI."
        )
    name = _name(host or "")
    if _is_loopback(name) or name in {one.lower() for one in allowed}:
        return None
    return (
        f"The local service answers to loopback names only, and this request is for {name!r}. Use"
        " 127.0.0.1 or localhost; if this name is meant to lead here, as a container's name for its"
        f" host, start the service with --allow-host {name}"
    )


def scope(authorization: str | None, default: ArnScope) -> ArnScope:
    """Return the region and account that a request signs for.

    An access key id of twelve digits is the account, as other emulators have it; with any other key
    it is the *default* account. An unsigned request is for the *default* scope.
    """
    signed = _SIGNED.match(authorization or "")
    if signed is None:
        return default
    key = signed["key"]
    return ArnScope(signed["region"], key if _ACCOUNT.fullmatch(key) else default.account)


def _name(host: str) -> str:
    """Return the name in a Host header, without port, case and AWS's prefix."""
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
