"""`verify`: whatever was changed in Git by other hands is found, and named, all of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sfn_release.operations import verify
from support.command_line import Project, config
from support.errors import refused
from support.forging import forge
from support.git import run_git
from support.shop import PROD, RELEASES, Shop, add_remote, clone, made_once
from support.values import definition


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone, with a remote, whose prod served two releases and was rolled back."""
    return made_once(tmp_path, "verify", _make)


def _make(shop: Shop) -> None:
    add_remote(shop)
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two", other="x")
    shop.publish("1.1.0", "prod")
    shop.rollback(environment="prod")


def problems(shop: Shop, version: str | None = None) -> list[str]:
    """Return each problem with its subject; all of them suggest a fix."""
    found = verify(shop.workspace(), version).problems
    assert [check.text for check in found if check.error is None or not check.error.fix] == []
    assert {check.error.code for check in found if check.error} <= {"E_TAMPERED"}
    return [f"{check.subject}: {check.error}" for check in found]


def push(shop: Shop, *refs: str) -> None:
    shop.git("push", "--quiet", "--force", "origin", *refs)


def read(shop: Shop, ref: str, path: str) -> str:
    return shop.git("show", f"{ref}:{path}")


def forged(shop: Shop, ref: str, path: str, old: str, new: str, message: str = "forged") -> None:
    """Append a commit that changes a text in a file of the ledger, and push it."""
    text = read(shop, ref, path)
    assert old in text
    forge(shop, ref, {path: text.replace(old, new)}, message)
    push(shop, f"{ref}:{ref}")


def test_what_nobody_touched_is_in_order(shop: Shop) -> None:
    """This clone and a fresh one both verify, with `local` and releases that were never pushed."""
    shop.commit(hello="three")
    shop.publish("1.2.0")
    assert problems(shop) == []
    done = verify(shop.workspace(), "1.1.0")
    assert {check.subject for check in done.checks} == {"ledger", "1.1.0", "prod"}
    other = clone(shop, "fresh", "--no-tags", "--depth=1")
    assert problems(other) == []
    assert problems(other, "1.0.0") == []


def test_a_version_that_is_not_there_is_named(shop: Shop) -> None:
    """The error suggests similar versions."""
    with refused(
        "E_NOT_FOUND", "no release 1.1.1", "The releases are: 1.1.0, 1.0.0.", "nearest is 1.1.0"
    ):
        verify(shop.workspace(), "1.1.1")


def test_lightweight_tags_are_no_tampering(shop: Shop) -> None:
    """Older checkouts leave one in the clone; a person may have made the remote's."""
    shop.git("tag", "--force", "v1.0.0", "v1.0.0^{commit}")
    assert problems(shop) == []
    push(shop, "refs/tags/v1.0.0")
    assert problems(shop) == []


@dataclass(frozen=True)
class Attack:
    """A change to the remote by another person, and the problems that `verify` then reports."""

    do: Callable[[Shop], object]
    words: tuple[tuple[str, ...], ...]


def _both_tags(shop: Shop) -> None:
    shop.git("push", "--quiet", "--force", "origin", "HEAD:refs/tags/v1.0.0", ":refs/tags/v1.1.0")


def _other_tag_object(shop: Shop) -> None:
    text = shop.git("cat-file", "tag", "v1.0.0").replace("Release digest: sha256:", "\0", 1)
    before, _, after = text.partition("\0")
    forged_text = f"{before}Release digest: sha256:{'0' * 64}{after[64:]}\n"
    path = shop.root / ".git" / "forged-tag"
    path.write_text(forged_text, encoding="utf-8")
    made = shop.git("hash-object", "-t", "tag", "-w", str(path))
    shop.git("push", "--quiet", "--force", "origin", f"{made}:refs/tags/v1.0.0")


def _second_commit(shop: Shop) -> None:
    forge(shop, RELEASES, {"x": "y"}, "release 1.0.0\n\nVersion: 1.0.0\n")
    push(shop, f"{RELEASES}:{RELEASES}")


def _without_record(shop: Shop) -> None:
    forge(shop, PROD, {"deployment.json": None}, "x")
    push(shop, f"{PROD}:{PROD}")


def _edit_definitions(shop: Shop) -> None:
    """Edit two definitions of the last release in place, behind a force push."""
    message = shop.git("log", "-1", "--format=%B", RELEASES)
    tree = shop.git("rev-parse", f"{RELEASES}^{{tree}}")
    shop.git("update-ref", RELEASES, f"{RELEASES}~1")
    shop.git("read-tree", tree)
    edited = {
        f"definitions/{name}.asl.json": json.dumps(definition("evil"))
        for name in ("hello", "other")
    }
    edited["manifest.json"] = shop.git("show", f"{tree}:manifest.json")
    forge(shop, RELEASES, edited, message)
    push(shop, f"{RELEASES}:{RELEASES}")
    shop.git("reset", "--quiet", "--mixed")


ATTACKS = {
    "tags moved and deleted": Attack(
        _both_tags,
        (
            ("1.0.0: The tag v1.0.0 in origin was moved.", "git push --force origin "),
            (
                "1.1.0: The tag v1.1.0 is not in origin.",
                "git push origin refs/tags/v1.1.0",
            ),
        ),
    ),
    "another tag object": Attack(
        _other_tag_object,
        (("1.0.0: The tag v1.0.0 in origin and the ledger disagree about 1.0.0.",),),
    ),
    "a second commit for a version": Attack(
        _second_commit, (("1.0.0: ", "both claim to be 1.0.0"),)
    ),
    "no commit of a release": Attack(
        lambda shop: forged(shop, RELEASES, "manifest.json", "1.1.0", "9.9.9", "hello"),
        (("isn't the commit of a release: 'hello'",),),
    ),
    "a release that holds another": Attack(
        lambda shop: forged(shop, RELEASES, "manifest.json", "shop", "shop", "release 9.9.9"),
        (("9.9.9: ", "should be 9.9.9, but holds 1.1.0"),),
    ),
    "a forged record": Attack(
        lambda shop: forged(
            shop, PROD, "deployment.json", '"status": "succeeded"', '"status": "failed"'
        ),
        (("prod: ", "is event 6, and event 7 is expected"), ("which never started",)),
    ),
    "a half-written record": Attack(
        lambda shop: forged(shop, PROD, "deployment.json", "\n}", ""),
        (("prod: ", "deployment.json was edited or damaged"),),
    ),
    "a record without its file": Attack(
        _without_record,
        (("prod: ", "deployment.json is missing from the ledger"),),
    ),
    "what is served, edited": Attack(
        lambda shop: forged(shop, PROD, "definitions/hello.asl.json", "one", "evil"),
        (
            ("prod: ", "is event 6, and event 7 is expected"),
            ("prod: ", "which never started"),
            ("the recorded definition of hello differs from the deployed definition",),
        ),
    ),
    "the branch of the releases deleted": Attack(
        lambda shop: push(shop, f":{RELEASES}"),
        (("ledger: ", f"{RELEASES} was deleted on origin.", "put it back:  git push origin"),),
    ),
    "two branches rewritten": Attack(
        lambda shop: push(shop, f"{RELEASES}~1:{RELEASES}", f"{PROD}~1:{PROD}"),
        (
            (f"ledger: {PROD} on origin was rewritten",),
            (f"ledger: {RELEASES} on origin was rewritten",),
        ),
    ),
    "definitions edited in place": Attack(
        _edit_definitions,
        ((f"ledger: {RELEASES} on origin was rewritten",),),
    ),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_every_change_by_other_hands_is_named(attack: Attack, shop: Shop) -> None:
    """`verify` finds every problem, and says where it is. What it verified before hides none."""
    assert problems(shop) == []
    attack.do(shop)
    found = problems(shop)
    assert problems(shop) == found
    assert [
        f"{check.subject}: {check.error}" for check in verify(shop.workspace(), again=True).problems
    ] == found
    assert len(found) == len(attack.words), found
    for words, text in zip(attack.words, found, strict=True):
        assert [word for word in words if word not in text] == [], text


def test_a_tag_that_nobody_has_is_made_again_on_its_commit(shop: Shop) -> None:
    """Publishing again does it, once that commit is checked out."""
    shop.git("push", "--quiet", "origin", ":refs/tags/v1.1.0")
    commit = shop.git("rev-parse", "v1.1.0^{commit}")[:12]
    (told,) = problems(clone(shop, "fresh"))
    assert f"git checkout {commit} && sfn-release publish 1.1.0 --no-deploy" in told


def test_a_fresh_clone_finds_what_it_cannot_remember(shop: Shop) -> None:
    """It saw nothing before; other branches did, and digests name each edited definition."""
    _edit_definitions(shop)
    lost, *found = problems(clone(shop, "fresh"), "1.1.0")
    assert f"ledger: {RELEASES} was cut back" in lost
    words = ["1.1.0: ", "the definition of hello differs from the released definition"]
    assert len(found) == 2
    assert [word for word in words if word not in found[0]] == []
    assert "the definition of other differs from the released definition" in found[1]


def test_a_record_with_another_digest_is_forged(shop: Shop) -> None:
    """Valid JSON, in the right order, of a release that is not that one."""
    state = json.loads(read(shop, PROD, "deployment.json"))
    digest, other = state["release_digest"], "sha256:" + "0" * 64
    started = {**state, "status": "started", "finished_at": None}
    for number, status in enumerate((started, state), state["number"] + 1):
        text = json.dumps({**status, "number": number, "release_digest": other}, indent=2)
        forge(shop, PROD, {"deployment.json": text}, "rollback 1.0.0 to prod: x")
    push(shop, f"{PROD}:{PROD}")
    found = problems(shop)
    assert len(found) == 2
    assert all("prod: " in text and "says that 1.0.0 is 000000000000" in text for text in found)
    assert digest[7:19] in found[0]
    # To take the first back would lose the second.
    assert ["Later events build on this one" in text for text in found] == [True, False]


def test_a_tag_that_was_moved_here_is_told(shop: Shop) -> None:
    """This is a problem even if the remote's tag is right; the fix fetches it with its notes."""
    made = shop.git("rev-parse", "v1.0.0")
    shop.git("tag", "--force", "v1.0.0", "HEAD")
    (found,) = problems(shop, "1.0.0")
    assert "The tag v1.0.0 in this clone was moved." in found
    advice = "fetch --force origin refs/tags/v1.0.0:refs/tags/v1.0.0"
    assert f"git {advice}" in found
    shop.git(*advice.split())
    assert shop.git("rev-parse", "v1.0.0") == made


def test_a_tag_that_was_moved_there_is_put_back_with_its_notes(shop: Shop) -> None:
    """The very object, where this clone has it; else `publish --no-deploy` makes it again."""
    made = shop.git("rev-parse", "v1.0.0")
    shop.git("push", "--quiet", "--force", "origin", "HEAD:refs/tags/v1.0.0")
    (found,) = problems(shop, "1.0.0")
    advice = f"push --force origin {made}:refs/tags/v1.0.0"
    assert f"git {advice}" in found
    shop.git("tag", "--delete", "v1.0.0")
    (found,) = problems(shop, "1.0.0")
    commit = shop.git("rev-parse", f"{made}^{{commit}}")
    assert f"git checkout {commit[:12]} && sfn-release publish 1.0.0 --no-deploy" in found
    shop.git("checkout", "--quiet", commit)
    assert shop.publish("1.0.0", deploy=False).already_released
    assert problems(shop, "1.0.0") == []
    assert "Release digest: " in shop.git("cat-file", "tag", "v1.0.0")


def test_without_the_remote_what_was_last_seen_is_verified(shop: Shop) -> None:
    """The unreachable remote is itself a problem, since the remote is the true ledger."""
    remote = shop.git("remote", "get-url", "origin")
    Path(remote).rename(remote + ".gone")
    first = verify(shop.workspace()).problems[0]
    assert first.error is not None
    assert (first.text, first.error.code) == ("origin", "E_GIT")


def test_without_an_answer_of_the_remote_nothing_on_it_is_ok(shop: Shop) -> None:
    """Its refs are shown as last seen, and private ones as refs of this clone."""
    shop.deploy("1.0.0", "local")
    remote = shop.git("remote", "get-url", "origin")
    reached = {check.text for check in verify(shop.workspace()).checks}
    Path(remote).rename(remote + ".gone")
    found = verify(shop.workspace())
    unknown = [check for check in found.checks if check.unknown]
    assert [(check.text, check.to_json()["ok"]) for check in unknown] == [
        (f"{ref} as last seen on origin", None) for ref in (PROD, RELEASES)
    ]
    private = "refs/sfn-release/shop/local/env/local is in this clone"
    assert private in reached
    assert private in {check.text for check in found.checks}
    known = [check.text for check in found.checks if not check.unknown and check.error is None]
    assert not [text for text in known if "origin" in text]


def test_verify_prints_a_tree_and_exits_1_on_a_problem(repository: Path) -> None:
    """Each line is OK or the code of a problem with its fix; JSON has the same."""
    project = Project(repository)
    project.write("releases.toml", config("local", ""))
    project.commit(hello="Hello Alice")
    project.publish("1.0.0")
    out = project.ok("verify").out
    assert "\n1.0.0\n  OK  the ledger's entry " in out
    assert out.endswith("verified: all OK\n")
    run_git(project.root, "tag", "--force", "v1.0.0", "HEAD~0^{tree}")
    ran = project.run("verify", "1.0.0")
    assert (ran.code, "  E_TAMPERED  The tag v1.0.0 in this clone was moved." in ran.out) == (
        1,
        True,
    )
    assert ran.out.endswith("1 problem\n")
    told = project.run("verify", "--json")
    assert (told.code, told.json["verified"]) == (1, False)
    assert [check["error"]["code"] for check in told.json["checks"] if not check["ok"]] == [
        "E_TAMPERED"
    ]
