"""Verifies refs against each other: tags against releases, branches against branches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sfn_release.ledger import Snapshot
from sfn_release.ledger.git import NotReachedError
from sfn_release.ledger.git.tag_objects import tag_texts
from sfn_release.ledger.seen_trailers import lost_branches, sightings
from sfn_release.ledger.tag_checks import (
    TagRefs,
    carried_digest,
    disagreeing,
    lost_release,
    misplaced,
    missing_ledger,
)
from sfn_release.operations.unverified_commits import UnverifiedCommits
from sfn_release.operations.verification import LEDGER, Check
from sfn_release.operations.workspace import Workspace
from sfn_release.release.manifest import Manifest

_MANY = 1_000  # messages in memory at once


def lost_branch_checks(
    workspace: Workspace, snapshot: Snapshot, unverified: UnverifiedCommits
) -> Iterator[Check]:
    """Yield a problem for each branch that lost a commit that another branch mentions.

    Only *unverified* commits are read. A branch with a verified tip has all commits that the
    verified commits of other branches mention.
    """
    ledger, git = workspace.ledger, workspace.git
    inside = ledger.layout.base
    kept = {
        ref.removeprefix(inside): frozenset(commits) for ref, commits in unverified.commits.items()
    }
    commits = [
        commit
        for ref, own in unverified.commits.items()
        if ledger.layout.is_public(ref)
        for commit in reversed(own)
    ]

    def contains(branch: str, commit: str) -> bool:
        if commit in kept[branch]:
            return True
        before = unverified.verified.get(inside + branch)
        return before is not None and (
            commit == before.commit or git.history.is_ancestor(commit, before.commit)
        )

    pages = (commits[start : start + _MANY] for start in range(0, len(commits), _MANY))
    found = (seen for page in pages for seen in sightings(page, git.objects.messages(page)))
    wrong = list(lost_branches(found, snapshot.refs, inside, contains, remote=ledger.remote))
    for ref, error in wrong:
        yield Check(LEDGER, ref, error)
    if any(ledger.layout.is_public(ref) for ref in unverified.commits) and not wrong:
        yield Check(LEDGER, "each branch has the commits that the other branches mention")


def lost_release_checks(
    workspace: Workspace, snapshot: Snapshot, commits: Collection[str], tags: TagRefs
) -> Iterator[Check]:
    """Yield a problem for each tag with the digest of a release that the ledger lost.

    They are one problem if the ledger has no release at all.
    """
    ledger = workspace.ledger
    branch = ledger.layout.releases_ref
    named: set[str] = set()
    for refs, remote in ((tags.remote or {}, ledger.remote), (tags.here, None)):
        annotated = {ref: at for ref, at in refs.items() if f"{ref}^{{}}" in refs}
        for ref, text in sorted(tag_texts(workspace.git, remote, annotated).items()):
            carried = carried_digest(text, ledger.layout.project)
            if carried is None or carried[0] in {*commits, *named}:
                continue
            named.add(carried[0])
            if branch in snapshot.refs:
                yield Check(carried[0], ref, lost_release(ref, *carried, branch, tags))
    if named and branch not in snapshot.refs:
        yield Check(LEDGER, branch, missing_ledger(sorted(named), branch, tags))


def release_tags(
    workspace: Workspace, manifests: Mapping[str, Manifest]
) -> tuple[TagRefs, dict[str, str]]:
    """Return the tags of the remote and of this clone, and the texts of the releases' tags."""
    git, remote = workspace.git, workspace.ledger.remote
    here = git.refs.find("refs/tags/")
    there: dict[str, str] | None = {}
    if remote is not None:
        try:
            there = git.remotes.ls_remote(remote, ["refs/tags/*"], again=False)
        except NotReachedError:
            there = None  # reported with the ledger
    names = [f"refs/tags/{manifest.tag}" for manifest in manifests.values()]
    texts: dict[str, str] = {}
    for refs, where in ((here, None), (there or {}, remote)):
        asked = {ref: refs[ref] for ref in names if f"{ref}^{{}}" in refs}
        found = tag_texts(git, where, asked)
        texts |= {asked[ref]: text for ref, text in found.items()}
    return TagRefs(here, there, remote), texts


def tag_checks(
    manifest: Manifest, tags: TagRefs, texts: Mapping[str, str], *, shared: bool
) -> Iterator[Check]:
    """Yield whether a release's tag points to its source, on the remote and in this clone.

    A lightweight tag in this clone is fine: some checkouts make one of an annotated tag.
    """
    ref, version = f"refs/tags/{manifest.tag}", manifest.version
    places = [True] if shared and tags.remote is not None else []
    places += [False] if ref in tags.here or not shared else []
    for place in places:
        refs, where = tags.of(shared=place), tags.where(shared=place)
        wrong = misplaced(manifest, tags, shared=place)
        if wrong is not None:
            yield Check(version, f"the tag {manifest.tag}", wrong)
            continue
        kind = "annotated" if f"{ref}^{{}}" in refs else "lightweight"
        text = f"the tag {manifest.tag} in {where}: {kind}, on {manifest.commit[:12]}"
        yield Check(version, text, disagreeing(manifest, texts.get(refs[ref], ""), where))
