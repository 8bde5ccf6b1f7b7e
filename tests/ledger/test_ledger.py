"""The ledger by itself: its branches, reading them, and edits by hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import TamperedError
from sfn_release.operations.verbs.diff import diff
from sfn_release.operations.verbs.execute import execute
from sfn_release.operations.verbs.history import history
from sfn_release.operations.verbs.releases import releases
from sfn_release.operations.verbs.show import show
from sfn_release.operations.verbs.status import status
from support.errors import refused
from support.forging import forge
from support.shop import LOCAL, RELEASES, Shop, made_once


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone that has released and deployed 1.0.0."""
    return made_once(tmp_path, "ledger", _make)


def _make(shop: Shop) -> None:
    shop.publish("1.0.0")


def test_a_deployment_is_two_commits_on_its_environments_branch(shop: Shop) -> None:
    """`started` before AWS is touched, with nothing served yet; then its end."""
    log = shop.git("log", "--reverse", "--format=%s", LOCAL).splitlines()
    assert log == ["publish 1.0.0 to local: started", "publish 1.0.0 to local: succeeded"]
    trees = [
        shop.git("ls-tree", "-r", "--name-only", commit).splitlines()
        for commit in (f"{LOCAL}~1", LOCAL)
    ]
    assert trees == [
        ["deployment.json"],
        ["definitions/hello.asl.json", "deployment.json", "manifest.json"],
    ]
    started, ended = (
        json.loads(shop.git("show", f"{commit}:deployment.json"))
        for commit in (f"{LOCAL}~1", LOCAL)
    )
    assert (started["status"], ended["status"]) == ("started", "succeeded")
    assert (started["lock"] is None, ended["lock"]) == (False, None)
    assert started["plan"] == [
        "hello: create state machine hello (STANDARD)",
        "hello: create alias live at the new version",
    ]
    assert started["expires_at"] > started["started_at"]


def test_the_branch_shows_what_is_served_after_each_event(shop: Shop) -> None:
    """Rendered, with parameters filled: `git diff` between two commits shows the change."""
    shop.commit(hello="${Who} says $${x}")
    shop.publish("1.1.0")
    changed = shop.git("diff", "--unified=0", f"{LOCAL}~2", LOCAL, "--", "definitions")
    lines = [line for line in changed.splitlines() if line[:1] in "+-" and line[:3] not in _FILES]
    assert lines == ['-      "Result": "one",', '+      "Result": "Alice says ${x}",']


_FILES = {"+++", "---"}


def test_an_events_start_keeps_what_is_served(shop: Shop) -> None:
    """While a deployment runs, the branch has the workflows that were live before it."""
    shop.commit(hello="two")
    shop.publish("1.1.0")
    before, during = (
        shop.git("rev-parse", f"{commit}:manifest.json") for commit in (f"{LOCAL}~2", f"{LOCAL}~1")
    )
    assert during == before


def test_messages_name_deployment_version_and_status(shop: Shop) -> None:
    """You can search the ledger by them, without reading a file."""
    (record,) = history(shop.workspace())
    message = shop.git("log", "-1", "--format=%B", LOCAL).strip().splitlines()
    assert message[2:] == [
        f"Deployment: {record.id}",
        "Version: 1.0.0",
        "Status: succeeded",
        f"Seen: releases {shop.git('rev-parse', RELEASES)}",
    ]


def test_history_is_newest_first_each_in_its_last_state(shop: Shop) -> None:
    """This holds for any limit."""
    for number in (1, 2):
        shop.commit(hello=f"r{number}")
        shop.publish(f"1.{number}.0")
    shop.rollback()
    found = [(record.action, record.version, record.status) for record in history(shop.workspace())]
    assert found == [
        ("rollback", "1.1.0", "succeeded"),
        ("publish", "1.2.0", "succeeded"),
        ("publish", "1.1.0", "succeeded"),
        ("publish", "1.0.0", "succeeded"),
    ]
    assert [record.version for record in history(shop.workspace(), limit=2)] == ["1.1.0", "1.2.0"]


def test_a_version_is_found_to_the_letter(shop: Shop) -> None:
    """1.0.0 is not 1x0.0, nor 11.0.0, nor 1.0.0-rc.1."""
    workspace = shop.workspace()
    for version in ("11.0.0", "1.0.0-rc.1", "0.0.0"):
        with refused("E_NOT_FOUND", f"There is no release {version}", "The releases are: 1.0.0"):
            show(workspace, version)
    shop.commit(hello="two")
    shop.publish("1.0.0-rc.1", deploy=False)
    assert show(workspace, "v1.0.0").version == "1.0.0"


def test_two_clones_of_one_process_write_at_once(shop: Shop) -> None:
    """Each finds the branch moved, reads it again, and goes on: nothing is lost."""
    shop.clients.clear()
    errors: list[BaseException] = []

    def release(version: str) -> None:
        try:
            Shop(shop.root).publish(version, deploy=False)
        except BaseException as error:  # noqa: BLE001 - checked below
            errors.append(error)

    threads = [threading.Thread(target=release, args=(f"2.{n}.0",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {release.manifest.version for release in releases(shop.workspace())} == {
        *("1.0.0", "2.0.0", "2.1.0", "2.2.0"),
    }


# Manual changes to the ledger

GOOD_DEFINITION = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
FORGED_RELEASES: dict[str, dict[str, str | bytes | None]] = {
    "a definition that was edited": {"definitions/hello.asl.json": GOOD_DEFINITION},
    "a definition that is no JSON": {"definitions/hello.asl.json": "hello"},
    "a definition that is no text": {"definitions/hello.asl.json": b"\xff\x00"},
    "a definition that is gone": {"definitions/hello.asl.json": None},
    "a manifest that is no JSON": {"manifest.json": "{"},
    "a manifest of another form": {"manifest.json": "[]"},
    "a manifest that is gone": {"manifest.json": None},
    "nothing but a note": {
        "manifest.json": None,
        "definitions/hello.asl.json": None,
        "note.txt": "hi",
    },
}


@pytest.mark.parametrize("files", FORGED_RELEASES.values(), ids=list(FORGED_RELEASES))
def test_a_release_edited_by_hand_is_tampering(
    shop: Shop, files: dict[str, str | bytes | None]
) -> None:
    """Every reader raises an error that names ref and commit; nothing is deployed from it."""
    commit = forge(shop, RELEASES, files, "release 1.2.0\n\nVersion: 1.2.0\n")
    where = f"{RELEASES} ({commit[:12]})"
    with refused("E_TAMPERED", where):
        show(shop.workspace(), "1.2.0")
    with refused("E_TAMPERED", where):
        shop.deploy("1.2.0")
    assert shop.live("hello") == ("one", "one")


def test_a_release_under_anothers_name_is_tampering(shop: Shop) -> None:
    """1.0.0's own files, committed as 1.2.0."""
    commit = forge(shop, RELEASES, {"x": "y"}, "release 1.2.0\n\nVersion: 1.2.0\n")
    with refused("E_TAMPERED", f"{RELEASES} ({commit[:12]})", "1.0.0"):
        shop.deploy("1.2.0")


@pytest.mark.parametrize("subject", ["oops", "release", "release newest", "release v1.2.0", ""])
def test_a_commit_that_is_no_release_is_tampering(shop: Shop, subject: str) -> None:
    """Every commit on the branch of the releases must be a release."""
    commit = forge(shop, RELEASES, {"note.txt": "hi"}, subject)
    for read in (
        lambda: releases(shop.workspace()),
        lambda: shop.publish("1.3.0"),
        lambda: show(shop.workspace(), "0.1.0"),
    ):
        with refused("E_TAMPERED", f"{RELEASES} ({commit[:12]})"):
            read()


def test_a_version_that_was_released_twice_is_tampering(shop: Shop) -> None:
    """A second commit for 1.0.0 would change a release."""
    before = shop.git("rev-parse", RELEASES)
    again = forge(shop, RELEASES, {"x": "y"}, "release 1.0.0\n\nVersion: 1.0.0\n")
    with refused("E_TAMPERED", before[:12], again[:12], "1.0.0"):
        releases(shop.workspace())


def edit(text: str, *path: str, to: Any) -> str:
    """Return a JSON text with another value at *path*."""
    value = json.loads(text)
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return json.dumps(value)


FORGED_EVENTS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "an unknown status": ("deployment.json", ("status",), "done"),
    "a time that is none": ("deployment.json", ("expires_at",), "2030-01-01T00:00:00"),
    "another schema": ("deployment.json", ("schema",), "sfn-release/deployment/9"),
    "workflows that are none": ("manifest.json", ("workflows",), ["hello"]),
    "settings without a role": ("manifest.json", ("workflows", "hello", "settings", "role"), None),
    "another digest": ("manifest.json", ("workflows", "hello", "rendered_digest"), "sha256:0"),
    "another definition": ("definitions/hello.asl.json", ("StartAt",), "Elsewhere"),
    "a name with a line break": ("manifest.json", ("workflows", "a\nb"), None),
}


@pytest.mark.parametrize(("path", "keys", "to"), FORGED_EVENTS.values(), ids=list(FORGED_EVENTS))
def test_an_event_edited_by_hand_is_tampering(
    shop: Shop, path: str, keys: tuple[str, ...], to: Any
) -> None:
    """The error names ref and commit; nothing is rolled back to it."""
    shop.commit(hello="two")
    shop.publish("1.1.0")
    text = shop.git("show", f"{LOCAL}:{path}")
    if to is None and keys[-1] == "a\nb":
        to = json.loads(text)["workflows"]["hello"]
    shop.git("update-ref", LOCAL, f"{LOCAL}~2")
    files = {path: edit(shop.git("show", f"{LOCAL}:{path}"), *keys, to=to)}
    message = shop.git("log", "-1", "--format=%B", LOCAL)
    commit = forge(shop, LOCAL, files, message)
    with refused("E_TAMPERED", f"{LOCAL} ({commit[:12]})"):
        shop.rollback("1.0.0")
    assert shop.live("hello") == ("two", "two")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", b"\xff", '{"a": 1, "a": 2}', None])
@pytest.mark.parametrize("path", ["deployment.json", "manifest.json"])
def test_an_environments_files_of_nonsense_are_tampering(
    shop: Shop, path: str, content: str | bytes | None
) -> None:
    """Every verb that reads the environment refuses them."""
    commit = forge(shop, LOCAL, {path: content}, "oops")
    verbs: list[Callable[[], object]] = [
        lambda: status(shop.workspace()),
        lambda: shop.deploy("1.0.0"),
        shop.rollback,
        lambda: execute(shop.workspace(), "hello"),
        lambda: diff(shop.workspace(), "1.0.0", "@local"),
    ]
    if path == "deployment.json":
        verbs.append(lambda: history(shop.workspace()))
    elif content is None:
        verbs = []  # nothing is served: so it is before the first success
    for verb in verbs:
        with refused("E_TAMPERED", f"{LOCAL} ({commit[:12]}):{path}"):
            verb()


def test_nonsense_that_is_not_needed_is_no_obstacle(shop: Shop) -> None:
    """One more file; an edit of a release that is not deployed."""
    forge(shop, LOCAL, {"note.txt": "hi"}, shop.git("log", "-1", "--format=%B", LOCAL))
    shop.commit(hello="two")
    shop.publish("1.1.0")
    assert shop.live("hello") == ("two", "two")


def test_a_stack_that_leads_nowhere_is_tampering(shop: Shop) -> None:
    """The commit below was never on the branch."""
    manifest = edit(shop.git("show", f"{LOCAL}:manifest.json"), "below", to="d" * 40)
    message = shop.git("log", "-1", "--format=%B", LOCAL)
    forge(shop, LOCAL, {"manifest.json": manifest}, message)
    with pytest.raises(TamperedError, match="d" * 12):
        shop.rollback()
