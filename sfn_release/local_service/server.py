"""The service on HTTP: AWS's JSON 1.0 protocol on loopback.

Any AWS client works with ``endpoint_url = http://127.0.0.1:PORT`` and any credentials; signatures
are not checked. One thing wants care: AWS clients send StartSyncExecution to the endpoint's host
with ``sync-`` before it, and ``sync-127.0.0.1`` is no address. Any of these helps:

- ``AWS_DISABLE_HOST_PREFIX_INJECTION=true`` in the environment, or
  ``disable_host_prefix_injection = true`` in the AWS profile: the AWS CLI and boto3 then leave the
  prefix out;
- ``Config(inject_host_prefix=False)`` for one boto3 client;
- the endpoint ``http://NAME.localhost:PORT`` where every name below ``localhost`` is loopback, as
  RFC 6761 has it (systemd-resolved, macOS, browsers): ``sync-NAME.localhost`` is loopback too;
- ``127.0.0.1 sync-localhost`` in the hosts file, and the endpoint ``http://localhost:PORT``.

A request is answered for the region that it signs for; an access key id of twelve digits is the
account, and GetCallerIdentity of STS answers with it. Host names that are not loopback, and
requests with an Origin, are refused: see `sfn_release.local_service.request_headers`.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Collection
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from sfn_release.errors import LocalServiceError
from sfn_release.local_service import request_headers, sts
from sfn_release.local_service.service import CONTENT_TYPE, LocalService

_TARGET = "AWSStepFunctions."
_LARGEST = 16 * 1024 * 1024  # bytes; AWS takes 1 MB of request, and its model 1 MiB of definition
_DIGITS = 18  # of a length that is read as a number
_DRAINED = 64 * 1024 * 1024  # bytes of a refused body that are still read
_DRAIN_SECONDS = 2
_IDLE_SECONDS = 300  # how long a client may keep a connection without using it
_RETRIED = 500


def serve(
    service: LocalService,
    *,
    host: str = "127.0.0.1",
    port: int = 8083,
    allowed: Collection[str] = (),
    ready: Callable[[int], None] = lambda _port: None,
) -> None:
    """Answer requests until interrupted (Ctrl-C), then close *service*.

    *port* 0 takes a free one; *allowed* are host names to answer to beside the loopback ones;
    *ready* is called with the port that is listened on. Raises LocalServiceError for a *host* that
    is not loopback and a port that cannot be had.
    """
    with listen(service, host=host, port=port, allowed=allowed) as server:
        ready(server.server_port)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            pass
        finally:
            service.close()


def listen(
    service: LocalService, *, host: str, port: int, allowed: Collection[str] = ()
) -> ThreadingHTTPServer:
    """Return a server that listens already and answers once ``serve_forever`` runs.

    Raises as `serve` does.
    """
    address = _loopback(host)
    kind = _Server6 if address.version == 6 else _Server  # noqa: PLR2004 - IPv6
    try:
        return kind((str(address), port), service, allowed)
    except OSError as error:
        raise LocalServiceError(
            f"The local service cannot listen on {host}, port {port}.",
            why=f"{error.strerror or error}.",
            fix="Choose another port, or 0 for any free one.",
        ) from error
    except OverflowError as error:
        raise LocalServiceError(f"{port} is not a port: it must be 0 to 65535.") from error


def _loopback(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise LocalServiceError(
            f"The local service does not listen on {host}.",
            why="It checks no credentials, so it answers this machine only.",
            fix="Use 127.0.0.1, ::1 or localhost.",
        )
    return address


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # an idle connection does not keep the process alive
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], service: LocalService, allowed: Collection[str]
    ) -> None:
        self.service = service
        self.allowed = allowed
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that goes away is no news; anything else is a bug and keeps its traceback.
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        """Answer one API request."""
        why = request_headers.refusal(
            self.headers.get("Host"), self.headers.get("Origin"), self.server.allowed
        )
        if why is not None:
            self._refuse(HTTPStatus.FORBIDDEN, "AccessDeniedException", why)
            return
        body = self._body()
        if body is None:
            return
        service = self.server.service
        scope = request_headers.scope(self.headers.get("Authorization"), service.context.scope)
        if sts.asks_who(self.headers.get("Content-Type"), body):
            self._answer_who(sts.caller(scope, str(uuid.uuid4())), service.context.now())
            return
        target = self.headers.get("X-Amz-Target", "")
        operation = target.removeprefix(_TARGET) if target.startswith(_TARGET) else ""
        if not operation and target:
            operation = target
        try:
            status, headers, payload = service.answer(operation, body, scope)
        except LocalServiceError as error:
            # Not a 5xx: a client would try again for a while, and the answer would be the same.
            self._refuse(HTTPStatus.BAD_REQUEST, "LocalServiceFailure", str(error))
        except Exception:
            self._refuse(HTTPStatus(_RETRIED), "InternalServerError", "A bug in the local service.")
            raise
        else:
            now = formatdate(service.context.now(), usegmt=True)
            self._send(status, {"Date": now, **headers}, payload)

    def _answer_who(self, payload: bytes, now: float) -> None:
        headers = {
            "Date": formatdate(now, usegmt=True),
            "Content-Type": sts.CONTENT_TYPE,
            "Content-Length": str(len(payload)),
        }
        self._send(HTTPStatus.OK, headers, payload)

    def _body(self) -> bytes | None:
        """Read the request's body; None if it was refused."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self._refuse(
                HTTPStatus.LENGTH_REQUIRED, "MissingContentLength", "Chunked bodies are not taken."
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
                f"The request has {length[:_DIGITS]} bytes; at most {_LARGEST} are taken.",
            )
            self._drain(size)
            return None
        body = self.rfile.read(size)
        if len(body) < size:  # the client gave up
            self.close_connection = True
            return None
        return body

    def _drain(self, length: int) -> None:
        """Take the rest of a refused body: closed at once, the client would not see the answer."""
        self.connection.settimeout(_DRAIN_SECONDS)
        left = min(length, _DRAINED)
        try:
            while left > 0 and (chunk := self.rfile.read(min(left, 1 << 16))):
                left -= len(chunk)
        except OSError:
            return  # it does not send any more

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is not HTTP, or another method than POST, in the API's form."""
        status = HTTPStatus(code)
        if status is HTTPStatus.NOT_IMPLEMENTED:
            status = HTTPStatus.METHOD_NOT_ALLOWED
            message = "Step Functions takes POST requests only."
        self._refuse(status, "UnknownOperationException", explain or message or status.phrase)

    def _refuse(self, status: HTTPStatus, code: str, message: str) -> None:
        self.close_connection = True  # what follows in the connection may be the rest of a body
        payload = json.dumps({"__type": code, "message": message}).encode()
        headers = {
            "x-amzn-RequestId": str(uuid.uuid4()),
            "Date": formatdate(time.time(), usegmt=True),
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(payload)),
            "Connection": "close",
        }
        self._send(status, headers, payload)

    def _send(self, status: int, headers: dict[str, str], payload: bytes) -> None:
        """Send the whole answer at once: a small one is one packet."""
        head = [f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        if self.command == "HEAD":
            payload = b""
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + payload)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests are the client's to log."""


def start(
    service: LocalService,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    allowed: Collection[str] = (),
) -> Background:
    """Serve in a thread of this process until the returned object is closed; for tests."""
    return Background(service, listen(service, host=host, port=port, allowed=allowed))


class Background:
    """A server that runs in a thread; a context manager that stops it and closes its service."""

    def __init__(self, service: LocalService, server: ThreadingHTTPServer) -> None:
        self._service = service
        self._server = server
        self.port = server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
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
