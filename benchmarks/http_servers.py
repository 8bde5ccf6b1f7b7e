"""HTTP servers for the local service: ours against waitress, cheroot and uvicorn, if installed.

Each server runs in a separate process and answers ListStateMachines. You see the CPU time until the
first answer, the CPU time of a request with one client and with eight, and the duration of a
request while 50 half-sent ones are open. CPU time depends less on the load of the machine.

    pip install waitress cheroot uvicorn && python benchmarks/http_servers.py
"""

from __future__ import annotations

import contextlib
import http.client
import importlib
import json
import multiprocessing
import multiprocessing.process
import os
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sfn_release.local_service import LocalService, open_service
from sfn_release.simulator import Mocks

REQUESTS = 2000
HALF_SENT = 50
HEADERS = {"X-Amz-Target": "AWSStepFunctions.ListStateMachines"}
SERVERS = ("ours", "waitress", "cheroot", "uvicorn")


def main() -> int:
    """Measure each server that is installed."""
    for name in SERVERS:
        if name == "ours" or find_spec(name):
            print(f"{name:9} {_measured(name)}", flush=True)
    return 0


def _measured(name: str) -> str:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(name, port))
    process.start()
    try:
        _first_answer(port)
        first = _cpu_seconds(process)
        alone = _cpu_of_requests(process, port, clients=1)
        eight = _cpu_of_requests(process, port, clients=8)
        return (
            f"first answer {first * 1000:.0f} ms; a request {alone:.0f} µs,"
            f" with eight clients {eight:.0f} µs; {_beside_half_sent(port)}"
        )
    finally:
        process.kill()
        process.join()


def _first_answer(port: int) -> None:
    for _ in range(3000):
        with contextlib.suppress(ConnectionError):
            _ask(port, 1)
            return
        time.sleep(0.01)
    raise SystemExit("the server did not start")


def _ask(port: int, requests: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        for _ in range(requests):
            connection.request("POST", "/", b"{}", HEADERS)
            answer = connection.getresponse()
            assert json.loads(answer.read()) == {"stateMachines": []}


def _cpu_of_requests(
    process: multiprocessing.process.BaseProcess, port: int, *, clients: int
) -> float:
    """Return microseconds of CPU time per request."""
    before = _cpu_seconds(process)
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda _: _ask(port, REQUESTS // clients), range(clients)))
    return (_cpu_seconds(process) - before) / REQUESTS * 1e6


def _cpu_seconds(process: multiprocessing.process.BaseProcess) -> float:
    # proc(5): user and system time are fields 14 and 15, and the program's name is field 2.
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _beside_half_sent(port: int) -> str:
    with contextlib.ExitStack() as stack:
        for _ in range(HALF_SENT):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            half.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nhalf")
        begun = time.perf_counter()
        try:
            _ask(port, 1)
        except TimeoutError:
            return f"no answer beside {HALF_SENT} half-sent requests"
        took = (time.perf_counter() - begun) * 1000
        return f"{took:.0f} ms beside {HALF_SENT} half-sent requests"


def _run(name: str, port: int) -> None:
    service = open_service(":memory:", tasks_for=lambda _scope: Mocks())
    if name == "ours":
        from sfn_release.local_service.http.server import serve

        serve(service, port=port)
        return
    library: Any = importlib.import_module("cheroot.wsgi" if name == "cheroot" else name)
    if name == "waitress":
        library.serve(_wsgi(service), host="127.0.0.1", port=port, threads=16, _quiet=True)
    elif name == "cheroot":
        library.Server(("127.0.0.1", port), _wsgi(service), numthreads=16).start()
    else:
        library.run(_asgi(service), port=port, http="h11", loop="asyncio", log_level="error")


def _wsgi(service: LocalService) -> Callable[..., list[bytes]]:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        status, headers, payload = service.answer(operation, body)
        start(f"{status} OK", list(headers.items()))
        return [payload]

    return application


def _asgi(service: LocalService) -> Callable[..., Any]:
    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        import asyncio

        if scope["type"] != "http":
            return
        message = await receive()
        target = dict(scope["headers"]).get(b"x-amz-target", b"").decode()
        status, headers, payload = await asyncio.to_thread(
            service.answer, target.rpartition(".")[2], message["body"]
        )
        pairs = [(key.encode(), value.encode()) for key, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": payload})

    return application


if __name__ == "__main__":
    sys.exit(main())
