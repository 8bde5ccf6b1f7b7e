"""Comparing release tags with the ledger: the commit of a tag, and the digest in its message.

A release consists of its ledger commit and its tag, which must agree. Anyone who can push may
change one of them, so we compare the tag before a release is used. Tags made by people have no
digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sfn_release.errors import TamperedError
from sfn_release.release.manifest import Manifest
from sfn_release.release.version import Precedence
from sfn_release.text import listing

_DIGEST = "Release digest: "
_NAMED = 4  # releases that a message lists


@dataclass(frozen=True)
class TagRefs:
    """The tags of this clone and of the remote *name*, as `RefStore.find` returns them.

    *remote* is None when the remote was not reached.
    """

    here: Mapping[str, str]
    remote: Mapping[str, str] | None = field(default_factory=dict)
    name: str | None = None

    def of(self, *, shared: bool) -> Mapping[str, str]:
        """Return the tags of the remote if *shared*, else the tags of this clone."""
        return self.remote or {} if shared else self.here

    def where(self, *, shared: bool) -> str:
        """Return the name of the place that `of` reads from."""
        return self.name or "" if shared else "this clone"


def target(refs: Mapping[str, str], ref: str) -> str | None:
    """Return the commit of the tag *ref*, None if there is no such tag."""
    return refs.get(f"{ref}^{{}}") or refs.get(ref)


def carried_digest(text: str, project: str) -> tuple[str, str] | None:
    """Return the version and the release digest in the *text* of a tag object of *project*.

    None for a tag that a person made, or a tag of another project.
    """
    _, _, message = text.partition("\n\n")
    named, _, version = message.partition("\n")[0].rpartition(" ")
    digests = [line for line in message.splitlines() if line.startswith(_DIGEST)]
    if named != project or not digests:
        return None
    return version, digests[-1].removeprefix(_DIGEST)  # the notes before it may have any text


def misplaced(manifest: Manifest, tags: TagRefs, *, shared: bool) -> TamperedError | None:
    """Return the error if a release's tag is missing, or is on another commit."""
    ref, refs, where = (
        f"refs/tags/{manifest.tag}",
        tags.of(shared=shared),
        tags.where(shared=shared),
    )
    found = target(refs, ref)
    if found is None:
        return TamperedError(
            f"The tag {manifest.tag} is not in {where}.",
            why="It was deleted, or `publish` was interrupted before it made the tag.",
            fix=f"Put it back:  {_put_back(manifest, tags, shared=shared)}",
        )
    if found != manifest.commit:
        return TamperedError(
            f"The tag {manifest.tag} in {where} was moved.",
            why=f"It is on {found[:12]}, and {manifest.version} was made from"
            f" {manifest.commit[:12]}.",
            fix=f"Put it back:  {_moved_back(manifest, tags, shared=shared)}",
        )
    return None


def disagreeing(manifest: Manifest, text: str, where: str) -> TamperedError | None:
    """Return the error if a tag's *text* has another digest than the ledger's release."""
    carried = carried_digest(text, manifest.project)
    if carried is None or carried == (manifest.version, manifest.release_digest):
        return None
    version, digest = carried
    return TamperedError(
        f"The tag {manifest.tag} in {where} and the ledger disagree about {manifest.version}.",
        why=f"The tag was made for {version}, release digest {digest}; the ledger's release is"
        f" {manifest.release_digest}.",
        fix="One of them was replaced. `git log` of the ledger's branch shows who wrote there."
        " Deploy another release until that is clear.",
    )


def lost_release(ref: str, version: str, digest: str, branch: str, tags: TagRefs) -> TamperedError:
    """Return the error for a tag with the *digest* of a release that the ledger doesn't have.

    *branch* is the branch of the releases, *tags* are all tags. Two causes look the same: a branch
    that was cut back, and a trial's tag that sfn-release 0.2.0 let `git push` publish. For a ledger
    that has no release at all, see `missing_ledger`.
    """
    name = ref.removeprefix("refs/tags/")
    back = f"git push {tags.name} {branch}" if tags.name else f"git fetch CLONE {branch}:{branch}"
    places = [f"git push {tags.name} :{ref}"] if ref in (tags.remote or {}) else []
    places += [f"git tag --delete {name}"] if ref in tags.here else []
    saw = "in a clone that saw it" if tags.name else "from a clone that saw it"
    return TamperedError(
        f"The tag {name} says that {version} was released, but the ledger doesn't have it.",
        why=f"The tag has the release digest {digest}. Either {branch} was cut back, or {version}"
        " was never released, and an older sfn-release made the tag for a local trial.",
        fix=f"If the branch was cut back, put it back {saw}:  {back}\n"
        f"  If {version} was only a local trial, delete the tag:  {' && '.join(places)}",
    )


def missing_ledger(versions: Sequence[str], branch: str, tags: TagRefs) -> TamperedError:
    """Return the error for tags of releases in a repository without a branch of the releases.

    Usually, they were published before there was a remote, and only their tags were pushed.
    """
    where = tags.name or "This clone"
    named = releases_text(versions)
    if tags.name is None:
        return TamperedError(
            f"{where} has the tags of {named}, but not the ledger that holds them.",
            why=f"There is no branch {branch}: it was deleted, or never fetched.",
            fix=f"Fetch it from a clone that has it:  git fetch CLONE {branch}:{branch}",
        )
    return TamperedError(
        f"{where} has the tags of {named}, but not the ledger that holds them.",
        why=f"There is no branch {branch} on {where}. Usually, the releases were published before"
        " there was a remote, and only their tags were pushed. Else the branch was deleted.",
        fix="In the clone that has the releases (see `sfn-release releases` there):"
        f"  git push {tags.name} {branch}",
    )


def releases_text(versions: Sequence[str]) -> str:
    """Return how messages name releases: each of a few, or the lowest and the highest."""
    ordered = sorted(versions, key=Precedence)
    if len(ordered) > _NAMED:
        return f"{len(ordered)} releases ({ordered[0]} to {ordered[-1]})"
    return f"the release{'' if len(ordered) == 1 else 's'} {listing(ordered)}"


def _put_back(manifest: Manifest, tags: TagRefs, *, shared: bool) -> str:
    """Return the command that makes a missing tag again."""
    ref = f"refs/tags/{manifest.tag}"
    if shared and target(tags.here, ref) == manifest.commit:
        return f"git push {tags.name} {ref}"
    return _again(manifest)


def _moved_back(manifest: Manifest, tags: TagRefs, *, shared: bool) -> str:
    """Return the command that moves a tag back, as an annotated tag if one is still known."""
    ref, commit = f"refs/tags/{manifest.tag}", manifest.commit
    if shared and target(tags.here, ref) == commit:
        return f"git push --force {tags.name} {tags.here[ref]}:{ref}"
    if not shared and target(tags.remote or {}, ref) == commit:
        return f"git fetch --force {tags.name} {ref}:{ref}"
    return _again(manifest)


def _again(manifest: Manifest) -> str:
    """Return the command that makes the annotated tag of a release again, signed if need be."""
    again = f"sfn-release publish {manifest.version} --no-deploy"
    return f"git checkout {manifest.commit[:12]} && {again}"
