"""Links to Git hosts: every form of remote URL, every host, nothing secret, nothing unescaped."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.project.git_host import git_host_links

GITHUB = "https://github.com/acme/shop"
GITLAB = "https://gitlab.example.com:8443/acme/back/shop"
SERVER = "https://bitbucket.acme.com/projects/SHOP/repos/orders"
CODECOMMIT = "https://eu-west-1.console.aws.amazon.com/codesuite/codecommit/repositories/shop"


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("https://github.com/acme/shop.git", GITHUB),
        ("https://github.com/acme/shop/", GITHUB),
        ("https://x-access-token:ghs_secret@github.com/acme/shop", GITHUB),
        ("git@github.com:acme/shop.git", GITHUB),
        ("github.com:acme/shop", GITHUB),
        ("ssh://git@github.com/acme/shop.git", GITHUB),
        ("ssh://git@ssh.github.com:443/acme/shop.git", GITHUB),
        ("git://github.com/acme/shop.git", GITHUB),
        ("git@github.acme.com:team/shop.git", "https://github.acme.com/team/shop"),
        ("https://gitlab.example.com:8443/acme/back/shop.git", GITLAB),
        ("ssh://git@gitlab.com:22/acme/shop.git", "https://gitlab.com/acme/shop"),
        ("git@bitbucket.org:acme/shop.git", "https://bitbucket.org/acme/shop"),
        ("https://bitbucket.acme.com/scm/SHOP/orders.git", SERVER),
        ("ssh://git@bitbucket.acme.com:7999/SHOP/orders.git", SERVER),
        (
            "ssh://git@bitbucket.acme.com:7999/~alice/orders.git",
            "https://bitbucket.acme.com/users/alice/repos/orders",
        ),
        ("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/shop", CODECOMMIT),
        ("ssh://APKAEXAMPLE@git-codecommit.eu-west-1.amazonaws.com/v1/repos/shop", CODECOMMIT),
        ("codecommit::eu-west-1://prod@shop", CODECOMMIT),
        ("https://git-codecommit-fips.eu-west-1.amazonaws.com/v1/repos/shop", CODECOMMIT),
        (
            "https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/shop",
            "https://cn-north-1.console.amazonaws.cn/codesuite/codecommit/repositories/shop",
        ),
    ],
)
def test_every_form_of_a_remote_leads_to_the_page_of_its_repository(url: str, home: str) -> None:
    """The host's own port stays for https only; user names and tokens never reach a link."""
    found = git_host_links(url)
    assert found is not None
    assert found.home == home


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/srv/git/shop.git",
        "../shop.git",
        "C:\\shop",
        "C:/shop",
        "file:///srv/github/acme/shop.git",
        "https://git.example.com/acme/shop.git",
        "https://github.com/acme",
        "https://github.com/acme/shop/more",
        "https://github.com/../shop",
        "https://github.com:port/acme/shop",
        "https://[github/acme/shop",
        "javascript://github.com/acme/shop",
        "codecommit://shop",
        "https://git-codecommit.eu-west-1.amazonaws.com/shop/a/b",
    ],
)
def test_other_remotes_have_no_links(url: str) -> None:
    """A path, an unknown host, a broken URL, or a URL that names no repository."""
    assert git_host_links(url) is None


@pytest.mark.parametrize(
    ("url", "pages"),
    [
        (
            "git@github.com:acme/shop.git",
            [
                "/commit/9f2c",
                "/releases/tag/shop/v1.0%231",
                "/compare/v1...v2",
                "/blob/9f2c/workflows/a%20b.py#L3",
            ],
        ),
        (
            "git@gitlab.com:acme/shop.git",
            [
                "/-/commit/9f2c",
                "/-/tags/shop/v1.0%231",
                "/-/compare/v1...v2",
                "/-/blob/9f2c/workflows/a%20b.py#L3",
            ],
        ),
        (
            "git@bitbucket.org:acme/shop.git",
            [
                "/commits/9f2c",
                "/commits/tag/shop/v1.0%231",
                "/branches/compare/v2%0Dv1",
                "/src/9f2c/workflows/a%20b.py#lines-3",
            ],
        ),
        (
            "https://bitbucket.acme.com/scm/SHOP/orders.git",
            [
                "/commits/9f2c",
                "/browse?at=refs/tags/shop/v1.0%231",
                "/compare/commits?sourceBranch=v2&targetBranch=v1",
                "/browse/workflows/a%20b.py?at=9f2c#3",
            ],
        ),
        (
            "codecommit::eu-west-1://shop",
            [
                "/commit/9f2c",
                "/browse/refs/tags/shop/v1.0%231",
                "/compare/v1/.../v2",
                "/browse/9f2c/--/workflows/a%20b.py?lines=3-3",
            ],
        ),
    ],
)
def test_each_host_has_pages_for_commits_tags_comparisons_and_files(
    url: str, pages: list[str]
) -> None:
    """Names are percent-encoded: a tag may hold a slash, and a path a space."""
    host = git_host_links(url)
    assert host is not None
    assert [
        host.commit("9f2c"),
        host.tag("shop/v1.0#1"),
        host.compare("v1", "v2"),
        host.file("workflows/a b.py", "9f2c", line=3),
    ] == [host.home + page for page in pages]


@given(st.text(), st.text(), st.sampled_from(["https://github.com/", "git@gitlab.com:", "ssh://"]))
def test_any_text_gives_a_safe_link_or_none(text: str, tag: str, before: str) -> None:
    """A link is printable ASCII without spaces: no control character gets through."""
    found = git_host_links(before + text)
    if found is None:
        return
    link = found.tag(tag)
    assert link.isascii()
    assert link.isprintable()
    assert " " not in link
    assert "@" not in urlsplit(link).netloc
