"""Promotion and policies: which releases may enter an environment, and how."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import SeveralError
from sfn_release.operations.verbs.acknowledge import acknowledge
from sfn_release.operations.verbs.delete import delete
from sfn_release.operations.verbs.history import history
from sfn_release.operations.verbs.plan import plan_version
from sfn_release.operations.verbs.promote import promote
from support.errors import refused
from support.shop import ALONE, CONFIG, Shop, add_remote, clone, made_once

STAGING = "\n[environments.staging]\n" + CONFIG.partition("[environments.prod]\n")[2]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone, with a remote, of a project with staging and prod."""
    return made_once(tmp_path, "promote", _make)


def _make(shop: Shop) -> None:
    add_remote(shop)
    configure(shop, "")


def configure(shop: Shop, prod: str) -> None:
    """Commit, and push, a releases.toml with more lines for prod."""
    shop.write("releases.toml", CONFIG + prod + "\n" + STAGING)
    shop.commit()
    shop.git("push", "--quiet", "origin", "HEAD:main")


def to_prod(shop: Shop, version: str | None = None, **options: Any) -> Any:
    """Promote from staging to prod."""
    return promote(shop.workspace(), version, source="staging", environment="prod", **options)


# Promotion


def test_the_very_release_that_succeeded_is_deployed(shop: Shop) -> None:
    """Promotion goes by digest, without a rebuild: later commits have no effect."""
    shop.publish("1.0.0", "staging")
    shop.commit(hello="two")
    record = to_prod(shop)
    assert (record.action, record.version, record.promoted_from) == ("promote", "1.0.0", "staging")
    assert record.release_digest == shop.serving("staging").release_digest
    assert shop.live("hello", "prod") == ("one", "one")
    assert to_prod(shop) is None


def test_a_rollback_there_is_what_is_promoted(shop: Shop) -> None:
    """Without a version, the release that the environment serves now is promoted."""
    shop.publish("1.0.0", "staging")
    shop.commit(hello="two")
    shop.publish("1.1.0", "staging")
    shop.rollback(environment="staging")
    assert to_prod(shop).version == "1.0.0"
    assert to_prod(shop, "1.1.0").version == "1.1.0"


def test_what_has_not_succeeded_there_is_not_promoted(shop: Shop) -> None:
    """Nothing is promoted before the first success, at a missing version, or to itself."""
    with refused("E_NOT_FOUND", "Nothing has succeeded in staging"):
        to_prod(shop)
    shop.publish("1.0.0", "staging")
    shop.release("1.1.0", hello="two")
    with refused("E_NOT_FOUND", "1.1.0 has never succeeded in staging", "deploy 1.1.0"):
        to_prod(shop, "1.1.0")
    with refused("E_USAGE", "itself"):
        promote(shop.workspace(), source="staging", environment="staging")


def test_another_version_of_the_same_content_has_succeeded(shop: Shop) -> None:
    """A release is recognised by its digest, which does not contain the version."""
    shop.publish("1.0.0", "staging")
    shop.release("1.0.1")
    assert to_prod(shop, "1.0.1").version == "1.0.1"


def test_what_an_unfinished_attempt_was_to_bring_is_not_promoted(shop: Shop) -> None:
    """The last success is, and it is said."""
    shop.publish("1.0.0", "staging")
    shop.commit(hello="two")
    shop.publish("1.1.0", deploy=False)
    client = shop.client("staging")
    events = client.meta.events  # type: ignore[attr-defined]  # it is boto3's client

    def fail(**_: object) -> None:
        raise KeyboardInterrupt

    events.register("before-call.stepfunctions.UpdateStateMachineAlias", fail)
    with pytest.raises(KeyboardInterrupt):
        shop.deploy("1.1.0", "staging")
    events.unregister("before-call.stepfunctions.UpdateStateMachineAlias", fail)
    assert to_prod(shop).version == "1.0.0"
    assert any("deploy 1.1.0 to staging has not succeeded" in text for text in shop.watcher.said)


# requires and soak


def test_a_required_environment_comes_first(shop: Shop) -> None:
    """A refused publish takes no version, a refused deployment does nothing, and a plan says so."""
    configure(shop, 'requires = ["staging"]')
    with refused("E_POLICY", "1.0.0 has never succeeded in staging"):
        shop.publish("1.0.0", "prod")
    assert "v1.0.0" not in shop.git("tag", "--list")
    shop.publish("1.0.0", deploy=False)
    with refused("E_POLICY", "1.0.0 can't be deployed to prod"):
        shop.deploy("1.0.0", "prod")
    (refusal,) = plan_version(shop.workspace(), "1.0.0", environment="prod").refusals
    assert refusal.rule == "requires"
    shop.deploy("1.0.0", "staging")
    assert plan_version(shop.workspace(), "1.0.0", environment="prod").refusals == ()
    assert to_prod(shop).status == "succeeded"


def test_a_failure_there_is_no_success(shop: Shop) -> None:
    """Only successful deployments count."""
    configure(shop, 'requires = ["staging"]')
    client = shop.client("staging")
    events = client.meta.events  # type: ignore[attr-defined]  # it is boto3's client

    def fail(**_: object) -> None:
        raise KeyboardInterrupt

    events.register("before-call.stepfunctions.CreateStateMachineAlias", fail)
    with pytest.raises(KeyboardInterrupt):
        shop.publish("1.0.0", "staging")
    events.unregister("before-call.stepfunctions.CreateStateMachineAlias", fail)
    with refused("E_POLICY", "never succeeded"):
        shop.deploy("1.0.0", "prod")


def test_a_release_soaks(shop: Shop) -> None:
    """The time counts from the last success, in every clone; a live release needs no permission."""
    configure(shop, 'requires = ["staging"]\nsoak = "2h"')
    shop.publish("1.0.0", "staging")
    shop.clock.wait(40 * 60)
    with refused("E_POLICY", "live in staging for 40m", "You can deploy it from 2030-01-01T14:00"):
        to_prod(shop)
    shop.clock.wait(80 * 60)
    other = clone(shop)
    assert to_prod(other).version == "1.0.0"
    shop.commit(hello="two")
    shop.publish("1.1.0", "staging")
    assert shop.deploy("1.0.0", "prod") is None
    with refused("E_POLICY", "1.1.0 has been live in staging for"):
        to_prod(shop, reason="too early")
    # A rollback is never stopped.
    shop.clock.wait(7200)
    to_prod(shop)
    assert shop.rollback("1.0.0", "prod") is not None


def test_accepting_a_version_made_by_hand_ends_no_soak(shop: Shop) -> None:
    """The release is served all the time."""
    configure(shop, 'requires = ["staging"]\nsoak = "2h"')
    shop.publish("1.0.0", "staging")
    client, arn = shop.client("staging"), shop.arn("hello", "staging")
    form = client.describe_state_machine(stateMachineArn=arn)["definition"]
    other = form.replace("one", "mine")
    client.update_state_machine(stateMachineArn=arn, definition=other, publish=True)
    client.update_state_machine(stateMachineArn=arn, definition=form)
    shop.clock.wait(110 * 60)
    assert acknowledge(shop.workspace(), environment="staging") is not None
    shop.clock.wait(20 * 60)
    assert to_prod(shop).version == "1.0.0"


def test_a_deletion_ends_the_time(shop: Shop) -> None:
    """An incomplete release doesn't count as served."""
    configure(shop, 'requires = ["staging"]\nsoak = "2h"')
    shop.commit(other="x")
    shop.publish("1.0.0", "staging")
    shop.clock.wait(3600)
    delete(shop.workspace(), "other", environment="staging")
    shop.clock.wait(7200)
    with refused("E_POLICY", "for 1h", "when a deletion replaced it"):
        to_prod(shop)


def test_an_override_is_recorded(shop: Shop) -> None:
    """The record has it only if it was needed; an empty one is refused."""
    configure(shop, 'requires = ["staging"]')
    with refused("E_USAGE", "--override"):
        shop.publish("1.0.0", "prod", override="  ")
    (record,) = shop.publish("1.0.0", "prod", override="incident 42").deployments
    assert record.override == "incident 42"
    assert any(text.startswith("overridden: requires") for text in shop.watcher.said)
    shop.deploy("1.0.0", "staging", override="not needed")
    workspace = shop.workspace()
    assert [record.override for record in history(workspace, environment="staging")] == [None]
    assert [record.override for record in history(workspace, environment="prod")] == ["incident 42"]


# branches


def test_a_commit_must_be_on_the_remotes_branch(shop: Shop) -> None:
    """A commit that was not pushed is on none, whatever this clone says."""
    configure(shop, 'branches = ["main", "release/*"]')
    shop.commit(hello="two")
    with refused("E_POLICY", "is not on main of origin"):
        shop.publish("1.0.0", "prod")
    shop.git("push", "--quiet", "origin", "HEAD:refs/heads/release/1")
    shop.publish("1.0.0", "prod")


def test_a_clone_that_lacks_the_branch_fetches_it(shop: Shop) -> None:
    """Its objects alone: no ref of the clone changes, no FETCH_HEAD appears."""
    configure(shop, 'branches = ["main"]')
    shop.publish("1.0.0", deploy=False)
    other = clone(shop)
    shop.commit(hello="two")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    shop.publish("1.1.0", deploy=False)
    before = set(other.refs())
    other.deploy("1.1.0", "prod")
    assert {ref for ref in {*other.refs()} - before if "sfn-release" not in ref} == set()
    assert not (other.root / ".git" / "FETCH_HEAD").exists()


@pytest.mark.parametrize("on_main", [True, False])
def test_a_shallow_detached_clone_can_tell(shop: Shop, on_main: bool) -> None:
    """One commit without a branch suffices, and the history stays as shallow as it was."""
    configure(shop, 'branches = ["main"]')
    tagged = shop.commit(hello="two")
    shop.git("push", "--quiet", "origin", f"{tagged}:refs/heads/topic")
    if on_main:
        shop.git("push", "--quiet", "origin", f"{tagged}:main")
        for _ in range(3):
            shop.commit()
        shop.git("push", "--quiet", "origin", "HEAD:main")
    other = clone(shop, "shallow", "--depth=1", "--branch=topic", "--no-local")
    other.git("checkout", "--quiet", "--detach")
    other.git("branch", "--quiet", "-D", "topic")
    other.git("update-ref", "-d", "refs/remotes/origin/topic")
    if on_main:
        other.publish("1.0.0", "prod")
    else:
        with refused("E_POLICY", "is not on main of origin"):
            other.publish("1.0.0", "prod")
    assert other.git("rev-list", "--count", tagged) == "1"
    assert (other.root / ".git" / "shallow").read_text().split() == [tagged]


def test_what_cannot_be_told_is_refused_with_the_reason(shop: Shop) -> None:
    """A branch whose last commit the remote has lost."""
    configure(shop, 'branches = ["main"]')
    shop.publish("1.0.0", deploy=False)
    other = clone(shop)
    lost = shop.commit(hello="two")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    remote = Path(shop.git("remote", "get-url", "origin"))
    (remote / "objects" / lost[:2] / lost[2:]).unlink()
    with refused("E_POLICY", "can't check whether commit", "origin"):
        other.deploy("1.0.0", "prod")


def test_without_a_remote_this_clones_branches_count(shop: Shop) -> None:
    """The clone is the only ledger."""
    shop.write(
        "releases.toml",
        ALONE + 'branches = ["trunk"]\n',
    )
    shop.commit()
    with refused("E_POLICY", "this clone has no such branch"):
        shop.publish("1.0.0", "prod")
    shop.git("branch", "trunk")
    shop.publish("1.0.0", "prod")


# Several environments


def test_a_refusal_of_one_environment_takes_no_version(shop: Shop) -> None:
    """All environments are checked, and every refusal is reported."""
    configure(shop, 'requires = ["staging"]')
    with pytest.raises(SeveralError) as caught:
        shop.publish("1.0.0", "staging", "prod")
    assert {name: error.code for name, error in caught.value.errors.items()} == {"prod": "E_POLICY"}
    assert "v1.0.0" not in shop.git("tag", "--list")


def test_the_time_that_a_clock_is_ahead_is_no_time(shop: Shop) -> None:
    """A deployer whose clock is hours ahead gets an error."""
    configure(shop, 'requires = ["staging"]\nsoak = "2h"')
    shop.publish("1.0.0", "staging")
    shop.clock.at -= timedelta(hours=1)
    with refused("E_POLICY", "the two deployers' clocks differ"):
        to_prod(shop)
