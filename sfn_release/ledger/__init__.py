"""The ledger: releases and deployments as commits on branches of their own.

There is no database and no state file, and we never touch your work tree, your index or your
branches. A `Ledger` is made of parts:

    layout       the names of its refs
    git          the repository that they are in
    branches     where the branches are, here and on the remote: a `Snapshot`
    releases     reading releases and yanks
    deployments  reading the events of environments
    integrity    checks before use: tags, branches and records must agree
    commits      storing commits, and moving branches to them
    signatures   who signed a commit or a tag, and whether they may

The ledger itself writes: releases, deployments, yanks.

With a remote, the remote is the only truth: objects are built and pushed by id with a lease, and
only then do the refs of this clone move. This clone's copies of the remote's branches (`mirror`)
are fetched without force, so that a rewrite there is refused; `remote_rewrites` accepts one.
Releases that only ``local`` has, and its records, stay in this clone (`local_trials`). Without a
remote, this clone is the ledger.

Writes are compare-and-swap: RefMovedError means that another process wrote first. Tags are made
(`tag_updates`) and compared (`tag_checks`) with their release. Each commit lists the other branches
(`seen_trailers`), and each event follows the one before it (`event_order`), so that a cut or edited
branch is found.
"""

from __future__ import annotations

from sfn_release.ledger.ledger import Ledger, open_ledger
from sfn_release.ledger.snapshot import Snapshot

__all__ = ["Ledger", "Snapshot", "open_ledger"]
