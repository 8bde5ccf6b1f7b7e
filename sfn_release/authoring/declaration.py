"""The frozen form of a workflow, which a release records and an environment renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from sfn_release.canonical import digest

StateMachineType = Literal["STANDARD", "EXPRESS"]


@dataclass(frozen=True)
class Declaration:
    """One workflow as its module declares it, with ``${Parameters}`` unfilled.

    *definition* is the whole Amazon States Language document. *logging*, *tracing* and
    *encryption* have the shapes of the API members ``loggingConfiguration``,
    ``tracingConfiguration`` and ``encryptionConfiguration``. None means "not declared": the
    environment's default applies. *source* is the file, relative to the project's root.
    *module_version* is the module's ``__version__``, if it has one.
    """

    name: str
    definition: Mapping[str, Any]
    type: StateMachineType = "STANDARD"
    role: str | None = None
    logging: Mapping[str, Any] | None = None
    tracing: Mapping[str, Any] | None = None
    encryption: Mapping[str, Any] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    module_version: str | None = None

    @cached_property
    def definition_digest(self) -> str:
        """The digest of the definition alone."""
        return digest(self.definition)

    @cached_property
    def digest(self) -> str:
        """The workflow digest, which a release freezes."""
        return digest(
            {
                "definition": self.definition,
                "type": self.type,
                "logging": self.logging,
                "tracing": self.tracing,
                "encryption": self.encryption,
                "tags": dict(self.tags),
                "role": self.role,
            }
        )
