"""A remote that comes after the first releases: what others see, and how you share the ledger."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from sfn_release.errors import TamperedError
from sfn_release.operations.diagnosis.diagnosis import Diagnosis
from sfn_release.operations.diagnosis.ledger_refs import examine_ledger
from sfn_release.operations.verbs.releases import releases
from sfn_release.operations.verbs.verify import verify
from sfn_release.operations.verbs.yank import yank
from support.command_line import Project
from support.errors import refused
from support.git import run_git
from support.shop import CONFIG, Shop, add_remote, clone, copy_shop, made_once

BRANCH = "refs/heads/sfn-release/shop/releases"
YANKS = "refs/heads/sfn-release/shop/yanks"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone with two releases and a yank from before it had the remote."""
    return made_once(tmp_path, "remote-added-later", _make)


def _make(shop: Shop) -> None:
    shop.write("releases.toml", CONFIG)
    shop.commit(hello=0)
    shop.publish("1.0.0")
    shop.commit(hello=1)
    shop.publish("1.1.0")
    yank(shop.workspace(), "1.0.0", reason="bad")
    add_remote(shop)


def shared(shop: Shop) -> Diagnosis | None:
    """Return what `doctor` says of sharing."""
    found = [item for item in examine_ledger(shop.workspace()) if item.subject == "shared"]
    return found[0] if found else None


def run_command(shop: Shop, text: str) -> None:
    """Run the `git` command at the end of a *text*."""
    (command,) = (line.partition(":  ")[2] for line in text.splitlines() if ":  git" in line)
    shop.git(*shlex.split(command)[1:])


@pytest.mark.parametrize("tags", [False, True], ids=["without tags", "with tags"])
def test_the_command_of_doctor_shares_the_ledger(shop: Shop, tags: bool) -> None:
    """A warning, or a problem if others see the tags; afterwards a fresh clone goes on."""
    if tags:
        shop.git("push", "--quiet", "--tags", "origin")
    found = shared(shop)
    assert found is not None
    assert found.verdict == ("problem" if tags else "warning")
    wrong = [check for check in verify(shop.workspace()).checks if check.error or check.warning]
    assert len(wrong) == 1
    text = str(wrong[0].error) if tags else wrong[0].text
    assert ("has the tags of the releases 1.0.0 and 1.1.0, but not" in text) is tags
    assert f"{BRANCH} {YANKS}" in text
    run_command(shop, found.fix)
    assert shared(shop) is None
    fresh = clone(shop)
    assert [(item.manifest.version, bool(item.yank)) for item in releases(fresh.workspace())] == [
        ("1.1.0", False),
        ("1.0.0", True),
    ]
    assert verify(fresh.workspace()).problems == verify(shop.workspace()).problems == ()
    fresh.commit(hello=2)
    assert not fresh.publish("1.2.0", "prod").trial


def test_a_fresh_clone_explains_tags_without_a_ledger(shop: Shop) -> None:
    """One error lists the releases, and has the command for the clone that made them."""
    shop.git("push", "--quiet", "--tags", "origin")
    fresh = clone(shop)
    fresh.commit(hello=2)
    found, words = shared(fresh), ("origin has the tags of the releases 1.0.0 and 1.1.0", "before")
    assert found is not None
    assert found.verdict == "problem"
    (check,) = verify(fresh.workspace()).problems
    with pytest.raises(TamperedError) as caught:
        fresh.publish("1.2.0", deploy=False)
    for text in (f"{found.message}\n{found.fix}", str(check.error), str(caught.value)):
        assert all(word in text for word in words)
        assert "delete" not in text.replace("was deleted", "")
        assert "0.2.0" not in text
    ran = Project(fresh.root).ok("releases").out
    assert ran.startswith("No releases here. origin has the tags")
    run_command(shop, found.fix)
    assert not fresh.publish("1.2.0", deploy=False).trial


def test_a_ledger_that_began_elsewhere_meanwhile_is_refused_until_you_choose(shop: Shop) -> None:
    """Every command says so, not only the first: else your releases would vanish unseen."""
    other = clone(shop)
    other.commit(hello=5)
    other.publish("5.0.0", deploy=False)
    for _ in range(2):
        with refused("E_CONFLICT", "both have a ledger", "1.1.0"):
            releases(shop.workspace())
    shop.git("update-ref", "-d", BRANCH)
    shop.git("update-ref", "-d", YANKS)
    assert [item.manifest.version for item in releases(shop.workspace())] == ["5.0.0"]


def test_publish_says_what_is_shared(shop: Shop) -> None:
    """A trial warns while the remote lacks the ledger, and a release shares everything."""
    shop.commit(hello=2)
    shop.watcher.said.clear()
    assert shop.publish("1.2.0").trial
    said = "\n".join(shop.watcher.said)
    assert "warning: origin doesn't have the ledger: the releases 1.0.0 and 1.1.0 are in" in said
    assert "1.2.0 will be a local trial" in said
    shop.watcher.said.clear()
    shop.commit(hello=3)
    assert not shop.publish("1.3.0", deploy=False).trial
    assert "origin gets the releases 1.0.0 and 1.1.0 too" in "\n".join(shop.watcher.said)
    remote = Path(shop.git("remote", "get-url", "origin"))
    assert "v1.0.0" in run_git(remote, "tag").split()


def test_the_first_release_without_a_remote_says_so_once(tmp_path: Path) -> None:
    """It has the command for later; `remote = ""` says that you know."""
    shop = copy_shop(tmp_path)
    for number, config in enumerate((CONFIG, CONFIG.replace('"shop"', '"shop"\nremote = ""'))):
        shop.write("releases.toml", config.replace('"shop"', f'"shop{number}"'))
        shop.commit(hello=number)
        shop.watcher.said.clear()
        shop.publish(f"{number + 1}.0.0", deploy=False)
        said = "\n".join(shop.watcher.said)
        assert ("git push origin sfn-release/shop0/releases --tags" in said) is (number == 0)
        shop.watcher.said.clear()
        shop.publish(f"{number + 1}.0.1", deploy=False)
        assert "There is no Git remote" not in "\n".join(shop.watcher.said)
