"""A ledger on a remote: the remote is the only truth, and `local` stays at home."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sfn_release.ledger.git import Repository
from sfn_release.operations.verbs.diff import diff
from sfn_release.operations.verbs.execute import execute
from sfn_release.operations.verbs.history import history
from sfn_release.operations.verbs.list import list_workflows
from sfn_release.operations.verbs.local import reset_local
from sfn_release.operations.verbs.promote import promote
from sfn_release.operations.verbs.releases import releases
from sfn_release.operations.verbs.show import show
from sfn_release.operations.verbs.status import status
from support.errors import refused
from support.git import run_git
from support.shop import (
    CONFIG,
    LOCAL,
    PROD,
    RELEASES,
    Shop,
    add_remote,
    clone,
    copy_shop,
    made_once,
    make_shop,
    untouched,
)

TRIALS = "refs/sfn-release/shop/local"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone with a remote."""
    return made_once(tmp_path, "remote", _make)


def _make(shop: Shop) -> None:
    add_remote(shop)


def remote_refs(shop: Shop) -> dict[str, str]:
    """Return the refs of the remote, without its branch main."""
    lines = shop.git("ls-remote", "--refs", "origin").splitlines()
    found = {ref: at for at, ref in (line.split("\t") for line in lines)}
    return {ref: at for ref, at in found.items() if ref not in {"HEAD", "refs/heads/main"}}


# Where things go


def test_a_release_and_its_deployment_are_on_the_remote(shop: Shop) -> None:
    """Tag and branches, the same objects as here; nothing else of the clone is touched."""
    before = untouched(shop)
    shop.publish("1.0.0", "prod")
    assert remote_refs(shop).keys() == {"refs/tags/v1.0.0", RELEASES, PROD}
    assert {ref: shop.refs()[ref] for ref in remote_refs(shop)} == remote_refs(shop)
    after = untouched(shop)
    assert after == before


def test_another_clone_goes_on_from_there(shop: Shop) -> None:
    """It sees releases, history and status, and rolls back."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    other = clone(shop)
    workspace = other.workspace()
    assert [release.manifest.version for release in releases(workspace)] == ["1.1.0", "1.0.0"]
    assert [record.version for record in history(workspace, environment="prod")] == [
        "1.1.0",
        "1.0.0",
    ]
    other.rollback(environment="prod")
    assert shop.live("hello", "prod") == ("one", "one")
    shop.git("fetch", "--quiet")
    assert history(shop.workspace(), environment="prod")[0].action == "rollback"


def test_what_local_does_stays_in_the_clone(shop: Shop) -> None:
    """Records and the release, without a tag: trying 1.0.0 at home takes no version."""
    before = shop.refs().keys()
    shop.publish("1.0.0")
    assert remote_refs(shop) == {}
    private = {f"{TRIALS}/{name}" for name in ("env/local", "releases/1.0.0", "sources/1.0.0")}
    assert shop.refs().keys() - before == private
    (listed,) = releases(shop.workspace())
    assert (listed.manifest.version, listed.pushed, listed.live_in) == ("1.0.0", False, ("local",))
    assert listed.trial


@pytest.mark.parametrize("how", ["publish", "publish --no-deploy", "deploy", "promote"])
def test_what_only_local_knew_is_pushed_when_somebody_needs_it(shop: Shop, how: str) -> None:
    """The first other environment, or --no-deploy; with its tag, and no trial remains."""
    shop.publish("1.0.0")
    if how == "publish":
        shop.publish("1.0.0", "prod")
    elif how == "publish --no-deploy":
        shop.publish("1.0.0", deploy=False)
    elif how == "deploy":
        shop.deploy("1.0.0", "prod")
    else:
        promote(shop.workspace(), source="local", environment="prod")
    assert {"refs/tags/v1.0.0", RELEASES} <= remote_refs(shop).keys()
    assert LOCAL not in remote_refs(shop)
    assert [ref for ref in shop.refs() if ref.startswith(TRIALS)] == [f"{TRIALS}/env/local"]
    assert all(release.pushed for release in releases(shop.workspace()))
    assert show(clone(shop).workspace(), "1.0.0").version == "1.0.0"


def test_a_release_that_was_tried_at_home_tells_since_anew_when_it_is_pushed(shop: Shop) -> None:
    """Its predecessor on the remote is another than the one at home."""
    other = clone(shop)
    shop.publish("1.1.0")
    other.release("1.0.0")
    shop.publish("1.1.0", "prod")
    assert show(clone(shop, "third").workspace(), "1.1.0").manifest.workflows["hello"].since == (
        "1.0.0"
    )


def test_a_version_that_somebody_else_took_meanwhile_is_theirs(shop: Shop) -> None:
    """The error names the other publisher; `local reset` forgets the clone's own release."""
    other = clone(shop)
    shop.publish("1.0.0")
    other.git("config", "user.name", "Bob")
    other.git("config", "user.email", "bob@example.com")
    other.release("1.0.0", hello="theirs")
    with refused("E_IMMUTABLE", "1.0.0", "Bob <bob@example.com>", '"theirs" → "one"'):
        shop.publish("1.0.0", "prod")
    assert PROD not in remote_refs(shop)
    assert show(shop.workspace(), "1.0.0").manifest.author.startswith("Bob")
    workspace = shop.workspace()
    reset_local(workspace)
    assert [ref for ref in shop.refs() if ref.startswith(TRIALS)] == []


def test_two_clones_that_froze_the_same_content_agree(shop: Shop) -> None:
    """They release the same commit: the second learns that it is already released."""
    other = clone(shop)
    shop.publish("1.0.0")
    other.publish("1.0.0", "prod")
    published = shop.publish("1.0.0", deploy=False)
    assert published.already_released
    assert [ref for ref in shop.refs() if ref.startswith(TRIALS)] == [f"{TRIALS}/env/local"]


def test_a_second_local_environment_stays_at_home_too(tmp_path: Path) -> None:
    """It deploys to a service in this clone."""
    config = CONFIG + '\n[environments.try]\nbackend = "local"\nrole_arn = "${Role}"\n'
    config = config.replace("${Role}", "arn:aws:iam::000000000000:role/x")
    config += 'name = "{workflow}-try"\n'
    shop = make_shop(tmp_path / "shop", config=config)
    add_remote(shop)
    shop.publish("1.0.0", "try")
    assert remote_refs(shop) == {}


def test_a_remote_that_came_later_gets_the_ledger(tmp_path: Path) -> None:
    """The whole branch with its first write, for a project that began in one clone."""
    shop = copy_shop(tmp_path)
    shop.publish("1.0.0")
    shop.commit(hello="two")
    shop.publish("1.1.0")
    add_remote(shop)
    shop.commit(hello="three")
    shop.publish("1.2.0", "prod")
    listed = releases(clone(shop).workspace())
    assert [release.manifest.version for release in listed] == ["1.2.0", "1.1.0", "1.0.0"]


@pytest.mark.parametrize("verb", ["deploy", "publish"])
def test_a_remote_that_came_later_gets_what_is_deployed(tmp_path: Path, verb: str) -> None:
    """The remote gets every served release, even if no new release is made."""
    shop = copy_shop(tmp_path)
    shop.publish("1.0.0")
    add_remote(shop)
    if verb == "deploy":
        shop.deploy("1.0.0", "prod")
    else:
        shop.publish("1.0.0", "prod")
    assert remote_refs(shop).keys() == {"refs/tags/v1.0.0", RELEASES, PROD}
    clone(shop).deploy("1.0.0", "prod")
    assert [release.pushed for release in releases(shop.workspace())] == [True]


def test_two_ledgers_that_began_apart_are_a_conflict(tmp_path: Path) -> None:
    """Neither is overwritten; the error says how to keep the remote's."""
    shop = copy_shop(tmp_path)
    shop.publish("1.0.0")
    add_remote(shop)
    other = clone(shop)
    other.release("2.0.0", hello="theirs")
    with refused("E_CONFLICT", RELEASES, f"git update-ref -d {RELEASES}"):
        shop.publish("1.1.0", "prod")
    shop.git("update-ref", "-d", RELEASES)
    assert [release.manifest.version for release in releases(shop.workspace())] == ["2.0.0"]


def test_the_remote_can_be_named(tmp_path: Path) -> None:
    """A remote that is not there is an error; `remote = ""` keeps the ledger in the clone."""
    config = CONFIG.replace('"shop"', '"shop"\nremote = "upstream"')
    shop = make_shop(tmp_path / "shop", config=config)
    add_remote(shop)
    with refused("E_NOT_FOUND", "'upstream'", "git remote add upstream", "origin"):
        shop.publish("1.0.0", "prod")
    add_remote(shop, name="upstream")
    shop.publish("1.0.0", "prod")
    assert remote_refs(shop) == {}
    assert RELEASES in shop.git("ls-remote", "upstream")


# Tags on the remote


@pytest.mark.parametrize("options", [[], ["-a", "-m", "mine"]], ids=["light", "annotated"])
def test_a_tag_that_is_only_on_the_remote_is_kept(shop: Shop, options: list[str]) -> None:
    """Made beforehand on this very commit, and never fetched."""
    shop.git("tag", *options, "v1.0.0")
    shop.git("push", "--quiet", "origin", "v1.0.0")
    tag = remote_refs(shop)["refs/tags/v1.0.0"]
    shop.git("tag", "--delete", "v1.0.0")
    shop.publish("1.0.0", "prod")
    assert remote_refs(shop)["refs/tags/v1.0.0"] == tag


def test_a_tag_on_another_commit_of_the_remote_is_a_conflict(shop: Shop) -> None:
    """Neither the clone nor the remote changes."""
    shop.git("tag", "v1.0.0")
    shop.git("push", "--quiet", "origin", "v1.0.0")
    shop.git("tag", "--delete", "v1.0.0")
    shop.commit(hello="two")
    refs = shop.refs(), remote_refs(shop)
    with refused("E_CONFLICT", "The tag v1.0.0 exists in origin on another commit"):
        shop.publish("1.0.0", "prod")
    assert (shop.refs(), remote_refs(shop)) == refs


def test_other_tags_are_not_pushed(shop: Shop) -> None:
    """This holds with push.followTags too: other tags belong to people."""
    shop.git("config", "push.followTags", "true")
    shop.git("tag", "-a", "-m", "mine", "mine")
    shop.publish("1.0.0", "prod")
    assert "refs/tags/mine" not in remote_refs(shop)


# Clones of all kinds


@pytest.mark.parametrize(
    "options",
    [
        ["--depth=1", "--no-local"],
        ["--no-checkout"],
        ["--no-tags", "--single-branch"],
        ["--filter=blob:none", "--no-local"],
    ],
    ids=" ".join,
)
def test_a_clone_of_ci_is_enough(shop: Shop, options: list[str]) -> None:
    """Shallow, detached, without tags, partial: just the ledger's refs are fetched."""
    for number in range(3):
        shop.commit(hello=f"r{number}")
        shop.publish(f"1.{number}.0", "prod")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    url = f"file://{shop.git('remote', 'get-url', 'origin')}"
    shop.git("remote", "set-url", "origin", url)
    bare = Path(url.removeprefix("file://"))
    run_git(bare, "config", "uploadpack.allowFilter", "true")
    run_git(bare, "symbolic-ref", "HEAD", "refs/heads/main")
    other = clone(shop, "ci", *options)
    other.git("checkout", "--quiet", "--detach")
    shallow = (other.root / ".git" / "shallow").exists()
    other.rollback(environment="prod")
    other.commit(hello="ci")
    other.publish("2.0.0", "prod")
    assert shop.live("hello", "prod") == ("ci", "ci")
    assert (other.root / ".git" / "shallow").exists() == shallow
    assert [record.version for record in history(shop.workspace(), environment="prod")] == [
        *("2.0.0", "1.1.0", "1.2.0", "1.1.0", "1.0.0"),
    ]


def test_a_remote_that_checks_every_object_accepts_ours(shop: Shop) -> None:
    """transfer.fsckObjects, denyNonFastForwards, denyDeletes: as hosts have them."""
    bare = Path(shop.git("remote", "get-url", "origin"))
    for key in ("transfer.fsckObjects", "receive.denyNonFastForwards", "receive.denyDeletes"):
        run_git(bare, "config", key, "true")
    shop.commit(grüße="hallo")
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    clone(shop).rollback(environment="prod")


def test_what_people_configure_for_their_own_work_changes_nothing(shop: Shop) -> None:
    """Pruning, mirrors of tags, signatures in the log, other patterns, colours, abbreviations."""
    for key, value in {
        "fetch.prune": "true",
        "remote.origin.tagOpt": "--tags",
        "log.showSignature": "true",
        "grep.patternType": "fixed",
        "color.ui": "always",
        "core.abbrev": "4",
        "log.date": "relative",
        "push.default": "nothing",
        "core.quotePath": "true",
        "i18n.commitEncoding": "ISO-8859-1",
        "i18n.logOutputEncoding": "ISO-8859-1",
    }.items():
        shop.git("config", key, value)
    shop.publish("1.0.0", "prod")
    shop.commit(hello="zwölf")
    shop.publish("1.1.0", "prod")
    shop.rollback(environment="prod")
    assert shop.serving("prod").version == "1.0.0"
    assert len(history(shop.workspace(), environment="prod")) == 3


# Changed and missing history on the remote


def rewrite(shop: Shop, ref: str) -> None:
    """Push other history to a ref, by force."""
    commit = shop.git("commit-tree", f"{ref}^{{tree}}", "-m", "rewritten")
    shop.git("push", "--quiet", "--force", "origin", f"{commit}:{ref}")


@pytest.mark.parametrize("ref", [RELEASES, PROD])
def test_a_rewritten_branch_is_tampering(shop: Shop, ref: str) -> None:
    """Every verb refuses it, also when it only reads; the last known state is kept."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    seen = shop.refs()
    other = clone(shop)
    other.git("fetch", "--quiet", "origin", f"{ref}:{ref}")
    rewrite(other, ref)
    for read in (
        lambda: releases(shop.workspace()),
        lambda: history(shop.workspace(), environment="prod"),
        lambda: shop.publish("1.2.0", "prod"),
        lambda: shop.rollback(environment="prod"),
    ):
        with refused("E_TAMPERED", "rewritten", "origin"):
            read()
    assert shop.refs() == seen


@pytest.mark.parametrize("ref", [RELEASES, PROD])
def test_a_branch_that_was_deleted_on_the_remote_is_tampering(shop: Shop, ref: str) -> None:
    """Git itself would stay silent; the error shows the command that restores the branch."""
    shop.publish("1.0.0", "prod")
    before = remote_refs(shop)
    shop.git("push", "--quiet", "origin", f":{ref}")
    seen = f"refs/sfn-release-remotes/origin/{ref.removeprefix('refs/heads/sfn-release/')}"
    for forgotten in (False, True):
        if forgotten:
            shop.git("update-ref", "-d", ref)
        with refused("E_TAMPERED", f"{ref} was deleted on origin", f"git push origin {seen}:{ref}"):
            shop.deploy("1.0.0", "prod")
    shop.git("push", "--quiet", "origin", f"{seen}:{ref}")
    assert remote_refs(shop) == before
    assert shop.deploy("1.0.0", "prod") is None


def unreachable(shop: Shop) -> None:
    shop.git("remote", "set-url", "origin", "/nonexistent.git")


def test_without_the_remote_reading_warns(shop: Shop) -> None:
    """It shows the last known state."""
    shop.publish("1.0.0", "prod")
    unreachable(shop)
    workspace = shop.workspace()
    assert [record.version for record in history(workspace, environment="prod")] == ["1.0.0"]
    assert [release.manifest.version for release in releases(workspace)] == ["1.0.0"]
    assert status(workspace, environment="prod")[0].state == "in-sync"
    assert show(workspace, "1.0.0").version == "1.0.0"
    assert [workflow.differences for workflow in diff(workspace, "1.0.0", "@prod")] == [()]
    assert [workflow.since for workflow in list_workflows(workspace)] == ["1.0.0"]
    assert execute(workspace, "hello", environment="prod").status == "SUCCEEDED"
    warnings = [text for text in shop.watcher.said if "origin was not reached" in text]
    assert len(warnings) == 7, "once for each"


def test_without_the_remote_nothing_shared_is_deployed(shop: Shop) -> None:
    """The error shows git's words; AWS is not touched."""
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    unreachable(shop)
    for run in (
        lambda: shop.publish("1.1.0", "prod"),
        lambda: shop.publish("1.1.0", deploy=False),
        lambda: shop.deploy("1.0.0", "prod"),
        lambda: shop.rollback(environment="prod"),
    ):
        with refused("E_GIT", "origin was not reached", "/nonexistent.git"):
            run()
    assert shop.live("hello", "prod") == ("one", "one")


def test_without_the_remote_local_goes_on(shop: Shop) -> None:
    """Publish, deploy, roll back on a plane; the known releases of the team are there too."""
    shop.publish("1.0.0", "prod")
    unreachable(shop)
    shop.deploy("1.0.0")
    shop.commit(hello="two")
    shop.publish("1.1.0")
    shop.rollback()
    assert (shop.live("hello"), shop.serving().version) == (("one", "one"), "1.0.0")


def test_a_remote_that_is_read_here_and_written_there_is_refused(shop: Shop) -> None:
    """Otherwise pushed refs would never be read again."""
    shop.git("config", "remote.origin.pushurl", "/elsewhere.git")
    with refused("E_GIT", "fetches from one repository and pushes to another", "/elsewhere.git"):
        shop.publish("1.0.0", "prod")


def test_a_lock_that_stays_on_the_server_is_to_be_removed_there(shop: Shop) -> None:
    """Rights are not the problem."""
    remote = Path(shop.git("remote", "get-url", "origin"))
    lock = remote / f"{RELEASES}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    with refused("E_GIT", ".lock", "remove that file on the server"):
        shop.publish("1.0.0", deploy=False)
    lock.unlink()
    assert not shop.publish("1.0.0", deploy=False).already_released


def test_a_push_that_is_interrupted_says_that_its_outcome_is_not_known(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command finds it out."""
    run = Repository.run_remotely

    def stopped(git: Repository, remote: str, *arguments: str, **more: Any) -> Any:
        if "push" in arguments:
            raise KeyboardInterrupt
        return run(git, remote, *arguments, **more)

    monkeypatch.setattr(Repository, "run_remotely", stopped)
    with pytest.raises(KeyboardInterrupt):
        shop.publish("1.0.0", deploy=False)
    assert any("v1.0.0 reached origin. Run the same" in line for line in shop.watcher.said)
    monkeypatch.undo()
    assert not shop.publish("1.0.0", deploy=False).already_released


def test_a_push_that_the_host_refuses_shows_its_words(shop: Shop) -> None:
    """A protected branch, say: nothing is deployed, and nothing here believes it was released."""
    hook = Path(shop.git("remote", "get-url", "origin")) / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'GH006: protected branch' >&2\nexit 1\n")
    hook.chmod(0o755)
    with refused("E_GIT", "GH006: protected branch", "You need write access"):
        shop.publish("1.0.0", "prod")
    assert releases(shop.workspace()) == []
    hook.unlink()
    assert not shop.publish("1.0.0", "prod").already_released


def test_a_branch_of_the_remote_in_the_ledgers_way_is_named(shop: Shop) -> None:
    """The error comes before the build."""
    shop.git("push", "--quiet", "origin", "HEAD:sfn-release")
    with refused("E_CONFLICT", "refs/heads/sfn-release in origin", "in the way"):
        shop.publish("1.0.0", "prod")


def test_moving_the_ledger_does_not_lose_it(shop: Shop) -> None:
    """Another `ledger` without its history is an error that explains how to move it."""
    shop.publish("1.0.0", "prod")
    shop.write("releases.toml", CONFIG.replace('"shop"', '"shop"\nledger = "refs/heads/log"'))
    shop.commit()
    with refused("E_TAMPERED", "refs/heads/log/shop/", "git push origin refs/sfn-release-remotes/"):
        shop.publish("1.0.1", "prod")
    for name in ("releases", "env/prod"):
        seen = f"refs/sfn-release-remotes/origin/shop/{name}"
        shop.git("push", "--quiet", "origin", f"{seen}:refs/heads/log/shop/{name}")
    shop.publish("1.0.1", "prod")
    assert [release.manifest.version for release in releases(shop.workspace())] == [
        "1.0.1",
        "1.0.0",
    ]


def test_two_deployers_race_and_both_are_recorded(shop: Shop) -> None:
    """The second finds that the branch moved, reads again, and releases upon it."""
    other = clone(shop)
    shop.release("1.0.0")
    other.release("1.1.0", hello="two")
    shop.release("1.2.0", hello="three")
    other.release("1.3.0", hello="four")
    assert [release.manifest.version for release in releases(shop.workspace())] == [
        *("1.3.0", "1.2.0", "1.1.0", "1.0.0"),
    ]
    log = shop.git("log", "--format=%s", "--first-parent", RELEASES).splitlines()
    assert log == ["release 1.3.0", "release 1.2.0", "release 1.1.0", "release 1.0.0"]
