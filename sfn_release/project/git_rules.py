"""Rules for the names of Git refs, tags, branches and remotes in releases.toml.

A rule takes a value, and returns the problem with it as a sentence, or None.
"""

from __future__ import annotations

import re

from sfn_release.project.value_rule import said, whole, without

# git-check-ref-format(1), rules 3 to 10.
_NOT_IN_REF = re.compile(
    r"\.\.|[\x00-\x20\x7f~^:?*\[\\]|@\{|//|^/|/$|\.$|^@$|(?:^|/)\.|\.lock(?:/|$)"
)
_OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REMOTE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_OWN_REFS = frozenset(
    {"heads", "tags", "remotes", "replace", "stash", "notes", "bisect", "worktree", "rewritten"}
)


_NOT_IN_REMOTE = re.compile(  # its name is a part of a ref, so that a dot may end it
    r"\.\.|[\x00-\x20\x7f~^:?*\[\\]|@\{|//|^/|/$|(?:^|/)\.|\.lock(?:/|$)"
)
_NOT_IN_BRANCH = re.compile(
    r"\.\.|[\x00-\x20\x7f~^:?\[\\]|@\{|//|^/|/$|\.$|(?:^|/)\.|\.lock(?:/|$)"
)


@said({"minLength": 1, **without(_NOT_IN_REF)})
def ref(value: str) -> str | None:
    """Check that Git allows *value* as the name of a ref."""
    found = _NOT_IN_REF.search(value)
    if not value or found:
        return f"Git doesn't allow {found[0]!r} in the name of a ref." if found else "It is empty."
    return None


@said({"minLength": 1, **without(_NOT_IN_BRANCH)})
def branch(value: str) -> str | None:
    """Check a branch's name, or a pattern with ``*`` for several."""
    return ref(f"refs/heads/{value.replace('*', 'x')}")


@said(
    {
        "allOf": [
            {"pattern": r"^(?:[^{}-][^{}]*)?\{version\}[^{}]*$"},
            without(_NOT_IN_BRANCH),
            {"not": {"pattern": r"\*"}},
        ]
    }
)
def tag_template(value: str) -> str | None:
    """Check the template of release tags."""
    if value.count("{version}") != 1:
        return "It must contain {version} once, which becomes the release version."
    if value.startswith("-"):
        return "Git reads a name that starts with '-' as an option."
    example = value.replace("{version}", "1.2.0")
    if "{" in example or "}" in example:
        return "It can't contain braces other than {version}."
    return ref(example)


@said({"anyOf": [{"enum": [""]}, {"allOf": [whole(_REMOTE), without(_NOT_IN_REMOTE)]}]})
def remote(value: str) -> str | None:
    """Check the name of a Git remote; "" means: the ledger stays in this clone."""
    if value and (not _REMOTE.fullmatch(value) or ref(f"refs/remotes/{value}/x")):
        return (
            "It must be the name of a Git remote, not a URL (`git remote add NAME URL` adds one)."
            ' Use "" to keep the ledger in this clone.'
        )
    return None


@said(whole(_OBJECT_ID))
def object_id(value: str) -> str | None:
    """Check the whole id of a commit."""
    if not _OBJECT_ID.fullmatch(value):
        return "It must be the whole id of a commit, as `git rev-parse` prints it."
    return None


@said(
    {"allOf": [{"pattern": "^refs/"}, ref.schema]},
    unsaid="It can't be a folder that Git itself uses, except refs/heads/….",
)
def ledger(value: str) -> str | None:
    """Check the prefix of the ledger's refs."""
    _, *parts = value.split("/")
    if not value.startswith("refs/") or ref(value):
        return ref(value) or 'It must start with "refs/".'
    if parts[0] in _OWN_REFS and (parts[0] != "heads" or len(parts) == 1):
        return f"refs/{parts[0]} is reserved for Git."
    return None
