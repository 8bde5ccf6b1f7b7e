"""The service over HTTP, on loopback by default, for the AWS CLI and any SDK.

You need ``endpoint_url = http://127.0.0.1:PORT`` and any credentials: signatures aren't checked.
A request is answered for the region that it's signed for. An access key id of twelve digits is the
account. Requests from web pages, and for other host names than loopback's, are refused: see
`sfn_release.local_service.http.request_headers`.

AWS clients put ``sync-`` before the endpoint's host when they call StartSyncExecution or TestState,
and ``sync-127.0.0.1`` doesn't resolve. Any of these helps:

- ``AWS_DISABLE_HOST_PREFIX_INJECTION=true`` in the environment, or
  ``disable_host_prefix_injection = true`` in the AWS profile: the AWS CLI and boto3 then leave the
  prefix out;
- ``Config(inject_host_prefix=False)`` for one boto3 client;
- the endpoint ``http://NAME.localhost:PORT`` where every name below ``localhost`` is loopback, as
  RFC 6761 has it (systemd-resolved, macOS, browsers): ``sync-NAME.localhost`` is loopback too;
- ``127.0.0.1 sync-localhost`` in the hosts file, and the endpoint ``http://localhost:PORT``.

Why the standard library's server: `benchmarks/http_servers.py` compares it with waitress, cheroot
and uvicorn. All start equally fast. With eight clients, a request costs it 250 µs of CPU time, and
the others 260 to 630 µs (two runs on a busy machine). A thread per connection also suits this
service: a real-time StartSyncExecution keeps its request open for minutes, and in a pool of threads
a few of those would block every other client, as 50 half-sent requests block cheroot's. A library
would save few lines, because all of them answer bad HTTP in plain text, and AWS clients expect
JSON. The price is a waiting thread for each half-sent request, up to 300 seconds; only this machine
can send those.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from sfn_release.errors import LocalServiceError
from sfn_release.local_service.http import http_protocol
from sfn_release.local_service.http.http_protocol import HttpRequest
from sfn_release.local_service.service import LocalService, ServiceResponse

_LARGEST = 16 * 1024 * 1024  # bytes; AWS's limits are 1 MB for a request and 1 MiB for a definition
_DIGITS = 18  # of a Content-Length that is read as a number
_DRAINED = 64 * 1024 * 1024  # bytes to read of a refused body
_DRAIN_SECONDS = 2
_IDLE_SECONDS = 300  # how long a client may keep an unused connection


def serve(
    service: LocalService,
    *,
    host: str = "127.0.0.1",
    port: int = 8083,
    allowed: Collection[str] = (),
    exposed: bool = False,
    ready: Callable[[str], None] = lambda _url: None,
) -> None:
    """Answer requests until a KeyboardInterrupt, which is raised after closing *service*.

    *port* 0 means any free port. *allowed* are host names to accept beside loopback's. *exposed*
    lets other machines connect, as the inside of a container needs it. *ready* is called with the
    URL for clients on this machine. Raises LocalServiceError for a *host* that isn't loopback
    unless *exposed*, and for a port that isn't free.
    """
    with listen(service, host=host, port=port, allowed=allowed, exposed=exposed) as server:
        ready(server.url)
        try:
            server.serve_forever(poll_interval=0.2)
        finally:
            service.close()


def listen(
    service: LocalService,
    *,
    host: str,
    port: int,
    allowed: Collection[str] = (),
    exposed: bool = False,
) -> HttpServer:
    """Return a server that already listens. It answers once you call ``serve_forever``.

    Raises the errors of `serve`.
    """
    address = _address(host, exposed=exposed)
    kind = _Server6 if address.version == 6 else HttpServer  # noqa: PLR2004 - IPv6
    try:
        # No web page can get its own name into the Host of a request for an IP address.
        server = kind((str(address), port), service, [*allowed, str(address)])
    except OSError as error:
        raise LocalServiceError(
            f"The local service can't listen on {host}, port {port}.",
            why=f"{error.strerror or error}.",
            fix="Choose another port, or 0 for any free one.",
        ) from error
    except OverflowError as error:
        raise LocalServiceError(f"{port} is not a port. Ports are 0 to 65535.") from error
    service.context.address.url = server.url
    return server


def _address(host: str, *, exposed: bool) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None and exposed:
        raise LocalServiceError(
            f"The local service can't listen on {host}: it isn't an IP address.",
            fix="Use 0.0.0.0 for every address of this machine.",
        )
    if address is None or not (exposed or address.is_loopback):
        raise LocalServiceError(
            f"The local service can't listen on {host}: it isn't a loopback address.",
            why="The service checks no credentials, so it is for this machine only.",
            fix="Use 127.0.0.1, ::1 or localhost.",
        )
    return address


class HttpServer(ThreadingHTTPServer):
    """An HTTP server of *service*, in a thread for each connection."""

    daemon_threads = True  # an idle connection doesn't keep the process alive
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], service: LocalService, allowed: Collection[str]
    ) -> None:
        self.service = service
        self.allowed = allowed
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        """The URL for clients on this machine."""
        host = str(self.server_address[0])
        # These two stand for every address. Not every system connects to them.
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not listened on
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep the traceback of a bug. Clients go away all the time, which is none."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Server6(HttpServer):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    """Carries one connection's requests to `http_protocol`, and the answers back."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    server: HttpServer

    def do_POST(self) -> None:
        """Answer one API request."""
        service = self.server.service
        request = HttpRequest(
            host=self.headers.get("Host"),
            origin=self.headers.get("Origin"),
            authorization=self.headers.get("Authorization"),
            content_type=self.headers.get("Content-Type"),
            target=self.headers.get("X-Amz-Target"),
        )
        refusal = http_protocol.refusal(service, request, self.server.allowed)
        if refusal is not None:
            self._send(refusal)
            return
        body = self._body()
        if body is None:
            return
        try:
            response = http_protocol.answer(service, replace(request, body=body))
        except Exception:
            bug = "A bug in the local service: its log has the traceback."
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError", bug)
            raise
        self._send(response)

    def _body(self) -> bytes | None:
        """Read the request's body; None if it was refused."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self._refuse(
                HTTPStatus.LENGTH_REQUIRED,
                "MissingContentLength",
                "Chunked bodies aren't supported: send a Content-Length.",
            )
            return None
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            self._refuse(
                HTTPStatus.BAD_REQUEST, "SerializationException", "Content-Length is not a number."
            )
            return None
        # Python refuses to read a number of thousands of digits.
        size = int(length) if len(length.lstrip("0")) <= _DIGITS else sys.maxsize
        if size > _LARGEST:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "RequestEntityTooLargeException",
                f"The request has {length[:_DIGITS]} bytes; the limit is {_LARGEST}.",
            )
            self._drain(size)
            return None
        body = self.rfile.read(size)
        if len(body) < size:  # the client gave up
            self.close_connection = True
            return None
        return body

    def _drain(self, length: int) -> None:
        """Read the rest of a refused body, because a client that still sends sees no answer."""
        self.connection.settimeout(_DRAIN_SECONDS)
        left = min(length, _DRAINED)
        try:
            while left > 0 and (chunk := self.rfile.read(min(left, 1 << 16))):
                left -= len(chunk)
        except OSError:
            return  # the client has stopped sending

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse bad HTTP, and methods other than POST, in the API's form."""
        status = HTTPStatus(code)
        if status is HTTPStatus.NOT_IMPLEMENTED:
            status = HTTPStatus.METHOD_NOT_ALLOWED
            message = "Step Functions takes POST requests only."
        self._refuse(status, "UnknownOperationException", explain or message or status.phrase)

    def _refuse(self, status: HTTPStatus, code: str, message: str) -> None:
        self._send(http_protocol.refuse(self.server.service, status, code, message))

    def _send(self, response: ServiceResponse) -> None:
        """Send the whole answer at once: a small one is one packet."""
        status, headers, body = response
        if headers.get("Connection") == "close":
            self.close_connection = True
        head = [f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        if self.command == "HEAD":
            body = b""
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: clients log their own requests."""


def start(
    service: LocalService,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    allowed: Collection[str] = (),
) -> Background:
    """Serve in a thread of this process until you close the returned server. Use it in tests."""
    return Background(service, listen(service, host=host, port=port, allowed=allowed))


class Background:
    """A server in a thread. As a context manager it stops itself and closes its service."""

    def __init__(self, service: LocalService, server: HttpServer) -> None:
        self._service = service
        self._server = server
        self.port = server.server_port
        self.url = server.url
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and close the service."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._service.close()
