"""Serves a report on loopback, and makes it again when the ledger moves."""

from __future__ import annotations

import posixpath
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sfn_release.errors import FileError, SfnReleaseError, UsageError
from sfn_release.report.frame import POLICY

HOST = "127.0.0.1"
_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
_HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass
class ServedSite:
    """The report that is served. *make* fills a folder, *state* changes when the ledger does.

    *say* receives lines about what happens.
    """

    make: Callable[[Path], object]
    state: Callable[[], str]
    say: Callable[[str], None]
    folder: Path = field(default=Path())
    _shown: str = ""

    def make_first(self) -> None:
        """Make the report for the first time; raises the errors that `refresh` only says."""
        self._replace(self.state())

    def refresh(self) -> None:
        """Make the report again if the ledger moved. After an error the old one stays."""
        try:
            found = self.state()
            if found != self._shown:
                self._replace(found)
        except SfnReleaseError as error:
            self.say(f"the report stays as it was: {error.message}")

    def _replace(self, found: str) -> None:
        try:
            made = Path(tempfile.mkdtemp(prefix="sfn-release-report-"))
        except OSError as error:
            raise FileError(f"Can't write a temporary folder: {error.strerror}.") from error
        try:
            self.make(made / "site")
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        before, self.folder, self._shown = self.folder, made / "site", found
        _remove(before)

    def close(self) -> None:
        """Remove the folder of the report."""
        _remove(self.folder)

    def content(self, path: str) -> tuple[bytes, str] | None:
        """Return the content and the media type of a path of a request; None without such a file.

        A folder has its ``index.html``.
        """
        parts = unquote(urlsplit(path).path, errors="replace").split("/")[1:]
        if any(part in {"", ".", ".."} or "\\" in part or "\0" in part for part in parts[:-1]):
            return None
        name = parts[-1] if parts and parts[-1] else "index.html"
        type_ = _TYPES.get(posixpath.splitext(name)[1])
        if type_ is None or name.startswith(".") or "\0" in name or "\\" in name:
            return None
        while True:
            folder = self.folder
            try:
                return Path(folder, *parts[:-1], name).read_bytes(), type_
            except OSError:
                if folder == self.folder:  # else it was replaced by a newer report meanwhile
                    return None

    def folder_address(self, path: str) -> str | None:
        """Return the address of a folder with a page that *path* names without a slash at its end.

        Links in a page are relative, so they work only at this address.
        """
        address = urlsplit(path).path + "/"
        return address if self.content(address) is not None else None


def serve_site(
    site: ServedSite, *, port: int, interval: float, ready: Callable[[str], None]
) -> None:
    """Serve *site* on loopback until a KeyboardInterrupt, which is raised at the end.

    Looks for changes every *interval* seconds. *port* 0 means any free port; *ready* is called with
    the URL. Raises UsageError for a port that can't be used.
    """
    server = open_server(site, port)
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(interval):
            site.refresh()

    watcher = threading.Thread(target=watch, name="report watcher", daemon=True)
    try:
        ready(f"http://{HOST}:{server.server_address[1]}/")
        watcher.start()
        server.serve_forever(poll_interval=0.2)
    finally:
        ended.set()
        server.server_close()
        if watcher.is_alive():
            watcher.join(timeout=5)
        site.close()


def open_server(site: ServedSite, port: int) -> ThreadingHTTPServer:
    """Return a server of *site* on loopback that listens; raises UsageError for a taken port."""
    try:
        server = _Server((HOST, port), _Handler)
    except OSError as error:
        raise UsageError(
            f"Can't listen on {HOST}:{port}: {error.strerror}.",
            fix="Name another port, or 0 for any free one:  sfn-release report --serve --port 0",
        ) from error
    server.site = site
    return server


def _remove(folder: Path) -> None:
    if folder != Path():
        shutil.rmtree(folder.parent, ignore_errors=True)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: ServedSite

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a connection that its browser closed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        """Send a file."""
        self._send(body=True)

    def do_HEAD(self) -> None:
        """Send the headers of a file."""
        self._send(body=False)

    def _send(self, *, body: bool) -> None:
        # A web page elsewhere can give its own name this machine's address, but not this Host.
        if not _is_ours(self.headers.get("Host", "")):
            self._answer(HTTPStatus.FORBIDDEN, b"Only for this machine.\n", body=body)
            return
        site = self.server.site
        if (found := site.content(self.path)) is not None:
            self._answer(HTTPStatus.OK, *found, body=body)
        elif (address := site.folder_address(self.path)) is not None:
            self._answer(HTTPStatus.MOVED_PERMANENTLY, address=address, body=body)
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"No such page.\n", body=body)

    def _answer(
        self,
        status: HTTPStatus,
        content: bytes = b"",
        type_: str = "text/plain",
        *,
        address: str = "",
        body: bool,
    ) -> None:
        headers = {"Content-Type": type_, "Content-Length": str(len(content))}
        with suppress(OSError, socket.timeout):  # the browser went away
            self.send_response(status)
            for name, value in {**_HEADERS, **headers}.items():
                self.send_header(name, value)
            if address:
                self.send_header("Location", address)
            self.end_headers()
            if body:
                self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing about requests."""


def _is_ours(host: str) -> bool:
    """Return whether a Host header names loopback, with any port."""
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    return (name or host).lower() in _NAMES and (not port or port.isdigit() or not name)
