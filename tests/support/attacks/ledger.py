"""Helpers of the attacks: a project with a history, old and fresh clones, and an attacker.

The attacker can push anything to the remote, and knows how sfn-release writes: forged data has the
right form, digests that agree, and the messages of the engine's own commits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sfn_release.canonical import digest, dumps
from sfn_release.ledger import Ledger
from sfn_release.operations.verbs.verify import verify
from sfn_release.operations.verbs.yank import yank
from sfn_release.release.release import Release, make_release, release_files
from support.forging import forge
from support.git import run_git
from support.shop import CONFIG, Shop, add_remote, clone, made_once
from support.values import definition

PREFIX = "refs/heads/sfn-release/shop/"
RELEASES = f"{PREFIX}releases"
YANKS = f"{PREFIX}yanks"
PROD = f"{PREFIX}env/prod"
STAGING = f"{PREFIX}env/staging"
EVIL = "evil"

_STAGING = CONFIG.partition("[environments.prod]")[2]


@dataclass(frozen=True)
class Attacked:
    """A project under attack. *old* has seen everything that was true; *mallory* pushes."""

    old: Shop
    mallory: Shop

    def fresh(self, name: str = "fresh") -> Shop:
        """Return a clone as a pipeline makes it: shallow, and without tags."""
        return clone(self.old, name, "--no-local", "--depth=1", "--no-tags")

    def both(self) -> dict[str, Shop]:
        """Return the clones by name."""
        return {"old": self.old, "fresh": self.fresh()}


def attacked(tmp_path: Path) -> Attacked:
    """Return a project whose remote is about to be changed by other hands.

    prod serves 1.1.0, and 1.0.0 before; 1.2.0 is released and was never deployed there; 0.9.0 is
    yanked. Then staging got 1.1.0, so that each branch has been seen by a later commit of another.
    """
    old = made_once(tmp_path, "attacked", _make)
    mallory = Shop(tmp_path / "mallory", clock=old.clock)
    mallory.git("remote", "set-url", "origin", old.git("remote", "get-url", "origin"))
    return Attacked(old, mallory)


def _make(shop: Shop) -> None:
    shop.write("releases.toml", f"{CONFIG}\n[environments.staging]{_STAGING}")
    shop.write("workflows/hello.asl.json", json.dumps(definition("${Who} zero")))
    shop.commit()
    add_remote(shop)
    shop.publish("0.9.0", deploy=False)
    yank(shop.workspace(), "0.9.0", reason="It loses orders")
    for version in ("1.0.0", "1.1.0"):
        shop.commit(hello=f"${{Who}} {version}")
        shop.publish(version, "prod")
    shop.commit(hello="${Who} 1.2.0")
    shop.publish("1.2.0", deploy=False)
    shop.deploy("1.1.0", "staging")
    url = shop.git("remote", "get-url", "origin")
    run_git(shop.root.parent, "clone", "--quiet", url, "mallory")
    mallory = Shop(shop.root.parent / "mallory")
    mallory.git("fetch", "--quiet", "origin", f"{PREFIX}*:{PREFIX}*")


# Forgeries


def push(mallory: Shop, *refs: str, force: bool = False) -> None:
    """Push refs of the attacker's clone to the same names; ``:ref`` deletes one."""
    asked = [ref if ":" in ref else f"{ref}:{ref}" for ref in refs]
    mallory.git("push", "--quiet", *(["--force"] if force else []), "origin", *asked)


def ledger(mallory: Shop) -> Ledger:
    """Return the ledger as the attacker's tools read it."""
    return mallory.workspace().ledger


def forged_release(mallory: Shop, version: str, result: Any = EVIL) -> Release:
    """Return a release of *version* that was never made, all its digests right."""
    book = ledger(mallory)
    snapshot = book.branches.snapshot()
    known = (book.releases.release(snapshot, like) for like in (version, "1.2.0", "1.1.0"))
    true = next(filter(None, known), None)
    assert true is not None
    manifest = true.manifest
    return make_release(
        [
            replace(declaration, definition=definition(result))
            for declaration in true.declarations.values()
        ],
        project=manifest.project,
        version=version,
        commit=manifest.commit,
        tag=f"v{version}",
        date=manifest.date,
        author=manifest.author,
        toolchain=manifest.toolchain,
        predecessor=None,
    )


def add_release(mallory: Shop, release: Release, *, message: str = "") -> str:
    """Append a release's commit to the attacker's branch of the releases."""
    files: dict[str, str | bytes | None] = dict(release_files(release))
    text = message or f"release {release.version}\n\nVersion: {release.version}\n"
    return forge(mallory, RELEASES, files, text)


def read(mallory: Shop, ref: str, path: str) -> Any:
    """Return a JSON file of a ref."""
    return json.loads(mallory.git("show", f"{ref}:{path}"))


def add_event(mallory: Shop, ref: str, files: Mapping[str, Any], record: Mapping[str, Any]) -> None:
    """Append an event to an environment's branch, its message as the engine would write it."""
    message = (
        f"{record['action']} {record['version']} to {record['environment']}: {record['status']}\n\n"
        f"Deployment: {record['id']}\nVersion: {record['version']}\nStatus: {record['status']}\n"
    )
    texts = {path: dumps(value) for path, value in files.items()}
    forge(mallory, ref, {**texts, "deployment.json": dumps(record)}, message)


def forged_success(
    mallory: Shop,
    version: str,
    *,
    result: Any = EVIL,
    edit: Callable[[dict[str, Any]], None] = lambda _: None,
) -> None:
    """Append ``started`` and ``succeeded`` of *version* to prod: a form that was never deployed.

    *edit* may change the record of the served workflow.
    """
    release = ledger(mallory).releases.release(ledger(mallory).branches.snapshot(), version)
    assert release is not None
    last, serving = read(mallory, PROD, "deployment.json"), read(mallory, PROD, "manifest.json")
    served = serving["workflows"]["hello"]
    form = definition(result)
    settings = served["settings"]
    served["digest"] = release.manifest.workflows["hello"].digest
    served["version"] = version
    edit(served)
    rendered = {key: settings[key] for key in ("role", "type", "logging", "tracing", "encryption")}
    served["rendered_digest"] = digest({"definition": form, **rendered})
    identity = "20300101T130000Z-0badc0de"
    serving |= {
        "version": version,
        "commit": release.manifest.commit,
        "release_digest": release.digest,
        "deployment": identity,
        "below": mallory.git("rev-parse", PROD),
    }
    outcome = {key: served[key] for key in ("digest", "rendered_digest", "version_arn", "pins")}
    outcome["state_machine_arn"] = served["state_machine_arn"]
    record = {
        **last,
        "id": identity,
        "action": "deploy",
        "version": version,
        "from_version": last["version"],
        "commit": release.manifest.commit,
        "release_digest": release.digest,
        "workflows": {"hello": {**outcome, "previous_version_arn": None, "change": "updated"}},
        "number": last["number"] + 1,
    }
    add_event(mallory, PROD, {}, {**record, "status": "started", "finished_at": None})
    done = {**record, "status": "succeeded", "number": last["number"] + 2}
    files = {"manifest.json": serving, "definitions/hello.asl.json": form}
    add_event(mallory, PROD, files, done)
    push(mallory, PROD)


# The view of other clones


def problems(shop: Shop) -> list[str]:
    """Return each problem that `verify` finds with its subject; all of them are tampering."""
    found = verify(shop.workspace()).problems
    assert {check.error.code for check in found if check.error} <= {"E_TAMPERED"}
    return [f"{check.subject}: {check.error}" for check in found]
