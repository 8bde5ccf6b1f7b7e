"""Local trials: releases that only `local` knows, where the team's ledger is on a remote.

They stand below ``refs/sfn-release/<project>/local``, where no push of branches or tags finds them:

    releases/<version>   the release's commit, as the branch of the releases would have it
    sources/<version>    its source commit, which no tag holds
    yielded/<version>    a trial whose number was taken by another release
    env/<name>           the records of an environment on this machine
    yanks                which trials are yanked

`settle` moves what older versions kept elsewhere, and what a remote that came later makes private.
`yielded` lets trials make way for releases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sfn_release.errors import TamperedError
from sfn_release.ledger.branches import Snapshot
from sfn_release.ledger.git import NotReachedError, RefMovedError, RefUpdate
from sfn_release.ledger.git.tag_objects import tag_texts
from sfn_release.ledger.release_history import LedgerReader
from sfn_release.ledger.tag_checks import carried_digest
from sfn_release.release.release import Manifest, read_manifest


def yielded(ledger: LedgerReader, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot without the trials whose number is a release's, and say so.

    A trial with the release's content is the release. One with other content stays readable, for
    it is what `local` has served.
    """
    tip = snapshot.refs.get(ledger.releases_ref)
    if ledger.remote is None or not snapshot.trials or tip is None:
        return snapshot
    commits = {subject.removeprefix("release "): at for at, subject in ledger.git.history.log(tip)}
    trials, gone = dict(snapshot.trials), dict(snapshot.yielded)
    for version in sorted(trials.keys() & commits.keys()):
        try:
            release, trial = (_manifest(ledger, at) for at in (commits[version], trials[version]))
        except TamperedError:
            continue  # whoever reads it is told
        commit = trials.pop(version)
        if trial.release_digest == release.release_digest:
            _drop(ledger, ledger.source_ref(version), trial.commit)
        else:
            gone.setdefault(version, commit)
            old, new = ledger.trial_ref(version), ledger.yielded_ref(version)
            if not _move(ledger, commit, new):
                ledger.say(_both(f"the local trial {version}", old, new))
                continue
            ledger.say(
                f"{version} was released by {release.author} with other content: your local trial"
                " of that number yields. Publish yours under a higher version."
            )
        _drop(ledger, ledger.trial_ref(version), commit)
    return replace(snapshot, trials=trials, yielded=gone)


def settle(ledger: LedgerReader) -> None:
    """Move private refs to where they belong, and say which were moved.

    Raises GitError for a Git folder that isn't writable.
    """
    before = f"refs/sfn-release-unpushed/{ledger.project}/"
    yanks = f"refs/sfn-release-yanked/{ledger.project}"
    places = dict(_records(ledger))
    found = ledger.git.refs.find(before, yanks, *places)
    for ref, at in sorted(found.items()):
        if not ref.startswith(before):
            continue
        try:
            ledger.say(_settle_trial(ledger, ref, at))
        except TamperedError as error:
            ledger.say(f"{ref} cannot be moved: {error.message}")
    if yanks in found:
        if _move(ledger, found[yanks], ledger.own_yanks_ref):
            _drop(ledger, yanks, found[yanks])
        else:
            ledger.say(_both("the yanks of local trials", yanks, ledger.own_yanks_ref))
    for old, new in places.items():
        if old not in found:
            continue
        name = old.rpartition("/")[2]
        if old in ledger.git.work_tree.checked_out():
            ledger.say(f"the records of {name} cannot be moved to {new}: {old} is checked out")
        elif _move(ledger, found[old], new):
            _drop(ledger, old, found[old])
            ledger.say(f"moved the records of {name} from {old} to {new}")
        else:
            ledger.say(_both(f"the records of {name}", old, new))


def _records(ledger: LedgerReader) -> Iterator[tuple[str, str]]:
    """Yield where the records of private environments may be, and where they belong."""
    for name in sorted(ledger.private):
        places = {ledger.public_env_ref(name), ledger.private_env_ref(name)}
        (other,) = places - {ledger.env_ref(name)}
        yield other, ledger.env_ref(name)


def _settle_trial(ledger: LedgerReader, ref: str, commit: str) -> str:
    """Move a trial from where older versions kept it, take its tag away, and return the line.

    Nothing is taken away unless everything was moved. Raises TamperedError for a commit that holds
    no release.
    """
    manifest = _manifest(ledger, commit)
    version = manifest.version
    moves = {ledger.trial_ref(version): commit, ledger.source_ref(version): manifest.commit}
    for new, commit_id in moves.items():
        if not _move(ledger, commit_id, new):
            return _both(f"the local trial {version}", ref, new)
    tag = f"refs/tags/{ledger.tag_name(version)}"
    at = ledger.git.refs.find(tag).get(tag)
    line = f"moved the local trial {version} to {ledger.trial_ref(version)}"
    # A tag that a person made carries no digest, and stays.
    texts = tag_texts(ledger.git, None, {tag: at}) if at else {}
    if at and carried_digest(texts[tag], ledger.project) == (version, manifest.release_digest):
        _drop(ledger, tag, at)
        line += f", and removed its tag {ledger.tag_name(version)} from this clone"
        line += _pushed(ledger, version, tag)
    _drop(ledger, ref, commit)
    return line


def _pushed(ledger: LedgerReader, version: str, tag: str) -> str:
    """Return what there is to say of a trial's *tag* on the remote, where a push carried it."""
    remote = ledger.remote
    if remote is None:
        return ""
    try:
        there = tag in ledger.git.remotes.ls_remote(remote, [tag], again=False)
    except NotReachedError:
        return (
            f"; {remote} was not reached. To see if it has the tag:  git ls-remote {remote} {tag}"
        )
    if not there:
        return ""
    return (
        f"; {remote} has that tag, too. Unless {version} was released there, delete it: "
        f" git push {remote} :{tag}"
    )


def _both(what: str, old: str, new: str) -> str:
    """Return the line that *old* was not moved to *new*, which is taken."""
    return (
        f"{what} can't be moved: {old} and {new} both exist, and the second is used. If you don't"
        f" need the first:  git update-ref -d {old}"
    )


def _manifest(ledger: LedgerReader, commit: str) -> Manifest:
    return read_manifest(ledger.git.objects.read(commit, "manifest.json"), where=commit[:12])


def _move(ledger: LedgerReader, commit: str, ref: str) -> bool:
    """Let *ref* name *commit*, unless it names another one; return whether it does now."""
    try:
        ledger.git.refs.update([RefUpdate(ref, commit, None)])
    except RefMovedError:
        return ledger.git.refs.find(ref).get(ref) == commit
    return True


def _drop(ledger: LedgerReader, ref: str, commit: str) -> None:
    """Delete a ref that names *commit*, or that another process has deleted by now."""
    if ledger.git.refs.find(ref).get(ref) == commit:
        ledger.git.refs.delete(ref, commit)
