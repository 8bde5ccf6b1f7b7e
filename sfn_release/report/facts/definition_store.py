"""Reads definitions of releases from the ledger on demand, each content once."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from sfn_release.canonical import digest, short
from sfn_release.errors import TamperedError
from sfn_release.ledger import Ledger
from sfn_release.release.ledger_files import definition_path, read_json, schema_path

_KEPT = 300  # definitions in memory; a page needs a few


@dataclass(frozen=True)
class DefinitionStore:
    """The definitions in the commits of a *ledger*'s releases."""

    ledger: Ledger
    _known: OrderedDict[str, Any] = field(default_factory=OrderedDict, compare=False, repr=False)
    _schemas: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def read(self, definition_digest: str, commit: str, workflow: str) -> Any:
        """Return the definition with this digest; *commit* is a release that has it.

        Raises TamperedError for a definition with another digest.
        """
        if definition_digest in self._known:
            self._known.move_to_end(definition_digest)
            return self._known[definition_digest]
        path = definition_path(workflow)
        where = f"{self.ledger.releases.place(commit)}:{path}"
        found = read_json(self.ledger.git.objects.read(commit, path), where=where)
        if (actual := digest(found)) != definition_digest:
            raise TamperedError(
                f"{where}: the definition of {workflow} differs from the released definition.",
                why=f"The manifest says {short(definition_digest)}, the file has {short(actual)}.",
            )
        self._known[definition_digest] = found
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found

    def read_schema(self, blob: str, commit: str, workflow: str) -> Any:
        """Return the input schema with this blob id; *commit* is a release that has it."""
        if blob not in self._schemas:
            path = schema_path(workflow)
            where = f"{self.ledger.releases.place(commit)}:{path}"
            content = self.ledger.git.objects.read(commit, path)
            self._schemas[blob] = read_json(content, where=where)
        return self._schemas[blob]
