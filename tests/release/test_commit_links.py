"""Links to commits and tags, from every form of a remote's URL; none for an unknown host."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.release.commit_links import commit_link, git_host, tag_link

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONSOLE = "https://eu-west-1.console.aws.amazon.com/codesuite/codecommit/repositories/shop"


@pytest.mark.parametrize(
    ("remote", "link"),
    [
        ("https://github.com/acme/shop", "https://github.com/acme/shop/commit/"),
        ("https://github.com/acme/shop.git/", "https://github.com/acme/shop/commit/"),
        ("https://token:x@github.com/acme/shop.git", "https://github.com/acme/shop/commit/"),
        ("git@github.com:acme/shop.git", "https://github.com/acme/shop/commit/"),
        ("github.com:acme/shop.git", "https://github.com/acme/shop/commit/"),
        ("ssh://git@github.com/acme/shop.git", "https://github.com/acme/shop/commit/"),
        ("ssh://git@ssh.github.com:443/acme/shop.git", "https://github.com/acme/shop/commit/"),
        ("git://GitHub.com/acme/shop", "https://github.com/acme/shop/commit/"),
        ("git@github.acme.com:team/shop.git", "https://github.acme.com/team/shop/commit/"),
        ("https://acme.ghe.com/team/shop", "https://acme.ghe.com/team/shop/commit/"),
        ("git@gitlab.com:acme/sub/shop.git", "https://gitlab.com/acme/sub/shop/-/commit/"),
        (
            "https://gitlab.acme.com:8443/acme/shop.git",
            "https://gitlab.acme.com:8443/acme/shop/-/commit/",
        ),
        (
            "ssh://git@gitlab.acme.com:2222/acme/shop.git",
            "https://gitlab.acme.com/acme/shop/-/commit/",
        ),
        ("http://gitlab.acme.lan/acme/shop.git", "http://gitlab.acme.lan/acme/shop/-/commit/"),
        ("git@bitbucket.org:acme/shop.git", "https://bitbucket.org/acme/shop/commits/"),
        (
            "https://git.acme.com/scm/TEAM/shop.git",
            "https://git.acme.com/projects/TEAM/repos/shop/commits/",
        ),
        (
            "ssh://git@bitbucket.acme.com:7999/~ana/shop.git",
            "https://bitbucket.acme.com/users/ana/repos/shop/commits/",
        ),
        ("https://codeberg.org/acme/shop.git", "https://codeberg.org/acme/shop/commit/"),
        (
            "https://acme@dev.azure.com/acme/my%20team/_git/shop",
            "https://dev.azure.com/acme/my%20team/_git/shop/commit/",
        ),
        (
            "git@ssh.dev.azure.com:v3/acme/team/shop",
            "https://dev.azure.com/acme/team/_git/shop/commit/",
        ),
    ],
)
def test_a_commit_has_a_link_on_its_host(remote: str, link: str) -> None:
    """Whatever form the URL has. Names and passwords in it stay out of the link."""
    assert commit_link(remote, COMMIT) == link + COMMIT


@pytest.mark.parametrize(
    "remote",
    [
        "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/shop",
        "ssh://APKAEIBAERJR2EXAMPLE@git-codecommit.eu-west-1.amazonaws.com/v1/repos/shop",
        "codecommit::eu-west-1://profile@shop",
    ],
)
def test_codecommit_has_links_into_the_console(remote: str) -> None:
    """The console's pages of the repository's region."""
    assert commit_link(remote, COMMIT) == f"{CONSOLE}/commit/{COMMIT}?region=eu-west-1"
    assert tag_link(remote, "v1.2.0") == f"{CONSOLE}/browse/refs/tags/v1.2.0?region=eu-west-1"


@pytest.mark.parametrize(
    ("remote", "link"),
    [
        ("git@github.com:acme/shop.git", "https://github.com/acme/shop/releases/tag/shop%2Fv1"),
        ("git@gitlab.com:acme/shop.git", "https://gitlab.com/acme/shop/-/tags/shop%2Fv1"),
        ("git@bitbucket.org:acme/shop.git", "https://bitbucket.org/acme/shop/src/shop%2Fv1"),
        ("https://codeberg.org/acme/shop", "https://codeberg.org/acme/shop/src/tag/shop%2Fv1"),
    ],
)
def test_a_tag_has_a_link(remote: str, link: str) -> None:
    """Its name is one part of the path, also with a slash."""
    assert tag_link(remote, "shop/v1") == link


@pytest.mark.parametrize(
    "remote",
    [
        *(None, "", "origin", "/srv/git/shop.git", "../shop.git", "C:\\git\\shop.git"),
        *("file:///srv/git/shop.git", "https://git.acme.com/team/shop.git", "https://github.com"),
        *("https://github.com/acme/../shop", "javascript://github.com/acme/shop", "https://[::1"),
        *("https://github.com:nonsense/acme/shop", "codecommit://shop", "git@github.com:shop.git"),
        'https://github.com"onclick=x/acme/shop',
    ],
)
def test_other_remotes_have_no_link(remote: str | None) -> None:
    """A local path, a host that we don't know, and text that isn't a URL."""
    assert commit_link(remote, COMMIT) is None


@pytest.mark.parametrize("commit", ["", "main", "0" * 40, "0123456", COMMIT + "\n"])
def test_only_a_commit_id_has_a_link(commit: str) -> None:
    """A release that was found in AWS has no commit."""
    assert commit_link("git@github.com:acme/shop.git", commit) is None


@given(
    st.text(max_size=40), st.sampled_from(["https://github.com/{}", "git@gitlab.com:a/{}", "{}"])
)
def test_a_link_is_always_a_web_page(text: str, form: str) -> None:
    """Of a known host, and without characters that mean something in HTML."""
    host = git_host(form.format(text))
    if host is not None:
        assert urlsplit(host.home).scheme in {"https", "http"}
        assert not {*"<>\"' \n\\"} & {*host.home}
