"""A Git repository with a project in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.git import run_git
from support.values import definition


@dataclass
class Repository:
    """A clone of the project: *root* is the repository, *folder* is the project's place in it."""

    root: Path
    folder: str = ""

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.root / self.folder

    def git(self, *arguments: str) -> str:
        """Run git in the clone and return its output without the last newline."""
        return run_git(self.root, *arguments)

    def write(self, path: str, content: str) -> None:
        """Write a file of the project."""
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")

    def workflow(self, name: str, result: Any) -> None:
        """Write the workflow *name*: one Pass state whose output is *result*."""
        self.write(f"workflows/{name}.asl.json", json.dumps(definition(result), indent=2))

    def commit(self, **results: Any) -> str:
        """Commit everything, after writing a workflow for each of *results*; return its id."""
        for name, result in results.items():
            self.workflow(name, result)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")
        return self.git("rev-parse", "HEAD")

    def commit_only(self, **results: Any) -> str:
        """Commit a workflow for each of *results*, and take every other one away."""
        for file in (self.project / "workflows").glob("*.asl.json"):
            file.unlink()
        return self.commit(**results)

    def refs(self) -> dict[str, str]:
        """Return every ref with its object."""
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in lines)
