"""The comments of one pull request or merge request, behind the APIs of GitHub and GitLab."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "secret-token"
PATHS = {
    "/repos/acme/shop/issues/7/comments": "github",
    "/projects/12/merge_requests/7/notes": "gitlab",
}


@dataclass
class Reviews:
    """Comments as their hosts keep them.

    *denied* refuses to write, *answer* is sent instead, with *headers*. *viewer* is the answer of
    GraphQL. *lost_answers* writes have success, but answer HTTP 502.
    """

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    denied: bool = False
    answer: tuple[int, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    viewer: str = '{"data": {"viewer": {"login": "github-actions[bot]"}}}'
    lost_answers: int = 0
    requests: list[str] = field(default_factory=list)

    def add(self, body: str, *, login: str = "github-actions[bot]", user: int = 1) -> None:
        """Add a comment by an author."""
        author = {"id": user, "login": login, "type": "Bot" if "[bot]" in login else "User"}
        number = len(self.comments) + 1
        self.comments.append({"id": number, "body": body, "user": author, "author": {"id": user}})

    @property
    def bodies(self) -> list[str]:
        """The texts."""
        return [comment["body"] for comment in self.comments]

    def variables(self, host: str) -> dict[str, str]:
        """Return the variables of a job for the pull request, without a token."""
        if host == "github":
            return {
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": self.url,
                "GITHUB_REPOSITORY": "acme/shop",
                "GITHUB_REF": "refs/pull/7/merge",
            }
        return {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": self.url,
            "CI_PROJECT_ID": "12",
            "CI_MERGE_REQUEST_IID": "7",
        }


class _Handler(BaseHTTPRequestHandler):
    """Answers as both hosts do."""

    server: _Server

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PATCH(self) -> None:
        self._answer("PATCH")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        reviews = self.server.reviews
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        reviews.requests.append(f"{method} {self.path}")
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        github = "X-GitHub-Api-Version" in self.headers
        status, text = reviews.answer or (
            (401, "{}")
            if not known
            else self._read(reviews, github=github)
            if method == "GET"
            else self._write(reviews, method, body)
        )
        self.send_response(status)
        for name, value in reviews.headers.items():
            self.send_header(name, value)
        if status == 302:
            self.send_header("Location", text)
        self.end_headers()
        self.wfile.write(text.encode())

    def _read(self, reviews: Reviews, *, github: bool) -> tuple[int, str]:
        parts = urlsplit(self.path)
        if parts.path == "/user":  # a token of GitHub Actions belongs to no user
            return (403, "{}") if github else (200, '{"id": 1}')
        if parts.path not in PATHS:
            return 404, "{}"
        query = parse_qs(parts.query)
        size, page = int(query["per_page"][0]), int(query["page"][0])
        return 200, json.dumps(reviews.comments[size * (page - 1) : size * page])

    def _write(self, reviews: Reviews, method: str, body: dict[str, str]) -> tuple[int, str]:
        path = urlsplit(self.path).path
        if path == "/graphql":
            return 200, reviews.viewer
        if reviews.denied:
            return 403, "{}"
        if method == "POST" and path in PATHS:
            reviews.add(body["body"])
            if reviews.lost_answers:
                reviews.lost_answers -= 1
                return 502, "{}"
            return 201, "{}"
        whole = {"PATCH": "/repos/acme/shop/issues/comments/", "PUT": f"{[*PATHS][1]}/"}
        if path.startswith(whole.get(method, "?")):
            reviews.comments[int(path.rpartition("/")[2]) - 1]["body"] = body["body"]
            return 200, "{}"
        return 404, "{}"

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    """The server of some comments."""

    def __init__(self, reviews: Reviews) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reviews = reviews


@contextmanager
def serving_reviews() -> Iterator[Reviews]:
    """Serve an empty list of comments on loopback."""
    reviews = Reviews()
    server = _Server(reviews)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    reviews.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield reviews
    finally:
        server.shutdown()
        server.server_close()
