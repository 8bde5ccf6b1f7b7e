"""Collects the permissions of a role, each once, with the states that need it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_release.permissions.arguments import shown
from sfn_release.permissions.name_forms import is_rough
from sfn_release.permissions.needed import NeededPermission, UnknownPermission
from sfn_release.permissions.resource_arns import Targets

_Key = tuple[tuple[str, ...], str, bool]


@dataclass
class _Entry:
    actions: tuple[str, ...]
    condition: Mapping[str, Any]
    partial: bool
    resources: dict[str, None] = field(default_factory=dict)
    states: dict[str, None] = field(default_factory=dict)


class PermissionList:
    """The permissions of one role in the order in which they're added."""

    def __init__(self) -> None:
        self._entries: dict[tuple[_Key, tuple[str, ...]], _Entry] = {}
        self._unknown: dict[tuple[str, str], UnknownPermission] = {}

    def add(
        self,
        actions: Iterable[str],
        resources: Iterable[str],
        state: str = "",
        condition: Mapping[str, Any] | None = None,
        *,
        partial: bool = False,
    ) -> None:
        """Add actions on resources for a *state*, or for the state machine itself."""
        actions, resources = tuple(actions), tuple(dict.fromkeys(resources))
        if not actions or not resources:
            return
        rough = [resource for resource in resources if is_rough(resource)]
        if rough and not partial:
            self.add(actions, rough, state, condition, partial=True)
            resources = tuple(resource for resource in resources if resource not in rough)
            if not resources:
                return
        key = (actions, json.dumps(condition or {}, sort_keys=True), partial)
        entry = self._entries.setdefault(
            (key, resources), _Entry(actions, condition or {}, partial)
        )
        entry.resources.update(dict.fromkeys(resources))
        if state:
            entry.states[state] = None

    def add_unknown(
        self, state: str, reason: str, actions: Iterable[str] = (), within: str = ""
    ) -> None:
        """Add an unknown permission, with the *reason* as a sentence."""
        item = UnknownPermission(state, reason, tuple(actions), within)
        self._unknown.setdefault((state, reason), item)

    def add_targets(
        self,
        actions: tuple[str, ...],
        found: Targets,
        state: str,
        condition: Mapping[str, Any] | None = None,
    ) -> None:
        """Add actions on the resources of a call, as far as they're known."""
        called = ", ".join(actions)
        if found.problem:
            reason = f"The resource of {called} is unknown: {found.problem}."
            self.add_unknown(state, reason, actions, found.within)
            return
        whole = [target.arn.text for target in found.found if target.arn.whole]
        self.add(actions, whole, state, condition)
        for target in found.found:
            arn = target.arn
            if arn.whole:
                continue
            later = f"is known only when the state runs: {shown(arn)}"
            if target.named:
                self.add(actions, [arn.text], state, condition, partial=True)
                reason = (
                    f"A part of the resource of {called} {later}. The policy allows {arn.text}."
                )
            else:
                reason = f"The resource of {called} {later}."
            self.add_unknown(state, reason, actions, arn.text)

    @property
    def permissions(self) -> tuple[NeededPermission, ...]:
        """The permissions."""
        return tuple(
            NeededPermission(
                entry.actions,
                tuple(entry.resources),
                tuple(entry.states),
                entry.condition,
                entry.partial,
            )
            for entry in self._entries.values()
        )

    @property
    def unknown(self) -> tuple[UnknownPermission, ...]:
        """The unknown permissions."""
        return tuple(self._unknown.values())
