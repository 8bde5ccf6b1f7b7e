"""Shops that faults break: each scenario begins in a copy of a shop that is made once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.shop import ROLE, Shop, account, add_remote, copied, make_shop
from support.views import History, Machine
from support.world import PAST, REGION, Clock


def production(
    folder: Path,
    workflows: Mapping[str, Any],
    *,
    tags: Mapping[str, str] | None = None,
    remote: bool = False,
    endpoint: str = "",
) -> Shop:
    """Make a shop in *folder* whose commands go to ``prod``, at a time in the past.

    Every state machine gets *tags*. Other processes find ``prod`` at *endpoint*, if there is one.
    """
    config = production_config(tags or {}, endpoint, remote=remote)
    made = make_shop(folder / "shop", config=config, workflows=workflows)
    sign(made)
    if remote:
        add_remote(made)
    return account(Shop(made.root, clock=Clock(PAST, tick=0), process=os.getpid()))


def production_config(tags: Mapping[str, str], endpoint: str = "", *, remote: bool = False) -> str:
    """Return a releases.toml whose commands go to ``prod``."""
    return "\n".join(
        [
            *("[project]", 'name = "shop"', 'default_environment = "prod"'),
            *([] if remote else ['remote = ""']),
            *("[environments.local]", f'role_arn = "{ROLE}"'),
            *("[environments.prod]", f'role_arn = "{ROLE}"', f'region = "{REGION}"'),
            *([f'endpoint_url = "{endpoint}"'] if endpoint else []),
            "[environments.prod.tags]",
            *(f"{key} = {json.dumps(value)}" for key, value in tags.items()),
            "",
        ]
    )


def numbered(**numbers: int) -> dict[str, str]:
    """Return a content for each workflow: its name and a number."""
    return {name: f"{name} {number}" for name, number in numbers.items()}


def sign(shop: Shop, name: str = "Ann") -> None:
    """Set an identity to commit under in a clone, also for other processes."""
    shop.git("config", "user.name", name)
    shop.git("config", "user.email", "ann@example.com")


def packed(shop: Shop) -> Shop:
    """Pack a repository and close its account: it is copied faster."""
    shop.git("gc", "--quiet")
    shop.clients.clear()
    return shop


@dataclass(frozen=True)
class Scenario:
    """A command in a shop, and the deployment that the ledger has of it afterwards."""

    setting: Callable[[Path], Shop]
    command: Callable[[Shop], object]
    action: str
    version: str

    @property
    def success(self) -> str:
        """The deployment's end in `History.ends`."""
        return f"{self.action} {self.version} succeeded"

    def assert_recorded(self, shop: Shop, begun: History) -> None:
        """Assert that the ledger has the deployment once, ended, and lost nothing since *begun*."""
        history = shop.history()
        assert history.open == []
        assert history.ends.count(self.success) == 1
        assert begun.events == history.events[len(history.events) - len(begun.events) :]


@dataclass
class Scenes:
    """The shops of *scenarios*, below *folder*, and their machines after an undisturbed run."""

    scenarios: Mapping[str, Scenario]
    folder: Path
    _made: dict[str, Shop] = field(default_factory=dict)
    _ends: dict[str, dict[str, Machine]] = field(default_factory=dict)

    def begin(self, name: str, folder: Path) -> Shop:
        """Return the shop in which a scenario begins, in *folder*."""
        if name not in self._made:
            self._made[name] = packed(self.scenarios[name].setting(self.folder / "shops" / name))
        return copied(self._made[name], folder)

    def end(self, name: str) -> dict[str, Machine]:
        """Return the machines after a scenario in which nothing failed."""
        if name not in self._ends:
            shop = self.begin(name, self.folder / "ends" / name)
            self.scenarios[name].command(shop)
            self._ends[name] = shop.machines()
        return self._ends[name]
