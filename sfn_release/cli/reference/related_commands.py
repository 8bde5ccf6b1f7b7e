"""The commands to read about next: for each command, its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_RELATED: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("init", "demo", "publish", "status", "rollback"),
    "acknowledge": ("status", "adopt"),
    "adopt": ("import", "handover", "publish"),
    "at": ("history", "show", "blame"),
    "attest": ("verify", "show"),
    "bisect": ("blame", "execute", "replay"),
    "blame": ("diff", "show", "bisect"),
    "build": ("list", "check", "show"),
    "check": ("test", "build", "graph"),
    "comment": ("plan", "init"),
    "completion": ("schema",),
    "coverage": ("test", "graph"),
    "delete": ("plan", "rollback", "prune"),
    "demo": ("init",),
    "deploy": ("plan", "publish", "promote", "rollback"),
    "diff": ("plan", "show", "blame"),
    "doctor": ("env check", "permissions", "verify"),
    "env": ("env check",),
    "env check": ("doctor", "plan"),
    "execute": ("explain", "which", "local serve"),
    "explain": ("execute", "which", "replay"),
    "faults": ("test", "coverage", "check"),
    "graph": ("check", "coverage", "diff"),
    "handover": ("adopt", "status"),
    "history": ("status", "at", "releases"),
    "import": ("adopt", "check"),
    "init": ("demo", "check", "publish"),
    "list": ("build", "show"),
    "local": ("local serve", "local reset"),
    "local reset": ("local serve", "delete"),
    "local serve": ("execute", "test"),
    "next": ("publish", "diff"),
    "permissions": ("doctor", "check"),
    "plan": ("publish", "deploy", "diff"),
    "promote": ("deploy", "plan", "status"),
    "prune": ("status", "delete"),
    "publish": ("plan", "next", "deploy", "rollback"),
    "releases": ("show", "history"),
    "replay": ("explain", "diff", "coverage"),
    "report": ("status", "history", "releases"),
    "rollback": ("plan", "history", "yank"),
    "schema": ("check", "init"),
    "show": ("releases", "diff", "verify"),
    "status": ("history", "plan", "verify"),
    "test": ("coverage", "check", "faults"),
    "unlock": ("status", "history", "deploy"),
    "unyank": ("yank", "releases"),
    "verify": ("status", "attest", "doctor"),
    "which": ("explain", "show"),
    "yank": ("unyank", "rollback", "releases"),
}


def related_to(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the commands to read about after this one, as you type them after the program."""
    return _RELATED.get(" ".join(words), ())
