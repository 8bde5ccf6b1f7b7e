"""Links to the web pages of a Git host, from the URL of a remote. Pure.

You get links for GitHub, GitHub Enterprise, GitLab, Bitbucket (Cloud and Data Center) and
CodeCommit. Another host is recognised by its name, such as ``gitlab.example.com``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from sfn_release.aws.console_links import console_address

HostKind = Literal["github", "gitlab", "bitbucket", "bitbucket-server", "codecommit"]

_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>[A-Za-z0-9.-]+):(?P<path>[^:].*)")
_HELPER = re.compile(r"codecommit::(?P<region>[a-z0-9-]+)://(?:[^@/]+@)?(?P<name>[\w.-]+)")
_CODECOMMIT = re.compile(
    r"git-codecommit(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
)
_HOST = re.compile(r"[A-Za-z0-9.-]+")


class _Pages(NamedTuple):
    """The addresses of a kind of host, below the page of the repository."""

    commit: str
    tag: str
    compare: str
    file: str
    line: str


_PAGES: Mapping[HostKind, _Pages] = {
    "github": _Pages(
        "/commit/{commit}",
        "/releases/tag/{tag}",
        "/compare/{old}...{new}",
        "/blob/{commit}/{path}",
        "#L{line}",
    ),
    "gitlab": _Pages(
        "/-/commit/{commit}",
        "/-/tags/{tag}",
        "/-/compare/{old}...{new}",
        "/-/blob/{commit}/{path}",
        "#L{line}",
    ),
    "bitbucket": _Pages(
        "/commits/{commit}",
        "/commits/tag/{tag}",
        "/branches/compare/{new}%0D{old}",
        "/src/{commit}/{path}",
        "#lines-{line}",
    ),
    "bitbucket-server": _Pages(
        "/commits/{commit}",
        "/browse?at=refs/tags/{tag}",
        "/compare/commits?sourceBranch={new}&targetBranch={old}",
        "/browse/{path}?at={commit}",
        "#{line}",
    ),
    "codecommit": _Pages(
        "/commit/{commit}",
        "/browse/refs/tags/{tag}",
        "/compare/{old}/.../{new}",
        "/browse/{commit}/--/{path}",
        "?lines={line}-{line}",
    ),
}


@dataclass(frozen=True)
class GitHost:
    """A repository on a Git host. *home* is its page, without a slash at the end.

    The methods return URLs. Commits, tags and paths are percent-encoded.
    """

    kind: HostKind
    home: str

    def commit(self, commit: str) -> str:
        """Return the page of a commit."""
        return self._page(_PAGES[self.kind].commit, commit=commit)

    def tag(self, tag: str) -> str:
        """Return the page of a tag, such as ``v1.2.0``."""
        return self._page(_PAGES[self.kind].tag, tag=tag)

    def compare(self, old: str, new: str) -> str:
        """Return the page with the changes from *old* to *new*: commits or tags."""
        return self._page(_PAGES[self.kind].compare, old=old, new=new)

    def file(self, path: str, commit: str, *, line: int | None = None) -> str:
        """Return the page of a file at a commit. *path* is relative to the repository's root."""
        pages = _PAGES[self.kind]
        place = "" if line is None else pages.line.format(line=line)
        return self._page(pages.file, path=path, commit=commit) + place

    def _page(self, page: str, **names: str) -> str:
        return self.home + page.format_map(
            {name: quote(names[name], errors="replace") for name in names}
        )


def git_host_links(remote_url: str, kind: HostKind | None = None) -> GitHost | None:
    """Return the Git host of a remote; None for a host that isn't known, or a path.

    Reads every form of URL that Git takes: https, ssh, ``git@host:path``, and the
    ``codecommit::region://name`` of git-remote-codecommit. Credentials in the URL are dropped. A
    *kind* says what the host is, if its name doesn't.

    >>> git_host_links("git@github.com:acme/shop.git").commit("9f2c71b")
    'https://github.com/acme/shop/commit/9f2c71b'
    >>> git_host_links("/srv/git/shop.git") is None
    True
    """
    if found := _HELPER.fullmatch(remote_url):
        return _codecommit(found["region"], found["name"])
    place = _place(remote_url)
    if place is None:
        return None
    host, address, parts = place
    if found := _CODECOMMIT.fullmatch(host):
        name = parts[2] if parts[:2] == ("v1", "repos") and len(parts) == 3 else ""  # noqa: PLR2004
        return _codecommit(found["region"], name) if name else None
    named = kind or host
    home = next((home for word, home in _HOMES.items() if word in named), None)
    return home(address, parts) if home and len(parts) > 1 else None


def _place(url: str) -> tuple[str, str, tuple[str, ...]] | None:
    """Return a remote's host, the address of its web pages, and the parts of its path."""
    if "://" not in url:
        found = _SCP.fullmatch(url)
        if found is None or len(found["host"]) == 1:  # C:\repository
            return None
        host, path, address = found["host"].lower(), found["path"], ""
    else:
        try:
            split = urlsplit(url)
            host, path, port = (split.hostname or "").lower(), split.path, split.port
        except ValueError:
            return None
        web = split.scheme in {"http", "https"}
        address = f"{split.scheme}://{host}{f':{port}' if port else ''}" if web else ""
        if not web and split.scheme not in {"ssh", "git", "git+ssh", "ssh+git"}:
            return None
    host = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}.get(host, host)
    parts = tuple(unquote(part) for part in path.strip("/").removesuffix(".git").split("/"))
    if not _HOST.fullmatch(host) or any(part in {"", ".", ".."} for part in parts):
        return None
    return host, address or f"https://{host}", parts


def _two_parts(kind: HostKind) -> Callable[[str, tuple[str, ...]], GitHost | None]:
    def home(address: str, parts: tuple[str, ...]) -> GitHost | None:
        return _repository(kind, address, parts) if len(parts) == 2 else None  # noqa: PLR2004

    return home


def _gitlab(address: str, parts: tuple[str, ...]) -> GitHost:
    return _repository("gitlab", address, parts)


def _bitbucket_server(address: str, parts: tuple[str, ...]) -> GitHost:
    """Return a repository of Bitbucket Data Center: its pages have another path than its remote."""
    owner, name = parts[-2:]
    whose = ("users", owner[1:]) if owner.startswith("~") else ("projects", owner)
    before = parts[:-2]
    context = before[:-1] if before[-1:] == ("scm",) else before
    return _repository("bitbucket-server", address, (*context, *whose, "repos", name))


def _repository(kind: HostKind, address: str, parts: tuple[str, ...]) -> GitHost:
    return GitHost(
        kind, "/".join([address, *(quote(part, safe="~", errors="replace") for part in parts)])
    )


def _codecommit(region: str, name: str) -> GitHost:
    console = console_address(region)
    return GitHost("codecommit", f"{console}/codesuite/codecommit/repositories/{quote(name)}")


_HOMES: Mapping[str, Callable[[str, tuple[str, ...]], GitHost | None]] = {
    "github": _two_parts("github"),
    ".ghe.com": _two_parts("github"),
    "gitlab": _gitlab,
    "bitbucket.org": _two_parts("bitbucket"),
    "bitbucket": _bitbucket_server,
}
