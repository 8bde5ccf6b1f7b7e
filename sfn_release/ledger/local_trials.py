"""Local trials: releases that only `local` has, when the team's ledger is on a remote.

They are below ``refs/sfn-release/<project>/local``, where no push of branches or tags finds them:

    releases/<version>   the release's commit, as on the branch of the releases
    sources/<version>    its source commit, which no tag keeps
    yielded/<version>    a trial whose number another release has taken
    env/<name>           the records of an environment on this machine
    yanks                the yanks of trials
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sfn_release.errors import TamperedError
from sfn_release.ledger.git import Git, NotReachedError, RefMovedError, RefUpdate
from sfn_release.ledger.layout import Layout
from sfn_release.ledger.snapshot import Snapshot

if TYPE_CHECKING:
    from sfn_release.release.manifest import Manifest


@dataclass(frozen=True)
class LocalTrials:
    """The local trials of a ledger. *say* shows a line to the user."""

    git: Git
    layout: Layout
    say: Callable[[str], None]

    def yield_number(self, snapshot: Snapshot) -> Snapshot:
        """Remove the trials whose number a release has, and return the snapshot without them.

        A trial with the release's content is the release. We keep a trial with other content as
        yielded, because `local` may still serve it.
        """
        tip = snapshot.refs.get(self.layout.releases_ref)
        if self.layout.remote is None or not snapshot.trials or tip is None:
            return snapshot
        commits = {
            subject.removeprefix("release "): commit
            for commit, subject in self.git.history.log(tip)
        }
        trials, yielded = dict(snapshot.trials), dict(snapshot.yielded)
        for version in sorted(trials.keys() & commits.keys()):
            try:
                release, trial = self._manifest(commits[version]), self._manifest(trials[version])
            except TamperedError:
                continue  # reading the release raises it again
            commit = trials.pop(version)
            if trial.release_digest == release.release_digest:
                self._drop(self.layout.source_ref(version), trial.commit)
            else:
                yielded.setdefault(version, commit)
                old, new = self.layout.trial_ref(version), self.layout.yielded_ref(version)
                if not self._move(commit, new):
                    self.say(_move_conflict(f"the local trial {version}", old, new))
                    continue
                self.say(
                    f"{version} was released by {release.author} with other content, so your local"
                    " trial gives up the number. Publish yours under a higher version."
                )
            self._drop(self.layout.trial_ref(version), commit)
        return replace(snapshot, trials=trials, yielded=yielded)

    # Moving refs that older versions, or a clone without a remote, kept elsewhere

    def settle(self) -> None:
        """Move private refs to where they belong, and say which were moved.

        Raises GitError for a Git folder that isn't writable.
        """
        old_trials = f"refs/sfn-release-unpushed/{self.layout.project}/"
        old_yanks = f"refs/sfn-release-yanked/{self.layout.project}"
        moves = dict(self._record_moves())
        found = self.git.refs.find(old_trials, old_yanks, *moves)
        for ref, commit in sorted(found.items()):
            if ref.startswith(old_trials):
                try:
                    self.say(self._settle_trial(ref, commit))
                except TamperedError as error:
                    self.say(f"{ref} can't be moved: {error.message}")
        if old_yanks in found:
            self._settle_yanks(old_yanks, found[old_yanks])
        for old, new in moves.items():
            if old in found:
                self._settle_records(old, new, found[old])

    def _record_moves(self) -> Iterator[tuple[str, str]]:
        """Yield where the records of private environments may be, and where they belong."""
        for name in sorted(self.layout.private):
            places = {self.layout.public_env_ref(name), self.layout.private_env_ref(name)}
            (other,) = places - {self.layout.env_ref(name)}
            yield other, self.layout.env_ref(name)

    def _settle_yanks(self, old: str, commit: str) -> None:
        new = self.layout.trial_yanks_ref
        if self._move(commit, new):
            self._drop(old, commit)
        else:
            self.say(_move_conflict("the yanks of local trials", old, new))

    def _settle_records(self, old: str, new: str, commit: str) -> None:
        name = old.rpartition("/")[2]
        if old in self.git.work_tree.checked_out():
            self.say(f"the records of {name} can't be moved to {new}: {old} is checked out")
        elif self._move(commit, new):
            self._drop(old, commit)
            self.say(f"moved the records of {name} from {old} to {new}")
        else:
            self.say(_move_conflict(f"the records of {name}", old, new))

    def _settle_trial(self, ref: str, commit: str) -> str:
        """Move a trial from where older versions kept it, remove its tag, and return the message.

        Nothing is removed unless everything was moved. Raises TamperedError for a commit without a
        release.
        """
        from sfn_release.ledger.git.tag_objects import tag_texts
        from sfn_release.ledger.tag_checks import carried_digest

        manifest = self._manifest(commit)
        version = manifest.version
        moves = {
            self.layout.trial_ref(version): commit,
            self.layout.source_ref(version): manifest.commit,
        }
        for new, object_id in moves.items():
            if not self._move(object_id, new):
                return _move_conflict(f"the local trial {version}", ref, new)
        tag = self.layout.tag_ref(version)
        tag_object = self.git.refs.find(tag).get(tag)
        line = f"moved the local trial {version} to {self.layout.trial_ref(version)}"
        # A tag that a person made carries no digest, and stays.
        texts = tag_texts(self.git, None, {tag: tag_object}) if tag_object else {}
        expected = (version, manifest.release_digest)
        if tag_object and carried_digest(texts[tag], self.layout.project) == expected:
            self._drop(tag, tag_object)
            line += f", and removed its tag {self.layout.tag_name(version)} from this clone"
            line += self._pushed_tag(version, tag)
        self._drop(ref, commit)
        return line

    def _pushed_tag(self, version: str, tag: str) -> str:
        """Return a note about a trial's *tag* that `git push` may have carried to the remote."""
        remote = self.layout.remote
        if remote is None:
            return ""
        try:
            is_pushed = tag in self.git.remotes.ls_remote(remote, [tag], again=False)
        except NotReachedError:
            return (
                f"; {remote} was not reached. To see if it has the tag: "
                f" git ls-remote {remote} {tag}"
            )
        if not is_pushed:
            return ""
        return (
            f"; {remote} has that tag, too. Unless {version} was released there, delete it: "
            f" git push {remote} :{tag}"
        )

    def _manifest(self, commit: str) -> Manifest:
        from sfn_release.release.manifest import read_manifest

        return read_manifest(self.git.objects.read(commit, "manifest.json"), where=commit[:12])

    def _move(self, commit: str, ref: str) -> bool:
        """Set *ref* to *commit* unless it has another value; return whether it has this one now."""
        try:
            self.git.refs.update([RefUpdate(ref, commit, None)])
        except RefMovedError:
            return self.git.refs.find(ref).get(ref) == commit
        return True

    def _drop(self, ref: str, commit: str) -> None:
        """Delete a ref if it still is *commit*: another process may have deleted it."""
        if self.git.refs.find(ref).get(ref) == commit:
            self.git.refs.delete(ref, commit)


def _move_conflict(subject: str, old: str, new: str) -> str:
    """Return the message that *old* was not moved to *new*, which is taken."""
    return (
        f"{subject} can't be moved: {old} and {new} both exist, and the second is used. If you"
        f" don't need the first:  git update-ref -d {old}"
    )
