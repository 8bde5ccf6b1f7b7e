"""Writing a report into a folder, and serving it."""

from __future__ import annotations

import errno
import http.client
import os
import re
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


@pytest.mark.parametrize("target", ["file", "file/x", "file/x/y", "link", "n" * 300])
def test_a_place_that_is_no_folder_is_refused(tmp_path: Path, target: str) -> None:
    """A file, a file above, a link, a name that is too long: the message names the reason."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(FileError, match=r"(file|link) is not a folder|File name too long"):
        refuse_foreign(tmp_path / target)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_repository_is_never_replaced(tmp_path: Path) -> None:
    """Also one that a report was committed to: its commits may be nowhere else."""
    written(tmp_path / "site", "old")
    (tmp_path / "site" / ".git").mkdir()
    with pytest.raises(FileError, match="is a Git repository"):
        written(tmp_path / "site", "new")
    assert (tmp_path / "site" / ".git").is_dir()


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        (errno.ENOSPC, "Free some space"),
        (errno.EDQUOT, "Free some space"),
        (errno.EROFS, "writable, or name another"),
        (errno.EACCES, "writable, or name another"),
    ],
)
def test_the_error_says_how_to_make_the_folder_writable(
    tmp_path: Path, code: int, fix: str
) -> None:
    """And that an earlier report is still there, if there is one."""

    def fail(_made: Path) -> None:
        raise OSError(code, os.strerror(code))

    folder = tmp_path / "site"
    with pytest.raises(FileError, match=re.escape(os.strerror(code))) as found:
        write_site(folder, fail, marker={})
    assert fix in found.value.fix
    assert found.value.why == ""
    written(folder, "old")
    with pytest.raises(FileError, match=re.escape(os.strerror(code))) as found:
        write_site(folder, fail, marker={})
    assert found.value.why == "The report that is there is unchanged."


def test_an_interrupted_report_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C in the middle of writing."""

    def interrupted(made: Path) -> None:
        (made / "index.html").write_text("half")
        raise KeyboardInterrupt

    folder = tmp_path / "here" / "site"
    with pytest.raises(KeyboardInterrupt):
        write_site(folder, interrupted, marker={})
    assert [*folder.parent.iterdir()] == []


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
    release = tmp_path / "site" / "releases" / "1.0.0"
    release.mkdir(parents=True)
    (release / "index.html").write_text("<!doctype html>")
    (tmp_path / "secret.html").write_text("secret")
    site = ServedSite(lambda _folder: None, lambda: "", lambda _text: None, tmp_path / "site")
    server = open_server(site, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()
    thread.join()


def asked(port: int, path: str, host: str) -> http.client.HTTPResponse:
    """Return an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest("GET", path, skip_host=True)
        connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        return answer
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
        ("/releases/1.0.0/", "localhost", 200),
        ("/releases/1.0.0", "localhost", 301),
        ("/releases/1.0.0?x", "localhost", 301),
        ("//evil.example/releases/1.0.0", "localhost", 404),
        ("/releases", "localhost", 404),
        ("/releases/..", "localhost", 404),
        ("/../site", "localhost", 404),
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
    answer = asked(port, path, host)
    assert answer.status == status
    address = "/releases/1.0.0/" if status == 301 else None
    assert answer.headers["Location"] == address
    policy = answer.headers["Content-Security-Policy"]
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
