"""The shapes of the Step Functions API, from the model file that botocore ships.

botocore's own classes for shapes import its HTTP stack. That takes longer than a short command
runs, and the file is all that we need.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = "data/stepfunctions/2016-11-23"


@dataclass(frozen=True)
class ApiShape:
    """One shape of the model. *definitions* are all shapes, by name."""

    name: str
    definitions: Mapping[str, Mapping[str, Any]]

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The shape as the model writes it, with its limits, pattern and ``sensitive``."""
        return self.definitions[self.name]

    @property
    def type_name(self) -> str:
        """The type, such as ``structure``, ``list`` or ``string``."""
        type_: str = self.metadata["type"]
        return type_

    @property
    def members(self) -> dict[str, ApiShape]:
        """A structure's members, by name."""
        members = self.metadata["members"]
        return {name: self._refers(member) for name, member in members.items()}

    @property
    def required(self) -> list[str]:
        """The names of a structure's required members."""
        return list(self.metadata.get("required", ()))

    @property
    def member(self) -> ApiShape:
        """The items of a list."""
        return self._refers(self.metadata["member"])

    @property
    def value(self) -> ApiShape:
        """The values of a map."""
        return self._refers(self.metadata["value"])

    @property
    def choices(self) -> list[str]:
        """The values of an enumeration; empty for any other string."""
        return list(self.metadata.get("enum", ()))

    def _refers(self, reference: Mapping[str, Any]) -> ApiShape:
        return ApiShape(reference["shape"], self.definitions)


def request_shapes() -> dict[str, ApiShape]:
    """Return the shape of each operation's request."""
    import botocore

    folder = Path(botocore.BOTOCORE_ROOT, _FOLDER)
    packed = folder / "service-2.json.gz"
    text = (
        gzip.decompress(packed.read_bytes())
        if packed.exists()
        else (folder / "service-2.json").read_bytes()  # some distributions don't compress it
    )
    model = json.loads(text)
    return {
        name: ApiShape(operation["input"]["shape"], model["shapes"])
        for name, operation in model["operations"].items()
    }
