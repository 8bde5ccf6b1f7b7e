"""The version of a tag-driven release, from the release tag on the current commit."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_release.errors import ConflictError, GitError, NotFoundError, VersionError
from sfn_release.operations.workspace import Workspace
from sfn_release.release.version import is_version


def version_from_tag(workspace: Workspace) -> str:
    """Return the version of the release tag on HEAD.

    A release tag has the form of `tag` in releases.toml. If a tag started the CI run, that tag
    counts. Otherwise the ledger's remote and this clone are searched, so a shallow clone without
    tags is enough.

    Raises NotFoundError if HEAD has no release tag, VersionError if it has several or if the tag
    contains no version, and ConflictError if the CI's tag is on another commit.
    """
    head = workspace.head()
    tags = _tags(workspace)
    named = _ci_tag(workspace.runtime.environ)
    if named is not None:
        if tags.get(named, head) != head:
            raise ConflictError(
                f"The tag {named}, which started this run, is not on the commit that is checked"
                " out.",
                why=f"It is on {tags[named][:12]}, HEAD is {head[:12]}.",
                fix="Check the tag out, or name the version:  sfn-release publish VERSION",
            )
        return _version(workspace, named)
    here = sorted(name for name, commit in tags.items() if commit == head)
    versions = [name for name in here if is_version(_text(workspace, name) or "")]
    if len(versions) > 1:
        raise VersionError(
            f"This commit has several release tags: {', '.join(versions)}.",
            why="A commit may be released under several versions, but one at a time.",
            fix="Name one:  sfn-release publish VERSION",
        )
    if not here:
        example = workspace.ledger.layout.tag_name("1.2.0")
        raise NotFoundError(
            f"The commit that is checked out, {head[:12]}, has no release tag.",
            why=f"A release tag looks like {example} (`tag` in releases.toml)."
            + (
                f" We looked in {workspace.ledger.remote} and this clone."
                if _shared(workspace)
                else ""
            ),
            fix=f"Make one (git tag {example}, then push it), or name the version:"
            "  sfn-release publish VERSION",
        )
    return _version(workspace, (versions or here)[0])


def _ci_tag(environ: Mapping[str, str]) -> str | None:
    """Return the tag that started this CI run, None when it was none."""
    if environ.get("GITHUB_REF_TYPE") == "tag":
        return environ.get("GITHUB_REF_NAME") or None
    return environ.get("CI_COMMIT_TAG") or None  # GitLab


def _shared(workspace: Workspace) -> bool:
    return workspace.ledger.remote is not None


def _tags(workspace: Workspace) -> dict[str, str]:
    """Return the tags of the template with their commits; the remote's go before the clone's."""
    pattern = f"refs/tags/{workspace.ledger.layout.tag_name('*')}"
    found = workspace.git.refs.find("refs/tags")
    remote = workspace.ledger.remote
    if remote is not None:
        try:
            found |= workspace.git.remotes.ls_remote(remote, [pattern, pattern + "^{}"])
        except GitError as error:
            workspace.runtime.watcher.say(
                f"the remote {remote} couldn't be reached: only this clone's tags are known"
                f" ({error.why.partition(chr(10))[0]})"
            )
    names = (ref.removeprefix("refs/tags/") for ref in found if not ref.endswith("^{}"))
    return {
        name: found.get(f"refs/tags/{name}^{{}}") or found[f"refs/tags/{name}"]
        for name in names
        if _text(workspace, name) is not None
    }


def _text(workspace: Workspace, tag: str) -> str | None:
    """Return the version part of a tag's name, None for a tag of another template."""
    before, _, after = workspace.project.tag.partition("{version}")
    if len(tag) <= len(before) + len(after):
        return None
    if not (tag.startswith(before) and tag.endswith(after)):
        return None
    return tag[len(before) : len(tag) - len(after)]


def _version(workspace: Workspace, tag: str) -> str:
    text = _text(workspace, tag)
    if text is None or not is_version(text):
        example = workspace.ledger.layout.tag_name("1.2.0")
        raise VersionError(
            f"The tag {tag} doesn't name a version of this project.",
            why=f"A release tag looks like {example}: `tag` in releases.toml, with a semantic"
            " version without build metadata.",
            fix=f"Tag the commit as {example}, or name the version:  sfn-release publish VERSION",
        )
    return text
