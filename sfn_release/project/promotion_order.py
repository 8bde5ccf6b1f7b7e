"""The order in which a release goes through environments, as `requires` says. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter

from sfn_release.project.environment import Environment
from sfn_release.project.environment_tables import LOCAL
from sfn_release.project.project import Project


def promotion_order(environments: Mapping[str, Environment]) -> tuple[str, ...]:
    """Return the names of environments in promotion order, the first one first.

    An environment comes after each one that it requires. Else environments on your own machine
    come first, and the others keep the order of *environments*, which is that of releases.toml.
    """
    place = {
        name: (not environment.backend.private, number)
        for number, (name, environment) in enumerate(environments.items())
    }
    needs = {
        name: {required for required in environment.requires if required in environments}
        for name, environment in environments.items()
    }
    sorter = TopologicalSorter(needs)
    try:
        sorter.prepare()
    except CycleError:  # no release could enter; the order of the file is all there is
        return tuple(sorted(place, key=place.__getitem__))
    ordered: list[str] = []
    ready = list(sorter.get_ready())
    while ready:
        first = min(ready, key=place.__getitem__)
        ready.remove(first)
        ordered.append(first)
        sorter.done(first)
        ready += sorter.get_ready()
    return tuple(ordered)


def board_order(project: Project, used: Collection[str]) -> tuple[str, ...]:
    """Return the environments that a board shows, in promotion order.

    *used* are the environments with deployments, also those that releases.toml no longer has. Once
    an environment is used, the unused ones on your own machine come last, and a `local` without a
    table in releases.toml is left out.
    """

    def implied(name: str) -> bool:
        return name == LOCAL and project.local_is_implied

    def idle(name: str) -> bool:
        own = project.environments[name].backend.private
        return own and name not in used and len(used) > 0

    shown = [
        name
        for name in promotion_order(project.environments)
        if name in used or (name in project.declared and not (implied(name) and idle(name)))
    ]
    return tuple(sorted(shown, key=idle))
