"""The result of a proof: the links of every workflow of every environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfn_release.operations.proof.links import Link
from sfn_release.release.record import Record


@dataclass(frozen=True)
class EnvironmentProof:
    """The chains of an environment's workflows. *version* is the recorded release.

    *record* is the deployment of the live release. *notes* are about things that no link shows. An
    environment that was never deployed to has no links, and isn't proven.
    """

    name: str
    label: str
    version: str | None
    links: tuple[Link, ...]
    record: Record | None = None
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every link holds."""
        return bool(self.links) and all(link.ok for link in self.links)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "environment": self.name,
            "version": self.version,
            "ok": self.ok,
            "notes": list(self.notes),
            "links": [link.to_json() for link in self.links],
        }


@dataclass(frozen=True)
class Proof:
    """The proofs of several environments."""

    environments: tuple[EnvironmentProof, ...]

    @property
    def ok(self) -> bool:
        """Whether every environment is proven."""
        return all(environment.ok for environment in self.environments)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form: all links in one list, and the same by environment."""
        return {
            "ok": self.ok,
            "links": [
                {"environment": environment.name, **link.to_json()}
                for environment in self.environments
                for link in environment.links
            ],
            "environments": [environment.to_json() for environment in self.environments],
        }
