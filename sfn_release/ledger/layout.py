"""The names of the ledger's refs. Pure: nothing here reads a repository.

<prefix>/<project>/releases        one commit per release
<prefix>/<project>/env/<name>      one commit per deployment event
<prefix>/<project>/yanks           one commit per yank and per withdrawn yank
refs/tags/<tag>                    annotated, on the source commit

refs/sfn-release-remotes/<remote>/…        this clone's copies of the remote's branches
refs/sfn-release/<project>/local/…         local trials, and the records of `local`
"""

from __future__ import annotations

from dataclasses import dataclass

TAGS = "refs/tags/"


@dataclass(frozen=True)
class Layout:
    """The names of one project's refs.

    *tag* is the pattern of the release tags (``v{version}``). *remote* is None when this clone is
    the ledger. *private* are the environments on this machine: their records stay in this clone,
    also when there is a remote.

    >>> layout = Layout("shop", "refs/heads/sfn-release", "v{version}", "origin", frozenset())
    >>> layout.env_ref("prod"), layout.tag_name("1.2.0")
    ('refs/heads/sfn-release/shop/env/prod', 'v1.2.0')
    """

    project: str
    prefix: str
    tag: str
    remote: str | None
    private: frozenset[str]

    @property
    def base(self) -> str:
        """The beginning of the ledger's branches, with the slash."""
        return f"{self.prefix}/{self.project}/"

    @property
    def releases_ref(self) -> str:
        """The branch of the releases."""
        return f"{self.base}releases"

    @property
    def yanks_ref(self) -> str:
        """The branch of the yanks."""
        return f"{self.base}yanks"

    def env_ref(self, environment: str) -> str:
        """Return the branch of an environment; for a private one, a ref that is never pushed."""
        if self.remote is not None and environment in self.private:
            return self.private_env_ref(environment)
        return self.public_env_ref(environment)

    def public_env_ref(self, environment: str) -> str:
        """Return the branch of an environment beside the ledger's other branches."""
        return f"{self.base}env/{environment}"

    def tag_name(self, version: str) -> str:
        """Return the name of a release's Git tag."""
        return self.tag.replace("{version}", version)

    def tag_ref(self, version: str) -> str:
        """Return the ref of a release's Git tag."""
        return TAGS + self.tag_name(version)

    # Refs that stay in this clone

    @property
    def local_ref(self) -> str:
        """The folder of the refs that stay in this clone when there is a remote."""
        return f"refs/sfn-release/{self.project}/local"

    def private_env_ref(self, environment: str) -> str:
        """Return the ref of an environment's records that stay in this clone."""
        return f"{self.local_ref}/env/{environment}"

    @property
    def trial_yanks_ref(self) -> str:
        """The ref of the yanks of local trials."""
        return f"{self.local_ref}/yanks"

    def trial_ref(self, version: str) -> str:
        """Return the ref of a local trial."""
        return f"{self.local_ref}/releases/{version}"

    def source_ref(self, version: str) -> str:
        """Return the ref that keeps the source commit of a local trial."""
        return f"{self.local_ref}/sources/{version}"

    def yielded_ref(self, version: str) -> str:
        """Return the ref of a local trial whose version number another release has taken."""
        return f"{self.local_ref}/yielded/{version}"

    # The remote, and this clone's copies of its branches

    def is_private(self, ref: str) -> bool:
        """Return whether *ref* belongs to this clone alone, even if the remote has the name."""
        names = (self.public_env_ref(environment) for environment in self.private)
        return ref.startswith(f"{self.local_ref}/") or ref in names

    def remote_of(self, ref: str) -> str | None:
        """Return the remote that *ref* lives on, None when it lives in this clone alone."""
        return None if self.is_private(ref) else self.remote

    def is_shared(self, ref: str) -> bool:
        """Return whether *ref* lives on the remote."""
        return self.remote_of(ref) is not None

    def is_public(self, ref: str) -> bool:
        """Return whether *ref* is a branch of the ledger that every reader of the ledger sees."""
        if not ref.startswith(self.base) or ref.startswith(f"{self.local_ref}/"):
            return False
        return self.remote is None or self.is_shared(ref)

    @property
    def copies_ref(self) -> str:
        """The beginning of this clone's copies of the remote's branches, with the slash."""
        return f"refs/sfn-release-remotes/{self.remote}/"

    def copy_ref(self, ref: str) -> str:
        """Return the ref of this clone's copy: the value of *ref* when the remote was last read."""
        return self.copies_ref + ref.removeprefix(self.prefix + "/")

    def original_ref(self, copy: str) -> str:
        """Return the ref of the remote that *copy* is a copy of."""
        return f"{self.prefix}/{copy.removeprefix(self.copies_ref)}"

    def blocking_refs(self) -> list[str]:
        """Return the refs that Git can't keep beside the ledger's, which would lie below them."""
        parts = f"{self.prefix}/{self.project}".split("/")
        return ["/".join(parts[:count]) for count in range(3, len(parts) + 1)]
