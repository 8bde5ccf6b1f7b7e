"""Tampering by people with push rights: how clones, old and fresh, notice and refuse it.

A row is one tampering. `verify` names it in a clone that saw the truth and in a fresh one; both
refuse a command that would use the tampered data as E_TAMPERED, and AWS doesn't change. Where a
row has no command, no deployment depends on the tampered data.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sfn_release.operations.verbs.diff import diff
from sfn_release.operations.verbs.execute import execute
from sfn_release.operations.verbs.promote import promote
from sfn_release.operations.verbs.show import show
from sfn_release.operations.verbs.status import status
from sfn_release.operations.verbs.verify import verify
from support.attacks.ledger import (
    EVIL,
    PREFIX,
    PROD,
    RELEASES,
    STAGING,
    YANKS,
    Attacked,
    add_event,
    add_release,
    attacked,
    forged_release,
    forged_success,
    problems,
    push,
    read,
)
from support.errors import refused
from support.forging import forge
from support.shop import Shop

Act = Callable[[Shop], object]


@dataclass(frozen=True)
class Tampering:
    """A row: the tampering, and its reports.

    *done* does it. `verify` reports problems with the words *fresh* in a fresh clone, and *old* in
    an old one (None: the same). *use* is a command that would use it, *refused* words of its
    refusal.
    """

    done: Act
    fresh: tuple[str, ...]
    old: tuple[str, ...] | None = None
    use: Act | None = None
    refused: tuple[str, ...] = ()


def _deploy(version: str) -> Act:
    return lambda shop: shop.deploy(version, "prod")


def _rollback(version: str | None = None) -> Act:
    return lambda shop: shop.rollback(version, "prod")


def _release_1_3(shop: Shop) -> object:
    shop.commit(hello="three")
    return shop.publish("1.3.0", "prod")


def _publish_1_2_again(shop: Shop) -> object:
    return shop.publish("1.2.0", "prod")


_MESSAGE = ("log", "-1", "--format=%B")


# Releases


def _second_release(mallory: Shop) -> None:
    add_release(mallory, forged_release(mallory, "1.2.0"))
    push(mallory, RELEASES)


def _second_release_of_what_ran(mallory: Shop) -> None:
    add_release(mallory, forged_release(mallory, "1.0.0"))
    push(mallory, RELEASES)


def _merged_release(mallory: Shop) -> None:
    """Let the true history be the second parent of a merge: a fast-forward that hides it."""
    evil, other = forged_release(mallory, "1.2.0"), forged_release(mallory, "1.2.1")
    true = mallory.git("rev-parse", RELEASES)
    mallory.git("update-ref", RELEASES, f"{RELEASES}~1")
    forged, last = add_release(mallory, evil), add_release(mallory, other)
    merge = mallory.git(
        *("commit-tree", f"{last}^{{tree}}", "-p", forged, "-p", true),
        *("-m", "release 1.2.1\n\nVersion: 1.2.1"),
    )
    mallory.git("update-ref", RELEASES, merge)
    push(mallory, RELEASES)


def _rewritten_release(mallory: Shop) -> None:
    evil, message = forged_release(mallory, "1.2.0"), mallory.git(*_MESSAGE, RELEASES)
    mallory.git("update-ref", RELEASES, f"{RELEASES}~1")
    add_release(mallory, evil, message=message)
    push(mallory, RELEASES, force=True)


def _cut_releases(mallory: Shop) -> None:
    push(mallory, f"{RELEASES}~1:{RELEASES}", force=True)


def _no_version(mallory: Shop) -> None:
    release = forged_release(mallory, "1.2.0")
    bad = replace(release, manifest=replace(release.manifest, version="newest"))
    add_release(mallory, bad, message="release newest\n\nVersion: newest\n")
    push(mallory, RELEASES)


def _version_inside(mallory: Shop) -> None:
    release = forged_release(mallory, "1.4.0")
    bad = replace(release, manifest=replace(release.manifest, version="../1.4.0"))
    add_release(mallory, bad, message="release 1.4.0\n\nVersion: 1.4.0\n")
    push(mallory, RELEASES)


# Tags


def _move_tag(mallory: Shop) -> None:
    push(mallory, "HEAD~1:refs/tags/v1.2.0", force=True)


def _delete_tag(mallory: Shop) -> None:
    push(mallory, ":refs/tags/v1.2.0")


def _other_tag(mallory: Shop) -> None:
    """Put another tag object on the right commit, with the digest of another content."""
    mallory.git("fetch", "--quiet", "origin", "refs/tags/v1.2.0")
    text = mallory.git("cat-file", "tag", "FETCH_HEAD")
    before, _, after = text.partition("Release digest: sha256:")
    path = mallory.root / ".git" / "forged-tag"
    path.write_text(f"{before}Release digest: sha256:{'0' * 64}{after[64:]}\n", encoding="utf-8")
    made = mallory.git("hash-object", "-t", "tag", "-w", str(path))
    push(mallory, f"{made}:refs/tags/v1.2.0", force=True)


# Branches that are gone, or shorter


def _delete_everything(mallory: Shop) -> None:
    push(mallory, f":{RELEASES}", f":{YANKS}", f":{PROD}", f":{STAGING}")


def _cut_yanks(mallory: Shop) -> None:
    """Put a branch there that never heard of the yank."""
    mallory.git("update-ref", "-d", YANKS)
    forge(mallory, YANKS, {"yanked.json": "{}\n"}, "yank 0.9.0\n\nVersion: 0.9.0\n")
    push(mallory, YANKS, force=True)


def _cut_prod(mallory: Shop) -> None:
    push(mallory, f"{PROD}~2:{PROD}", force=True)


def _drop_events(mallory: Shop) -> None:
    """Take the last deployment out of prod, and go on as if it had never been."""
    last = read(mallory, PROD, "deployment.json")
    started = read(mallory, f"{PROD}~1", "deployment.json")
    serving = read(mallory, PROD, "manifest.json")
    form = read(mallory, PROD, "definitions/hello.asl.json")
    mallory.git("update-ref", PROD, f"{PROD}~3")  # only the end of the first one is missing
    add_event(mallory, PROD, {}, started)
    add_event(mallory, PROD, {"manifest.json": serving, "definitions/hello.asl.json": form}, last)
    push(mallory, PROD, force=True)


# Records


def _forged_values(mallory: Shop) -> None:
    def edit(served: dict[str, object]) -> None:
        served["parameters"] = {"Who": EVIL}

    forged_success(mallory, "1.0.0", result="evil 0.9.9", edit=edit)


def _forged_old_form(mallory: Shop) -> None:
    """Forge a record of 0.2.0, which has no parameters: the literal values are still checked."""

    def edit(served: dict[str, object]) -> None:
        del served["parameters"]

    forged_success(mallory, "1.0.0", edit=edit)


def _failed_attempt(mallory: Shop) -> None:
    """Forge the served form and a failed attempt: a rollback would restore the served form."""
    forged_success(mallory, "1.0.0")
    last = read(mallory, PROD, "deployment.json")
    for number, how in enumerate(("started", "failed"), last["number"] + 1):
        add_event(mallory, PROD, {}, {**last, "id": "2-x", "status": how, "number": number})
    push(mallory, PROD)


def _id_is_a_path(mallory: Shop) -> None:
    """Leave a deployment that expired long ago: the next deployer closes it, and its note."""
    last = read(mallory, PROD, "deployment.json")
    lock = {"token": "x", "process": 1, "ci": None}
    past = {"expires_at": "2001-01-01T00:00:00Z", "lock": lock, "number": last["number"] + 1}
    path = "../../../../victim"
    add_event(mallory, PROD, {}, {**last, **past, "id": path, "status": "started"})
    push(mallory, PROD)


def _source_is_a_path(mallory: Shop) -> None:
    def edit(served: dict[str, object]) -> None:
        served["source"] = "../../victim.py"

    forged_success(mallory, "1.0.0", result="${Who} 1.0.0", edit=edit)


def _arn_is_none(mallory: Shop) -> None:
    def edit(served: dict[str, object]) -> None:
        served["version_arn"] = "--endpoint-url=http://evil"

    forged_success(mallory, "1.0.0", result="${Who} 1.0.0", edit=edit)


def _record_of_no_version(mallory: Shop) -> None:
    last = read(mallory, PROD, "deployment.json")
    forged = {**last, "version": "newest", "number": last["number"] + 1, "status": "started"}
    add_event(mallory, PROD, {}, forged)
    push(mallory, PROD)


def _environment_is_a_path(mallory: Shop) -> None:
    last = read(mallory, PROD, "deployment.json")
    add_event(mallory, f"{PREFIX}env/a/b", {}, {**last, "environment": "a/b"})
    push(mallory, f"{PREFIX}env/a/b")


TWICE = "both claim to be 1.2.0"
ROWS: dict[str, Tampering] = {
    "a second release of a version, digests right, fast-forward": Tampering(
        _second_release, (TWICE,), use=_deploy("1.2.0"), refused=(TWICE,)
    ),
    "a second release, published again (again)": Tampering(
        _second_release, (TWICE,), use=_publish_1_2_again, refused=(TWICE,)
    ),
    "a second release, shown (again)": Tampering(
        _second_release, (TWICE,), use=lambda it: show(it.workspace(), "1.2.0"), refused=(TWICE,)
    ),
    "a second release, compared (again)": Tampering(
        _second_release,
        (TWICE,),
        use=lambda it: diff(it.workspace(), "1.1.0", "1.2.0"),
        refused=(TWICE,),
    ),
    "a second release of what ran here, rolled back to": Tampering(
        _second_release_of_what_ran,
        ("both claim to be 1.0.0",),
        use=_rollback(),
        refused=("both claim to be 1.0.0",),
    ),
    "a second release of what ran here, promoted (again)": Tampering(
        _second_release_of_what_ran,
        ("both claim to be 1.0.0",),
        use=lambda it: promote(it.workspace(), "1.0.0", source="prod", environment="staging"),
        refused=("both claim to be 1.0.0",),
    ),
    "a second release of what ran here, executed (again)": Tampering(
        _second_release_of_what_ran,
        ("both claim to be 1.0.0",),
        use=lambda it: execute(it.workspace(), "hello", environment="prod", version="1.0.0"),
        refused=("both claim to be 1.0.0",),
    ),
    "a second release behind a merge": Tampering(
        _merged_release, (TWICE,), use=_deploy("1.2.0"), refused=(TWICE,)
    ),
    "a release rewritten by force": Tampering(
        _rewritten_release,
        (f"{RELEASES} was cut back", "ledger disagree about 1.2.0"),
        (f"{RELEASES} on origin was rewritten",),
        use=_deploy("1.2.0"),
    ),
    "the last release cut off": Tampering(
        _cut_releases,
        (f"{RELEASES} was cut back", "1.2.0 was released, but the ledger doesn't have it"),
        (f"{RELEASES} on origin was rewritten",),
        use=_deploy("1.2.0"),
    ),
    "the last release cut off, then one published (again)": Tampering(
        _cut_releases,
        (f"{RELEASES} was cut back",),
        (f"{RELEASES} on origin was rewritten",),
        use=_release_1_3,
        refused=(RELEASES,),
    ),
    "a release whose version is none": Tampering(
        _no_version,
        ("isn't the commit of a release: 'release newest'",),
        use=_release_1_3,
        refused=("isn't the commit of a release: 'release newest'",),
    ),
    "a release that holds a path for a version": Tampering(
        _version_inside,
        ("$.version is not a release version: '../1.4.0'",),
        use=_deploy("1.4.0"),
        refused=("$.version is not a release version: '../1.4.0'",),
    ),
    "a tag moved": Tampering(
        _move_tag,
        ("The tag v1.2.0 in origin was moved",),
        use=_deploy("1.2.0"),
        refused=("The tag v1.2.0 in origin was moved",),
    ),
    "a tag moved, published again (again)": Tampering(
        _move_tag,
        ("The tag v1.2.0 in origin was moved",),
        use=_publish_1_2_again,
        refused=("The tag v1.2.0 in origin was moved",),
    ),
    "a tag deleted": Tampering(
        _delete_tag,
        ("The tag v1.2.0 is not in origin",),
        use=_deploy("1.2.0"),
        refused=("The tag v1.2.0 is not in origin",),
    ),
    "a tag of another content": Tampering(
        _other_tag,
        ("The tag v1.2.0 in origin and the ledger disagree about 1.2.0",),
        use=_deploy("1.2.0"),
        refused=("The tag v1.2.0 in origin and the ledger disagree about 1.2.0",),
    ),
    "the branch of the yanks deleted": Tampering(
        lambda it: push(it, f":{YANKS}"),
        (f"{YANKS} is missing from the ledger",),
        (f"{YANKS} was deleted on origin",),
        use=_deploy("0.9.0"),
        refused=(YANKS,),
    ),
    "the yanks written anew": Tampering(
        _cut_yanks,
        (f"{YANKS} was cut back",),
        (f"{YANKS} on origin was rewritten",),
        use=_deploy("0.9.0"),
        refused=(YANKS,),
    ),
    "the branch of the releases deleted": Tampering(
        lambda it: push(it, f":{RELEASES}"),
        (
            f"{RELEASES} is missing",
            "but not the ledger that holds them",
            f"git push origin {RELEASES}",
        ),
        (f"{RELEASES} was deleted on origin",),
        use=_deploy("1.2.0"),
    ),
    "the whole ledger deleted": Tampering(
        _delete_everything,
        ("0.9.0", "1.2.0", "but not the ledger that holds them", f"git push origin {RELEASES}"),
        (f"{RELEASES} was deleted on origin",),
        use=_deploy("1.2.0"),
    ),
    "the whole ledger deleted, then begun anew (again)": Tampering(
        _delete_everything,
        ("1.2.0 was released, but the ledger doesn't have it",),
        (f"{RELEASES} was deleted on origin",),
        use=_release_1_3,
    ),
    "an environment's branch deleted": Tampering(
        lambda it: push(it, f":{PROD}"),
        (f"{PROD} is missing from the ledger",),
        (f"{PROD} was deleted on origin",),
        use=_deploy("1.2.0"),
        refused=(PROD,),
    ),
    "an environment's branch deleted, its status asked (again)": Tampering(
        lambda it: push(it, f":{PROD}"),
        (f"{PROD} is missing from the ledger",),
        use=lambda it: status(it.workspace(), environment="prod"),
        refused=(PROD,),
    ),
    "an environment's last deployment cut off": Tampering(
        _cut_prod,
        (f"{PROD} was cut back",),
        (f"{PROD} on origin was rewritten",),
        use=_deploy("1.2.0"),
        refused=(PROD,),
    ),
    "an event taken out": Tampering(
        _drop_events,
        (f"{PROD} was cut back", "is event 3, and event 2 is expected"),
        (f"{PROD} on origin was rewritten",),
        use=_deploy("1.2.0"),
        refused=(PROD,),
    ),
    "a success that never was": Tampering(
        lambda it: forged_success(it, "1.0.0"),
        ("the recorded form of hello doesn't match 1.0.0: the definition differs at $.",),
        use=_rollback("1.0.0"),
        refused=("the recorded form of hello doesn't match 1.0.0",),
    ),
    "a success of what is served that never was": Tampering(
        lambda it: forged_success(it, "1.1.0"),
        ("the recorded form of hello doesn't match 1.1.0",),
        use=_rollback("1.1.0"),
        refused=("the recorded form of hello doesn't match 1.1.0",),
    ),
    "a success with values that do not make it": Tampering(
        _forged_values,
        ("the recorded form of hello doesn't match 1.0.0",),
        use=_rollback("1.0.0"),
        refused=("the recorded form of hello doesn't match 1.0.0",),
    ),
    "a success in the form of older records": Tampering(
        _forged_old_form,
        ("the recorded form of hello doesn't match 1.0.0",),
        use=_rollback("1.0.0"),
        refused=("the recorded form of hello doesn't match 1.0.0",),
    ),
    "a success and an attempt that failed, so that a rollback restores it": Tampering(
        _failed_attempt,
        ("the recorded form of hello doesn't match 1.0.0",),
        use=_rollback(),
        refused=("the recorded form of hello doesn't match 1.0.0",),
    ),
    "a success that a deployment that fails would put back (again)": Tampering(
        _failed_attempt,
        ("the recorded form of hello doesn't match 1.0.0",),
        use=_deploy("1.2.0"),
        refused=("the recorded form of hello doesn't match 1.0.0",),
    ),
    "a record whose id is a path": Tampering(
        _id_is_a_path,
        ("$.id is not a deployment id: '../../../../victim'",),
        use=_deploy("1.2.0"),
        refused=("$.id is not a deployment id: '../../../../victim'",),
    ),
    "a source that is a path out of the project": Tampering(
        _source_is_a_path,
        ("$.workflows.hello.source is not a path of a workflow's module",),
        use=_rollback("1.0.0"),
        refused=("$.workflows.hello.source is not a path of a workflow's module",),
    ),
    "an ARN that is none": Tampering(
        _arn_is_none,
        ("version_arn is not a ARN",),
        use=lambda it: execute(it.workspace(), "hello", environment="prod", version="1.0.0"),
        refused=("version_arn is not a ARN",),
    ),
    "a record whose version is none": Tampering(
        _record_of_no_version,
        ("$.version is not a release version: 'newest'",),
        use=_rollback(),
        refused=("$.version is not a release version: 'newest'",),
    ),
    "belongs to no environment": Tampering(
        _environment_is_a_path, ("'a/b' can't be the name of one",)
    ),
}
USED = {name: row for name, row in ROWS.items() if row.use}
AGAIN = " (again)"
"""Ends the names of rows whose tampering is another row's, used by another command."""


@pytest.fixture
def target(tmp_path: Path) -> Attacked:
    """Return a project that is about to be attacked, and a file that no attack may touch."""
    found = attacked(tmp_path)
    (tmp_path / "victim").write_text("kept", encoding="utf-8")
    return found


def test_what_nobody_touched_is_in_order(target: Attacked) -> None:
    """Without tampering the same commands work, so the rows' refusals are for their tampering."""
    for shop in target.both().values():
        assert problems(shop) == []
    assert target.fresh("another").rollback("1.0.0", "prod") is not None
    assert target.old.deploy("1.2.0", "prod") is not None
    assert problems(target.old) == []


def test_drift_from_a_forged_record_is_said_to_be_that(target: Attacked) -> None:
    """`status` names the forgery: a rollback of the drift would send the forged definition."""
    forged_success(target.mallory, "1.1.0")
    for shop in target.both().values():
        (found,) = status(shop.workspace(), environment="prod")
        assert found.state == "drifted"
        assert "the recorded form of hello doesn't match 1.1.0" in found.problem


def test_a_retired_environment_stops_no_other(target: Attacked) -> None:
    """`verify` names the deleted branch; deployments to other environments don't depend on it."""
    target.old.publish("1.2.1", deploy=False)  # which saw where staging was
    push(target.mallory, f":{STAGING}")
    shop = target.fresh()
    assert f"{STAGING} is missing from the ledger" in "\n".join(problems(shop))
    assert shop.deploy("1.2.0", "prod") is not None


def test_a_release_that_the_ledger_lost_can_be_asked_for(target: Attacked) -> None:
    """Verifying it says that it was lost, and not that it never was."""
    _cut_releases(target.mallory)
    found = verify(target.fresh().workspace(), "1.2.0").problems
    said = [check.error.message for check in found if check.error and check.subject == "1.2.0"]
    assert said == ["The tag v1.2.0 says that 1.2.0 was released, but the ledger doesn't have it."]


@pytest.mark.parametrize("name", [name for name in ROWS if not name.endswith(AGAIN)])
def test_verify_names_it(target: Attacked, name: str) -> None:
    """`verify` reports it both in a clone that saw the truth and in a fresh one."""
    row = ROWS[name]
    row.done(target.mallory)
    for which, shop in target.both().items():
        found = "\n".join(problems(shop))
        expected = row.fresh if which == "fresh" or row.old is None else row.old
        assert [words for words in expected if words not in found] == [], (which, found)


@pytest.mark.parametrize("name", USED)
@pytest.mark.parametrize("which", ["old", "fresh"])
def test_what_would_use_it_is_refused(target: Attacked, name: str, which: str) -> None:
    """It is refused as E_TAMPERED, before AWS changes, and with no file of the machine changed."""
    row = USED[name]
    assert row.use is not None
    row.done(target.mallory)
    shop = target.both()[which]
    before = json.dumps(shop.live("hello", "prod")), shop.versions("hello", "prod")
    with refused("E_TAMPERED", *row.refused):
        row.use(shop)
    assert (json.dumps(shop.live("hello", "prod")), shop.versions("hello", "prod")) == before
    assert (target.old.root.parent / "victim").read_text(encoding="utf-8") == "kept"
