"""The facts of a report, read from real ledgers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sfn_release.errors import TamperedError
from sfn_release.operations.verbs.yank import yank
from sfn_release.report import paths
from sfn_release.report.facts.environment_reading import bringer
from sfn_release.report.facts.reading import read_facts
from sfn_release.report.facts.report_facts import EnvironmentFacts, ReportFacts
from sfn_release.report.views.environment_card import environment_card
from support.report_pages import ASSETS, broken_links, html_pages, links, pages_of, text_of
from support.shop import ALONE, Shop, add_remote, copy_shop
from support.trials import make_trial, taken


def environment(facts: ReportFacts, name: str) -> EnvironmentFacts:
    return next(it for it in facts.environments if it.name == name)


def deployed(tmp_path: Path) -> Shop:
    """Return the only clone of a project whose 1.0.0 is live in prod."""
    shop = copy_shop(tmp_path)
    shop.write("releases.toml", ALONE)
    shop.commit()
    shop.publish("1.0.0", "prod")
    return shop


def test_a_trial_is_not_taken_for_the_release_of_its_version(tmp_path: Path) -> None:
    """A colleague released another 1.1.0: `local` still serves the trial, brought by its maker."""
    shop = copy_shop(tmp_path)
    make_trial(shop)
    taken(shop)
    facts = read_facts(shop.workspace())
    local, prod = environment(facts, "local"), environment(facts, "prod")
    assert local.deployed is not None
    assert prod.deployed is not None
    assert local.deployed.release_digest != prod.deployed.release_digest
    assert facts.by_version["1.1.0"].live_in == ("prod",)
    assert not environment_card(facts, local).is_known
    assert environment_card(facts, prod).is_known
    page = text_of(html_pages(pages_of(facts))[paths.BOARD])
    assert page.count("Your trial, not the release") == 1


def test_the_bringer_is_the_deployment_of_the_served_content(tmp_path: Path) -> None:
    """A later trial of the same version was rolled back from: its maker brought nothing here."""
    shop = copy_shop(tmp_path)
    make_trial(shop)
    taken(shop)
    facts = read_facts(shop.workspace())
    local = environment(facts, "local")
    assert local.serving is not None
    other = replace(local.records[0], id="other", actor="cid", release_digest="sha256:other")
    assert bringer([other, *local.records], local.serving) == local.records[0]
    assert bringer([other], local.serving) is None
    assert bringer([other], None) is None
    last = local.records[0]
    for status in ("started", "failed", "reverted"):
        assert bringer([replace(last, status=status)], local.serving) is None
    assert bringer([replace(last, action="delete"), last], local.serving) == last


def test_an_environment_that_left_releases_toml_stays_on_the_board(tmp_path: Path) -> None:
    """With its deployments, after those of the file. An unused `local` isn't there."""
    shop = deployed(tmp_path)
    shop.write(
        "releases.toml", '[project]\nname = "shop"\n[environments.dev]\nregion = "eu-west-1"\n'
    )
    facts = read_facts(shop.workspace())
    assert facts.environment_names == ("dev", "prod")
    pages = html_pages(pages_of(facts))
    assert "releases.toml no longer has this environment" in text_of(
        pages[paths.environment_path("prod")]
    )
    assert broken_links(pages, ASSETS | {"assets/search.js"}) == []


def test_a_trial_has_the_notes_of_its_commit_and_no_tag(tmp_path: Path) -> None:
    """Its page doesn't speak of a tag's notes or of a tag that isn't signed."""
    shop = copy_shop(tmp_path)
    add_remote(shop)
    shop.write("CHANGELOG.md", "## [1.0.0]\n\n- Faster charges\n")
    shop.commit(hello=1)
    shop.publish("1.0.0")
    shop.commit(hello=2)
    shop.publish("1.1.0")
    pages = html_pages(pages_of(read_facts(shop.workspace())))
    with_notes, without = (
        text_of(pages[paths.release_path(version)]) for version in ("1.0.0", "1.1.0")
    )
    assert "Faster charges" in with_notes
    assert "The trial has no notes yet" in without
    for page in (with_notes, without):
        assert "none yet: a local trial has no tag" in page
        assert "isn't signed" not in page
        assert "The tag has no notes" not in page


def test_a_yanked_release_is_marked_where_it_is_live(tmp_path: Path) -> None:
    """On the board, in the list of releases, and with the reason."""
    shop = deployed(tmp_path)
    yank(shop.workspace(), "1.0.0", reason="charges <b>twice</b>")
    pages = html_pages(pages_of(read_facts(shop.workspace())))
    board = text_of(pages[paths.BOARD])
    assert "1.0.0 was yanked by ann" in board
    assert "charges <b>twice</b>" in board
    assert "✕ yanked" in text_of(pages[paths.RELEASES])


@pytest.mark.parametrize(
    "url",
    [
        "javascript://github.com/%0aalert(1)//x.git",
        "data:text/html,github.com/a/b",
        'https://github.com/a/b"><script>alert(1)</script>.git',
        "ext::sh -c github.com/a/b",
        "https://user:hunter2@github.com/acme/shop.git",
        "git@github.com:acme/<img src=x>.git",
    ],
)
def test_a_remote_never_becomes_a_dangerous_link(tmp_path: Path, url: str) -> None:
    """Links lead to https pages of the Git host, without the password in the URL."""
    shop = deployed(tmp_path)
    shop.git("config", "remote.origin.url", url)
    found = pages_of(read_facts(shop.workspace()))
    pages = html_pages(found)
    away = {
        link for page in pages.values() for link in links(page) if ":" in link.partition("/")[0]
    }
    assert all(link.startswith("https://github.com/") for link in away)
    assert all('"' not in link and "<" not in link for link in away)
    assert "hunter2" not in "".join(page.html for page in found.values())


def test_a_trial_and_a_release_that_is_not_pushed_are_marked(tmp_path: Path) -> None:
    """In the list of releases: only this clone has them. A clone without a remote has no such."""
    shop = copy_shop(tmp_path)
    make_trial(shop)
    facts = read_facts(shop.workspace())
    marks = {it.version: (it.trial, it.pushed) for it in facts.releases}
    assert marks == {"1.0.0": (False, True), "1.1.0": (True, False)}
    page = text_of(html_pages(pages_of(facts))[paths.RELEASES])
    assert page.count("local trial") == 1
    alone = deployed(tmp_path / "alone")
    (release,) = read_facts(alone.workspace()).releases
    assert (release.trial, release.pushed) == (False, True)


def test_releases_are_ordered_by_precedence_and_definitions_are_held_to_digests(
    tmp_path: Path,
) -> None:
    """1.10.0 comes after 1.9.0, and a definition that isn't the released one is refused."""
    shop = copy_shop(tmp_path)
    for version in ("1.9.0", "1.10.0"):
        shop.commit(hello=version)
        shop.publish(version, deploy=False)
    facts = read_facts(shop.workspace())
    versions = [it.version for it in facts.releases]
    assert versions.index("1.9.0") + 1 == versions.index("1.10.0")
    assert facts.by_version["1.10.0"].below == "1.9.0"
    newest = facts.by_version["1.10.0"]
    with pytest.raises(TamperedError, match="differs from the released definition"):
        facts.definitions.read("sha256:other", newest.ledger_commit, "hello")
