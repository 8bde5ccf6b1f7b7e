"""Links to a commit or a tag on the host of a Git remote. Pure.

The link is made from the remote's URL alone, in any form that Git accepts: ``https://``, ``ssh://``,
``git://``, and scp's ``git@host:owner/name``. A host on its own domain is recognised by its name
(``gitlab.example.com``) or by the form of the URL. A URL of any other host has no link: a wrong
link is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote, urlsplit

Host = Literal["github", "gitlab", "bitbucket", "bitbucket-server", "gitea", "azure", "codecommit"]

_SCP: Final = re.compile(
    r"(?:[^/@:\s]+@)?(?P<host>\[[^\]]+\]|[^/:\s]+):(?P<path>[^\s]*)", re.DOTALL
)
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_CODECOMMIT_HOST: Final = re.compile(
    r"git-codecommit(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?P<china>\.cn)?"
)
_GRC: Final = re.compile(r"codecommit(?:::(?P<region>[a-z0-9-]+))?://(?:[^/@]+@)?(?P<name>[\w.-]+)")
_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\]"
)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BY_DOMAIN: Final[dict[str, Host]] = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "bitbucket.org": "bitbucket",
    "codeberg.org": "gitea",
    "dev.azure.com": "azure",
}
_ALIASES: Final = {
    # Where ssh is answered on port 443, for networks that block port 22.
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
    "ssh.dev.azure.com": "dev.azure.com",
}
_BY_LABEL: Final[dict[str, Host]] = {
    "github": "github",
    "ghe": "github",
    "gitlab": "gitlab",
    "gitea": "gitea",
    "forgejo": "gitea",
    "bitbucket": "bitbucket-server",
    "stash": "bitbucket-server",
}


@dataclass(frozen=True)
class GitHost:
    """A repository on a host with web pages. *home* is the repository's page."""

    kind: Host
    home: str

    def commit(self, commit: str) -> str | None:
        """Return the page of a commit; None for text that isn't a whole commit id."""
        if not _COMMIT.fullmatch(commit) or not commit.strip("0"):
            return None
        middle = {
            "gitlab": "/-/commit/",
            "bitbucket": "/commits/",
            "bitbucket-server": "/commits/",
        }.get(self.kind, "/commit/")
        return f"{self._path}{middle}{commit}{self._query}"

    def tag(self, name: str) -> str:
        """Return the page of a tag."""
        written = quote(name, safe="")
        return {
            "github": f"{self.home}/releases/tag/{written}",
            "gitlab": f"{self.home}/-/tags/{written}",
            "gitea": f"{self.home}/src/tag/{written}",
            "bitbucket": f"{self.home}/src/{written}",
            "azure": f"{self.home}?version=GT{written}",
            "bitbucket-server": f"{self.home}/browse?at=refs%2Ftags%2F{written}",
            "codecommit": f"{self._path}/browse/refs/tags/{written}{self._query}",
        }[self.kind]

    @property
    def _path(self) -> str:
        return self.home.partition("?")[0].removesuffix("/browse")

    @property
    def _query(self) -> str:
        found = self.home.partition("?")[2]
        return f"?{found}" if found else ""


def commit_link(remote_url: str | None, commit: str) -> str | None:
    """Return the page of *commit* on the host of a remote; None for a host without known pages.

    >>> commit_link("git@github.com:acme/shop.git", "1" * 40)
    'https://github.com/acme/shop/commit/1111111111111111111111111111111111111111'
    """
    host = git_host(remote_url)
    return host.commit(commit) if host else None


def tag_link(remote_url: str | None, tag: str) -> str | None:
    """Return the page of a *tag* on the host of a remote; None for a host without known pages."""
    host = git_host(remote_url)
    return host.tag(tag) if host else None


def git_host(remote_url: str | None) -> GitHost | None:
    """Return the repository that a remote's URL names; None if its host isn't known."""
    url = (remote_url or "").strip()
    try:
        grc = _GRC.fullmatch(url)
        if grc:
            return _codecommit(grc["region"], grc["name"])
        parts = _parts(url)
    except ValueError:
        return None  # such as a port that isn't a number
    if parts is None:
        return None
    scheme, host, port, path = parts
    found = _CODECOMMIT_HOST.fullmatch(host)
    if found:
        name = re.fullmatch(r"v1/repos/([\w.-]+?)/?", path)
        return _codecommit(found["region"], name[1], found["china"]) if name else None
    kind = _kind(host, path)
    if kind is None or not path:
        return None
    # The port of ssh says nothing about the web server's.
    web = f"{host}:{port}" if port and scheme in {"http", "https"} else host
    return _hosted(kind, "http" if scheme == "http" else "https", web, path)


def _parts(url: str) -> tuple[str, str, int | None, str] | None:
    """Return the scheme, host, port and path of a URL, or of scp's form; None for a local path."""
    if "://" in url:
        split = urlsplit(url)
        if split.scheme.lower() not in {"https", "http", "ssh", "git", "git+ssh", "ssh+git"}:
            return None
        scheme, host, port, path = (
            split.scheme.lower(),
            split.hostname or "",
            split.port,
            split.path,
        )
        host = f"[{host}]" if ":" in host else host
    else:
        found = None if _DRIVE.match(url) else _SCP.fullmatch(url)
        if found is None:
            return None
        scheme, host, port, path = "ssh", found["host"].lower(), None, found["path"]
    host = _ALIASES.get(host, host)
    path = unquote(path).strip("/").removesuffix(".git").strip("/")
    segments = path.split("/")
    if not _HOST_NAME.fullmatch(host) or any(part in {"", ".", ".."} for part in segments):
        return None
    return scheme, host, port, path


def _kind(host: str, path: str) -> Host | None:
    known = _BY_DOMAIN.get(host)
    if known is not None:
        return known
    if host.endswith(".visualstudio.com"):
        return "azure"
    if host.endswith(".ghe.com"):
        return "github"
    if path.startswith("scm/"):
        return "bitbucket-server"
    labels = re.split(r"[.-]", host)
    return next((_BY_LABEL[label] for label in labels if label in _BY_LABEL), None)


def _hosted(kind: Host, scheme: str, host: str, path: str) -> GitHost | None:
    make: Callable[[str, str, list[str]], str | None]
    match kind:
        case "azure":
            make = _azure
        case "bitbucket-server":
            make = _bitbucket_server
        case _:
            make = _plain
    home = make(scheme, host, path.split("/"))
    return GitHost(kind, home) if home else None


def _plain(scheme: str, host: str, path: list[str]) -> str | None:
    return f"{scheme}://{host}/{_quoted(path)}" if len(path) > 1 else None


def _azure(_scheme: str, host: str, path: list[str]) -> str | None:
    """Return the page of ``org/project/_git/name``, or ssh's ``v3/org/project/name``."""
    match path:
        case ["v3", organisation, project, name]:
            host, path = "dev.azure.com", [organisation, project, "_git", name]
        case [*_, "_git", _name]:
            pass
        case _:
            return None
    return f"https://{host}/{_quoted(path)}"


def _bitbucket_server(scheme: str, host: str, path: list[str]) -> str | None:
    """Return the page of ``scm/PROJECT/name``; ssh has no ``scm``, and ``~user`` for a person."""
    match path[1:] if path[0] == "scm" else path:
        case [project, name] if project.startswith("~"):
            return f"{scheme}://{host}/users/{_quoted([project[1:]])}/repos/{_quoted([name])}"
        case [project, name]:
            return f"{scheme}://{host}/projects/{_quoted([project])}/repos/{_quoted([name])}"
        case _:
            return None


def _codecommit(region: str | None, name: str, china: str | None = None) -> GitHost | None:
    """Return the page in the AWS console; a URL without a region has none."""
    if not region:
        return None
    domain = "amazonaws.cn" if china or region.startswith("cn-") else "aws.amazon.com"
    home = f"https://{region}.console.{domain}/codesuite/codecommit/repositories/{_quoted([name])}"
    return GitHost("codecommit", f"{home}/browse?region={region}")


def _quoted(path: list[str]) -> str:
    return "/".join(quote(part, safe="~") for part in path)
