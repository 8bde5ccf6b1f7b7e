"""GET of one document over HTTPS, with basic authentication: Terraform's HTTP backend.

The connection is botocore's: it knows proxies, certificates and timeouts. Plain HTTP is allowed to
this machine only, redirects included, and credentials never go to another host.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from sfn_release.errors import AccessError, AwsError, ConfigError, NetworkError, NotFoundError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_TRIES = 3
_LONGEST = timedelta(minutes=2)
_CHUNK = 1 << 16
_OK, _NO_CONTENT, _NOT_FOUND, _GONE, _THROTTLED, _SERVER = 200, 204, 404, 410, 429, 500


@dataclass(frozen=True)
class Reader:
    """How to read: *login* is a user name and password, *certificates* a file of authorities.

    *limit* is the largest document in bytes. *now* and *wait* are the clock.
    """

    now: Callable[[], datetime]
    wait: Callable[[float], None]
    limit: int
    login: tuple[str, str] | None = None
    certificates: str | None = None


def url_problem(url: str) -> str | None:
    """Return why nothing may be read at *url*, None if it may."""
    parts = _split(url)
    if parts is None or parts.scheme.lower() not in ("http", "https"):
        return "It must be an https URL."
    if "@" in parts.netloc:
        return (
            "It's recorded in Git, so it can't contain credentials. Set TF_HTTP_USERNAME and"
            " TF_HTTP_PASSWORD instead."
        )
    if parts.scheme.lower() == "http" and parts.hostname not in _LOOPBACK:
        return "Without TLS, others can read it, and change it on its way. Use https."
    return None


def get(url: str, reader: Reader) -> bytes:
    """Return the document at *url*.

    It follows redirects, and tries again when the server is busy or can't be reached. Raises
    NotFoundError for 204, 404 and 410, which say that there's no state; AccessError for 401 and
    403; ConfigError for a redirect to plain HTTP and for a document above the limit; NetworkError
    and AwsError for anything else.
    """
    shown, login, host = url.partition("?")[0], reader.login, url
    for _ in range(_MOST_REDIRECTS + 1):
        with _tried(url, shown, login, reader) as answer:
            if answer.status_code not in _REDIRECTS:
                _refuse(answer.status_code, shown, login=reader.login is not None)
                return _body(answer, shown, reader)
        url = urljoin(url, answer.headers.get("Location", ""))
        if problem := url_problem(url):
            raise ConfigError(
                f"{shown} redirects to a URL that can't be used.",
                why=problem,
                fix="Name the final URL in releases.toml.",
            )
        login = login if _same_host(host, url) else None
    raise AwsError(f"{shown} redirects more than {_MOST_REDIRECTS} times.")


@contextmanager
def _tried(url: str, shown: str, login: tuple[str, str] | None, reader: Reader) -> Iterator[Any]:
    """Send the request until there's an answer that another try won't change."""
    for number in range(1, _TRIES):
        try:
            with _sent(url, login, reader) as answer:
                _refuse_busy(answer.status_code, shown)
                yield answer
                return
        except _BusyError:
            reader.wait(number)
    with _sent(url, login, reader) as answer:
        _refuse_busy(answer.status_code, shown)
        yield answer


class _BusyError(NetworkError):
    """The server can't be reached, or answers that it's busy."""


def _refuse_busy(status: int, shown: str) -> None:
    if status == _THROTTLED or status >= _SERVER:
        raise _BusyError(f"{shown} answers with HTTP {status}.", fix="Try again later.")


@contextmanager
def _sent(url: str, login: tuple[str, str] | None, reader: Reader) -> Iterator[Any]:
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import BotoCoreError
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    headers = {"Accept": "application/json", "User-Agent": "sfn-release"}
    if login is not None:
        encoded = base64.b64encode(":".join(login).encode()).decode()
        headers["Authorization"] = f"Basic {encoded}"
    request = AWSRequest("GET", url, headers=headers, stream_output=True).prepare()
    session = URLLib3Session(
        verify=reader.certificates or True, proxies=get_environ_proxies(url), timeout=(5, 60)
    )
    with closing(session):
        try:
            answer = session.send(request)
        except (BotoCoreError, ValueError, OSError) as error:
            raise _unreachable(url, error) from None  # its traceback shows the query
        with closing(answer.raw):
            yield answer


def _unreachable(url: str, error: Exception) -> _BusyError:
    return _BusyError(
        f"Can't read {url.partition('?')[0]}.",
        why=str(error).replace(url, url.partition("?")[0]),
        fix="Check the network, the proxy (HTTPS_PROXY) and the URL. AWS_CA_BUNDLE names a file"
        " with your own certificate authority.",
    )


def _refuse(status: int, shown: str, *, login: bool) -> None:
    """Raise the error for every answer that isn't a document."""
    if status == _OK:
        return
    if status in {_NO_CONTENT, _NOT_FOUND, _GONE}:
        raise NotFoundError(
            f"There is no document at {shown} (HTTP {status}).",
            fix="Check the URL. Some servers also answer so if you may not read it.",
        )
    if status in {401, 403, 407}:
        raise AccessError(
            f"{shown} refuses to be read (HTTP {status}).",
            why="" if login else "TF_HTTP_USERNAME and TF_HTTP_PASSWORD are not set.",
            fix="Check TF_HTTP_USERNAME and TF_HTTP_PASSWORD, and the permissions of that user.",
        )
    raise AwsError(f"{shown} answers with HTTP {status}.", fix="Check the URL in releases.toml.")


def _body(answer: Any, shown: str, reader: Reader) -> bytes:
    from urllib3.exceptions import HTTPError

    declared = answer.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > reader.limit:
        raise too_large(shown, reader.limit)
    try:
        data = b"".join(_chunks(answer.raw, shown, reader))
    except (HTTPError, OSError) as error:
        raise NetworkError(f"{shown} stopped in the middle.", why=str(error)) from error
    if declared.isdecimal() and len(data) < int(declared):
        raise NetworkError(f"{shown} ended after {len(data)} of {declared} bytes.")
    return data


def _chunks(raw: Any, shown: str, reader: Reader) -> Iterator[bytes]:
    """Yield the parts of a document as they arrive, so that a slow server can't hold us."""
    begun, size = reader.now(), 0
    read = getattr(raw, "read1", raw.read)
    while part := read(_CHUNK):
        size += len(part)
        if size > reader.limit:
            raise too_large(shown, reader.limit)
        if reader.now() - begun > _LONGEST:
            raise NetworkError(f"{shown} sends too slowly: after 2 minutes it isn't complete.")
        yield part


def too_large(shown: str, limit: int) -> ConfigError:
    """Return the error for a document above the *limit* in bytes."""
    return ConfigError(
        f"{shown} is larger than {limit >> 20} MiB.",
        why="So large a state takes too long to read in every deployment.",
        fix="Split the state, or pass the value by Parameter Store ({ ssm = … }).",
    )


def _same_host(url: str, other: str) -> bool:
    """Whether two URLs have the same scheme, host and port, so that both may have credentials."""
    first, second = _split(url), _split(other)
    if first is None or second is None:
        return False
    return (first.scheme, first.hostname, first.port) == (
        second.scheme,
        second.hostname,
        second.port,
    )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:  # an invalid port, an unclosed [ of IPv6
        return None
    return parts if usable and " " not in url else None
