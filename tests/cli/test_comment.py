"""comment: one comment on a pull request or merge request, kept up to date over HTTP."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfn_release.operations.pull_requests.review_page import review_page
from support.command_line import Ran, run
from support.review_server import TOKEN, Reviews, serving_reviews

MARK = "<!-- sfn-release plan of shop for prod -->"
NO_NEWS = "<!-- sfn-release: nothing to say -->"
HOSTS = {"github": "GH_TOKEN", "gitlab": "SFN_RELEASE_GITLAB_TOKEN"}


@pytest.fixture
def reviews() -> Iterator[Reviews]:
    """Serve a pull request without comments."""
    with serving_reviews() as served:
        yield served


@pytest.fixture(params=[*HOSTS])
def host(request: pytest.FixtureRequest, reviews: Reviews, monkeypatch: pytest.MonkeyPatch) -> str:
    """Be in a job for the pull request, with a token."""
    chosen: str = request.param
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "GITHUB_EVENT_PATH", *HOSTS.values()):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**reviews.variables(chosen), HOSTS[chosen]: TOKEN}.items():
        monkeypatch.setenv(name, value)
    return chosen


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Write down how long the command waits, and don't wait."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def wrote(text: str, *options: str, code: int = 0) -> Ran:
    ran = run("comment", "-", *options, stdin=text)
    assert ran.code == code, ran.out + ran.err
    return ran


@pytest.mark.usefixtures("host")
def test_one_comment_is_written_and_then_updated(reviews: Reviews) -> None:
    """The mark of the first line finds it, on any page; other marks have other comments."""
    for number in range(130):
        reviews.add(f"comment {number}")
    assert "created the comment on " in wrote(f"{MARK}\none").out
    wrote(f"{MARK.replace('prod', 'staging')}\nother")
    assert "updated the comment on " in wrote(f"{MARK}\ntwo").out
    assert "unchanged the comment on " in wrote(f"{MARK}\ntwo\n").out
    assert reviews.bodies[130:] == [f"{MARK}\ntwo", f"{MARK.replace('prod', 'staging')}\nother"]


@pytest.mark.usefixtures("host")
def test_the_comment_of_another_user_is_left_alone(reviews: Reviews) -> None:
    """Anyone can write the mark, and another bot may repeat it."""
    theirs = [f"{MARK}\ntheirs", f"{MARK}\na bot's"]
    for body, login, user in zip(theirs, ("mallory", "echo[bot]"), (2, 3), strict=True):
        reviews.add(body, login=login, user=user)
    wrote(f"{MARK}\nours")
    wrote(f"{MARK}\nours, again")
    assert reviews.bodies == [*theirs, f"{MARK}\nours, again"]


@pytest.mark.parametrize("host", ["github"], indirect=True)
@pytest.mark.parametrize(
    ("viewer", "found"),
    [
        ('{"data": {"viewer": {"login": "acme-releases[bot]"}}}', 2),
        ('{"data": null, "errors": [{}]}', 1),
        ('{"data": {"viewer": {"login": null}}}', 1),
        ("[]", 1),
    ],
)
@pytest.mark.usefixtures("host")
def test_an_app_has_comments_of_its_own(reviews: Reviews, viewer: str, found: int) -> None:
    """Without an answer, the token is taken for the one of GitHub Actions."""
    reviews.viewer = viewer
    reviews.add(f"{MARK}\nactions", user=1)
    reviews.add(f"{MARK}\nacme", login="acme-releases[bot]", user=2)
    wrote(f"{MARK}\nnew")
    assert [number for number, body in enumerate(reviews.bodies, 1) if "new" in body] == [found]


@pytest.mark.usefixtures("host")
def test_no_news_change_a_comment_and_make_none(reviews: Reviews) -> None:
    """A plan without changes is no reason to write, unless an earlier plan had some."""
    assert "there is nothing to say" in wrote(f"{MARK}\n{NO_NEWS}\nNothing.").err
    assert reviews.comments == []
    wrote(f"{MARK}\nchanges")
    wrote(f"{MARK}\n{NO_NEWS}\nNothing.")
    assert reviews.bodies == [f"{MARK}\n{NO_NEWS}\nNothing."]


def test_without_a_token_it_says_so(
    host: str, reviews: Reviews, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fork's job has none, or one that may only read. That fails unless you allow it."""
    reviews.denied = True
    assert "E_ACCESS" in wrote(f"{MARK}\nx", code=1).err
    assert "HTTP 403" in wrote(f"{MARK}\nx", "--if-possible").err
    monkeypatch.delenv(HOSTS[host])
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    assert f"Set {HOSTS[host]}" in wrote(f"{MARK}\nx", code=2).err
    assert "the job has no token" in wrote(f"{MARK}\nx", "--if-possible").err
    monkeypatch.delenv("GITHUB_REF", raising=False)
    monkeypatch.delenv("CI_MERGE_REQUEST_IID", raising=False)
    assert "isn't a job for a pull request" in wrote(f"{MARK}\nx", "--if-possible").err
    wrote(f"{MARK}\nx", code=2)
    assert TOKEN not in repr(review_page({**reviews.variables(host), HOSTS[host]: TOKEN}))


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    "answer", [(500, ""), (200, "<html>"), (200, "{}"), (200, "[" * 100_000), (302, "http://x.y/")]
)
def test_a_broken_answer_is_one_error(reviews: Reviews, answer: tuple[int, str]) -> None:
    """A redirect isn't followed, because it would take the token along."""
    reviews.answer = answer
    assert "E_NETWORK" in wrote(f"{MARK}\nx", "--if-possible", code=1).err


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    ("code", "headers"),
    [(429, {}), (403, {"Retry-After": "60"}), (403, {"X-RateLimit-Remaining": "0"})],
)
def test_a_limit_on_requests_is_no_lack_of_permission(
    reviews: Reviews, code: int, headers: dict[str, str]
) -> None:
    """GitHub also answers 403 then; it isn't skipped, because the next run succeeds."""
    reviews.answer, reviews.headers = (code, "{}"), headers
    ran = wrote(f"{MARK}\nx", "--if-possible", code=1)
    assert ("E_NETWORK" in ran.err, f"HTTP {code}" in ran.err) == (True, True), ran.err


@pytest.mark.parametrize("secret", ["abc def", "abc\ndef", "abc\u00e9"])
def test_a_token_that_cannot_be_sent_is_never_shown(
    host: str, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    """Not even in the details of an error."""
    monkeypatch.setenv(HOSTS[host], secret)
    ran = wrote(f"{MARK}\nx", "--if-possible", "-vv", code=2)
    assert f"{HOSTS[host]} isn't a token" in ran.err
    assert "abc" not in ran.out + ran.err


@pytest.mark.usefixtures("host")
def test_a_revoked_token_is_named_as_such(reviews: Reviews) -> None:
    """HTTP 401 differs from a permission that is missing: somebody has to mend the set-up."""
    reviews.answer = (401, "{}")
    for options in ((), ("--if-possible",)):
        assert "expired, revoked" in wrote(f"{MARK}\nx", *options, code=1).err


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    ("code", "headers", "waits"),
    [
        (500, {}, [1.0, 4.0]),
        (503, {"Retry-After": "2"}, [2.0, 2.0]),
        (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, [1.0, 4.0]),
        (403, {"Retry-After": "3"}, [3.0, 3.0]),
        (429, {"Retry-After": "60"}, []),
        (422, {}, []),
    ],
)
def test_a_busy_host_is_asked_again(
    reviews: Reviews, pauses: list[float], code: int, headers: dict[str, str], waits: list[float]
) -> None:
    """Three times, with short pauses; a job doesn't wait a minute, nor repeat a bad request."""
    reviews.answer, reviews.headers = (code, "{}"), headers
    wrote(f"{MARK}\nx", code=1)
    assert pauses == waits


def test_a_host_that_recovers_gets_one_comment(
    host: str, reviews: Reviews, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the request that seemed to fail has written it."""
    monkeypatch.setattr(time, "sleep", lambda _: setattr(reviews, "answer", None))
    reviews.answer = (502, "")
    wrote(f"{MARK}\nx")
    reviews.lost_answers = 1
    wrote(f"{MARK.replace('prod', host)}\ny")
    assert reviews.bodies == [f"{MARK}\nx", f"{MARK.replace('prod', host)}\ny"]


@pytest.mark.usefixtures("host")
def test_a_file_is_data_of_another_job(reviews: Reviews, tmp_path: Path) -> None:
    """It leads to no other file, has a limit, and doesn't choose which comment it replaces."""
    plan, link, pipe = tmp_path / "plan.md", tmp_path / "link.md", tmp_path / "pipe"
    plan.write_bytes(f"{MARK}\nfake \xff".encode("latin-1"))
    link.symlink_to(plan)
    os.mkfifo(pipe)
    for path, why in ((link, "is a link"), (pipe, "isn't a file"), (tmp_path, "Is a directory")):
        ran = run("comment", str(path), "--name", "staging", "--if-possible")
        assert (ran.code, why in ran.err) == (2, True), ran.err
    assert run("comment", str(plan), "--name", "staging").code == 0
    assert reviews.bodies == ["<!-- sfn-release comment: staging -->\nfake \ufffd"]
    plan.write_bytes(b"x" * 4_000_001)
    ran = run("comment", str(plan), "--name", "staging")
    assert (ran.code, "is too long" in ran.err) == (2, True), ran.err
    quiet = f"{MARK}\n{NO_NEWS}\nNothing."
    assert "nothing to say" in wrote(quiet, "--name", "prod").err


@pytest.mark.usefixtures("host")
def test_a_redirect_gets_no_request(reviews: Reviews) -> None:
    """Not even on a host that answers."""
    reviews.answer = (302, f"{reviews.url}/elsewhere")
    wrote(f"{MARK}\nx", code=1)
    assert reviews.requests
    assert [request for request in reviews.requests if "elsewhere" in request] == []


def test_the_oldest_comment_comes_first(host: str, reviews: Reviews) -> None:
    """GitLab lists the newest first, unless you ask; and a fork's note is on the target."""
    wrote(f"{MARK}\nx")
    lists = [request for request in reviews.requests if "per_page" in request]
    assert lists
    assert all(("sort=asc" in request) is (host == "gitlab") for request in lists)
    values = reviews.variables("gitlab") | {"CI_MERGE_REQUEST_PROJECT_ID": "99"}
    found = review_page(values)
    assert found is not None
    assert "/projects/99/" in found.comments


@pytest.mark.usefixtures("host")
def test_strange_comments_are_skipped(reviews: Reviews) -> None:
    """Whatever the host's list holds."""
    reviews.comments = [1, {}, {"user": 1, "body": MARK}, {"id": "x", "body": 5}]  # type: ignore[list-item]
    wrote(f"{MARK}\nx")
    assert reviews.comments[-1]["body"] == f"{MARK}\nx"


@pytest.mark.usefixtures("host")
def test_a_text_without_a_mark_needs_a_name(reviews: Reviews) -> None:
    """So that a later one can find it."""
    assert "add --name" in wrote("text", code=2).err
    wrote("text", "--name", "coverage")
    assert reviews.bodies == ["<!-- sfn-release comment: coverage -->\ntext"]
    wrote("text", "--name", "a --> b", code=2)


def test_a_line_is_no_command_of_gitlab(host: str, reviews: Reviews) -> None:
    """GitLab runs lines that begin with a slash, such as /merge."""
    wrote(f"{MARK}\n/merge\n  /approve\na/b")
    lines = ["\u200b/merge", "  \u200b/approve"] if host == "gitlab" else ["/merge", "  /approve"]
    assert reviews.bodies == ["\n".join([MARK, *lines, "a/b"])]


def test_a_text_has_the_hosts_limit(host: str, reviews: Reviews) -> None:
    """In UTF-16, which counts most. The limit itself is allowed."""
    most = 65_536 if host == "github" else 1_000_000
    full = f"{MARK}\n" + "é" * (most - len(MARK) - 1)
    wrote(full)
    wrote(full + "é", code=2)
    assert reviews.bodies == [full]
    reviews.comments.clear()
    text = f"{MARK}\n" + "𝒳" * 40_000
    wrote(text, code=2 if host == "github" else 0)
    wrote(text * 30, code=2)
    assert len(reviews.comments) == (host == "gitlab")


def test_the_event_names_the_pull_request(tmp_path: Path) -> None:
    """Also for a job that another workflow starts; without a number there is no page."""
    event = tmp_path / "event.json"
    values = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "a/b", "GITHUB_EVENT_PATH": str(event)}
    event.write_text(json.dumps({"pull_request": {"number": 9}}))
    found = review_page(values)
    assert found is not None
    assert (found.name, found.comments) == (
        "a/b#9",
        "https://api.github.com/repos/a/b/issues/9/comments",
    )
    assert found.viewer == "https://api.github.com/graphql"
    enterprise = review_page(values | {"GITHUB_API_URL": "https://ghe.acme.com/api/v3"})
    assert enterprise is not None
    assert enterprise.viewer == "https://ghe.acme.com/api/graphql"
    for text in ("{}", "[]", "{", '{"pull_request": {"number": "x"}}'):
        event.write_text(text)
        assert review_page(values) is None
    assert review_page({}) is None


@pytest.mark.parametrize("url", ["http://api.example", "ftp://127.0.0.1", "x", "https://"])
def test_a_token_is_never_sent_in_plain_text(url: str) -> None:
    """Only loopback may be reached without TLS."""
    values = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "a/b",
        "GITHUB_REF": "refs/pull/1/merge",
    }
    with pytest.raises(Exception, match="isn't the https address"):
        review_page(values | {"GITHUB_API_URL": url})
