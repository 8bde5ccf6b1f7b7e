"""Yanked releases: every clone refuses to deploy them, and live ones stay live."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import SfnReleaseError
from sfn_release.ledger.git.remotes import Remotes
from sfn_release.operations.diagnosis.ledger_refs import examine_ledger
from sfn_release.operations.verbs.local import reset_local
from sfn_release.operations.verbs.plan import plan_version
from sfn_release.operations.verbs.promote import promote
from sfn_release.operations.verbs.releases import releases
from sfn_release.operations.verbs.show import shown
from sfn_release.operations.verbs.status import status
from sfn_release.operations.verbs.verify import verify
from sfn_release.operations.verbs.yank import Yanked, unyank, yank
from support.command_line import Project
from support.errors import refused
from support.faults import GitWrites, KilledError
from support.forging import forge
from support.git import run_git
from support.shop import ALONE, CONFIG, Shop, add_remote, clone, copy_shop, made_once

YANKS = "refs/heads/sfn-release/shop/yanks"
OWN = "refs/sfn-release/shop/local/yanks"


@pytest.fixture
def alone(tmp_path: Path) -> Shop:
    """Return a clone without a remote."""
    shop = copy_shop(tmp_path)
    shop.write("releases.toml", ALONE)
    shop.commit()
    return shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone with a remote, and 1.0.0, 1.1.0 and 1.2.0 deployed to prod in turn."""
    return made_once(tmp_path, "yank", _make)


def _make(shop: Shop) -> None:
    add_remote(shop)
    for number, version in enumerate(("1.0.0", "1.1.0", "1.2.0")):
        shop.commit(hello=number)
        shop.publish(version, "prod")


def yanked(shop: Shop, version: str, reason: str = "bad") -> Yanked:
    return yank(shop.workspace(), version, reason=reason)


def test_nothing_brings_it_anywhere(shop: Shop) -> None:
    """Another clone refuses to publish, deploy, promote, roll back to or plan it."""
    yanked(shop, "1.1.0", "Charges twice")
    other = clone(shop)
    told = ("1.1.0 was yanked", "by ann on 2030-01-01", "Charges twice", "unyank 1.1.0")
    with refused("E_YANKED", *told):
        other.deploy("1.1.0", "prod")
    with refused("E_YANKED", *told):
        other.rollback("1.1.0", "prod")
    with refused("E_YANKED", *told):
        plan_version(other.workspace(), "1.1.0", environment="prod")
    with refused("E_YANKED", *told):
        promote(other.workspace(), "1.1.0", source="prod", environment="local")
    other.git("fetch", "--quiet", "origin", "tag", "v1.1.0")
    other.git("checkout", "--quiet", "v1.1.0")
    for deploy in (True, False):
        with refused("E_YANKED", *told):
            other.publish("1.1.0", *(["prod"] if deploy else []), deploy=deploy)


def test_what_was_unyanked_may_be_deployed_again(shop: Shop) -> None:
    """Every clone may deploy it; a yank and its end are two commits."""
    yanked(shop, "1.1.0")
    other = clone(shop)
    assert unyank(other.workspace(), "1.1.0").changed
    assert shop.deploy("1.1.0", "prod") is not None
    assert shop.git("log", "--format=%s", YANKS).splitlines() == ["unyank 1.1.0", "yank 1.1.0"]


def test_a_rollback_passes_it_by_and_says_so(shop: Shop) -> None:
    """A rollback without a version goes to the release below it."""
    yanked(shop, "1.1.0")
    record = shop.rollback(environment="prod")
    assert record is not None
    assert record.version == "1.0.0"
    assert "1.1.0 was yanked: skipped" in shop.watcher.said


def test_there_may_be_nothing_to_go_back_to(shop: Shop) -> None:
    """The error lists the yanked releases."""
    yanked(shop, "1.1.0")
    yanked(shop, "1.0.0")
    with refused("E_NOT_FOUND", "There is no release before", "Yanked: 1.1.0, 1.0.0"):
        shop.rollback(environment="prod")


def test_an_attempt_that_failed_does_not_restore_it(shop: Shop) -> None:
    """The release that was live may be yanked meanwhile: the one below it is restored."""
    events = shop.client("prod").meta.events  # type: ignore[attr-defined]  # it is boto3's client

    def interrupt(**_: Any) -> None:
        raise KeyboardInterrupt

    shop.release("1.3.0", hello=3)
    call = "before-call.stepfunctions.UpdateStateMachineAlias"
    events.register(call, interrupt)
    with pytest.raises(KeyboardInterrupt):
        shop.deploy("1.3.0", "prod")
    events.unregister(call, interrupt)
    yanked(shop, "1.2.0")
    record = shop.rollback(environment="prod")
    assert record is not None
    assert record.version == "1.1.0"


def test_where_it_is_live_is_told(shop: Shop) -> None:
    """It stays there, and status, releases and show say why it should not."""
    done = yanked(shop, "1.2.0", "Charges twice")
    assert (done.changed, done.live_in) == (True, ("prod",))
    workspace = shop.workspace()
    (found,) = status(workspace, environment="prod")
    assert (found.state, found.yank) == ("in-sync", done.yank)
    assert [release.yank for release in releases(workspace)] == [done.yank, None, None]
    assert shown(workspace, "1.2.0")[1] == done.yank
    assert shown(workspace, "1.1.0")[1] is None


def test_a_second_yank_says_nothing_new(shop: Shop) -> None:
    """The first reason stays; unyanking a release that isn't yanked does nothing either."""
    first = yanked(shop, "1.1.0", "first")
    again = yanked(shop, "1.1.0", "second")
    assert (again.changed, again.yank) == (False, first.yank)
    assert not unyank(shop.workspace(), "1.0.0").changed


def test_what_cannot_be_yanked(shop: Shop) -> None:
    """A release that is not there; without a reason."""
    with refused("E_NOT_FOUND", "There is no release 3.0.0"):
        yanked(shop, "3.0.0")
    with refused("E_USAGE", "You need a reason"):
        yanked(shop, "1.0.0", " ")


def test_two_clones_yank_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one reads again, and nothing is lost."""
    other = clone(shop)
    push = Remotes.push
    pushed: list[int] = []

    def first_the_other(remotes: Remotes, *arguments: Any, **options: Any) -> None:
        if not pushed:
            pushed.append(1)
            yanked(other, "1.0.0")
        push(remotes, *arguments, **options)

    monkeypatch.setattr(Remotes, "push", first_the_other)
    yanked(shop, "1.1.0")
    ledger = shop.workspace().ledger
    assert sorted(ledger.releases.yanked(ledger.branches.snapshot()).by_version) == [
        "1.0.0",
        "1.1.0",
    ]


def test_a_yank_that_was_killed(shop: Shop) -> None:
    """The same command finishes it after a kill at any write to Git, and nothing is lost."""
    counted = GitWrites()
    with counted.watched():
        yanked(shop, "1.1.0")
    assert [write.partition(".")[0] for write in counted.writes][-2:] == ["push", "update_refs"]
    for write in counted.writes:
        for side in ("before", "after"):
            unyank(shop.workspace(), "1.1.0")
            with GitWrites(write, side).watched(), pytest.raises(KilledError):
                yanked(shop, "1.1.0")
            yanked(shop, "1.1.0")
            with refused("E_YANKED"):
                clone(shop, f"{write}-{side}").deploy("1.1.0", "prod")


SAME = ("1.1.9 has the contents of 1.1.0, which was yanked", "Charges twice", "unyank 1.1.0")


def test_its_contents_take_no_new_number(shop: Shop) -> None:
    """Another clone refuses to publish or plan them under a free version, which stays free."""
    yanked(shop, "1.1.0", "Charges twice")
    other = clone(shop)
    other.git("fetch", "--quiet", "origin", "tag", "v1.1.0")
    other.git("checkout", "--quiet", "v1.1.0")
    for deploy in (True, False):
        with refused("E_YANKED", *SAME):
            other.publish("1.1.9", *(["prod"] if deploy else []), deploy=deploy)
    assert [release.manifest.version for release in releases(other.workspace())] == [
        "1.2.0",
        "1.1.0",
        "1.0.0",
    ]
    with refused("E_YANKED", "The work tree has the contents of 1.1.0", "Charges twice"):
        plan_version(other.workspace(), environment="prod")


def test_a_release_with_its_contents_is_yanked_too(shop: Shop) -> None:
    """A ledger may have such a pair: everything refuses, passes by and marks its other number."""
    shop.release("1.1.9", hello=1)
    shop.deploy("1.1.9", "prod")
    shop.commit(hello=9)
    shop.publish("1.3.0", "prod")
    yank_of = yanked(shop, "1.1.0", "Charges twice").yank
    workspace = shop.workspace()
    with refused("E_YANKED", *SAME):
        shop.deploy("1.1.9", "prod")
    with refused("E_YANKED", *SAME):
        shop.rollback("1.1.9", "prod")
    with refused("E_YANKED", *SAME):
        promote(workspace, "1.1.9", source="prod", environment="local")
    with refused("E_YANKED", *SAME):
        plan_version(workspace, "1.1.9", environment="prod")
    assert {release.manifest.version: release.yank for release in releases(workspace)} == {
        "1.3.0": None,
        "1.2.0": None,
        "1.1.9": yank_of,
        "1.1.0": yank_of,
        "1.0.0": None,
    }
    assert shown(workspace, "1.1.9")[1] == yank_of
    checks = [check.text for check in verify(workspace).checks if "yank" in check.text]
    assert len(checks) == 3
    assert checks[2].startswith("1.1.9 has the contents of 1.1.0, which is yanked by ann")
    assert shop.rollback(environment="prod").version == "1.2.0"  # type: ignore[union-attr]
    assert "1.1.9 has the contents of 1.1.0, which was yanked: skipped" in shop.watcher.said


def test_where_its_contents_are_live_under_another_number(shop: Shop) -> None:
    """The yank lists the environment, and `status` marks it."""
    shop.release("1.1.9", hello=1)
    shop.deploy("1.1.9", "prod")
    done = yanked(shop, "1.1.0")
    assert done.live_in == ("prod",)
    (found,) = status(shop.workspace(), environment="prod")
    assert (found.version, found.yank) == ("1.1.9", done.yank)
    warnings = [item for item in examine_ledger(shop.workspace()) if item.verdict == "warning"]
    assert [item.subject for item in warnings] == ["env/prod"]
    assert warnings[0].message.startswith("1.1.9 has the contents of 1.1.0, which was yanked by")


def test_only_the_yanked_number_can_be_unyanked(shop: Shop) -> None:
    """`unyank` of the other one names the yanked one; two yanks have to be withdrawn one by one."""
    shop.release("1.1.9", hello=1)
    yanked(shop, "1.1.0", "Charges twice")
    with refused("E_YANKED", "1.1.9 itself was not yanked", "unyank 1.1.0"):
        unyank(shop.workspace(), "1.1.9")
    own = yanked(shop, "1.1.9", "Still does")
    assert own.changed
    first = unyank(shop.workspace(), "1.1.0")
    assert (first.changed, first.yank) == (True, own.yank)
    with refused("E_YANKED", "1.1.0 has the contents of 1.1.9", "Still does"):
        shop.deploy("1.1.0", "prod")
    assert unyank(shop.workspace(), "1.1.9").yank is None
    assert shop.deploy("1.1.0", "prod") is not None


def test_a_workflow_of_a_yanked_release_may_stay(shop: Shop) -> None:
    """A release that changes another workflow only, or changes this one back, is none of it."""
    yanked(shop, "1.2.0")
    shop.commit(hello=2, other=1)
    assert shop.publish("1.3.0", "prod").deployments
    shop.commit(hello=0, other=1)
    assert shop.publish("1.4.0", "prod").deployments


def test_without_a_remote(alone: Shop) -> None:
    """The branch is in this clone."""
    alone.publish("1.0.0")
    yanked(alone, "1.0.0")
    assert YANKS in alone.refs()
    with refused("E_YANKED"):
        alone.rollback("1.0.0")


def test_a_remote_that_comes_later_is_told_too(alone: Shop) -> None:
    """It also gets the releases that the clone had before."""
    alone.release("1.0.0", hello=1)
    alone.release("1.1.0", hello=2)
    yanked(alone, "1.0.0")
    alone.write("releases.toml", CONFIG)
    alone.commit()
    add_remote(alone)
    alone.deploy("1.1.0", "prod")
    other = clone(alone)
    with refused("E_YANKED"):
        other.deploy("1.0.0", "prod")


def test_a_release_that_only_this_clone_knows(shop: Shop) -> None:
    """Its yank stays here: that version is still free for everybody else; a reset forgets both."""
    shop.commit(hello="mine")
    shop.publish("2.0.0")
    yanked(shop, "2.0.0")
    assert (OWN in shop.refs(), YANKS in shop.refs()) == (True, False)
    with refused("E_YANKED"):
        shop.deploy("2.0.0", "prod")
    other = clone(shop)
    other.commit(hello="theirs")
    other.publish("2.0.0", "prod")
    workspace = shop.workspace()
    reset_local(workspace)
    assert OWN not in shop.refs()
    assert shop.deploy("2.0.0", "prod") is None


@pytest.mark.parametrize(
    "content",
    [
        None,
        "{",
        "[]",
        '{"1.0.0": "bad"}',
        '{"1.0.0": {"reason": "bad", "actor": "ann"}}',
        '{"1.0.0": {"reason": "bad", "actor": "ann", "date": "today"}}',
        '{"latest": {"reason": "bad", "actor": "ann", "date": "2030-01-01T12:00:00Z"}}',
    ],
)
def test_a_file_that_was_tampered_with(shop: Shop, content: str | None) -> None:
    """Every forgery stops the deployment, and the error names the branch."""
    yanked(shop, "1.0.0")
    forge(shop, YANKS, {"yanked.json": content}, "yank 1.0.0")
    shop.git("push", "--quiet", "origin", YANKS)
    with refused("E_TAMPERED", f"{YANKS} ("):
        shop.deploy("1.1.0", "prod")


def test_a_branch_that_was_rewritten(shop: Shop) -> None:
    """Every clone that has seen the yank notices a forced removal."""
    yanked(shop, "1.0.0")
    run_git(Path(shop.git("remote", "get-url", "origin")), "update-ref", "-d", YANKS)
    with pytest.raises(SfnReleaseError) as caught:
        shop.deploy("1.0.0", "prod")
    assert caught.value.code == "E_TAMPERED"


def test_the_commands(shop_project: Project) -> None:
    """`yank` warns where it is live; releases, show and status show it; `unyank` removes it."""
    project = shop_project
    ran = project.ok("yank", "1.0.0", "--reason", "Charges\ntwice")
    assert ran.out == "1.0.0 is yanked: it can no longer be deployed\n"
    assert "warning: the contents of 1.0.0 are live in local (not AWS)" in ran.err
    for command in (["releases"], ["show", "1.0.0"], ["status"]):
        assert "Charges\\ntwice" in project.ok(*command).out, command
    assert project.json("show", "1.0.0")["yanked"]["reason"] == "Charges\ntwice"
    (found,) = project.json("status")["environments"]
    assert found["yanked"]["actor"] == "Ann <ann@example.com>"
    again = json.loads(project.ok("--json", "yank", "1.0.0", "--reason", "again").out)
    assert (again["changed"], again["live_in"]) == (False, ["local"])
    refusal = project.run("rollback", "1.0.0")
    assert (refusal.code, "E_YANKED" in refusal.err) == (1, True)
    assert project.run("yank", "1.0.0").code == 2
    assert project.ok("unyank", "1.0.0").out == "1.0.0 can be deployed again\n"
    assert project.ok("unyank", "1.0.0").out == "1.0.0 is not yanked: nothing to do\n"


@pytest.fixture
def shop_project(repository: Path) -> Project:
    """Return a project on `local` that serves 1.0.0."""
    made = Project(repository)
    made.write("releases.toml", '[project]\nname = "shop"\n')
    made.commit(hello="Hello Alice")
    made.ok("publish", "1.0.0")
    return made
