"""What the tests of faults begin with and end at: a shop for each scenario, made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.faults_shop import Machine, Shop, Told


@dataclass(frozen=True)
class Scenario:
    """A command, the shop that it is run in, and how the ledger names it.

    *command* is run as by a process of its own.
    """

    setting: Callable[[Path], Shop]
    command: Callable[..., None]
    action: str
    version: str

    def assert_recorded(self, shop: Shop, begun: Told) -> None:
        """Assert that the ledger has the deployment once, ended, and lost nothing since *begun*."""
        told = shop.ledger()
        assert told.open == []
        assert told.count(self.action, self.version, "succeeded") == 1
        assert begun.events == told.events[len(told.events) - len(begun.events) :]


@dataclass
class Scenes:
    """The shops of *scenarios*, below *folder*, and what AWS has after each undisturbed."""

    scenarios: Mapping[str, Scenario]
    folder: Path
    _made: dict[str, Shop] = field(default_factory=dict)
    _ends: dict[str, dict[str, Machine]] = field(default_factory=dict)

    def begin(self, name: str, folder: Path) -> Shop:
        """Return the shop in which a scenario begins, in *folder*."""
        if name not in self._made:
            shop = self.scenarios[name].setting(self.folder / "shops" / name)
            self._made[name] = shop.packed()
        return self._made[name].copy(folder)

    def end(self, name: str) -> dict[str, Machine]:
        """Return what AWS has after a scenario in which nothing failed and nobody was killed."""
        if name not in self._ends:
            shop = self.begin(name, self.folder / "ends" / name)
            with shop.opened():
                self.scenarios[name].command(shop)
                self._ends[name] = shop.machines()
        return self._ends[name]
