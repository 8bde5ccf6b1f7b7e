"""Branches of the ledger that were forced back: refused, until a person accepts it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfn_release.operations.verbs.status import status
from sfn_release.operations.verbs.verify import verify
from support.attacks.ledger import PROD, Attacked, attacked, push, read
from support.errors import refused
from support.forging import forge
from support.shop import Shop


@pytest.fixture
def there(tmp_path: Path) -> Attacked:
    return attacked(tmp_path)


def edited(mallory: Shop) -> str:
    """Push a commit that edits the release that prod serves, and return it."""
    path = "definitions/hello.asl.json"
    definition = read(mallory, PROD, path)
    definition["Comment"] = "edited"
    commit = forge(mallory, PROD, {path: json.dumps(definition)}, "Edit")
    push(mallory, PROD)
    return commit


def test_a_branch_that_was_forced_back_is_accepted_on_request(there: Attacked) -> None:
    """Removing an edit as the error advises leads back to a clone that works."""
    old, mallory = there.old, there.mallory
    commit = edited(mallory)
    assert [
        problem.error.code for problem in verify(old.workspace()).problems if problem.error
    ] == ["E_TAMPERED"] * len(verify(old.workspace()).problems)
    push(mallory, f"{PROD}~1:{PROD}", force=True)
    with refused("E_TAMPERED", f"{PROD} on origin was rewritten", "verify --accept-rewrite"):
        old.rollback(environment="prod")
    done = verify(old.workspace(), accept_rewrite=True)
    assert not done.problems
    assert [(rewrite.ref, rewrite.seen, rewrite.dropped) for rewrite in done.accepted] == [
        (PROD, commit, (commit,))
    ]
    assert status(old.workspace(), environment="prod")[0].state == "in-sync"
    assert old.rollback(environment="prod") is not None
    assert verify(old.workspace(), accept_rewrite=True).accepted == ()


def test_the_commands_of_the_refusal_work(there: Attacked) -> None:
    """The true branch, cut back, is put back by the command that the error shows."""
    old, mallory = there.old, there.mallory
    status(old.workspace(), environment="prod")
    push(mallory, f"{PROD}~2:{PROD}", force=True)
    with pytest.raises(Exception, match="was rewritten") as caught:
        status(old.workspace(), environment="prod")
    words = str(getattr(caught.value, "fix", "")).split()
    old.git(*words[words.index("push") :])
    assert not verify(old.workspace()).problems


def test_a_deleted_branch_is_accepted_on_request(there: Attacked) -> None:
    """Verifying goes on without it, and still misses the commits that other branches refer to."""
    old, mallory = there.old, there.mallory
    tip = old.git("rev-parse", PROD)
    push(mallory, f":{PROD}")
    done = verify(old.workspace(), accept_rewrite=True)
    assert [(rewrite.ref, rewrite.seen, rewrite.now) for rewrite in done.accepted] == [
        (PROD, tip, None)
    ]
    assert [problem.text for problem in done.problems] == [PROD]
    assert old.git("for-each-ref", PROD) == ""


def test_nothing_is_accepted_without_a_remote(there: Attacked) -> None:
    """The clone is the ledger."""
    there.old.git("remote", "remove", "origin")
    assert verify(there.old.workspace(), accept_rewrite=True).accepted == ()


def test_status_notices_an_edit_of_the_newest_event(there: Attacked) -> None:
    """Every clone notices: `status` checks a record as thoroughly as a rollback does."""
    edited(there.mallory)
    for clone in there.both().values():
        found = status(clone.workspace(), environment="prod")[0]
        assert found.state == "drifted"
        assert "a commit is missing or was rewritten" in found.problem
        assert "sfn-release verify" in found.next_steps[0]


def test_status_notices_a_record_that_cannot_follow(there: Attacked) -> None:
    """A copy of an event with another actor has a number that is not the next one."""
    mallory = there.mallory
    record = read(mallory, PROD, "deployment.json")
    record["actor"] = "somebody else"
    forge(mallory, PROD, {"deployment.json": json.dumps(record)}, "Edit")
    push(mallory, PROD)
    found = status(there.old.workspace(), environment="prod")[0]
    assert (found.state, "is expected" in found.problem) == ("drifted", True)
