"""Two deployers, one environment: which one waits, takes over, or stops.

The second deployer acts in the middle of a call of the first, so that every order is certain.
"""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sfn_release.deployment.fence import OvertakenError
from sfn_release.errors import (
    AccessError,
    ConflictError,
    GitError,
    LockedError,
    NetworkError,
    NotFoundError,
)
from sfn_release.ledger.deployment_history import DeploymentHistory
from sfn_release.ledger.git.refs import RefStore
from sfn_release.ledger.ledger import Ledger
from sfn_release.operations import delete, status, unlock
from sfn_release.plan import Plan
from sfn_release.release.serving import RecordedState
from support.faults import DENIED, KILLED, TIMEOUT_BEFORE, At, Faulty, KilledError
from support.scenes import numbered, packed, production
from support.shop import Shop, copied
from support.world import Watcher

FIRST = numbered(alpha=1, beta=1)
SECOND = numbered(alpha=2, beta=2)
PREPARING = "alpha.PublishStateMachineVersion"
SWITCHING = "alpha.UpdateStateMachineAlias"


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Return a shop where 1.0.0 is live, and 1.1.0 is committed."""
    shop = production(tmp_path_factory.mktemp("shops") / "shop", FIRST)
    shop.publish("1.0.0")
    shop.commit_only(**SECOND)
    return packed(shop)


@pytest.fixture
def shop(setting: Shop, tmp_path: Path) -> Shop:
    """Return a copy of the shop that the test may change."""
    return copied(setting, tmp_path / "shop")


class Meanwhile(Faulty):
    """A client that runs *act*, as another deployer, just before one call."""

    def __init__(self, shop: Shop, call: str, act: Callable[[], Any], at: At | None = None) -> None:
        self.raised: BaseException | None = None

        def before(known: str) -> None:
            if known == call:
                try:
                    act()
                except Exception as error:  # noqa: BLE001 - the test looks at it
                    self.raised = error

        super().__init__(shop.client("prod"), at, before=before)


def bob(shop: Shop) -> Shop:
    """Return the same shop in another person's hands."""
    return replace(shop, actor="bob")


def _live(shop: Shop) -> dict[str, tuple[str | None, str]]:
    return {name: (machine.live, machine.latest) for name, machine in shop.machines().items()}


OLD = {"alpha": ("alpha 1", "alpha 1"), "beta": ("beta 1", "beta 1")}
NEW = {"alpha": ("alpha 2", "alpha 2"), "beta": ("beta 2", "beta 2")}


@pytest.mark.parametrize("call", [PREPARING, SWITCHING])
def test_a_second_deployer_is_told_who_holds_the_lock(shop: Shop, call: str) -> None:
    """The error names the deployer, the start and the expiry of the running deployment."""
    aws = Meanwhile(shop, call, lambda: bob(shop).deploy("1.0.0"))
    shop.using(aws).publish("1.1.0")
    assert isinstance(aws.raised, LockedError)
    assert str(aws.raised) == (
        "prod is being deployed to: publish 1.1.0.\n"
        "  By ann on desk, since 2026-03-01T12:00:00Z."
        " The lock expires at 2026-03-01T12:15:00Z. Others can take over from 2026-03-01T12:17:00Z,"
        " to allow for clock skew.\n"
        "  Wait. If that deployment is dead:  sfn-release unlock --env prod"
    )
    assert shop.history().ends == ["publish 1.1.0 succeeded", "publish 1.0.0 succeeded"]
    assert _live(shop) == NEW


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda shop: shop.publish("1.2.0"), id="publish"),
        pytest.param(lambda shop: shop.rollback("1.0.0"), id="rollback"),
        pytest.param(lambda shop: delete(shop.workspace(), "alpha"), id="delete"),
    ],
)
def test_every_verb_respects_the_lock(shop: Shop, act: Callable[[Shop], None]) -> None:
    """No verb changes an environment that is being deployed to, and none takes a version."""
    aws = Meanwhile(shop, PREPARING, lambda: act(shop))
    shop.using(aws).publish("1.1.0")
    assert isinstance(aws.raised, LockedError)
    assert shop.workspace().git.refs.find("refs/tags/v1.2.0") == {}
    assert _live(shop) == NEW


def test_status_tells_a_deployment_under_way_from_an_abandoned_one(shop: Shop) -> None:
    """A running deployment is in progress; a killed one is abandoned, and can be taken over."""
    seen = []
    aws = Meanwhile(
        shop,
        SWITCHING,
        lambda: seen.append(status(shop.workspace(), environment="prod")[0].state),
        At(SWITCHING, KILLED),
    )
    with pytest.raises(KilledError):
        shop.using(aws).publish("1.1.0")
    assert seen == ["in-progress"]
    assert status(shop.workspace(), environment="prod")[0].state == "abandoned"


@pytest.mark.parametrize("call", [PREPARING, SWITCHING])
def test_an_expired_deployer_stops_and_puts_nothing_back(shop: Shop, call: str) -> None:
    """A deployer whose lease is over makes no further write, not even to undo its own."""
    aws = Meanwhile(shop, call, lambda: shop.clock.forward(minutes=15))
    with pytest.raises(OvertakenError, match="lock expired at 2026-03-01T12:15:00Z"):
        shop.using(aws).publish("1.1.0")
    assert [known for known in aws.calls if known.startswith("alpha.")][-1] == call
    assert shop.history().ends[0] == "publish 1.1.0 started"
    assert shop.machines()["alpha"].latest == "alpha 2"


def test_the_lease_covers_the_undoing_too(shop: Shop) -> None:
    """A failure at the very end of the lease leaves AWS as it is: another may be at work there."""
    aws = Meanwhile(
        shop, PREPARING, lambda: shop.clock.forward(minutes=15), At(PREPARING, TIMEOUT_BEFORE)
    )
    with pytest.raises(OvertakenError):
        shop.using(aws).publish("1.1.0")
    assert shop.machines()["alpha"].latest == "alpha 2"


def test_an_expired_lock_is_respected_for_two_minutes_more(shop: Shop) -> None:
    """A lock is taken over only two minutes after its expiry, for clock skew, with a message."""
    with pytest.raises(KilledError):
        shop.using(Faulty(shop.client("prod"), At(PREPARING, KILLED))).publish("1.1.0")
    elsewhere = shop.root / ".git" / "sfn-release" / "deployments"
    for note in elsewhere.iterdir():
        note.unlink()  # as seen from another clone

    shop.clock.forward(minutes=17)
    with pytest.raises(LockedError):
        bob(shop).deploy("1.1.0")

    shop.clock.forward(seconds=1)
    bob(shop).deploy("1.1.0")
    assert shop.history().ends == [
        "deploy 1.1.0 succeeded",
        "publish 1.1.0 failed",
        "publish 1.0.0 succeeded",
    ]
    closed = shop.history().deployments[1]
    assert closed.error == "taken over by bob: it expired at 2026-03-01T12:15:00Z"
    assert _live(shop) == NEW
    assert shop.machines()["alpha"].versions == ("alpha 1", "alpha 2")


@pytest.mark.parametrize("call", ["alpha.UpdateStateMachine", PREPARING])
@pytest.mark.parametrize("fault", [None, DENIED], ids=["well", "failing"])
def test_an_overtaken_deployer_switches_nothing_and_undoes_nothing(
    shop: Shop, call: str, fault: Any
) -> None:
    """A deployer that lost the lock stops before aliases move, and leaves the new content alone."""

    def take_over() -> None:
        unlock(bob(shop).workspace(), force=True)

    aws = Meanwhile(shop, call, take_over, At(PREPARING, fault) if fault else None)
    with pytest.raises(OvertakenError, match="Another deployer took this deployment over"):
        shop.using(aws).publish("1.1.0")
    assert aws.raised is None
    assert not any("UpdateStateMachineAlias" in known for known in aws.calls)
    assert aws.calls.count("alpha.UpdateStateMachine.2") == 0
    assert {machine.live for machine in shop.machines().values()} == {"alpha 1", "beta 1"}
    assert shop.history().ends[0] == "publish 1.1.0 failed"

    bob(shop).deploy("1.1.0")
    assert _live(shop) == NEW


def test_a_deployer_that_cannot_ask_the_ledger_still_undoes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within its lease a failed deployer restores the live release, even without the ledger."""
    find = RefStore.find

    def unreachable(refs: RefStore, *patterns: str) -> dict[str, str]:
        if any(pattern.endswith("/env/prod") for pattern in patterns):
            raise GitError("`git for-each-ref` failed.")
        return find(refs, *patterns)

    aws = Meanwhile(
        shop,
        PREPARING,
        lambda: monkeypatch.setattr(RefStore, "find", unreachable),
        At(PREPARING, DENIED),
    )
    with pytest.raises(AccessError):
        shop.using(aws).publish("1.1.0")
    monkeypatch.undo()
    assert _live(shop) == OLD


@pytest.mark.parametrize(
    ("mine", "taken"),
    [
        pytest.param({"run": "github:17", "attempt": 3}, True, id="a-later-attempt"),
        pytest.param({"run": "github:17", "attempt": 2}, False, id="the-same-attempt"),
        pytest.param({"run": "github:17", "attempt": 1}, False, id="an-earlier-attempt"),
        pytest.param({"run": "github:18", "attempt": 3}, False, id="another-run"),
        pytest.param(None, False, id="a-person"),
    ],
)
def test_only_a_later_attempt_of_the_same_ci_run_takes_over(
    shop: Shop, mine: dict[str, Any] | None, taken: bool
) -> None:
    """A repeated CI job finishes the work of its killed attempt, on any machine."""
    killed = replace(shop, ci={"run": "github:17", "attempt": 2})
    with pytest.raises(KilledError):
        killed.using(Faulty(shop.client("prod"), At(PREPARING, KILLED))).publish("1.1.0")
    for note in (shop.root / ".git" / "sfn-release" / "deployments").iterdir():
        note.unlink()  # the next attempt has a clone of its own

    again = replace(shop, ci=mine)
    if not taken:
        with pytest.raises(LockedError):
            again.publish("1.1.0")
        return
    again.publish("1.1.0")
    assert _live(shop) == NEW
    closed = shop.history().deployments[1]
    assert closed.error == "taken over by ann: it was attempt 2 of this very CI run"


def test_unlock_closes_what_was_abandoned_and_says_by_whom(shop: Shop) -> None:
    """After unlock the environment is free, and the ledger records the person and the reason."""
    with pytest.raises(KilledError):
        shop.using(Faulty(shop.client("prod"), At(SWITCHING, KILLED))).publish("1.1.0")
    closed = unlock(bob(shop).workspace(), reason="the runner was lost")
    assert (closed.status, closed.error) == ("failed", "unlocked by bob: the runner was lost")
    with pytest.raises(NotFoundError, match="isn't locked"):
        unlock(shop.workspace())

    shop.rollback()
    assert _live(shop) == OLD
    assert shop.history().ends[0] == "rollback 1.0.0 succeeded"


def test_unlock_leaves_a_deployment_alone_that_still_runs_here(shop: Shop) -> None:
    """Its process holds the lock of its file: Ctrl-C there is right, and unlocking is not."""
    said: list[LockedError] = []

    def try_it() -> None:
        with pytest.raises(LockedError, match=r"still running on this machine") as refused:
            unlock(bob(shop).workspace())
        said.append(refused.value)

    shop.using(Meanwhile(shop, SWITCHING, try_it)).publish("1.1.0")
    assert "Ctrl-C" in said[0].fix
    assert shop.history().ends[0] == "publish 1.1.0 succeeded"
    assert _live(shop) == NEW


def test_a_changed_releases_toml_hides_no_lock(shop: Shop) -> None:
    """A releases.toml that blocks deployments doesn't block status and unlock."""
    with pytest.raises(KilledError):
        shop.using(Faulty(shop.client("prod"), At(SWITCHING, KILLED))).publish("1.1.0")
    with (shop.root / "releases.toml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert status(shop.workspace(), environment="prod")[0].state == "abandoned"
    assert unlock(shop.workspace()).status == "failed"


@pytest.mark.parametrize("call", ["alpha.UpdateStateMachine", PREPARING, SWITCHING])
def test_ctrl_c_puts_back_what_was_changed(shop: Shop, call: str) -> None:
    """An interrupted deployment lets calls end, undoes its changes, and records its failure."""

    def interrupt() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(0.05)  # until the main thread has noticed

    with pytest.raises(KeyboardInterrupt) as stopped:
        shop.using(Meanwhile(shop, call, interrupt)).publish("1.1.0")
    assert stopped.value.__notes__ == ["prod serves what it served before"]
    assert _live(shop) == OLD
    assert shop.history().ends == ["publish 1.1.0 failed", "publish 1.0.0 succeeded"]
    assert (shop.history().deployments[0].error or "").startswith("Interrupted.")

    shop.publish("1.1.0")
    assert _live(shop) == NEW


@pytest.mark.parametrize("written", [True, False])
def test_ctrl_c_while_a_deployment_starts_leaves_no_lock(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    """Ctrl-C may come before or after the ledger has the start of the deployment: both end it."""
    append = Ledger.append

    def interrupted(ledger: Ledger, *arguments: Any, **more: Any) -> RecordedState:
        monkeypatch.setattr(Ledger, "append", append)
        if written:
            append(ledger, *arguments, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(Ledger, "append", interrupted)
    with pytest.raises(KeyboardInterrupt) as stopped:
        shop.publish("1.1.0")
    assert stopped.value.__notes__ == ["nothing was changed in prod"]
    assert status(shop.workspace(), environment="prod")[0].state == "in-sync"
    ends = ["publish 1.1.0 failed"] if written else []
    assert shop.history().ends == [*ends, "publish 1.0.0 succeeded"]
    if written:
        assert shop.history().deployments[0].error == "Interrupted before its first change."

    shop.publish("1.1.0")
    assert _live(shop) == NEW


def test_ctrl_c_that_cannot_be_recorded_says_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the ledger can't be read after Ctrl-C, the next deployment takes over."""
    append = Ledger.append

    def fail(*_: Any) -> RecordedState:
        raise GitError("The ledger can't be read.")

    def interrupted(*arguments: Any, **more: Any) -> RecordedState:
        append(*arguments, **more)
        patched.setattr(DeploymentHistory, "state", fail)
        raise KeyboardInterrupt

    watcher = Watcher()
    mine = replace(shop, watcher=watcher)
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            mine.publish("1.1.0")
    assert watcher.said[-1] == (
        "warning: the ledger may still say that this deployment runs: The ledger can't be read."
    )
    shop.publish("1.1.0")
    assert _live(shop) == NEW


def test_ctrl_c_while_a_thread_is_started_waits_for_that_thread(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that its pool does not know of is waited for, so that its work is undone too."""
    start = ThreadPoolExecutor._adjust_thread_count
    begun = threading.Event()
    told: list[str] = []

    def interrupted(pool: Any) -> None:
        start(pool)
        if begun.wait(5) and not told:
            told.append("once")
            pool._threads.clear()
            raise KeyboardInterrupt

    def update() -> None:
        monkeypatch.setattr(ThreadPoolExecutor, "_adjust_thread_count", start)
        begun.set()
        time.sleep(0.1)  # the call is under way while the main thread is interrupted

    def planned(_: Plan) -> None:
        monkeypatch.setattr(ThreadPoolExecutor, "_adjust_thread_count", interrupted)

    mine = replace(shop, watcher=Watcher(planned))
    with pytest.raises(KeyboardInterrupt):
        mine.using(Meanwhile(shop, "alpha.UpdateStateMachine", update)).publish("1.1.0")
    assert told == ["once"]
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(5)
    assert _live(shop) == OLD
    assert shop.history().ends[0] == "publish 1.1.0 failed"


def test_what_could_not_be_undone_is_told_and_recorded(shop: Shop) -> None:
    """When AWS stays away, the error and the record both list the steps that weren't undone."""
    aws = Faulty(shop.client("prod"), At(SWITCHING, TIMEOUT_BEFORE, lasting=True))
    with pytest.raises(NetworkError) as caught:
        shop.using(aws).publish("1.1.0")
    left = "alpha: update state machine alpha could not be undone"
    assert left in caught.value.why
    assert left in (shop.history().deployments[0].error or "")


def test_what_somebody_else_wrote_into_latest_is_not_undone(shop: Shop) -> None:
    """Changed in the console between our update and our publish: refused, and theirs stays."""

    def console() -> None:
        shop.client("prod").update_state_machine(
            stateMachineArn=_arn("alpha"), definition=_definition("hot")
        )

    with pytest.raises(ConflictError, match="changed by someone else") as caught:
        shop.using(Meanwhile(shop, PREPARING, console)).publish("1.1.0")
    assert "someone else has changed it since; it stays as it is" in caught.value.why
    assert _live(shop) == {"alpha": ("alpha 1", "hot"), "beta": ("beta 1", "beta 1")}


def test_an_alias_that_somebody_else_moved_is_not_undone(shop: Shop) -> None:
    """An alias moved after ours stays where its mover put it, when we fail later."""
    restoring = "alpha.UpdateStateMachine"
    shop.publish("1.1.0")

    def console() -> None:
        route = {"stateMachineVersionArn": f"{_arn('alpha')}:2", "weight": 100}
        shop.client("prod").update_state_machine_alias(
            stateMachineAliasArn=f"{_arn('alpha')}:live",
            description="by hand",
            routingConfiguration=[route],
        )

    aws = Meanwhile(shop, restoring, console, At(restoring, DENIED))
    with pytest.raises(AccessError) as caught:
        shop.using(aws).rollback("1.0.0")
    assert "someone else has moved it since; it stays as it is" in caught.value.why
    alias = shop.client("prod").describe_state_machine_alias(
        stateMachineAliasArn=f"{_arn('alpha')}:live"
    )
    assert alias["description"] == "by hand"


def test_an_alias_that_somebody_else_created_is_not_deleted(tmp_path: Path) -> None:
    """A create that timed out and had no effect does not cost another's alias of that name."""
    creating = "alpha.CreateStateMachineAlias"
    shop = production(tmp_path / "shop", numbered(alpha=1))

    def console() -> None:
        route = {"stateMachineVersionArn": f"{_arn('alpha')}:1", "weight": 100}
        shop.client("prod").create_state_machine_alias(
            name="live", description="by hand", routingConfiguration=[route]
        )

    aws = Meanwhile(shop, creating, console, At(creating, TIMEOUT_BEFORE))
    with pytest.raises(NetworkError):
        shop.using(aws).publish("1.0.0")
    assert aws.raised is None
    assert shop.machines()["alpha"].live == "alpha 1"


def _arn(name: str) -> str:
    return f"arn:aws:states:eu-west-1:000000000000:stateMachine:{name}"


def _definition(result: str) -> str:
    only = {"Type": "Pass", "Result": result, "End": True}
    return json.dumps({"StartAt": "Only", "States": {"Only": only}})
