"""`verify` reads what is new since the last time, and finds all that it would find without that."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sfn_release.ledger.verified_tips import VerifiedTip, VerifiedTips
from sfn_release.operations import verify
from support.forging import forge
from support.shop import CONFIG, PROD, RELEASES, Shop, add_remote, clone, made_once
from support.values import definition


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop, whose ledger is in its clone, that served two releases."""
    return made_once(tmp_path, "verified-before", _make)


def _make(shop: Shop) -> None:
    shop.write("releases.toml", CONFIG.replace("[project]\n", '[project]\nremote = ""\n'))
    shop.commit(hello="one")
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two", other="x")
    shop.publish("1.1.0", "prod")


def texts(shop: Shop, version: str | None = None, *, again: bool = False) -> list[str]:
    """Return the text of each check."""
    return [check.text for check in verify(shop.workspace(), version, again=again).checks]


def problems(shop: Shop, *, again: bool = False) -> list[str]:
    return [str(check.error) for check in verify(shop.workspace(), again=again).problems]


def file(shop: Shop) -> Path:
    return shop.root / ".git" / "sfn-release" / "verified" / "shop.json"


def rewritten(shop: Shop, ref: str, commit: str, path: str, content: str) -> None:
    """Write a branch again from *commit* on, with another content of one file there."""
    later = shop.git("rev-list", "--reverse", f"{commit}..{ref}").split()
    message = shop.git("log", "-1", "--format=%B", commit)
    shop.git("update-ref", ref, f"{commit}~1")
    files = {
        name: shop.git("show", f"{commit}:{name}")
        for name in shop.git("ls-tree", "-r", "--name-only", commit).splitlines()
    }
    tip = forge(shop, ref, {**files, path: content}, message)
    for event in later:
        text = shop.git("log", "-1", "--format=%B", event)
        tip = shop.git("commit-tree", f"{event}^{{tree}}", "-p", tip, "-m", text)
    shop.git("update-ref", ref, tip)


def test_what_was_verified_before_is_not_read_again(shop: Shop) -> None:
    """The next `verify` reads the new events, and counts all of them."""
    first = texts(shop)
    assert not [text for text in first if "before" in text]
    assert "4 events: records and definitions agree" in first
    again = texts(shop)
    assert "4 events: records and definitions agree (4 verified before)" in again
    assert [text for text in again if "verified before" in text][:2] == [
        "1 workflow: verified before",
        "2 workflows: verified before",
    ]
    shop.deploy("1.0.0", "prod")
    shop.rollback(environment="prod")
    told = texts(shop)
    assert "8 events: records and definitions agree (4 verified before)" in told
    of_one = texts(shop, "1.1.0")
    assert "4 events of 1.1.0: records and definitions agree (4 verified before)" in of_one
    assert not [text for text in texts(shop, again=True) if "before" in text]


def test_a_verified_event_that_was_rewritten_is_found(shop: Shop) -> None:
    """The branch leads to another commit, so that nothing is taken as verified."""
    assert problems(shop) == []
    event = shop.git("rev-parse", f"{PROD}~2")
    record = json.loads(shop.git("show", f"{event}:deployment.json"))
    forged = json.dumps({**record, "actor": "Mallory"}, indent=2)
    rewritten(shop, PROD, event, "deployment.json", forged)
    found = problems(shop)
    assert [text for text in found if "with another actor than its start" in text]
    assert problems(shop) == found


def test_a_verified_release_that_was_rewritten_is_found(shop: Shop) -> None:
    """Its branch has other commits, and the events of its environments are read again too."""
    assert problems(shop) == []
    commit = shop.git("rev-parse", RELEASES)
    path = "definitions/hello.asl.json"
    rewritten(shop, RELEASES, commit, path, json.dumps(definition("evil")))
    found = problems(shop)
    assert [text for text in found if "differs from the released definition" in text]
    assert problems(shop) == found
    assert problems(shop, again=True) == found


def test_a_branch_that_was_cut_back_is_found(shop: Shop) -> None:
    """Commits of other branches that mention it were verified, and still count."""
    assert problems(shop) == []
    shop.git("update-ref", RELEASES, f"{RELEASES}~1")
    found = problems(shop)
    assert [text for text in found if f"{RELEASES} was cut back" in text]


def test_a_branch_behind_a_merge_is_verified_as_a_whole(shop: Shop) -> None:
    """A merge could bring in commits from before the verified tip."""
    assert problems(shop) == []
    tip = shop.git("rev-parse", PROD)
    side = shop.git("commit-tree", f"{PROD}^{{tree}}", "-m", "aside")
    merge = shop.git("commit-tree", f"{tip}^{{tree}}", "-p", tip, "-p", side, "-m", "merged")
    shop.git("update-ref", PROD, merge)
    found = problems(shop)
    assert found
    assert problems(shop, again=True) == found


def test_a_problem_of_an_environment_is_found_every_time(shop: Shop) -> None:
    """Its branch isn't remembered as in order, and the others are."""
    shop.deploy("1.0.0", "local")
    forge(shop, PROD, {"deployment.json": "{}"}, "forged")
    found = problems(shop)
    assert found
    assert problems(shop) == found
    assert [text for text in texts(shop) if "2 verified before" in text]
    shop.git("update-ref", PROD, f"{PROD}~1")
    assert problems(shop) == []


def test_a_forged_event_after_the_verified_ones_is_found(shop: Shop) -> None:
    """The first new event is compared with the last verified one."""
    assert problems(shop) == []
    text = shop.git("show", f"{PROD}:manifest.json")
    forge(shop, PROD, {"manifest.json": text.replace("1.1.0", "1.0.0")}, "forged")
    found = problems(shop)
    assert [text for text in found if "is event 4, and event 5 is expected" in text]
    assert problems(shop, again=True) == found


def test_an_accepted_rewrite_is_verified_as_a_whole(shop: Shop) -> None:
    """`--accept-rewrite` moves this clone's branches, which then have other commits."""
    shop.write("releases.toml", CONFIG)
    add_remote(shop)
    shop.git("push", "--quiet", "origin", PROD, RELEASES, "--tags")
    assert problems(shop) == []
    event = shop.git("rev-parse", f"{PROD}~2")
    record = json.loads(shop.git("show", f"{event}:deployment.json"))
    forged = json.dumps({**record, "actor": "Mallory"}, indent=2)
    mallory = clone(shop, "mallory")
    mallory.git("fetch", "--quiet", "origin", f"+{PROD}:{PROD}")
    rewritten(mallory, PROD, event, "deployment.json", forged)
    mallory.git("push", "--quiet", "--force", "origin", PROD)
    assert [text for text in problems(shop) if "was rewritten" in text]
    done = verify(shop.workspace(), accept_rewrite=True)
    assert len(done.accepted) == 1
    assert [str(check.error) for check in done.problems] == problems(shop, again=True)
    assert done.problems


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        '{"schema": "sfn-release/verified/2"}',
        '{"schema": "sfn-release/verified/1", "context": {}, "tips": {}, "more": 1}',
    ],
)
def test_a_file_that_says_nothing_is_ignored(content: str, shop: Shop) -> None:
    """It is damaged, foreign or newer. `verify` reads everything, and writes the file again."""
    texts(shop)
    file(shop).write_text(content, encoding="utf-8")
    assert not [text for text in texts(shop) if "before" in text]
    assert [text for text in texts(shop) if "before" in text]


@pytest.mark.parametrize(
    "change",
    [
        lambda known: known["context"].update(sfn_release="0.0.1"),
        lambda known: known["context"].update(project="other"),
        lambda known: known["tips"][PROD].update(commit="0" * 40),
        lambda known: known["tips"][PROD].update(commit="; rm -rf /"),
        lambda known: known["tips"].update({f"{PROD}-2": known["tips"][PROD]}),
    ],
    ids=["version", "project", "unknown commit", "no commit", "missing branch"],
)
def test_tips_that_this_ledger_does_not_have_are_ignored(
    change: Callable[[dict[str, object]], object], shop: Shop
) -> None:
    """They come from another version, another project, or from before a rewrite."""
    texts(shop)
    known = json.loads(file(shop).read_text(encoding="utf-8"))
    change(known)
    file(shop).write_text(json.dumps(known), encoding="utf-8")
    assert not [text for text in texts(shop) if "before" in text]


def test_without_a_place_for_it_nothing_is_remembered(shop: Shop) -> None:
    """The folder can't be made here. The verdict is the same."""
    file(shop).parent.parent.mkdir(exist_ok=True)
    file(shop).parent.write_text("in the way", encoding="utf-8")
    assert problems(shop) == []
    assert not [text for text in texts(shop) if "before" in text]


def test_one_file_replaces_another(tmp_path: Path) -> None:
    """A reader sees one whole file, and no other file stays."""
    path = tmp_path / "verified" / "shop.json"
    context = {"rules": 1}
    for number in range(3):
        tips = VerifiedTips(context, {PROD: VerifiedTip(str(number) * 40, True, {"1.0.0": number})})
        tips.write(path)
        assert VerifiedTips.read(path, context) == tips
    assert [found.name for found in path.parent.iterdir()] == ["shop.json"]
    assert VerifiedTips.read(path, {"rules": 2}).tips == {}
