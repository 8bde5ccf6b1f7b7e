"""A temporary repository for fetches that must leave no trace in the user's clone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sfn_release.ledger.git.command import Result
from sfn_release.ledger.git.repository import WRITING, Repository

_SCOPES = {"local", "worktree", "command"}
_OWN = ("core.bare", "core.worktree", "core.repositoryformatversion", "extensions.", "include")


@dataclass(frozen=True)
class ScratchRepository:
    """A bare repository in a *folder*, with the settings of the *clone* that it stands in for."""

    clone: Repository
    folder: Path
    settings: Mapping[str, str]

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        """Run git in the scratch repository and return its result, also after a failure."""
        return self.clone.run(self._git_dir, *arguments, env={**self.settings, **(env or {})})

    def fetch(
        self, remote: str, refspecs: Sequence[str], *, depth: int, with_files: bool = False
    ) -> None:
        """Fetch *depth* commits of each of *refspecs*, without their files unless asked for.

        Raises NotReachedError when the remote doesn't answer in time, GitError otherwise.
        """
        self.clone.ok_remotely(
            remote, self._git_dir, *WRITING,
            "fetch", "--no-tags", "--no-write-fetch-head", "--refmap=", "--quiet",
            "--recurse-submodules=no", f"--depth={depth}",
            *([] if with_files else ["--filter=tree:0"]), "--", remote, *refspecs,
            env=self.settings,
        )  # fmt: skip

    @property
    def _git_dir(self) -> str:
        return f"--git-dir={self.folder}"


@contextmanager
def scratch_repository(clone: Repository) -> Iterator[ScratchRepository]:
    """Make an empty repository beside a *clone*, and remove it after the block.

    It has the clone's object format and settings, which may hold the remote's credentials.
    """
    with tempfile.TemporaryDirectory(prefix="sfn-release-") as name:
        folder = Path(name)
        (folder / "refs").mkdir()
        (folder / "objects").mkdir()
        (folder / "HEAD").write_text("ref: refs/heads/none\n", encoding="utf-8")
        (folder / "config").write_text(
            "[core]\n\tbare = true\n\trepositoryFormatVersion = 1\n"
            f"[extensions]\n\tobjectFormat = {clone.object_format}\n",
            encoding="utf-8",
        )
        yield ScratchRepository(clone, folder, _settings(clone))


def _settings(clone: Repository) -> dict[str, str]:
    """Return the clone's own settings as environment variables, which git prefers to files.

    Git reads the settings of the user and the system in any repository. They are left out here:
    a header that is set twice would be sent twice.
    """
    listed = clone.ok("config", "--show-scope", "--includes", "--null", "--list").stdout
    entries = listed.decode("utf-8", "surrogateescape").split("\0")
    pairs = [
        entry.partition("\n")
        for scope, entry in zip(entries[::2], entries[1::2], strict=False)  # a last one is empty
        if scope in _SCOPES and not entry.startswith(_OWN)
    ]
    environ = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, given, value) in enumerate(pairs):
        environ[f"GIT_CONFIG_KEY_{number}"] = key
        environ[f"GIT_CONFIG_VALUE_{number}"] = value if given else "true"
    return environ
