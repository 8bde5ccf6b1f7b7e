"""Writing a report into a folder, and serving it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfn_release.errors import FileError, GitError
from sfn_release.report.site_folder import refuse_foreign, write_site
from sfn_release.report.site_server import ServedSite, open_server


def written(folder: Path, text: str) -> None:
    write_site(folder, lambda made: (made / "index.html").write_text(text), marker={})


def test_a_report_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Pages that the new one doesn't have are gone, and nothing is left beside it."""
    folder = tmp_path / "here" / "site"
    written(folder, "old")
    (folder / "gone.html").write_text("")
    written(folder, "new")
    assert (folder / "index.html").read_text() == "new"
    assert not (folder / "gone.html").exists()
    assert [*folder.parent.iterdir()] == [folder]


def test_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    """Its files stay. An empty folder is taken."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileError, match="has files that sfn-release didn't make"):
        refuse_foreign(tmp_path)
    with pytest.raises(FileError):
        written(tmp_path, "new")
    assert (tmp_path / "notes.txt").read_text() == "mine"
    empty = tmp_path / "empty"
    empty.mkdir()
    written(empty, "new")
    assert (empty / "index.html").read_text() == "new"


def test_an_error_leaves_the_old_report(tmp_path: Path) -> None:
    """A full disk in the middle of writing, for example."""
    folder = tmp_path / "here" / "site"
    written(folder, "old")

    def full(_made: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(FileError, match="No space left on device"):
        write_site(folder, full, marker={})
    assert (folder / "index.html").read_text() == "old"
    assert [*folder.parent.iterdir()] == [folder]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    written(tmp_path / "site", "<!doctype html>")
    (tmp_path / "secret.html").write_text("secret")
    site = ServedSite(lambda _folder: None, lambda: "", lambda _text: None, tmp_path / "site")
    server = open_server(site, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()
    thread.join()


def asked(port: int, path: str, host: str) -> tuple[int, str | None]:
    """Return the status and the policy of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest("GET", path, skip_host=True)
        connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers["Content-Security-Policy"]
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/", "127.0.0.1:8084", 200),
        ("/index.html?1", "localhost", 200),
        ("/", "[::1]:8084", 200),
        ("/", "evil.example:8084", 403),
        ("/", "127.0.0.1.evil.example", 403),
        ("/", "", 403),
        ("/../secret.html", "localhost", 404),
        ("/%2e%2e/secret.html", "localhost", 404),
        ("/..%2fsecret.html", "localhost", 404),
        ("/%00.html", "localhost", 404),
        ("/.sfn-release-report", "localhost", 404),
        ("//etc/passwd", "localhost", 404),
    ],
)
def test_only_pages_are_served_and_only_here(port: int, path: str, host: str, status: int) -> None:
    """No file outside of the report, and no answer for a web page's own host name."""
    found, policy = asked(port, path, host)
    assert found == status
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("frame-ancestors 'none'")


def test_a_served_report_follows_the_ledger() -> None:
    """It is made again when the ledger moves, and stays as it was when that fails."""
    states, made, said = iter(["a", "a", "b", "c"]), list[Path](), list[str]()

    def make(folder: Path) -> None:
        if len(made) == 2:
            raise GitError("The remote was not reached.")
        folder.mkdir()
        (folder / "index.html").write_text(str(len(made)))
        made.append(folder)

    site = ServedSite(make, lambda: next(states), said.append)
    site.make_first()
    site.refresh()
    assert site.content("/") == (b"0", "text/html; charset=utf-8")
    site.refresh()
    assert site.content("/") == (b"1", "text/html; charset=utf-8")
    site.refresh()
    assert site.content("/") == (b"1", "text/html; charset=utf-8")
    assert said == ["the report stays as it was: The remote was not reached."]
    site.close()
    assert not any(folder.parent.exists() for folder in made)
